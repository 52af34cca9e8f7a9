/** Jinja2's filters on text. */
import { define } from '../define.ts';
import { isArithmetic, toInt, toNumber } from '../python/number.ts';
import { percentFormat } from '../python/percent.ts';
import { capitalize, center, replace, splitLines, strip } from '../python/str-methods.ts';
import { length } from '../python/iterate.ts';
import { truthy } from '../python/compare.ts';
import { text } from '../python/text.ts';
import { wrapText } from '../python/textwrap.ts';
import { MarkedText, Tuple, isString, valueError } from '../python/values.ts';
import type { Definition } from '../define.ts';
import type { Kwargs } from '../python/values.ts';

const onText = (signature: string, body: (value: string, ...args: unknown[]) => unknown): Definition =>
  define(signature, (_, value, ...args) => body(text(value), ...args));

function indent(value: string, width: unknown, first: unknown, blank: unknown): string {
  const margin = isString(width) ? text(width) : ' '.repeat(toInt(width));
  const [head = '', ...rest] = splitLines(`${value}\n`);
  const tail = rest.map((line) => (line !== '' || truthy(blank) ? margin + line : line));
  const body = [head, ...tail].join('\n');
  return truthy(first) ? margin + body : body;
}

function truncate(value: string, size: unknown, killwords: unknown, end: unknown, leeway: unknown): string {
  const limit = toInt(size);
  const mark = text(end);
  const tolerance = leeway === null ? 5 : toInt(leeway);
  const points = [...value];
  if (limit < length(mark)) throw valueError(`expected length >= ${length(mark)}, got ${limit}`);
  if (points.length <= limit + tolerance) return value;
  const cut = points.slice(0, limit - length(mark)).join('');
  if (truthy(killwords)) return cut + mark;
  const lastBlank = cut.lastIndexOf(' ');
  return (lastBlank < 0 ? cut : cut.slice(0, lastBlank)) + mark;
}

/** Words start after blanks, hyphens and opening brackets, as in Jinja2. */
function titleWords(value: string): string {
  return value.replace(/[^-\s({[<]+/g, capitalize);
}

function fileSize(value: unknown, binary: unknown): string {
  const bytes = isArithmetic(value) ? toNumber(value) : Number(text(value).trim() || NaN);
  if (Number.isNaN(bytes)) throw valueError(`could not convert string to float: '${text(value)}'`);
  const base = truthy(binary) ? 1024 : 1000;
  const units = truthy(binary) ? ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB'] : ['kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];
  if (bytes === 1) return '1 Byte';
  if (bytes < base) return `${Math.trunc(bytes)} Bytes`;
  const level = units.findIndex((_, index) => bytes < base ** (index + 2));
  const index = level < 0 ? units.length - 1 : level;
  return `${percentFormat('%.1f', (base * bytes) / base ** (index + 2))} ${units[index]!}`;
}

export const textFilters: Readonly<Record<string, Definition>> = {
  capitalize: onText('', capitalize),
  center: onText('width=80', (value, width) => center(value, toInt(width), ' ')),
  filesizeformat: define('binary=False', (_, value, binary) => fileSize(value, binary)),
  format: define('*args, **kwargs', (_, value, args, kwargs) => {
    const named = kwargs as Kwargs;
    if ((args as unknown[]).length > 0 && named.size > 0) throw valueError("can't handle positional and keyword arguments at the same time");
    return percentFormat(text(value), named.size > 0 ? new Map(named) : Tuple.fromList(args as unknown[]));
  }),
  indent: onText('width=4, first=False, blank=False', indent),
  lower: onText('', (value) => value.toLowerCase()),
  replace: onText('old, new, count=None', (value, old, replacement, count) => replace(value, text(old), text(replacement), count === null ? -1 : toInt(count))),
  string: define('', (_, value) => (value instanceof MarkedText && value.kind === 'markup' ? value : text(value))),
  title: onText('', titleWords),
  trim: onText('chars=None', (value, characters) => strip(value, characters)),
  truncate: define('length=255, killwords=False, end="...", leeway=None', (_, value, ...options) => (isString(value) ? truncate(text(value), options[0], options[1], options[2], options[3]) : value)),
  upper: onText('', (value) => value.toUpperCase()),
  wordcount: onText('', (value) => value.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0),
  wordwrap: onText('width=79, break_long_words=True, wrapstring=None, break_on_hyphens=True', (value, width, breakLong, joint, hyphens) =>
    splitLines(value).map((line) => wrapText(line, { width: toInt(width), breakLongWords: truthy(breakLong), breakOnHyphens: truthy(hyphens) }).join(joint === null ? '\n' : text(joint))).join(joint === null ? '\n' : text(joint))),
};
