/** Mistakes in a template's text, at an offset; the caller turns the offset into a place in the user's file. */
import { CtplayError } from '../errors.ts';
import type { SourceSpan } from '../errors.ts';

export class TemplateSyntaxError extends CtplayError {
  override readonly name = 'TemplateSyntaxError';
  readonly offset: number;
  constructor(message: string, offset: number, hint?: string) {
    super('template.syntax', message, { hint });
    this.offset = offset;
  }
}

/** Line and column (from 1) of an offset in a text. */
export function position(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - lineStart + 1 };
}

/**
 * The place of an offset in a text that stands at `span`. Exact for a text on one line and for whole files; in a YAML
 * block scalar the line is right and the column that of the text's own line.
 */
export function placeInSpan(span: SourceSpan, text: string, offset: number): SourceSpan {
  const { line, column } = position(text, offset);
  const isBlock = span.endLine !== undefined && span.endLine > span.line && text.trimEnd().includes('\n');
  if (isBlock) return { file: span.file, line: span.line + line, column };
  if (line > 1) return { file: span.file, line: span.line + line - 1, column };
  if (span.endLine !== undefined && span.endLine > span.line) return span;
  const width = span.endColumn === undefined ? text.length : span.endColumn - span.column;
  const quote = width >= text.length + 2 ? 1 : 0;
  return { file: span.file, line: span.line, column: span.column + quote + column - 1 };
}
