/** str() and repr(). */
import { dictEntries } from './dict.ts';
import { formatFloat } from './number.ts';
import { CalendarDate, formatDateTime } from './datetime.ts';
import { DictView, Float, MarkedText, NativeObject, Tuple, Undefined, isDict, isInt, typeName } from './values.ts';
import { omit } from '../types.ts';

/** Python's str(): what a value prints as. Throws for undefined, also inside lists and dicts. */
export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof MarkedText) return value.text;
  if (value instanceof Date) return formatDateTime(value);
  return repr(value);
}

/** Python's repr(). */
export function repr(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quoteText(value);
    case 'boolean':
      return value ? 'True' : 'False';
    case 'number':
      return isInt(value) ? String(value) : formatFloat(value);
    case 'bigint':
      return String(value);
    case 'function':
      return `<function ${value.name}>`;
    case 'symbol':
      return value === omit ? '__omit_place_holder__' : String(value);
    case 'undefined':
      return 'None';
    default:
      return reprObject(value as object | null);
  }
}

function reprObject(value: object | null): string {
  if (value === null) return 'None';
  if (value instanceof Undefined) {
    if (value.silent) return '';
    throw value.error();
  }
  if (value instanceof Float) return formatFloat(value.value);
  if (value instanceof MarkedText) return value.kind === 'markup' ? `Markup(${quoteText(value.text)})` : quoteText(value.text);
  if (value instanceof Tuple) return value.length === 1 ? `(${repr(value[0])},)` : `(${value.map(repr).join(', ')})`;
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`;
  if (value instanceof DictView) return `dict_${value.kind}([${value.items.map(repr).join(', ')}])`;
  if (value instanceof Date) return reprDateTime(value);
  if (value instanceof NativeObject) return value.describe();
  if (isDict(value)) return `{${dictEntries(value).map(([key, item]) => `${repr(key)}: ${repr(item)}`).join(', ')}}`;
  return `<${typeName(value)}>`;
}

function reprDateTime(value: Date): string {
  const day = [value.getUTCFullYear(), value.getUTCMonth() + 1, value.getUTCDate()];
  if (value instanceof CalendarDate) return `datetime.date(${day.join(', ')})`;
  const parts = [...day, value.getUTCHours(), value.getUTCMinutes()];
  if (value.getUTCSeconds() !== 0 || value.getUTCMilliseconds() !== 0) parts.push(value.getUTCSeconds());
  if (value.getUTCMilliseconds() !== 0) parts.push(value.getUTCMilliseconds() * 1000);
  return `datetime.datetime(${parts.join(', ')})`;
}

/** A string between quotes: single ones unless it holds single and no double quotes; unprintable characters escaped. */
function quoteText(value: string): string {
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  if (/^[\x20-\x5b\x5d-\x7e]*$/.test(value) && !value.includes(quote)) return quote + value + quote;
  let result = quote;
  for (const character of value) result += escapeCharacter(character, quote);
  return result + quote;
}

function escapeCharacter(character: string, quote: string): string {
  if (character === quote || character === '\\') return `\\${character}`;
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return '\\t';
  if (character === ' ' || !/[\p{C}\p{Z}]/u.test(character)) return character;
  const code = character.codePointAt(0)!;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
}
