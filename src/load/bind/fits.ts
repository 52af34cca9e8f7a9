/**
 * Whether a value fits a schema, without words for why not. Nearly all arguments fit, and to find that out by walking the schema costs
 * a fraction of compiling it: ajv is asked only about the others.
 */
import { isPending } from './coerce.ts';
import type { Schema, SchemaType } from './schema.ts';

/** Keywords that say nothing about which values fit. */
const annotations: ReadonlySet<string> = new Set(['default', 'description', 'title', 'examples', 'expects', 'raw', 'secret', 'unrecorded', 'aliases']);

type Verdict = (value: unknown, pending: boolean) => boolean;

/** Each keyword's own verdict; as in JSON schema, one that is about another type than the value's lets it pass. */
const verdicts: Readonly<Record<string, (schema: Schema) => Verdict>> = {
  type: ({ type }) => {
    const types = [type!].flat() as readonly SchemaType[];
    return (value) => types.some((one) => isOfType(one, value));
  },
  enum: (schema) => (value) => schema.enum!.includes(value),
  const: (schema) => (value) => schema.const === value,
  anyOf: ({ anyOf }) => (value, pending) => anyOf!.some((branch) => fits(branch, value, pending)),
  minimum: ({ minimum }) => (value) => typeof value !== 'number' || value >= minimum!,
  maximum: ({ maximum }) => (value) => typeof value !== 'number' || value <= maximum!,
  exclusiveMinimum: ({ exclusiveMinimum }) => (value) => typeof value !== 'number' || value > exclusiveMinimum!,
  exclusiveMaximum: ({ exclusiveMaximum }) => (value) => typeof value !== 'number' || value < exclusiveMaximum!,
  minLength: ({ minLength }) => (value) => typeof value !== 'string' || isLength(value, minLength!, Infinity),
  maxLength: ({ maxLength }) => (value) => typeof value !== 'string' || isLength(value, 0, maxLength!),
  pattern: ({ pattern }) => {
    const matcher = new RegExp(pattern!, 'u');
    return (value) => typeof value !== 'string' || matcher.test(value);
  },
  minItems: ({ minItems }) => (value) => !Array.isArray(value) || value.length >= minItems!,
  maxItems: ({ maxItems }) => (value) => !Array.isArray(value) || value.length <= maxItems!,
  items: ({ items }) => (value, pending) => !Array.isArray(value) || value.every((item) => fits(items!, item, pending)),
  required: ({ required }) => (value) => !isMapping(value) || required!.every((name) => value[name] !== undefined),
  properties: ({ properties }) => {
    const entries = Object.entries(properties!);
    return (value, pending) => !isMapping(value) || entries.every(([name, property]) => value[name] === undefined || fits(property, value[name], pending));
  },
  patternProperties: ({ patternProperties }) => {
    const entries = Object.entries(patternProperties!).map(([pattern, property]) => [new RegExp(pattern, 'u'), property] as const);
    return (value, pending) => !isMapping(value) || entries.every(([matcher, property]) => Object.keys(value).every((name) => !matcher.test(name) || fits(property, value[name], pending)));
  },
  additionalProperties: ({ properties = {}, patternProperties = {}, additionalProperties }) => {
    const matchers = Object.keys(patternProperties).map((pattern) => new RegExp(pattern, 'u'));
    const isNamed = (name: string): boolean => Object.hasOwn(properties, name) || matchers.some((matcher) => matcher.test(name));
    return (value, pending) =>
      !isMapping(value) || additionalProperties === true || Object.keys(value).every((name) => isNamed(name) || (typeof additionalProperties === 'object' && fits(additionalProperties, value[name], pending)));
  },
};

const compiled = new WeakMap<Schema, readonly Verdict[]>();

/** False also where a keyword is not among those known here. With `pending`, what holds a template fits anything. */
export function fits(schema: Schema, value: unknown, pending: boolean): boolean {
  if (pending && isPending(value)) return true;
  let all = compiled.get(schema);
  if (!all) {
    all = Object.keys(schema).filter((keyword) => !annotations.has(keyword)).map((keyword) => verdicts[keyword]?.(schema) ?? ((): boolean => false));
    compiled.set(schema, all);
  }
  for (const verdict of all) if (!verdict(value, pending)) return false;
  return true;
}

/** Whether a text has so many characters; most need no counting. */
function isLength(text: string, least: number, most: number): boolean {
  if (text.length <= most && text.length >= 2 * least) return true;
  const { length } = [...text];
  return length >= least && length <= most;
}

function isOfType(type: SchemaType, value: unknown): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value);
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isMapping(value);
    case 'null':
      return value === null;
    default:
      return typeof value === type;
  }
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
