/** How %-formats, str.format() and format specs write numbers. */
import { exactFixed } from './number.ts';

/** `%e` of C: one digit before the point, at least two in the exponent. */
function exponential(value: number, precision: number): string {
  const [digits, exponent] = value.toExponential(Math.min(precision, 100)).split('e') as [string, string];
  const sign = exponent.startsWith('-') ? '-' : '+';
  return `${digits}e${sign}${exponent.slice(1).padStart(2, '0')}`;
}

/** `%g` of C: fixed or exponential, whichever is shorter; trailing zeros only in the alternate form. */
function general(value: number, precision: number, alternate: boolean): string {
  const digits = precision === 0 ? 1 : precision;
  if (value === 0) return alternate ? `0.${'0'.repeat(digits - 1)}` : '0';
  const exponent = Number(value.toExponential(digits - 1).split('e')[1]);
  const fixed = exponent < -4 || exponent >= digits ? exponential(value, digits - 1) : exactFixed(value, digits - 1 - exponent);
  if (alternate || !fixed.includes('.')) return fixed;
  return fixed.replace(/\.?0+(?=e|$)/, '');
}

/** A float by a conversion letter; infinities and NaN by name. The sign is part of the result only for negative values. */
export function formatReal(value: number, letter: string, precision: number, alternate: boolean): string {
  const upper = letter === letter.toUpperCase();
  const raw = !Number.isFinite(value) ? (Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf') : finite(value, letter.toLowerCase(), precision, alternate);
  return upper ? raw.toUpperCase() : raw;
}

function finite(value: number, letter: string, precision: number, alternate: boolean): string {
  if (letter === 'e') return exponential(value, precision);
  if (letter === 'g') return general(value, precision, alternate);
  return exactFixed(value, precision);
}

/** Sets separators between groups of digits in the whole part. */
export function group(digits: string, separator: string, size = 3): string {
  const [whole, ...rest] = digits.split('.') as [string, ...string[]];
  return [whole.replace(new RegExp(`\\B(?=(?:[0-9a-fA-F]{${size}})+(?![0-9a-fA-F]))`, 'g'), separator), ...rest].join('.');
}
