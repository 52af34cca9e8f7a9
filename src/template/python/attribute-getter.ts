/** How filters name the part of an item that they work on: `attribute='a.b.0'` (jinja2.filters.make_attrgetter). */
import { getItem } from './attributes.ts';
import { compare } from './compare.ts';
import { isInt, isString, unmark, Undefined } from './values.ts';
import { text } from './text.ts';
import type { Context } from '../context.ts';

/** Text in lower case; every other value as it is. */
export function foldCase(value: unknown): unknown {
  return isString(value) ? (unmark(value) as string).toLowerCase() : value;
}

/** A function from an item to its part, with a fallback for what is undefined; without attribute the item itself. */
export function attributeGetter(context: Context, attribute: unknown, postprocess?: (value: unknown) => unknown, fallback: unknown = null): (item: unknown) => unknown {
  const path = attribute === null || attribute === undefined ? [] : isInt(attribute) ? [attribute] : text(attribute).split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  return (item) => {
    let value = item;
    for (const part of path) {
      value = getItem(context, value, part);
      if (value instanceof Undefined && fallback !== null) value = fallback;
    }
    return postprocess === undefined ? value : postprocess(value);
  };
}

/** A stable sort by keys that are computed once. */
export function sortBy(items: readonly unknown[], key: (item: unknown) => unknown, reverse: boolean): unknown[] {
  const keyed = items.map((item) => [key(item), item] as const);
  // Python's reverse keeps the order of equal items.
  keyed.sort(([a], [b]) => (reverse ? compare(b, a) : compare(a, b)));
  return keyed.map(([, item]) => item);
}
