/** Jinja2's tests. */
import { define, defineLenient } from '../define.ts';
import { compare, contains, equals } from '../python/compare.ts';
import { isArithmetic, modulo } from '../python/number.ts';
import { tryIterate } from '../python/iterate.ts';
import { text } from '../python/text.ts';
import { NativeObject, MarkedText, Undefined, isDict, isFloat, isInt, isNumber, isString, typeName, valueError } from '../python/values.ts';
import type { Definition } from '../define.ts';

/** A look at the type alone, which undefined values may have too. */
const type = (holds: (value: unknown) => boolean): Definition => defineLenient('', (_, value) => holds(value));
const order = (operator: string, holds: (order: number) => boolean): Definition =>
  define('other', (_, value, other) => holds(compare(value, other, operator)));
const equal = define('other', (_, value, other) => equals(value, other));
const unequal = define('other', (_, value, other) => !equals(value, other));
const less = order('<', (result) => result < 0);
const atMost = order('<=', (result) => result <= 0);
const greater = order('>', (result) => result > 0);
const atLeast = order('>=', (result) => result >= 0);

const remainder = (value: unknown, by: unknown) => {
  if (!isArithmetic(value)) throw valueError(`'${typeName(value)}' has no remainder`);
  return modulo(value, by);
};
const cased = (value: string) => /[\p{Lu}\p{Ll}]/u.test(value);

/** Whether both are one and the same object; equal scalars are. */
function same(value: unknown, other: unknown): boolean {
  return value === other || (value instanceof Undefined && other instanceof Undefined);
}

export const jinjaTests: Readonly<Record<string, Definition>> = {
  '!=': unequal,
  '<': less,
  '<=': atMost,
  '==': equal,
  '>': greater,
  '>=': atLeast,
  boolean: type((value) => typeof value === 'boolean'),
  callable: type((value) => typeof value === 'function' || (value instanceof NativeObject && 'call' in value)),
  defined: type((value) => !(value instanceof Undefined)),
  divisibleby: define('num', (_, value, by) => equals(remainder(value, by), 0)),
  eq: equal,
  equalto: equal,
  escaped: type((value) => value instanceof MarkedText && value.kind === 'markup'),
  even: define('', (_, value) => equals(remainder(value, 2), 0)),
  false: type((value) => value === false),
  filter: define('', (context, value) => isString(value) && context.hasFilter(text(value))),
  float: type(isFloat),
  ge: atLeast,
  greaterthan: greater,
  gt: greater,
  in: define('seq', (_, value, container) => contains(container, value)),
  integer: type(isInt),
  iterable: define('', (_, value) => tryIterate(value) !== undefined),
  le: atMost,
  lessthan: less,
  lower: define('', (_, value) => cased(text(value)) && text(value) === text(value).toLowerCase()),
  lt: less,
  mapping: type((value) => isDict(value)),
  ne: unequal,
  none: type((value) => value === null),
  number: type((value) => isNumber(value) || typeof value === 'boolean'),
  odd: define('', (_, value) => equals(remainder(value, 2), 1)),
  sameas: defineLenient('other', (_, value, other) => same(value, other)),
  sequence: type((value) => isString(value) || Array.isArray(value) || isDict(value) || (value instanceof NativeObject && value.iterate() !== undefined)),
  string: type((value) => isString(value) || typeof value === 'symbol'),
  test: define('', (context, value) => isString(value) && context.hasTest(text(value))),
  true: type((value) => value === true),
  undefined: type((value) => value instanceof Undefined),
  upper: define('', (_, value) => cased(text(value)) && text(value) === text(value).toUpperCase()),
};
