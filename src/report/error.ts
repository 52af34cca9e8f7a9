/** User errors for a person: where, what, the lines concerned, what was expected and found, what to do. */
import { readFileSync } from 'node:fs';
import { CtplayError, CtplayErrors, type SourceSpan } from '../errors.ts';
import type { ErrorView } from '../events.ts';
import { shortPath } from './short.ts';
import { createStyle, wantsColor, type Style } from './style.ts';

export interface ErrorFormat {
  readonly color: boolean;
  /** A file's text, or undefined where it can't be read; the file system by default. */
  readonly readFile?: (file: string) => string | undefined;
}

/** Writes any error to standard error; several user errors are kept apart by blank lines. */
export function printError(error: unknown): void {
  process.stderr.write(describeError(error, { color: wantsColor(process.stderr), debug: process.env['CTPLAY_DEBUG'] !== undefined }));
}

/** What `printError` writes. The stack of a defect is shown with `debug` alone. */
export function describeError(error: unknown, options: ErrorFormat & { readonly debug: boolean }): string {
  if (error instanceof CtplayErrors) {
    const count = error.errors.length;
    const all = error.errors.map((one) => formatError(one, options)).join('\n');
    return count > 1 ? `${all}\n${createStyle(options.color).bold(`${count} errors`)}\n` : all;
  }
  return error instanceof CtplayError ? formatError(error, options) : formatDefect(error, options);
}

/**
 * One user error as text that ends with a line break: `file:line:column: message [code]`, the line with an underline and one line
 * before it, then what was expected and found, a hint, and details.
 */
export function formatError(error: CtplayError | ErrorView, { color, readFile = readSource }: ErrorFormat): string {
  const style = createStyle(color);
  const { span, expected, found, hint, detail } = error instanceof CtplayError ? error.details : error;
  const place = span ? `${style.bold(`${shortPath(span.file)}:${span.line}:${span.column}:`)} ` : `${style.bold(style.red('error:'))} `;
  const lines = [`${place}${style.bold(error.message)} ${style.dim(`[${error.code}]`)}`];
  if (span) lines.push(...excerpt(span, readFile, style));
  for (const [label, text] of [['expected', expected], ['found', found], ['hint', hint]] as const) {
    if (text !== undefined) lines.push(...labelled(label, text, style));
  }
  if (detail !== undefined) lines.push(...detail.trimEnd().split('\n').map((line) => `    ${line}`));
  return `${lines.join('\n')}\n`;
}

function labelled(label: 'expected' | 'found' | 'hint', text: string, style: Style): string[] {
  const paint = { expected: style.green, found: style.red, hint: style.cyan }[label];
  return text.split('\n').map((line, index) => (index === 0 ? `  ${paint(label.padEnd(8))}  ${line}` : `            ${line}`));
}

/** Lines above which context would show another thing say nothing. */
function excerpt(span: SourceSpan, readFile: (file: string) => string | undefined, style: Style): string[] {
  const lines = readFile(span.file)?.split(/\r?\n/);
  const line = lines?.[span.line - 1];
  if (lines === undefined || line === undefined || line.trim() === '') return [];
  const width = String(span.line).length;
  const gutter = (number: number | string): string => style.blue(`${String(number).padStart(width + 2)} │`);
  const before = span.line > 1 ? lines[span.line - 2]! : '';
  const { text, column, length } = window(hideSecrets(line), span, line);
  return [
    ...(before.trim() === '' ? [] : [`${gutter(span.line - 1)} ${cut(hideSecrets(expandTabs(before)))}`]),
    `${gutter(span.line)} ${text}`,
    `${gutter('')} ${' '.repeat(column)}${style.red('^'.repeat(length))}`,
  ];
}

const columns = 110;

/** The part of a long line that holds the span, and where the underline goes. */
function window(shown: string, span: SourceSpan, original: string): { text: string; column: number; length: number } {
  const start = expandTabs(original.slice(0, span.column - 1)).length;
  const end = span.endLine === undefined || span.endLine === span.line ? (span.endColumn ?? span.column + 1) - 1 : original.trimEnd().length;
  const text = expandTabs(shown);
  const length = Math.max(1, Math.min(expandTabs(original.slice(0, end)).length, text.length) - start);
  const from = start > columns - 20 ? start - 30 : 0;
  const visible = text.slice(from, from + columns);
  const prefix = from > 0 ? '…' : '';
  const column = Math.min(start - from + prefix.length, visible.length + prefix.length);
  return { text: `${prefix}${visible}${from + columns < text.length ? '…' : ''}`, column, length: Math.min(length, Math.max(1, visible.length + prefix.length - column)) };
}

function cut(line: string): string {
  return line.length > columns ? `${line.slice(0, columns)}…` : line;
}

function expandTabs(text: string): string {
  return text.replaceAll('\t', '    ');
}

/** An error may stand on or below a line with a password in it. */
function hideSecrets(line: string): string {
  return line.replace(/([\w-]*(?:password|passwd|passphrase|_pass|secret|token)[\w-]*['"]?\s*[:=]\s*)(?!["']?\{\{)("[^"]*"|'[^']*'|[^\s,}]+)/gi, '$1***');
}

/** A vault's lines are not those of its text. */
function readSource(file: string): string | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    return text.startsWith('$ANSIBLE_VAULT;') ? undefined : text;
  } catch {
    return undefined;
  }
}

function formatDefect(error: unknown, { color, debug }: { readonly color: boolean; readonly debug: boolean }): string {
  const style = createStyle(color);
  const summary = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const lines = [`${style.bold(style.red('ctplay has a defect:'))} ${summary.split('\n')[0]!}`];
  if (debug && error instanceof Error && error.stack !== undefined) lines.push(...error.stack.split('\n').slice(1));
  else lines.push('Please report it with the command line and the output of the same command under CTPLAY_DEBUG=1.');
  return `${lines.join('\n')}\n`;
}
