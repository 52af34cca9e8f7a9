/**
 * Whether a value fits a schema, without words for why not. Nearly all arguments fit, and to find that out by walking the schema costs
 * a fraction of compiling it: ajv is asked only about the others.
 */
import { isPending } from './coerce.ts';
import type { Schema, SchemaType } from './schema.ts';

/** Keywords that say nothing about which values fit. */
const annotations = ['default', 'description', 'title', 'examples', 'expects', 'raw', 'secret', 'unrecorded', 'aliases'];

/** Each keyword's own verdict; as in JSON schema, one that is about another type than the value's lets it pass. */
const verdicts: Readonly<Record<string, (schema: Schema, value: unknown, pending: boolean) => boolean>> = {
  type: ({ type }, value) => [type!].flat().some((one) => isOfType(one as SchemaType, value)),
  enum: (schema, value) => schema.enum!.includes(value),
  const: (schema, value) => schema.const === value,
  anyOf: ({ anyOf }, value, pending) => anyOf!.some((branch) => fits(branch, value, pending)),
  minimum: ({ minimum }, value) => typeof value !== 'number' || value >= minimum!,
  maximum: ({ maximum }, value) => typeof value !== 'number' || value <= maximum!,
  exclusiveMinimum: ({ exclusiveMinimum }, value) => typeof value !== 'number' || value > exclusiveMinimum!,
  exclusiveMaximum: ({ exclusiveMaximum }, value) => typeof value !== 'number' || value < exclusiveMaximum!,
  minLength: ({ minLength }, value) => typeof value !== 'string' || [...value].length >= minLength!,
  maxLength: ({ maxLength }, value) => typeof value !== 'string' || [...value].length <= maxLength!,
  pattern: ({ pattern }, value) => typeof value !== 'string' || new RegExp(pattern!, 'u').test(value),
  minItems: ({ minItems }, value) => !Array.isArray(value) || value.length >= minItems!,
  maxItems: ({ maxItems }, value) => !Array.isArray(value) || value.length <= maxItems!,
  items: ({ items }, value, pending) => !Array.isArray(value) || value.every((item) => fits(items!, item, pending)),
  required: ({ required }, value) => !isMapping(value) || required!.every((name) => value[name] !== undefined),
  properties: ({ properties }, value, pending) => !isMapping(value) || Object.entries(properties!).every(([name, property]) => value[name] === undefined || fits(property, value[name], pending)),
  patternProperties: ({ patternProperties }, value, pending) =>
    !isMapping(value) || Object.entries(patternProperties!).every(([pattern, property]) => namesLike(value, pattern).every((name) => fits(property, value[name], pending))),
  additionalProperties: (schema, value, pending) => !isMapping(value) || othersFit(schema, value, pending),
};

/** False also where a keyword is not among those known here. With `pending`, what holds a template fits anything. */
export function fits(schema: Schema, value: unknown, pending: boolean): boolean {
  if (pending && isPending(value)) return true;
  return Object.keys(schema).every((keyword) => annotations.includes(keyword) || verdicts[keyword]?.(schema, value, pending) === true);
}

function othersFit({ properties = {}, patternProperties = {}, additionalProperties }: Schema, value: Readonly<Record<string, unknown>>, pending: boolean): boolean {
  const named = new Set([...Object.keys(properties), ...Object.keys(patternProperties).flatMap((pattern) => namesLike(value, pattern))]);
  const others = Object.keys(value).filter((name) => !named.has(name));
  if (typeof additionalProperties === 'object') return others.every((name) => fits(additionalProperties, value[name], pending));
  return additionalProperties === true || others.length === 0;
}

function namesLike(value: Readonly<Record<string, unknown>>, pattern: string): string[] {
  const matcher = new RegExp(pattern, 'u');
  return Object.keys(value).filter((name) => matcher.test(name));
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
