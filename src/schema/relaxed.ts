/** Argument schemas as an editor should apply them: templates anywhere, and whatever ctplay would coerce to the right type. */
import { choices, type Schema, type SchemaType } from '../load/bind/schema.ts';
import { isRequired } from './argument-docs.ts';

/** JSON schema as it is written into a file. */
export type JsonSchema = { readonly [keyword: string]: unknown };

const reference = (name: keyof typeof valueDefinitions): JsonSchema => ({ $ref: `#/definitions/${name}` });

/** Definitions that `relaxed` refers to. */
export const valueDefinitions = {
  template: { description: 'A Jinja2 template, rendered before the value is used.', type: 'string', pattern: '\\{\\{|\\{%|\\{#' },
  boolean: { anyOf: [{ type: 'boolean' }, { enum: ['yes', 'no', 'on', 'off', 'true', 'false', 0, 1] }] },
  integerText: { type: 'string', pattern: '^\\s*[-+]?\\d+\\s*$' },
  numberText: { type: 'string', pattern: '^\\s*[-+]?\\d' },
  text: { type: ['string', 'number', 'boolean'] },
} as const satisfies Readonly<Record<string, JsonSchema>>;

export const template = reference('template');

/** A module's arguments in a task: a mapping, or one string (`src=a dest=b`, a command, a template). */
export function argumentsSchema(schema: Schema, texts: { readonly summary: string; readonly freeForm?: string }): JsonSchema {
  const mapping = relaxedMapping(schema);
  const required = requirements(schema).length > 0;
  return {
    description: texts.summary,
    anyOf: [
      mapping,
      { type: 'string', description: texts.freeForm === undefined ? 'Arguments as `name=value` words, or a template.' : `Sets \`${texts.freeForm}\`; \`name=value\` words set other arguments.` },
      ...(required ? [] : [{ type: 'null' }]),
    ],
  };
}

function relaxedMapping(schema: Schema): JsonSchema {
  const properties = Object.entries(schema.properties ?? {});
  const required = requirements(schema);
  return {
    type: 'object',
    ...(schema.description === undefined ? {} : { description: schema.description }),
    properties: Object.fromEntries(properties.flatMap(([name, property]) => [name, ...(property.aliases ?? [])].map((one) => [one, relaxed(property, one === name ? undefined : name)]))),
    ...(schema.patternProperties ? { patternProperties: Object.fromEntries(Object.entries(schema.patternProperties).map(([pattern, property]) => [pattern, relaxed(property)])) } : {}),
    ...(properties.length > 0 && schema.patternProperties === undefined ? { additionalProperties: openness(schema) } : {}),
    ...(required.length > 0 ? { allOf: required } : {}),
  };
}

function openness({ additionalProperties }: Schema): unknown {
  return typeof additionalProperties === 'object' ? relaxed(additionalProperties) : additionalProperties === true;
}

/** Each required argument, under any of its names. */
function requirements(schema: Schema): JsonSchema[] {
  return Object.entries(schema.properties ?? {})
    .filter(([name]) => isRequired(schema, name))
    .map(([name, { aliases = [] }]) => (aliases.length === 0 ? { required: [name] } : { anyOf: [name, ...aliases].map((one) => ({ required: [one] })) }));
}

/** One value: what the schema says, what is coerced to it, or a template. */
export function relaxed(schema: Schema, aliasOf?: string): JsonSchema {
  const description = [...(schema.description === undefined ? [] : [schema.description]), ...(aliasOf === undefined ? [] : [`The same as \`${aliasOf}\`.`])].join(' ');
  const branches = alternatives(schema);
  return {
    ...(description === '' ? {} : { description }),
    ...(schema.default === undefined ? {} : { default: schema.default }),
    // What takes any string takes templates too.
    ...(branches === undefined ? {} : { anyOf: branches.some((branch) => branch['$ref'] === '#/definitions/text') ? branches : [...branches, template] }),
  };
}

/** Undefined: any value will do. */
function alternatives(schema: Schema): JsonSchema[] | undefined {
  const values = choices(schema);
  if (values) return [{ enum: [...values, ...values.filter((value) => typeof value === 'string' && /^(?:yes|no|on|off|true|false|\d+)$/.test(value)).map(fromYaml)] }];
  if (schema.anyOf) {
    const branches = schema.anyOf.map(alternatives);
    return branches.some((branch) => branch === undefined) ? undefined : unique(branches.flatMap((branch) => branch!));
  }
  return schema.type === undefined ? undefined : unique([schema.type].flat().flatMap((type) => ofType(type, schema)));
}

function ofType(type: SchemaType, schema: Schema): JsonSchema[] {
  switch (type) {
    case 'boolean':
      return [reference('boolean')];
    case 'integer':
      return [{ type: 'integer', ...bounds(schema) }, reference('integerText')];
    case 'number':
      return [{ type: 'number', ...bounds(schema) }, reference('numberText')];
    case 'string':
      return Object.keys(lengths(schema)).length === 0 ? [reference('text')] : [{ type: 'string', ...lengths(schema) }, { type: ['number', 'boolean'] }];
    case 'array':
      return [{ type: 'array', ...(schema.items ? { items: relaxed(schema.items) } : {}) }, reference('text'), ...(schema.items?.type === 'object' ? [relaxedMapping(schema.items)] : [])];
    case 'object':
      return [relaxedMapping(schema), { type: 'string' }];
    case 'null':
      return [{ type: 'null' }];
  }
}

// YAML takes these words for booleans and numbers before ctplay sees them.
function fromYaml(value: unknown): unknown {
  return /^\d+$/.test(value as string) ? Number(value) : /^(?:yes|on|true)$/.test(value as string);
}

function bounds({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): JsonSchema {
  return defined({ minimum, maximum, exclusiveMinimum, exclusiveMaximum });
}

function lengths({ minLength, maxLength, pattern }: Schema): JsonSchema {
  return defined({ minLength, maxLength, pattern });
}

function defined(schema: Readonly<Record<string, unknown>>): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined));
}

function unique(schemas: readonly JsonSchema[]): JsonSchema[] {
  return [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()];
}
