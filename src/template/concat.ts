/**
 * What a rendered text becomes. Ansible (jinja2_native off, its default) joins everything to text, and then reads text that
 * looks like a list, a dict or a bool as such.
 */
import { parseLiteral } from './literal.ts';
import { dictEntries } from './python/dict.ts';
import { iterate, unroll } from './python/iterate.ts';
import { text } from './python/text.ts';
import { omit } from './types.ts';
import { Float, MarkedText, Tuple, Undefined, isDict, isNumber } from './python/values.ts';

/** What {{ }} hands to the output: ranges and views as lists, None as nothing. Throws for undefined, however deep. */
export function finalize(value: unknown): unknown {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  const unrolled = unroll(value);
  failOnUndefined(unrolled);
  return unrolled;
}

function failOnUndefined(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (value instanceof Undefined) {
    if (value.silent) return;
    throw value.error();
  }
  if (Array.isArray(value)) for (const item of value) failOnUndefined(item);
  else if (isDict(value)) for (const [, item] of dictEntries(value)) failOnUndefined(item);
}

/** The texts of all parts, nothing read as a literal. */
export function joinText(parts: readonly unknown[]): string {
  return parts.length === 1 ? text(parts[0]) : parts.map(text).join('');
}

/** The value that the parts of an output make. */
export function joinNative(parts: readonly unknown[]): unknown {
  if (parts.length === 0) return '';
  const [only] = parts;
  if (parts.length > 1) return readLiteral(joinText(parts));
  if (typeof only === 'string') return readLiteral(only);
  if (typeof only === 'boolean' || only === omit) return only;
  if (only instanceof MarkedText) return only.kind === 'text' ? only : readLiteral(only.text);
  if (isNumber(only) || only instanceof Tuple) return text(only);
  if (typeof only === 'object' && (Array.isArray(only) || isDict(only!))) {
    // Printing a value and reading it back gives the value, if all in it can be written as a literal.
    return isLiteral(only) ? only : text(only);
  }
  return readLiteral(text(only));
}

/** Text that looks like a list, a dict or a bool, as such. */
function readLiteral(written: string): unknown {
  const first = written.charCodeAt(0);
  if (first !== 0x5b && first !== 0x7b) return written === 'True' ? true : written === 'False' ? false : written;
  const value = parseLiteral(written);
  return value === undefined ? written : value;
}

function isLiteral(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'bigint':
    case 'symbol':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      if (value === null || value instanceof Float) return true;
      if (value instanceof MarkedText) return value.kind === 'text';
      if (Array.isArray(value)) return iterate(value).every(isLiteral);
      return isDict(value) && dictEntries(value).every(([key, item]) => isLiteral(key) && isLiteral(item));
    default:
      return false;
  }
}
