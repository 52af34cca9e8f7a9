/**
 * Values of variables may hold templates, at any depth. They are rendered when they are read: lists and dicts that hold
 * some are wrapped so that each item is rendered on its way out. All other values are used as they are.
 */
import { Secret } from '../shell.ts';
import { copyDict, dictEntries } from './python/dict.ts';
import { isDict } from './python/values.ts';

/** Whether a text may hold a template: it has an opening delimiter. */
export function isTemplate(value: string): boolean {
  return value.includes('{{') || value.includes('{%') || value.includes('{#');
}

/** Whether something in the value must be rendered (or revealed) before it is used. */
export function needsRendering(value: unknown, known: WeakMap<object, boolean>): boolean {
  if (typeof value === 'string') return isTemplate(value);
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof Secret) return true;
  const before = known.get(value);
  if (before !== undefined) return before;
  // A value that contains itself must not be followed for ever.
  known.set(value, false);
  const found = Array.isArray(value)
    ? value.some((item) => needsRendering(item, known))
    : isPlainContainer(value) && children(value).some((item) => needsRendering(item, known));
  known.set(value, found);
  return found;
}

/** Maps and objects are data; a LazyMapping renders its values itself. */
function isPlainContainer(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return value instanceof Map || prototype === Object.prototype || prototype === null;
}

function children(value: object): unknown[] {
  return value instanceof Map ? [...(value as Map<unknown, unknown>).values()] : Object.values(value);
}

/** Where something stands in a value: keys and indices from the outside in. */
export type Path = readonly (string | number)[];

/** Renders one text or secret found at a path. */
export type RenderLeaf = (value: string | Secret, path: Path) => unknown;

/** The value with every template in it rendered when it is read. */
export function lazily(value: unknown, path: Path, render: RenderLeaf, known: WeakMap<object, boolean>): unknown {
  if (!needsRendering(value, known)) return value;
  if (typeof value === 'string' || value instanceof Secret) return render(value, path);
  if (value instanceof Map) {
    return new Map([...(value as Map<unknown, unknown>)].map(([key, item]) => [key, lazily(item, [...path, String(key)], render, known)]));
  }
  const rendered = new Map<string, unknown>();
  return new Proxy(value as object, {
    get(target, key, receiver): unknown {
      const item: unknown = Reflect.get(target, key, receiver);
      if (typeof key === 'symbol' || typeof item === 'function' || !Object.hasOwn(target, key)) return item;
      const before = rendered.get(key);
      if (before !== undefined) return before;
      const result = lazily(item, [...path, Array.isArray(target) ? Number(key) : key], render, known);
      if (result !== item) rendered.set(key, result);
      return result;
    },
    set: () => false,
  });
}

/** A deep copy of lists and dicts, for templates that change them in place. */
export function deepCopy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deepCopy);
  if (!isDict(value) || (!(value instanceof Map) && !isPlainContainer(value as object))) return value;
  const copy = copyDict(value);
  for (const [key, item] of dictEntries(copy)) copy.set(key, deepCopy(item));
  return copy;
}
