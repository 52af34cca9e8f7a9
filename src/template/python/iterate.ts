/** Looping over whatever Python can loop over. */
import { dictKeys } from './dict.ts';
import { DictView, NativeObject, Undefined, isDict, isString, typeName, unmark, valueError } from './values.ts';

/** The items of a list, tuple, range or view, the keys of a dict, the characters of a string; undefined for the rest. */
export function tryIterate(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (isString(value)) return [...(unmark(value) as string)];
  if (value instanceof Undefined) {
    if (value.silent) return [];
    throw value.error();
  }
  if (value instanceof DictView) return value.items;
  if (value instanceof NativeObject) return value.iterate();
  return isDict(value) ? dictKeys(value) : undefined;
}

/** The same, where there must be something to loop over. */
export function iterate(value: unknown): readonly unknown[] {
  const items = tryIterate(value);
  if (items === undefined) throw valueError(`'${typeName(value)}' object is not iterable`);
  return items;
}

/** Python's len(). */
export function length(value: unknown): number {
  if (typeof value === 'string' && !/[\ud800-\udfff]/.test(value)) return value.length;
  const items = tryIterate(value);
  if (items === undefined) throw valueError(`object of type '${typeName(value)}' has no len()`);
  return items.length;
}

/** What Python's Jinja unrolls before it prints: views and ranges become lists. */
export function unroll(value: unknown): unknown {
  if (value instanceof DictView) return [...value.items];
  if (value instanceof NativeObject) {
    const items = value.iterate();
    return items === undefined ? value : [...items];
  }
  return value;
}
