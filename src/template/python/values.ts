/**
 * Python's data as JavaScript's: None is null, bool boolean, str string, int a safe integer or bigint, float any other
 * number, list an array, dict a Map (or, as given from outside, a plain object or a LazyMapping). What has no counterpart
 * is a class here. The JavaScript value `undefined` means 'there is none' inside the engine and is never a value.
 */
import { CtplayError, didYouMean } from '../../errors.ts';
import type { LazyMapping } from '../types.ts';

/** A float whose value is a whole number: 2.0 is not 2. Make floats with `float()` only. */
export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
  valueOf(): number {
    return this.value;
  }
  toJSON(): number {
    return this.value;
  }
}

/** A Python float of this value. */
export function float(value: number): number | Float {
  return Number.isSafeInteger(value) ? new Float(value) : value;
}

/** A tuple: a list that prints with parentheses. */
export class Tuple extends Array<unknown> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
  static of2(first: unknown, second: unknown): Tuple {
    const tuple = new Tuple(2);
    tuple[0] = first;
    tuple[1] = second;
    return tuple;
  }
  static fromList(items: Iterable<unknown>): Tuple {
    const tuple = new Tuple();
    for (const item of items) tuple.push(item);
    return tuple;
  }
}

/** Text that says how it is to be treated: `markup` is already escaped for HTML, `text` is never read as a literal. */
export class MarkedText {
  readonly text: string;
  readonly kind: 'markup' | 'text';
  constructor(text: string, kind: 'markup' | 'text') {
    this.text = text;
    this.kind = kind;
  }
  toString(): string {
    return this.text;
  }
}

/** What dict.keys(), values() and items() give. */
export class DictView {
  readonly kind: 'keys' | 'values' | 'items';
  readonly items: readonly unknown[];
  constructor(kind: DictView['kind'], items: readonly unknown[]) {
    this.kind = kind;
    this.items = items;
  }
}

/** Something with attributes that templates may read: a loop, a namespace, a macro. */
export abstract class NativeObject {
  /** The attribute's value, or undefined when there is none. */
  abstract attribute(name: string): unknown;
  /** What Python calls the type. */
  abstract readonly typeName: string;
  /** How it prints. */
  abstract describe(): string;
  /** Its items, if it can be looped over. */
  iterate(): readonly unknown[] | undefined {
    return undefined;
  }
}

export type Kwargs = ReadonlyMap<string, unknown>;
export const noKwargs: Kwargs = new Map();
/** A function that templates can call. */
export type Callable = (args: readonly unknown[], kwargs: Kwargs) => unknown;

/** The value of a name or attribute that does not exist; any use but a test or `default` throws. */
export class Undefined {
  readonly message: string;
  readonly name: string | undefined;
  readonly candidates: (() => Iterable<unknown>) | undefined;
  readonly cause: CtplayError | undefined;
  /** Adds the place where it was named to its error. */
  locate: ((error: CtplayError) => CtplayError) | undefined;
  /** Prints as nothing instead of throwing: what an inline `if` without `else` gives. */
  readonly silent: boolean = false;
  constructor(message: string, name?: string, candidates?: () => Iterable<unknown>, cause?: CtplayError) {
    this.message = message;
    this.name = name;
    this.candidates = candidates;
    this.cause = cause;
  }
  /** The error that using it is. */
  error(): CtplayError {
    const error = this.cause ?? this.#plainError();
    return this.locate === undefined ? error : this.locate(error);
  }

  #plainError(): CtplayError {
    const words = [...(this.candidates?.() ?? [])].filter((word): word is string => typeof word === 'string');
    return new CtplayError('template.undefined', this.message, {
      hint: this.name === undefined ? undefined : didYouMean(this.name, words),
    });
  }
}

export class SilentUndefined extends Undefined {
  override readonly silent = true;
}

/** A wrong value in a template, as the user is told. */
export function valueError(message: string, hint?: string): CtplayError {
  return new CtplayError('template.value', message, { hint });
}

/** The value, unless it is undefined: then throws. */
export function defined(value: unknown): unknown {
  if (value instanceof Undefined) throw value.error();
  return value;
}

export function isString(value: unknown): value is string | MarkedText {
  return typeof value === 'string' || value instanceof MarkedText;
}

/** The plain value of marked text; every other value as it is. */
export function unmark(value: unknown): unknown {
  return value instanceof MarkedText ? value.text : value;
}

export function isInt(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || Number.isSafeInteger(value);
}

export function isFloat(value: unknown): value is number | Float {
  return value instanceof Float || (typeof value === 'number' && !Number.isSafeInteger(value));
}

/** An int or float; a bool is none here. */
export function isNumber(value: unknown): value is number | bigint | Float {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof Float;
}

export function isList(value: unknown): value is unknown[] {
  return Array.isArray(value);
}

export type Dict = Readonly<Record<string, unknown>> | LazyMapping;

/** A dictionary of any of the three kinds. */
export function isDict(value: unknown): value is Dict {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || hasMethods(value);
}

/** Whether a dictionary answers by methods (a Map or LazyMapping) rather than by properties. */
export function isKeyed(value: Dict): value is LazyMapping {
  return value instanceof Map || hasMethods(value);
}

function hasMethods(value: object): boolean {
  const { get, has, keys } = value as Partial<Record<'get' | 'has' | 'keys', unknown>>;
  return typeof get === 'function' && typeof has === 'function' && typeof keys === 'function';
}

/** What Python calls the value's type. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType';
  if (typeof value === 'boolean') return 'bool';
  if (value instanceof MarkedText) return value.kind === 'markup' ? 'Markup' : 'NativeJinjaText';
  if (typeof value === 'string' || typeof value === 'symbol') return 'str';
  if (isInt(value)) return 'int';
  if (isFloat(value)) return 'float';
  if (value instanceof Tuple) return 'tuple';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Undefined) return 'AnsibleUndefined';
  if (value instanceof DictView) return `dict_${value.kind}`;
  if (value instanceof Date) return value.constructor === Date ? 'datetime' : 'date';
  if (value instanceof NativeObject) return value.typeName;
  if (typeof value === 'function') return 'function';
  return isDict(value) ? 'dict' : 'object';
}
