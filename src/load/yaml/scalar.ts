/**
 * Plain scalars as PyYAML, and so Ansible, reads them: YAML 1.1's types (https://yaml.org/type/) with PyYAML's narrower
 * booleans. `yes` is true, `0644` is 420, `y` and `0o644` stay strings. On purpose unlike PyYAML, `22:22` and `52:54:00:12:34:56`
 * are no numbers in base 60 either: whoever writes them means ports or an address.
 */
import { float, type Float } from '../../template/python/values.ts';

const nulls = new Set(['', '~', 'null', 'Null', 'NULL']);
const booleans = new Map<string, boolean>(
  [
    ...['yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word) => [word, true] as const),
    ...['no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
  ],
);

const binary = /^[-+]?0b[01_]+$/;
const octal = /^[-+]?0[0-7_]+$/;
const decimal = /^[-+]?(?:0|[1-9][0-9_]*)$/;
const hexadecimal = /^[-+]?0x[0-9a-fA-F_]+$/;
const decimalFraction = /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$/;
const infinity = /^[-+]?\.(?:inf|Inf|INF)$/;
const notANumber = /^\.(?:nan|NaN|NAN)$/;

/** The value of an untagged plain scalar: null, a boolean, a number, or the text itself. `2.0` is a Float, dates stay text. */
export function resolvePlain(text: string): string | number | Float | boolean | null {
  if (nulls.has(text)) return null;
  const boolean = booleans.get(text);
  if (boolean !== undefined) return boolean;
  return resolveNumber(text) ?? text;
}

/** The number a plain scalar stands for, or undefined. Integers that a double can't hold stay text, so that no digit is lost. */
export function resolveNumber(text: string): number | Float | undefined {
  if (!/^[-+.0-9]/.test(text)) return undefined;
  const integer = resolveInteger(text);
  if (integer !== undefined) return Number.isSafeInteger(integer) ? integer : undefined;
  const digits = text.replaceAll('_', '');
  if (decimalFraction.test(text)) return float(Number(digits));
  if (infinity.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return notANumber.test(text) ? NaN : undefined;
}

function resolveInteger(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^[-+]/, '').replaceAll('_', '');
  if (decimal.test(text)) return sign * Number(digits);
  if (octal.test(text)) return sign * parseInt(digits, 8);
  if (binary.test(text)) return sign * parseInt(digits.slice(2), 2);
  if (hexadecimal.test(text)) return sign * parseInt(digits.slice(2), 16);
  return undefined;
}
