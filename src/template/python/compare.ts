/** Truth, equality, order and membership as Python has them. */
import { dictGet, dictHas, dictKeys, dictSize } from './dict.ts';
import { iterate } from './iterate.ts';
import { Float, MarkedText, NativeObject, Undefined, DictView, isDict, isString, typeName, unmark, valueError } from './values.ts';
import type { Dict } from './values.ts';

/** Whether Python's bool() is True. Throws for undefined. */
export function truthy(value: unknown): boolean {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'string':
      return value !== '';
    case 'number':
      return value !== 0;
    case 'bigint':
      return value !== 0n;
    case 'object':
      return objectTruth(value);
    default:
      return value !== undefined;
  }
}

function objectTruth(value: object | null): boolean {
  if (value === null) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Undefined) {
    if (value.silent) return false;
    throw value.error();
  }
  if (value instanceof Float) return value.value !== 0;
  if (value instanceof MarkedText) return value.text !== '';
  if (value instanceof DictView) return value.items.length > 0;
  if (value instanceof NativeObject) return value.iterate() === undefined || value.iterate()!.length > 0;
  return isDict(value) ? dictSize(value) > 0 : true;
}

type Numeric = number | bigint;

/** The value for comparing numbers, or undefined for what is no number; bool counts as 0 or 1. */
function numeric(value: unknown): Numeric | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof Float) return value.value;
  return typeof value === 'number' || typeof value === 'bigint' ? value : undefined;
}

/** Python's `==`. Throws for undefined. */
export function equals(left: unknown, right: unknown): boolean {
  if (left instanceof Undefined) throw left.error();
  if (right instanceof Undefined) throw right.error();
  if (left === right) return true;
  const leftNumber = numeric(left);
  if (leftNumber !== undefined) {
    const rightNumber = numeric(right);
    // `==` compares number with bigint by value.
    return rightNumber !== undefined && leftNumber == rightNumber;
  }
  if (isString(left) || isString(right)) return unmark(left) === unmark(right);
  if (Array.isArray(left)) return Array.isArray(right) && typeName(left) === typeName(right) && sameItems(left, right);
  if (left instanceof Date) return right instanceof Date && left.getTime() === right.getTime();
  if (left instanceof DictView) return right instanceof DictView && sameItems(left.items, right.items);
  if (left instanceof NativeObject && right instanceof NativeObject) return left.typeName === right.typeName && left.describe() === right.describe();
  return isDict(left) && isDict(right) && sameEntries(left, right);
}

function sameItems(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((item, index) => equals(item, right[index]));
}

function sameEntries(left: Dict, right: Parameters<typeof dictKeys>[0]): boolean {
  if (dictSize(left) !== dictSize(right)) return false;
  return dictKeys(left).every((key) => {
    const other = dictGet(right, key);
    return other !== undefined && equals(dictGet(left, key), other);
  });
}

/** Negative, zero or positive as left is less than, equal to or greater than right. Throws when Python can't order them. */
export function compare(left: unknown, right: unknown, operator = '<'): number {
  if (left instanceof Undefined) throw left.error();
  if (right instanceof Undefined) throw right.error();
  const leftNumber = numeric(left);
  const rightNumber = numeric(right);
  if (leftNumber !== undefined && rightNumber !== undefined) {
    if (leftNumber < rightNumber) return -1;
    // NaN is neither less nor equal nor greater.
    return leftNumber > rightNumber ? 1 : leftNumber == rightNumber ? 0 : Number.NaN;
  }
  if (isString(left) && isString(right)) return compareText(unmark(left) as string, unmark(right) as string);
  if (Array.isArray(left) && Array.isArray(right) && typeName(left) === typeName(right)) return compareLists(left, right, operator);
  if (left instanceof Date && right instanceof Date) return left.getTime() - right.getTime();
  if (left instanceof NativeObject && right instanceof NativeObject && left.typeName === right.typeName) {
    const [a, b] = [left.attribute('_order'), right.attribute('_order')];
    if (typeof a === 'number' && typeof b === 'number') return a - b;
  }
  throw valueError(`'${operator}' not supported between instances of '${typeName(left)}' and '${typeName(right)}'`);
}

function compareLists(left: readonly unknown[], right: readonly unknown[], operator: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    if (!equals(left[index], right[index])) return compare(left[index], right[index], operator);
  }
  return left.length - right.length;
}

/** By code points, which differs from JavaScript's order beyond the basic plane. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) {
      const surrogates = (a & 0xf800) === 0xd800 || (b & 0xf800) === 0xd800;
      return surrogates ? left.codePointAt(index)! - right.codePointAt(index)! : a - b;
    }
  }
  return left.length - right.length;
}

/** Python's `item in container`. */
export function contains(container: unknown, item: unknown): boolean {
  if (container instanceof Undefined) throw container.error();
  if (isString(container)) {
    if (item instanceof Undefined) throw item.error();
    if (!isString(item)) throw valueError(`'in <string>' requires string as left operand, not ${typeName(item)}`);
    return (unmark(container) as string).includes(unmark(item) as string);
  }
  if (isDict(container)) return dictHas(container, item);
  if (Array.isArray(container) || container instanceof DictView || container instanceof NativeObject) {
    return iterate(container).some((candidate) => equals(candidate, item));
  }
  throw valueError(`argument of type '${typeName(container)}' is not iterable`);
}
