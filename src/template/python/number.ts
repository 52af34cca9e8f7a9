/** Arithmetic on Python's int (of any size) and float. */
import { Float, Undefined, float, isInt, isNumber, typeName, valueError } from './values.ts';

type Int = number | bigint;

/** An int in the form that the engine keeps: a number where it is safe, a bigint beyond. */
export function int(value: bigint): Int {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** The value as a number of JavaScript. Throws for what is no number. */
export function toNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Float) return value.value;
  if (value instanceof Undefined) throw value.error();
  throw valueError(`must be a number, not ${typeName(value)}`);
}

/** The value as a whole number of JavaScript. Throws for what is no int. */
export function toInt(value: unknown): number {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof Undefined) throw value.error();
  if (!isInt(value)) throw valueError(`'${typeName(value)}' object cannot be interpreted as an integer`);
  return Number(value);
}

/** bool counts as int in arithmetic. */
export function isArithmetic(value: unknown): value is number | bigint | Float | boolean {
  return isNumber(value) || typeof value === 'boolean';
}

function wholes(left: unknown, right: unknown): [Int, Int] | undefined {
  const a = typeof left === 'boolean' ? Number(left) : left;
  const b = typeof right === 'boolean' ? Number(right) : right;
  return isInt(a) && isInt(b) ? [a, b] : undefined;
}

type Whole = (a: bigint, b: bigint) => bigint;
type Real = (a: number, b: number) => number;

/** Ints stay ints, and grow where they must; anything else is a float. */
function arithmetic(left: unknown, right: unknown, real: Real, whole: Whole): number | bigint | Float {
  const ints = wholes(left, right);
  if (ints === undefined) return float(real(toNumber(left), toNumber(right)));
  const [a, b] = ints;
  if (typeof a === 'number' && typeof b === 'number') {
    const result = real(a, b);
    if (Number.isSafeInteger(result)) return result;
  }
  return int(whole(BigInt(a), BigInt(b)));
}

export const add = (left: unknown, right: unknown) => arithmetic(left, right, (a, b) => a + b, (a, b) => a + b);
export const subtract = (left: unknown, right: unknown) => arithmetic(left, right, (a, b) => a - b, (a, b) => a - b);
export const multiply = (left: unknown, right: unknown) => arithmetic(left, right, (a, b) => a * b, (a, b) => a * b);

/** `/`: always a float. */
export function divide(left: unknown, right: unknown): number | Float {
  if (toNumber(right) === 0) throw valueError(wholes(left, right) === undefined ? 'float division by zero' : 'division by zero');
  return float(toNumber(left) / toNumber(right));
}

/** `//`: rounds towards minus infinity. */
export function floorDivide(left: unknown, right: unknown): number | bigint | Float {
  if (toNumber(right) === 0) throw valueError('integer division or modulo by zero');
  return arithmetic(left, right, (a, b) => Math.round((a - floorRest(a, b)) / b), (a, b) => {
    const quotient = a / b;
    return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
  });
}

/** The remainder with the sign of the divisor; exact, unlike a division that is rounded first. */
function floorRest(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest + 0;
}

/** `%`: has the sign of the divisor. */
export function modulo(left: unknown, right: unknown): number | bigint | Float {
  if (toNumber(right) === 0) throw valueError('integer division or modulo by zero');
  return arithmetic(left, right, floorRest, (a, b) => {
    const rest = a % b;
    return rest !== 0n && rest < 0n !== b < 0n ? rest + b : rest;
  });
}

/** `**`: an int to a negative power is a float. */
export function power(left: unknown, right: unknown): number | bigint | Float {
  const ints = wholes(left, right);
  if (ints === undefined || ints[1] < 0) {
    if (toNumber(left) === 0 && toNumber(right) < 0) throw valueError('0.0 cannot be raised to a negative power');
    return float(toNumber(left) ** toNumber(right));
  }
  if (ints[1] > 100_000) throw valueError('the exponent is too large');
  return arithmetic(left, right, (a, b) => a ** b, (a, b) => a ** b);
}

export function negate(value: unknown): number | bigint | Float {
  if (typeof value === 'bigint') return int(-value);
  if (value === 0) return 0;
  return isInt(value) || typeof value === 'boolean' ? -toNumber(value) : float(-toNumber(value));
}

/** repr() of a float: the shortest digits that read back, with an exponent from 1e16 on and below 1e-4. */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const magnitude = Math.abs(value);
  if (magnitude >= 1e16 || magnitude < 1e-4) {
    const [digits, exponent] = value.toExponential().split('e') as [string, string];
    const sign = exponent.startsWith('-') ? '-' : '+';
    return `${digits}e${sign}${exponent.slice(1).padStart(2, '0')}`;
  }
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
}

/** Rounds half to even, as Python's round() does, to a number of decimal places (negative: tens, hundreds). */
export function roundHalfEven(value: number, places: number): number {
  if (!Number.isFinite(value)) return value;
  if (places >= 0) {
    if (places > 20) return value;
    const fixed = exactFixed(value, places);
    return Number(fixed);
  }
  const scale = 10 ** -places;
  const scaled = value / scale;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
  return rounded * scale;
}

/** The value with exactly `places` decimals, rounded half to even from its exact binary value (C's printf does so). */
export function exactFixed(value: number, places: number): string {
  if (places > 100) return value.toFixed(100) + '0'.repeat(places - 100);
  // toFixed rounds exact ties up in magnitude; every other case agrees with round-half-even.
  const fixed = Math.abs(value) < 1e21 ? value.toFixed(places) : `${BigInt(value)}${places > 0 ? `.${'0'.repeat(places)}` : ''}`;
  const longer = places <= 75 && Math.abs(value) < 1e21 ? value.toFixed(places + 25) : undefined;
  if (longer === undefined || !/50*$/.test(longer.slice(-25)) || !longer.slice(-25).startsWith('5') || /[1-9]/.test(longer.slice(-24))) return fixed;
  const truncated = longer.slice(0, -25).replace(/\.$/, '');
  const last = truncated.at(-1)!;
  return Number(last) % 2 === 0 ? truncated : fixed;
}
