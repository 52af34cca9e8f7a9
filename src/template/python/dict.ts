/** Reading and making dictionaries of every kind: Map, plain object, LazyMapping. */
import { equals } from './compare.ts';
import { Float, Tuple, isKeyed, unmark, valueError, Undefined } from './values.ts';
import type { Dict } from './values.ts';
import { typeName } from './values.ts';

/** The key as stored: equal keys of Python are one key of a Map. Throws on what Python can't hash. */
export function keyOf(key: unknown): unknown {
  const plain = unmark(key);
  if (plain instanceof Float) return plain.value;
  if (plain instanceof Undefined) throw plain.error();
  if (typeof plain === 'object' && plain !== null && !(plain instanceof Tuple) && !(plain instanceof Date)) {
    throw valueError(`unhashable type: '${typeName(plain)}'`);
  }
  return plain;
}

/** A key that is compared by its contents rather than by identity. */
function isCompound(key: unknown): key is object {
  return typeof key === 'object' && key !== null;
}

function storedKey(map: Map<unknown, unknown>, key: unknown): unknown {
  if (!isCompound(key)) return key;
  for (const candidate of map.keys()) if (isCompound(candidate) && equals(candidate, key)) return candidate;
  return key;
}

export function dictHas(dict: Dict, key: unknown): boolean {
  return dictGet(dict, key) !== undefined;
}

/** The value at a key; the JavaScript value `undefined` when there is none. */
export function dictGet(dict: Dict, key: unknown): unknown {
  const plain = keyOf(key);
  if (isKeyed(dict)) {
    const stored = dict instanceof Map ? storedKey(dict, plain) : plain;
    return dict.has(stored) ? (dict.get(stored) ?? null) : undefined;
  }
  // Keys of a YAML mapping such as 100: have become text on their way here.
  const name = typeof plain === 'number' ? String(plain) : plain;
  return typeof name === 'string' && Object.hasOwn(dict, name) ? dict[name] : undefined;
}

export function dictKeys(dict: Dict): unknown[] {
  return isKeyed(dict) ? [...dict.keys()] : Object.keys(dict).filter((key) => dict[key] !== undefined);
}

export function dictSize(dict: Dict): number {
  return dict instanceof Map ? dict.size : dictKeys(dict).length;
}

export function dictValues(dict: Dict): unknown[] {
  return dictKeys(dict).map((key) => dictGet(dict, key));
}

export function dictEntries(dict: Dict): [unknown, unknown][] {
  return dictKeys(dict).map((key) => [key, dictGet(dict, key)]);
}

/** Adds or replaces an entry; keys that are equal in Python are one. */
export function dictSet(map: Map<unknown, unknown>, key: unknown, value: unknown): void {
  const plain = keyOf(key);
  map.set(storedKey(map, plain), value);
}

/** A new dictionary with these entries; later ones win. */
export function newDict(entries: Iterable<readonly [unknown, unknown]> = []): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>();
  for (const [key, value] of entries) dictSet(map, key, value);
  return map;
}

/** A shallow copy that may be changed. */
export function copyDict(dict: Dict): Map<unknown, unknown> {
  return new Map(dictEntries(dict));
}
