/** The first line `#jinja2: trim_blocks: False, …` by which a template file changes its own syntax. */
import { TemplateSyntaxError } from './syntax-error.ts';
import { didYouMean } from '../errors.ts';
import { parseLiteral } from './literal.ts';
import type { Syntax } from './types.ts';

const settings: Readonly<Record<string, keyof Syntax>> = {
  block_start_string: 'blockStart',
  block_end_string: 'blockEnd',
  variable_start_string: 'variableStart',
  variable_end_string: 'variableEnd',
  comment_start_string: 'commentStart',
  comment_end_string: 'commentEnd',
  trim_blocks: 'trimBlocks',
  lstrip_blocks: 'lstripBlocks',
  newline_sequence: 'newline',
};

const prefix = '#jinja2:';

/** The header's length with its newline (0 when there is none) and what it sets. Throws TemplateSyntaxError. */
export function headerSyntax(text: string): { length: number; syntax: Partial<Syntax> } {
  if (!text.startsWith(prefix)) return { length: 0, syntax: {} };
  const lineEnd = text.indexOf('\n');
  const length = lineEnd < 0 ? text.length : lineEnd + 1;
  const syntax: Partial<Record<keyof Syntax, unknown>> = {};
  for (const pair of text.slice(prefix.length, length).split(',')) {
    const colon = pair.indexOf(':');
    if (colon < 0) throw new TemplateSyntaxError(`expected 'setting: value' in the #jinja2 line, found '${pair.trim()}'`, prefix.length);
    const name = pair.slice(0, colon).trim();
    const setting = settings[name];
    if (setting === undefined) throw new TemplateSyntaxError(`unknown setting '${name}' in the #jinja2 line`, prefix.length, didYouMean(name, Object.keys(settings)));
    const value = parseLiteral(pair.slice(colon + 1).trim());
    if (value === undefined) throw new TemplateSyntaxError(`the value of '${name}' in the #jinja2 line is no literal`, prefix.length, 'Write True, False or a quoted string.');
    syntax[setting] = value;
  }
  return { length, syntax: syntax as Partial<Syntax> };
}
