/** The filter `comment`: text as a comment of one of several languages, or with decorations of one's own. */
import { didYouMean } from '../../errors.ts';
import { text } from '../python/text.ts';
import { toInt } from '../python/number.ts';
import { valueError } from '../python/values.ts';
import type { Kwargs } from '../python/values.ts';

interface Style {
  readonly decoration: string;
  readonly beginning?: string;
  readonly end?: string;
}

const styles: Readonly<Record<string, Style>> = {
  plain: { decoration: '# ' },
  erlang: { decoration: '% ' },
  c: { decoration: '// ' },
  cblock: { beginning: '/*', decoration: ' * ', end: ' */' },
  xml: { beginning: '<!--', decoration: ' - ', end: '-->' },
};

/** Options: decoration, beginning, end, prefix, prefix_count, postfix, postfix_count, newline. */
export function comment(value: string, styleName: string, options: Kwargs): string {
  const style = styles[styleName];
  if (style === undefined) throw valueError(`comment: unknown style '${styleName}'`, didYouMean(styleName, Object.keys(styles)));
  const option = (name: string, usual: string) => (options.has(name) ? text(options.get(name)) : usual);
  const count = (name: string) => (options.has(name) ? toInt(options.get(name)) : 1);
  const newline = option('newline', '\n');
  const decoration = option('decoration', style.decoration);
  const edge = decoration.trimEnd();
  const beginning = option('beginning', style.beginning ?? '');
  const prefix = option('prefix', edge);
  const end = option('end', style.end ?? '');
  const prefixLine = prefix === '' ? '' : prefix === newline ? newline : prefix + newline;
  const body = (decoration + value.replaceAll(newline, newline + decoration)).replaceAll(decoration + newline, edge + newline);
  return [
    beginning === '' ? '' : beginning + newline,
    prefixLine.repeat(count('prefix_count')),
    body,
    (newline + option('postfix', edge)).repeat(count('postfix_count')),
    end === '' ? '' : newline + end,
  ].join('');
}
