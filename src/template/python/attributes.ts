/** Attributes, items and slices of values (jinja2.Environment.getattr and getitem). */
import { dateAttribute } from './datetime.ts';
import { dictGet, dictKeys } from './dict.ts';
import { dictMethods } from './dict-methods.ts';
import { listMethods } from './list-methods.ts';
import { strMethods } from './str-methods.ts';
import { GroupTuple } from './group-tuple.ts';
import { iterate } from './iterate.ts';
import { toInt } from './number.ts';
import { repr } from './text.ts';
import { DictView, NativeObject, Tuple, Undefined, isDict, isInt, isString, typeName, unmark, valueError } from './values.ts';
import type { Callable } from './values.ts';
import type { Context } from '../context.ts';
import type { Definition } from '../define.ts';

/** The methods of a value's type. */
function methodsOf(value: unknown): Readonly<Record<string, Definition>> | undefined {
  if (isString(value)) return strMethods;
  if (Array.isArray(value)) return listMethods;
  return isDict(value) ? dictMethods : undefined;
}

/** Finds a method by its name; `undefined` when the value's type has none. */
export function method(value: unknown, name: string): Definition | undefined {
  const methods = methodsOf(value);
  return methods !== undefined && Object.hasOwn(methods, name) ? methods[name] : undefined;
}

/** `value.name`: a method or attribute, else the item. Undefined when there is neither. */
export function getAttribute(context: Context, value: unknown, name: string): unknown {
  if (value instanceof Undefined) return value;
  const own = ownAttribute(context, value, name);
  if (own !== undefined) return own;
  const found = item(value, name);
  return found === undefined ? missing(value, name) : found;
}

/** `value[key]`: the item, else, for a name, the attribute. Undefined when there is neither. */
export function getItem(context: Context, value: unknown, key: unknown): unknown {
  if (value instanceof Undefined) return value;
  if (key instanceof Undefined) throw key.error();
  const found = item(value, key);
  if (found !== undefined) return found;
  const own = isString(key) ? ownAttribute(context, value, unmark(key) as string) : undefined;
  return own === undefined ? missing(value, key) : own;
}

/** A method or attribute, never an item: what `getattr()` gives. */
export function ownAttribute(context: Context, value: unknown, name: string): unknown {
  const definition = method(value, name);
  if (definition !== undefined) {
    const bound: Callable = (args, kwargs) => definition.call(context, name, value, args, kwargs);
    return bound;
  }
  if (value instanceof NativeObject) return value.attribute(name);
  if (value instanceof GroupTuple) return name === 'grouper' ? value[0] : name === 'list' ? value[1] : undefined;
  return value instanceof Date ? dateAttribute(value, name) : undefined;
}

function item(value: unknown, key: unknown): unknown {
  if (isString(value) || Array.isArray(value) || value instanceof NativeObject) {
    const index = typeof key === 'boolean' ? Number(key) : key;
    if (!isInt(index)) return undefined;
    const items = typeof value === 'string' && !/[\ud800-\udfff]/.test(value) ? value : value instanceof NativeObject ? (value.iterate() ?? []) : iterate(value);
    const at = Number(index);
    return items[at < 0 ? at + items.length : at];
  }
  return isDict(value) ? dictGet(value, key) : undefined;
}

/** The undefined value that a missing attribute or item is. */
export function missing(value: unknown, key: unknown): Undefined {
  const owner = value === null ? 'None' : `${typeName(value)} object`;
  if (!isString(key)) return new Undefined(`'${owner}' has no element ${repr(key)}`);
  const name = unmark(key) as string;
  const candidates = isDict(value) ? () => dictKeys(value) : () => Object.keys(methodsOf(value) ?? {});
  return new Undefined(`'${owner}' has no attribute '${name}'`, name, candidates);
}

/** `value[start:stop:step]` with Python's rules for negative and missing bounds. */
export function slice(value: unknown, start: unknown, stop: unknown, step: unknown): unknown {
  if (value instanceof Undefined) throw value.error();
  if (!isString(value) && !Array.isArray(value) && !(value instanceof NativeObject)) {
    throw valueError(value instanceof DictView || isDict(value) ? `'${typeName(value)}' can't be sliced` : `'${typeName(value)}' object is not subscriptable`);
  }
  const items = iterate(value);
  const stride = step === null ? 1 : toInt(step);
  if (stride === 0) throw valueError('slice step cannot be zero');
  const picked: unknown[] = [];
  const [from, to] = bounds(items.length, start, stop, stride);
  for (let index = from; stride > 0 ? index < to : index > to; index += stride) picked.push(items[index]);
  if (isString(value)) return picked.join('');
  return value instanceof Tuple ? Tuple.fromList(picked) : picked;
}

function bounds(size: number, start: unknown, stop: unknown, stride: number): [number, number] {
  const [lowest, highest] = stride > 0 ? [0, size] : [-1, size - 1];
  const clamp = (bound: unknown, fallback: number): number => {
    if (bound === null) return fallback;
    const given = toInt(bound);
    return Math.min(Math.max(given < 0 ? given + size : given, lowest), highest);
  };
  return stride > 0 ? [clamp(start, 0), clamp(stop, size)] : [clamp(start, size - 1), clamp(stop, -1)];
}
