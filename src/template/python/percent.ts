/** Python's `'…' % values` (Library Reference, "printf-style String Formatting"). */
import { dictGet } from './dict.ts';
import { formatReal } from './numeric-format.ts';
import { toNumber } from './number.ts';
import { repr, text } from './text.ts';
import { Tuple, Undefined, isDict, isInt, isNumber, isString, typeName, unmark, valueError } from './values.ts';

const conversion = /%(?:\(([^)]*)\))?([#0\- +]*)(\*|\d+)?(?:\.(\*|\d+)?)?[hlL]?(.)?/gs;

/** The text with each conversion replaced; values are a tuple, one value, or a dict for `%(name)s`. */
export function percentFormat(format: string, values: unknown): string {
  const positional: readonly unknown[] = values instanceof Tuple ? values : [values];
  let next = 0;
  let named = false;
  const take = (): unknown => {
    if (next >= positional.length) throw valueError('not enough arguments for format string');
    return positional[next++];
  };
  const result = format.replace(conversion, (whole: string, name: string | undefined, flags: string, width: string | undefined, precision: string | undefined, letter: string | undefined) => {
    if (letter === undefined) throw valueError('incomplete format');
    if (letter === '%') return '%';
    let adjusted = flags;
    let wide = width === '*' ? toNumber(take()) : Number(width ?? 0);
    if (wide < 0) {
      adjusted += '-';
      wide = -wide;
    }
    const hasPoint = /\.[\d*]*[hlL]?.$/s.test(whole);
    const places = precision === '*' ? toNumber(take()) : precision === undefined ? (hasPoint ? 0 : undefined) : Number(precision);
    let value: unknown;
    if (name === undefined) value = take();
    else {
      named = true;
      if (!isDict(values)) throw valueError('format requires a mapping');
      value = dictGet(values, name);
      if (value === undefined) throw valueError(`the format's key '${name}' is not in the dict`);
    }
    return pad(convert(letter, value, places, adjusted), adjusted, wide, 'sra'.includes(letter) || letter === 'c');
  });
  const consumedAll = next >= positional.length || named || (isDict(values) && !(values instanceof Tuple)) || (Array.isArray(values) && !(values instanceof Tuple) && next === 0);
  if (!consumedAll) throw valueError('not all arguments converted during string formatting');
  return result;
}

function convert(letter: string, value: unknown, precision: number | undefined, flags: string): string {
  if (value instanceof Undefined) throw value.error();
  switch (letter) {
    case 's':
      return text(value).slice(0, precision);
    case 'r':
    case 'a':
      return repr(value).slice(0, precision);
    case 'c':
      return isString(value) ? (unmark(value) as string) : String.fromCodePoint(toNumber(value));
    case 'd':
    case 'i':
    case 'u':
      return signed(whole(value, letter), (digits) => digits, precision, flags, '');
    case 'x':
      return signed(integer(value, letter), (_, n) => n.toString(16), precision, flags, '0x');
    case 'X':
      return signed(integer(value, letter), (_, n) => n.toString(16).toUpperCase(), precision, flags, '0X');
    case 'o':
      return signed(integer(value, letter), (_, n) => n.toString(8), precision, flags, '0o');
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G': {
      if (!isNumber(value) && typeof value !== 'boolean') throw valueError(`must be real number, not ${typeName(value)}`);
      const formatted = formatReal(toNumber(value), letter, precision ?? 6, flags.includes('#'));
      return formatted.startsWith('-') ? formatted : sign(flags) + formatted;
    }
    default:
      throw valueError(`unsupported format character '${letter}'`);
  }
}

const sign = (flags: string) => (flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '');

function whole(value: unknown, letter: string): bigint {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (!isNumber(value)) throw valueError(`%${letter} format: a real number is required, not ${typeName(value)}`);
  return isInt(value) ? BigInt(value) : BigInt(Math.trunc(toNumber(value)));
}

function integer(value: unknown, letter: string): bigint {
  if (!isInt(value) && typeof value !== 'boolean') throw valueError(`%${letter} format: an integer is required, not ${typeName(value)}`);
  return BigInt(value);
}

function signed(value: bigint, digits: (decimal: string, magnitude: bigint) => string, precision: number | undefined, flags: string, prefix: string): string {
  const magnitude = value < 0n ? -value : value;
  const written = digits(String(magnitude), magnitude).padStart(precision ?? 0, '0');
  return (value < 0n ? '-' : sign(flags)) + (flags.includes('#') ? prefix : '') + written;
}

function pad(formatted: string, flags: string, width: number, isText: boolean): string {
  const missing = width - [...formatted].length;
  if (missing <= 0) return formatted;
  if (flags.includes('-')) return formatted + ' '.repeat(missing);
  if (!flags.includes('0') || isText || /n/i.test(formatted)) return ' '.repeat(missing) + formatted;
  const prefix = /^[+\- ]?(?:0[xXo])?/.exec(formatted)![0];
  return prefix + formatted.slice(prefix.length).padStart(width - prefix.length, '0');
}
