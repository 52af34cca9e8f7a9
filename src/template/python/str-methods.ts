/** The methods of str (Python's Library Reference, "String Methods"). */
import { define } from '../define.ts';
import { getItem, missing, ownAttribute } from './attributes.ts';
import { iterate, length } from './iterate.ts';
import { toInt } from './number.ts';
import { strFormat } from './format.ts';
import { dictEntries, dictGet } from './dict.ts';
import { Tuple, isDict, isString, noKwargs, typeName, unmark, valueError } from './values.ts';
import type { Kwargs } from './values.ts';
import type { Context } from '../context.ts';
import type { Definition } from '../define.ts';

/** The receiver or an argument as text; Python's methods take nothing else. */
export function str(value: unknown): string {
  if (!isString(value)) throw valueError(`expected str, found ${typeName(value)}`);
  return unmark(value) as string;
}

const pure = (signature: string, body: (self: string, ...args: unknown[]) => unknown): Definition =>
  define(signature, (_, self, ...args) => body(str(self), ...args));

/** Python splits at any run of Unicode blanks and drops empty ends. */
function splitBlanks(self: string, limit: number): string[] {
  const words: string[] = [];
  let rest = self.trimStart();
  while (rest !== '' && (limit < 0 || words.length < limit)) {
    const end = rest.search(/\s/);
    if (end < 0) break;
    words.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  if (rest !== '') words.push(words.length === limit && limit >= 0 ? rest : rest.trimEnd());
  return words;
}

/** str.split(). */
export function split(self: string, separator: unknown, limit: number): string[] {
  if (separator === null) return splitBlanks(self, limit);
  const by = str(separator);
  if (by === '') throw valueError('empty separator');
  const parts = self.split(by);
  return limit < 0 || parts.length <= limit + 1 ? parts : [...parts.slice(0, limit), parts.slice(limit).join(by)];
}

function rsplit(self: string, separator: unknown, limit: number): string[] {
  if (separator === null) {
    const reversed = splitBlanks([...self].reverse().join(''), limit);
    return reversed.map((word) => [...word].reverse().join('')).reverse();
  }
  const parts = self.split(str(separator));
  const keep = parts.length - limit - 1;
  return limit < 0 || keep <= 0 ? parts : [parts.slice(0, keep + 1).join(str(separator)), ...parts.slice(keep + 1)];
}

/** str.splitlines(). */
export function splitLines(self: string, keepEnds = false): string[] {
  const lines = self.match(/[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]*(?:\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])|[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+$/g) ?? [];
  return keepEnds ? [...lines] : lines.map((line) => line.replace(/(?:\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])$/, ''));
}

/** str.strip() of one or both ends; `null` strips blanks. */
export function strip(self: string, characters: unknown, ends: 'both' | 'left' | 'right' = 'both'): string {
  if (characters === null) return ends === 'both' ? self.trim() : ends === 'left' ? self.trimStart() : self.trimEnd();
  const set = new Set(str(characters));
  const points = [...self];
  let from = 0;
  let to = points.length;
  if (ends !== 'right') while (from < to && set.has(points[from]!)) from++;
  if (ends !== 'left') while (to > from && set.has(points[to - 1]!)) to--;
  return points.slice(from, to).join('');
}

/** str.replace() of the first `count` places (all when negative). */
export function replace(self: string, old: string, replacement: string, count: number): string {
  if (count < 0) return self.replaceAll(old, () => replacement);
  const parts = split2(self, old, count);
  return parts.join(replacement);
}
function split2(self: string, old: string, count: number): string[] {
  if (old !== '') return split(self, old, count);
  const characters = [...self];
  const cut = Math.min(count, characters.length + 1);
  return ['', ...characters.slice(0, cut - 1), characters.slice(Math.max(0, cut - 1)).join('')].slice(0, cut + 1);
}

/** str.title(): every run of letters starts in upper case. */
export const title = (self: string): string =>
  self.replace(/\p{L}+/gu, (word) => {
    const [first = '', ...rest] = word;
    return first.toUpperCase() + rest.join('').toLowerCase();
  });

export function capitalize(self: string): string {
  const [first = '', ...rest] = self;
  return first.toUpperCase() + rest.join('').toLowerCase();
}

/** str.center(): an odd blank goes where Python puts it. */
export function center(self: string, width: number, fill: string): string {
  const missing = width - length(self);
  if (missing <= 0) return self;
  const left = Math.floor(missing / 2) + (missing & width & 1);
  return fill.repeat(left) + self + fill.repeat(missing - left);
}

function justify(self: string, width: unknown, fill: unknown, side: 'left' | 'right'): string {
  const padding = str(fill).repeat(Math.max(0, toInt(width) - length(self)));
  return side === 'left' ? self + padding : padding + self;
}

/** The part of the text that optional start and end bounds leave, and where it begins. */
function window(self: string, start: unknown, end: unknown): [string, number] {
  const clamp = (bound: unknown, fallback: number) => {
    if (bound === null) return fallback;
    const given = toInt(bound);
    return Math.min(Math.max(given < 0 ? given + self.length : given, 0), self.length);
  };
  const from = clamp(start, 0);
  return [self.slice(from, Math.max(from, clamp(end, self.length))), from];
}

function affix(self: string, given: unknown, start: unknown, end: unknown, has: (part: string, affix: string) => boolean): boolean {
  const [part] = window(self, start, end);
  return (given instanceof Tuple ? [...given] : [given]).some((candidate) => has(part, str(candidate)));
}

function find(self: string, sub: unknown, start: unknown, end: unknown, last: boolean): number {
  const [part, from] = window(self, start, end);
  const at = last ? part.lastIndexOf(str(sub)) : part.indexOf(str(sub));
  return at < 0 ? -1 : at + from;
}

function index(self: string, sub: unknown, start: unknown, end: unknown, last: boolean): number {
  const at = find(self, sub, start, end, last);
  if (at < 0) throw valueError('substring not found');
  return at;
}

function partition(self: string, separator: string, last: boolean): Tuple {
  const at = last ? self.lastIndexOf(separator) : self.indexOf(separator);
  if (at < 0) return Tuple.fromList(last ? ['', '', self] : [self, '', '']);
  return Tuple.fromList([self.slice(0, at), separator, self.slice(at + separator.length)]);
}

function translate(self: string, table: unknown): string {
  if (!isDict(table)) throw valueError('translate() needs a table as str.maketrans makes it');
  return [...self].map((character) => {
    const to = dictGet(table, character.codePointAt(0)!) ?? (dictGet(table, character) as unknown);
    if (to === undefined) return character;
    return to === null ? '' : typeof to === 'number' ? String.fromCodePoint(to) : str(to);
  }).join('');
}

const all = (pattern: RegExp) => pure('', (self) => pattern.test(self));
const cased = (self: string) => /[\p{Lu}\p{Ll}\p{Lt}]/u.test(self);

function formatMethod(context: Context, self: unknown, args: unknown, kwargs: unknown): string {
  return strFormat(str(self), args as unknown[], kwargs as Kwargs, (value, key, kind) =>
    kind === 'item' ? getItem(context, value, key) : ownAttribute(context, value, String(key)) ?? missing(value, key));
}

export const strMethods: Readonly<Record<string, Definition>> = {
  capitalize: pure('', capitalize),
  casefold: pure('', (self) => self.toLowerCase().replaceAll('ß', 'ss')),
  center: pure('width, fillchar=" "', (self, width, fill) => center(self, toInt(width), str(fill))),
  count: pure('sub, start=None, end=None', (self, sub, start, end) => window(self, start, end)[0].split(str(sub)).length - 1),
  encode: pure('encoding="utf-8", errors="strict"', (self) => self),
  decode: pure('encoding="utf-8", errors="strict"', (self) => self),
  endswith: pure('suffix, start=None, end=None', (self, suffix, start, end) => affix(self, suffix, start, end, (part, given) => part.endsWith(given))),
  expandtabs: pure('tabsize=8', (self, tabsize) => self.split('\n').map((line) => expandTabs(line, toInt(tabsize))).join('\n')),
  find: pure('sub, start=None, end=None', (self, sub, start, end) => find(self, sub, start, end, false)),
  format: define('*args, **kwargs', formatMethod),
  format_map: define('mapping', (context, self, mapping) => formatMethod(context, self, [], new Map(isDict(mapping) ? dictEntries(mapping) as [string, unknown][] : noKwargs))),
  index: pure('sub, start=None, end=None', (self, sub, start, end) => index(self, sub, start, end, false)),
  isalnum: all(/^[\p{L}\p{N}]+$/u),
  isalpha: all(/^\p{L}+$/u),
  isascii: all(/^[\x00-\x7f]*$/),
  isdecimal: all(/^\p{Nd}+$/u),
  isdigit: all(/^[\p{Nd}²³¹⁰⁴-⁹₀-₉]+$/u),
  isidentifier: all(/^[\p{L}_][\p{L}\p{N}_]*$/u),
  islower: pure('', (self) => cased(self) && self === self.toLowerCase()),
  isnumeric: all(/^\p{N}+$/u),
  isprintable: pure('', (self) => !/[\p{C}\p{Zl}\p{Zp}]|[^\P{Zs} ]/u.test(self)),
  isspace: all(/^\s+$/),
  istitle: pure('', (self) => cased(self) && self === title(self)),
  isupper: pure('', (self) => cased(self) && self === self.toUpperCase()),
  join: pure('items', (self, items) => iterate(items).map((item, at) => {
    if (!isString(item)) throw valueError(`sequence item ${at}: expected str instance, ${typeName(item)} found`);
    return unmark(item);
  }).join(self)),
  ljust: pure('width, fillchar=" "', (self, width, fill) => justify(self, width, fill, 'left')),
  lower: pure('', (self) => self.toLowerCase()),
  lstrip: pure('chars=None', (self, characters) => strip(self, characters, 'left')),
  maketrans: pure('x, y=None, z=None', (_, from, to, gone) => makeTable(from, to, gone)),
  partition: pure('sep', (self, separator) => partition(self, str(separator), false)),
  removeprefix: pure('prefix', (self, prefix) => (self.startsWith(str(prefix)) ? self.slice(str(prefix).length) : self)),
  removesuffix: pure('suffix', (self, suffix) => (str(suffix) !== '' && self.endsWith(str(suffix)) ? self.slice(0, -str(suffix).length) : self)),
  replace: pure('old, new, count=-1', (self, old, replacement, count) => replace(self, str(old), str(replacement), toInt(count))),
  rfind: pure('sub, start=None, end=None', (self, sub, start, end) => find(self, sub, start, end, true)),
  rindex: pure('sub, start=None, end=None', (self, sub, start, end) => index(self, sub, start, end, true)),
  rjust: pure('width, fillchar=" "', (self, width, fill) => justify(self, width, fill, 'right')),
  rpartition: pure('sep', (self, separator) => partition(self, str(separator), true)),
  rsplit: pure('sep=None, maxsplit=-1', (self, separator, limit) => rsplit(self, separator, toInt(limit))),
  rstrip: pure('chars=None', (self, characters) => strip(self, characters, 'right')),
  split: pure('sep=None, maxsplit=-1', (self, separator, limit) => split(self, separator, toInt(limit))),
  splitlines: pure('keepends=False', (self, keep) => splitLines(self, keep === true)),
  startswith: pure('prefix, start=None, end=None', (self, prefix, start, end) => affix(self, prefix, start, end, (part, given) => part.startsWith(given))),
  strip: pure('chars=None', (self, characters) => strip(self, characters)),
  swapcase: pure('', (self) => [...self].map((c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase())).join('')),
  title: pure('', title),
  translate: pure('table', translate),
  upper: pure('', (self) => self.toUpperCase()),
  zfill: pure('width', (self, width) => {
    const sign = /^[+-]/.exec(self)?.[0] ?? '';
    return sign + '0'.repeat(Math.max(0, toInt(width) - length(self))) + self.slice(sign.length);
  }),
};

function expandTabs(line: string, size: number): string {
  return line.split('\t').reduce((before, part) => before + ' '.repeat(size === 0 ? 0 : size - (before.length % size)) + part);
}

function makeTable(from: unknown, to: unknown, gone: unknown): Map<unknown, unknown> {
  const code = (character: string) => character.codePointAt(0)!;
  if (isDict(from)) return new Map(dictEntries(from).map(([key, value]) => [typeof key === 'string' ? code(key) : key, value]));
  const table = new Map<unknown, unknown>();
  const target = [...str(to)];
  [...str(from)].forEach((character, at) => table.set(code(character), code(target[at] ?? '')));
  if (gone !== null) for (const character of str(gone)) table.set(code(character), null);
  return table;
}
