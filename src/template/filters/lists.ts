/** Filters on lists: Jinja2's, and Ansible's for combining them. */
import { define } from '../define.ts';
import { compare, equals, truthy } from '../python/compare.ts';
import { attributeGetter, foldCase, sortBy } from '../python/attribute-getter.ts';
import { add, toInt } from '../python/number.ts';
import { iterate, length } from '../python/iterate.ts';
import { text } from '../python/text.ts';
import { dictEntries } from '../python/dict.ts';
import { MarkedText, Tuple, Undefined, isDict, isInt, isString, unmark, valueError } from '../python/values.ts';
import { escapeHtml } from '../python/html.ts';
import { binary } from '../python/operators.ts';
import { GroupTuple } from '../python/group-tuple.ts';
import type { Context } from '../context.ts';
import type { Definition } from '../define.ts';

function batch(value: unknown, size: unknown, fill: unknown): unknown[] {
  const items = iterate(value);
  const count = toInt(size);
  const rows: unknown[][] = [];
  for (let at = 0; at < items.length; at += count) rows.push(items.slice(at, at + count) as unknown[]);
  const last = rows.at(-1);
  if (last !== undefined && fill !== null) while (last.length < count) last.push(fill);
  return rows;
}

function slices(value: unknown, count: unknown, fill: unknown): unknown[] {
  const items = iterate(value);
  const parts = toInt(count);
  const each = Math.floor(items.length / parts);
  const longer = items.length % parts;
  let offset = 0;
  return Array.from({ length: parts }, (_, index) => {
    const start = offset + index * each;
    if (index < longer) offset++;
    const part = items.slice(start, offset + (index + 1) * each) as unknown[];
    if (fill !== null && index >= longer) part.push(fill);
    return part;
  });
}

function extreme(context: Context, value: unknown, caseSensitive: unknown, attribute: unknown, sign: number): unknown {
  const items = iterate(value);
  const key = attributeGetter(context, attribute, truthy(caseSensitive) ? undefined : foldCase);
  if (items.length === 0) return new Undefined('No aggregated item, sequence was empty.');
  return items.reduce((best, item) => (sign * compare(key(item), key(best)) > 0 ? item : best));
}

function join(context: Context, value: unknown, separator: unknown, attribute: unknown): unknown {
  const items = attribute === null ? iterate(value) : iterate(value).map(attributeGetter(context, attribute));
  const isMarkup = [separator, ...items].some((item) => item instanceof MarkedText && item.kind === 'markup');
  if (!isMarkup || !(separator instanceof MarkedText)) return items.map(text).join(text(separator));
  return new MarkedText(items.map((item) => escapeHtml(item).text).join(text(separator)), 'markup');
}

function groupBy(context: Context, value: unknown, attribute: unknown, fallback: unknown, caseSensitive: unknown): unknown[] {
  const raw = attributeGetter(context, attribute, undefined, fallback);
  const key = (item: unknown) => (truthy(caseSensitive) ? raw(item) : foldCase(raw(item)));
  const groups: { key: unknown; items: unknown[] }[] = [];
  for (const item of sortBy(iterate(value), key, false)) {
    const last = groups.at(-1);
    if (last !== undefined && equals(last.key, key(item))) last.items.push(item);
    else groups.push({ key: key(item), items: [item] });
  }
  return groups.map((group) => GroupTuple.make(raw(group.items[0]), group.items));
}

function zip(lists: readonly unknown[], longest: boolean, fill: unknown): Tuple[] {
  const all = lists.map(iterate);
  const size = all.length === 0 ? 0 : (longest ? Math.max : Math.min)(...all.map((list) => list.length));
  return Array.from({ length: size }, (_, index) => Tuple.fromList(all.map((list) => (index < list.length ? list[index] : fill))));
}

/** More items than this are a mistake, not a value. */
const MOST = 1_000_000;

function limited(count: number, filter: string): void {
  if (count > MOST) throw valueError(`${filter} would give more than ${MOST} items`);
}

/** How many ways there are to take `taken` of `size` items in order. */
const arrangements = (size: number, taken: number): number => Array.from({ length: taken }, (_, index) => size - index).reduce((count, ways) => count * ways, 1);

function product(lists: readonly (readonly unknown[])[]): Tuple[] {
  limited(lists.reduce((count, list) => count * list.length, 1), 'product');
  return lists.reduce<unknown[][]>((rows, list) => rows.flatMap((row) => list.map((item) => [...row, item])), [[]]).map(Tuple.fromList);
}

function permutations(items: readonly unknown[], size: number): Tuple[] {
  limited(arrangements(items.length, Math.min(size, items.length)), 'permutations');
  const grow = (taken: readonly number[]): number[][] => {
    if (taken.length === size) return [[...taken]];
    return items.flatMap((_, index) => (taken.includes(index) ? [] : grow([...taken, index])));
  };
  return size > items.length ? [] : grow([]).map((row) => Tuple.fromList(row.map((index) => items[index])));
}

function combinations(items: readonly unknown[], size: number): Tuple[] {
  limited(arrangements(items.length, Math.min(size, items.length)) / arrangements(size, size), 'combinations');
  const grow = (taken: readonly number[], from: number): number[][] => {
    if (taken.length === size) return [[...taken]];
    return items.slice(from).flatMap((_, offset) => grow([...taken, from + offset], from + offset + 1));
  };
  return grow([], 0).map((row) => Tuple.fromList(row.map((index) => items[index])));
}

/** Nested lists opened up; nothing (None, 'None', 'null') is dropped unless told otherwise. */
export function flatten(value: unknown, levels: number | null, skipNulls: boolean): unknown[] {
  return iterate(value).flatMap((item) => {
    if (skipNulls && (item === null || item === 'None' || item === 'null')) return [];
    if (!Array.isArray(item) || levels === 0) return [item];
    return flatten(item, levels === null ? null : levels - 1, skipNulls);
  });
}

const first = (value: unknown, at: 0 | -1): unknown => {
  const found = iterate(value).at(at);
  return found === undefined ? new Undefined(`No ${at === 0 ? 'first' : 'last'} item, sequence was empty.`) : found;
};

export const listFilters: Readonly<Record<string, Definition>> = {
  batch: define('linecount, fill_with=None', (_, value, size, fill) => batch(value, size, fill)),
  combinations: define('r', (_, value, size) => combinations(iterate(value), toInt(size))),
  count: define('', (_, value) => length(value)),
  first: define('', (_, value) => first(value, 0)),
  flatten: define('levels=None, skip_nulls=True', (_, value, levels, skip) => flatten(value, levels === null ? null : toInt(levels), truthy(skip))),
  groupby: define('attribute, default=None, case_sensitive=False', groupBy),
  join: define('d="", attribute=None', join),
  last: define('', (_, value) => first(value, -1)),
  length: define('', (_, value) => length(value)),
  list: define('', (_, value) => [...iterate(value)]),
  max: define('case_sensitive=False, attribute=None', (context, value, sensitive, attribute) => extreme(context, value, sensitive, attribute, 1)),
  min: define('case_sensitive=False, attribute=None', (context, value, sensitive, attribute) => extreme(context, value, sensitive, attribute, -1)),
  permutations: define('r=None', (_, value, size) => permutations(iterate(value), size === null ? length(value) : toInt(size))),
  product: define('*lists, repeat=1', (_, value, lists, repeat) => {
    const all = [value, ...(lists as unknown[])].map(iterate);
    return product(Array.from({ length: toInt(repeat) }, () => all).flat());
  }),
  reverse: define('', (_, value) => (isString(value) ? [...(unmark(value) as string)].reverse().join('') : [...iterate(value)].reverse())),
  slice: define('slices, fill_with=None', (_, value, count, fill) => slices(value, count, fill)),
  sort: define('reverse=False, case_sensitive=False, attribute=None', (context, value, reverse, sensitive, attribute) => {
    const postprocess = truthy(sensitive) ? undefined : foldCase;
    const names = isString(attribute) ? text(attribute).split(',') : [attribute];
    const keys = names.map((name) => attributeGetter(context, name, postprocess));
    return sortBy(iterate(value), keys.length === 1 ? keys[0]! : (item) => keys.map((key) => key(item)), truthy(reverse));
  }),
  sum: define('attribute=None, start=0', (context, value, attribute, start) => {
    const key = attributeGetter(context, attribute);
    return iterate(value).reduce((total, item) => {
      const term = key(item);
      if (isString(term)) throw valueError("unsupported operand type(s) for +: 'int' and 'str'", 'Convert the items first: | map(\'int\') | sum.');
      return isInt(total) && isInt(term) ? add(total, term) : binary('+', total, term);
    }, start);
  }),
  zip: define('*lists', (_, value, lists) => zip([value, ...(lists as unknown[])], false, null)),
  zip_longest: define('*lists, fillvalue=None', (_, value, lists, fill) => zip([value, ...(lists as unknown[])], true, fill)),
  items: define('', (_, value) => {
    if (!isDict(value)) throw valueError('Can only get item pairs from a mapping.');
    return dictEntries(value).map(([key, item]) => Tuple.of2(key, item));
  }),
};
