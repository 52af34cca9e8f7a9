/** Python's str.format() and format() mini-language (Library Reference, "Format String Syntax"). */
import { strftime } from './datetime.ts';
import { formatReal, group } from './numeric-format.ts';
import { formatFloat, toNumber } from './number.ts';
import { repr, text } from './text.ts';
import { Undefined, isInt, isNumber, isString, typeName, unmark, valueError } from './values.ts';
import type { Kwargs } from './values.ts';

/** Reads an attribute or item of a value, for `{0.name}` and `{0[key]}`. */
export type Access = (value: unknown, key: unknown, kind: 'attribute' | 'item') => unknown;

/** str.format(): replacement fields by position or name, with `!r`/`!s` and nested format specs. */
export function strFormat(format: string, args: readonly unknown[], kwargs: Kwargs, access: Access): string {
  let automatic = 0;
  const expand = (source: string, depth: number): string => {
    if (depth > 2) throw valueError('Max string recursion exceeded');
    let result = '';
    for (let at = 0; at < source.length; ) {
      const character = source[at]!;
      if ((character === '{' || character === '}') && source[at + 1] === character) {
        result += character;
        at += 2;
      } else if (character === '}') {
        throw valueError("Single '}' encountered in format string");
      } else if (character === '{') {
        const end = closingBrace(source, at);
        result += field(source.slice(at + 1, end), depth);
        at = end + 1;
      } else {
        result += character;
        at += 1;
      }
    }
    return result;
  };
  const field = (body: string, depth: number): string => {
    const match = /^((?:[^![\]:]|\[[^\]]*\])*)(?:!([rsa]))?(?::(.*))?$/s.exec(body);
    if (match === null) throw valueError(`invalid replacement field '{${body}}'`);
    const [, path = '', conversion, spec = ''] = match;
    const value = follow(path);
    const converted = conversion === undefined ? value : conversion === 's' ? text(value) : repr(value);
    return formatValue(converted, expand(spec, depth + 1));
  };
  const follow = (path: string): unknown => {
    const first = /^[^.[]*/.exec(path)![0];
    let value = root(first === '' ? String(automatic++) : first);
    for (const [, attribute, item] of path.slice(first.length).matchAll(/\.([^.[]+)|\[([^\]]*)\]/g)) {
      const key = attribute ?? (/^\d+$/.test(item!) ? Number(item) : item);
      value = access(value, key, attribute === undefined ? 'item' : 'attribute');
    }
    if (value instanceof Undefined) throw value.error();
    return value;
  };
  const root = (name: string): unknown => {
    if (/^\d+$/.test(name)) {
      if (Number(name) >= args.length) throw valueError(`Replacement index ${name} out of range for positional args tuple`);
      return args[Number(name)];
    }
    if (!kwargs.has(name)) throw valueError(`the format's key '${name}' is not among the arguments`);
    return kwargs.get(name);
  };
  return expand(format, 0);
}

function closingBrace(source: string, open: number): number {
  let depth = 0;
  for (let at = open; at < source.length; at++) {
    if (source[at] === '{') depth++;
    else if (source[at] === '}' && --depth === 0) return at;
  }
  throw valueError("expected '}' before end of string");
}

const specPattern = /^(?:(.)?([<>=^]))?([+\- ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([bcdeEfFgGnosxX%])?$/su;

/** format(value, spec). */
function formatValue(value: unknown, spec: string): string {
  if (value instanceof Undefined) throw value.error();
  if (spec === '') return text(value);
  if (value instanceof Date) return strftime(spec, value);
  const match = specPattern.exec(spec);
  if (match === null) throw valueError(`Invalid format specifier '${spec}'`);
  const [, fillGiven, alignGiven, signFlag = '-', alternate, zero, widthText, separator = '', precisionText, letter = ''] = match;
  const numeric = (isNumber(value) || typeof value === 'boolean') && letter !== 'c' && !(typeof value === 'boolean' && letter === '');
  if (letter !== '' && letter !== 's' && !numeric && letter !== 'c') throw valueError(`Unknown format code '${letter}' for object of type '${typeName(value)}'`);
  if (letter === 's' && !isString(value)) throw valueError(`Unknown format code 's' for object of type '${typeName(value)}'`);
  if (!numeric && !isString(value) && letter !== 'c') throw valueError(`unsupported format string passed to ${typeName(value)}.__format__`);
  const precision = precisionText === undefined ? undefined : Number(precisionText);
  const fill = fillGiven ?? (zero === undefined ? ' ' : '0');
  const align = alignGiven ?? (numeric ? (zero === undefined ? '>' : '=') : '<');
  const width = Number(widthText ?? 0);
  if (!numeric) return fit(letter === 'c' ? String.fromCodePoint(toNumber(value)) : (unmark(value) as string).slice(0, precision), width, fill, align, '');
  const raw = magnitude(value, letter, precision, alternate !== undefined, separator);
  const sign = raw.negative ? '-' : signFlag === '-' ? '' : signFlag;
  return fit(raw.digits, width, fill, align, sign + raw.prefix);
}

function fit(body: string, width: number, fill: string, align: string, prefix: string): string {
  const missing = width - [...body].length - prefix.length;
  if (missing <= 0) return prefix + body;
  if (align === '=') return prefix + fill.repeat(missing) + body;
  const left = align === '<' ? 0 : align === '>' ? missing : Math.floor(missing / 2);
  return fill.repeat(left) + prefix + body + fill.repeat(missing - left);
}

interface Magnitude {
  readonly negative: boolean;
  readonly prefix: string;
  readonly digits: string;
}

const bases: Readonly<Record<string, number>> = { b: 2, o: 8, x: 16, X: 16 };

function magnitude(value: unknown, letter: string, precision: number | undefined, alternate: boolean, separator: string): Magnitude {
  const isWhole = isInt(value) || typeof value === 'boolean';
  if (isWhole && (letter === '' || letter === 'd' || letter === 'n' || letter in bases)) {
    if (precision !== undefined) throw valueError('Precision not allowed in integer format specifier');
    const whole = BigInt(value);
    const base = bases[letter] ?? 10;
    const digits = (whole < 0n ? -whole : whole).toString(base);
    return {
      negative: whole < 0n,
      prefix: alternate && base !== 10 ? `0${letter}` : '',
      digits: group(letter === 'X' ? digits.toUpperCase() : digits, separator, base === 10 ? 3 : 4),
    };
  }
  const number = toNumber(value);
  if ('bcdoxX'.includes(letter) && letter !== '') throw valueError(`Unknown format code '${letter}' for object of type 'float'`);
  const size = Math.abs(number);
  let digits: string;
  if (letter === '%') digits = `${formatReal(size * 100, 'f', precision ?? 6, alternate)}%`;
  else if (letter !== '') digits = formatReal(size, letter === 'n' ? 'g' : letter, precision ?? 6, alternate);
  else digits = precision === undefined ? formatFloat(size) : shortest(size, precision);
  return { negative: number < 0 || Object.is(number, -0), prefix: '', digits: separator === '' ? digits : group(digits, separator) };
}

/** Without a letter a float is written as by 'g', but always with a point or an exponent. */
function shortest(value: number, precision: number): string {
  const written = formatReal(value, 'g', precision, false);
  return /[.e]/.test(written) ? written : `${written}.0`;
}
