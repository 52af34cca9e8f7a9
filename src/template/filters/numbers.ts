/** Filters on numbers, Jinja2's and Ansible's. */
import { define } from '../define.ts';
import { humanReadable, humanToBytes } from '../python/human-size.ts';
import { int, isArithmetic, negate, roundHalfEven, toInt, toNumber } from '../python/number.ts';
import { compare, truthy } from '../python/compare.ts';
import { float, isFloat, isInt, isString, typeName, unmark, valueError } from '../python/values.ts';
import type { Definition } from '../define.ts';

/** int(text, base): blanks around, a sign, underscores between digits; undefined when it is none. */
export function parseInteger(source: string, base: number): number | bigint | undefined {
  const match = /^\s*([-+]?)(?:0([xob]))?([0-9a-z]+(?:_[0-9a-z]+)*)\s*$/i.exec(source);
  if (match === null) return undefined;
  const [, sign, prefix, written] = match as unknown as [string, string, string | undefined, string];
  const own = prefix === undefined ? undefined : { x: 16, o: 8, b: 2 }[prefix.toLowerCase() as 'x'];
  if (own !== undefined && base !== own && base !== 0) return prefix!.toLowerCase() === 'b' && base > 11 ? parseDigits(sign, `0b${written}`, base) : undefined;
  const radix = base === 0 ? (own ?? 10) : base;
  return parseDigits(sign, written, radix);
}

function parseDigits(sign: string, written: string, radix: number): number | bigint | undefined {
  let total = 0n;
  for (const digit of written.replaceAll('_', '').toLowerCase()) {
    const value = parseInt(digit, 36);
    if (Number.isNaN(value) || value >= radix) return undefined;
    total = total * BigInt(radix) + BigInt(value);
  }
  return int(sign === '-' ? -total : total);
}

/** float(text); undefined when it is none. */
export function parseFloat64(source: string): number | undefined {
  const plain = source.trim().replace(/(?<=\d)_(?=\d)/g, '').toLowerCase();
  if (/^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/.test(plain)) return Number(plain);
  const named = /^([-+]?)(inf|infinity|nan)$/.exec(plain);
  if (named === null) return undefined;
  return (named[1] === '-' ? -1 : 1) * (named[2] === 'nan' ? NaN : Infinity);
}

function toInteger(value: unknown, fallback: unknown, base: unknown): unknown {
  if (isString(value)) {
    const source = unmark(value) as string;
    const whole = parseInteger(source, toInt(base));
    if (whole !== undefined) return whole;
    const real = parseFloat64(source);
    return real !== undefined && Number.isFinite(real) ? int(BigInt(Math.trunc(real))) : fallback;
  }
  if (typeof value === 'boolean') return Number(value);
  if (isInt(value)) return value;
  if (isFloat(value) && Number.isFinite(toNumber(value))) return int(BigInt(Math.trunc(toNumber(value))));
  return fallback;
}

function round(value: unknown, precision: unknown, method: unknown): unknown {
  const places = toInt(precision);
  if (method === 'common') return isFloat(value) ? float(roundHalfEven(toNumber(value), places)) : int(BigInt(roundHalfEven(toNumber(value), Math.min(0, places))));
  if (method !== 'ceil' && method !== 'floor') throw valueError('method must be common, ceil or floor');
  const scale = 10 ** places;
  const scaled = toNumber(value) * scale;
  return float((method === 'ceil' ? Math.ceil(scaled) : Math.floor(scaled)) / scale);
}

const real = (name: string, signature: string, body: (x: number, y: number) => number): Definition =>
  define(signature, (_, x, y) => {
    for (const operand of [x, y]) if (!isArithmetic(operand)) throw valueError(`${name}() can only be used on numbers, not ${typeName(operand)}`);
    const result = body(toNumber(x), toNumber(y));
    if (Number.isNaN(result)) throw valueError(`${name}(): math domain error`);
    return float(result);
  });

export const numberFilters: Readonly<Record<string, Definition>> = {
  abs: define('', (_, value) => {
    if (!isArithmetic(value)) throw valueError(`bad operand type for abs(): '${typeName(value)}'`);
    return compare(value, 0) < 0 ? negate(value) : typeof value === 'boolean' ? Number(value) : value;
  }),
  float: define('default=0.0', (_, value, fallback) => {
    const parsed = isString(value) ? parseFloat64(unmark(value) as string) : isArithmetic(value) ? toNumber(value) : undefined;
    return parsed === undefined ? (fallback === 0 ? float(0) : fallback) : float(parsed);
  }),
  human_readable: define('isbits=False, unit=None', (_, value, isBits, unit) => humanReadable(value, truthy(isBits), unit)),
  human_to_bytes: define('default_unit=None, isbits=False', (_, value, unit, isBits) => humanToBytes(value, unit, truthy(isBits))),
  int: define('default=0, base=10', (_, value, fallback, base) => toInteger(value, fallback, base)),
  log: real('log', `base=${Math.E}`, (x, base) => {
    if (x <= 0) return NaN;
    return base === 10 ? Math.log10(x) : base === Math.E ? Math.log(x) : Math.log(x) / Math.log(base);
  }),
  pow: real('pow', 'y', (x, y) => x ** y),
  root: real('root', 'base=2', (x, base) => (base === 2 ? Math.sqrt(x) : x ** (1 / base))),
  round: define('precision=0, method="common"', (_, value, precision, method) => round(value, precision, unmark(method))),
};
