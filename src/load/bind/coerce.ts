/** Values brought to the type that their schema asks for, by Ansible's rules (module_utils/common/validation.py). */
import { hasTemplate } from '../has-template.ts';
import { Secret } from '../../shell.ts';
import { Float } from '../../template/python/values.ts';
import { alternatives, choices, type Schema } from './schema.ts';

/** A scalar of the type that the schema asks for, or the value itself where there is no way. Lists and mappings are left to the caller. */
export function coerceScalar(schema: Schema, value: unknown): unknown {
  const values = choices(schema);
  if (values) return coerceChoice(values, value);
  switch (schema.type) {
    case 'boolean':
      return toBoolean(value) ?? value;
    case 'integer':
    case 'number':
      return toNumber(value, schema.type) ?? value;
    case 'string':
      return toText(value) ?? value;
    case 'array':
      return toList(schema, value) ?? value;
    case 'object':
      return toMapping(value) ?? value;
    default:
      return value instanceof Float ? value.value : value;
  }
}

const trueWords = new Set(['y', 'yes', 'on', '1', 'true', 't']);
const falseWords = new Set(['n', 'no', 'off', '0', 'false', 'f']);

function toBoolean(value: unknown): boolean | undefined {
  const word = String(value).toLowerCase();
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  return trueWords.has(word) ? true : falseWords.has(word) ? false : undefined;
}

function toNumber(value: unknown, type: 'integer' | 'number'): number | undefined {
  if (value instanceof Float) return value.value;
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  const fits = type === 'integer' ? /^[-+]?\d+$/ : /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/;
  return fits.test(text) ? Number(text) : undefined;
}

/** Python's spelling of what YAML took for a number or a boolean. */
function toText(value: unknown): string | undefined {
  if (value instanceof Float) return value.value.toFixed(1);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined;
}

function toList(schema: Schema, value: unknown): unknown[] | undefined {
  if (typeof value === 'string') {
    const words = value.split(',').map((word) => word.trim());
    return words.length === 1 && words[0] === '' ? [] : words;
  }
  if (typeof value === 'number' || typeof value === 'boolean') return [value];
  return typeof value === 'object' && value !== null && schema.items?.type === 'object' ? [value] : undefined;
}

/** A mapping written as JSON or as `a=b, c=d`. */
function toMapping(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'string') return undefined;
  if (value.trimStart().startsWith('{')) {
    try {
      return JSON.parse(value) as Record<string, unknown>;
    } catch {
      return undefined;
    }
  }
  const pairs = value.split(/[,\s]+/).filter((word) => word !== '').map((word) => /^([^=]+)=(.*)$/.exec(word));
  return pairs.length > 0 && pairs.every((pair) => pair !== null) ? Object.fromEntries(pairs.map((pair) => [pair[1]!, pair[2]!])) : undefined;
}

/** YAML makes booleans of `yes` and `off`; where one of the choices is such a word, that one is meant. */
function coerceChoice(values: readonly unknown[], value: unknown): unknown {
  if (values.includes(value)) return value;
  if (typeof value === 'boolean') {
    const words = value ? trueWords : falseWords;
    const meant = values.filter((one) => typeof one === 'string' && words.has(one.toLowerCase()));
    return meant.length === 1 ? meant[0] : value;
  }
  return values.find((one) => typeof one !== typeof value && typeof value !== 'object' && String(one) === String(value)) ?? value;
}

/** Whether a value is of the schema's type already, without a look at what is inside lists and mappings. */
export function hasType(schema: Schema, value: unknown): boolean {
  const values = choices(schema);
  if (values) return values.includes(value);
  const branches = alternatives(schema);
  if (branches) return branches.some((branch) => hasType(branch, value));
  switch (schema.type) {
    case 'string':
    case 'boolean':
      return typeof value === schema.type;
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return typeof value === 'number';
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Float);
    case 'null':
      return value === null;
    default:
      return true;
  }
}

/** Whether a value is known only at run time: a template, or an encrypted value. */
export function isPending(value: unknown): boolean {
  return value instanceof Secret || (typeof value === 'string' && hasTemplate(value));
}
