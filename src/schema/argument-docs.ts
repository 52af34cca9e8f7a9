/** A module's arguments as its page lists them, read off the schema that also checks them. */
import { choices, type Schema, type SchemaType } from '../load/bind/schema.ts';

export interface ArgumentDoc {
  readonly name: string;
  /** `string`, `linux | ovs`, `list of strings`, `integer from 1 to 4094`. */
  readonly type: string;
  readonly required: boolean;
  /** Undefined: left out, it has no value. */
  readonly default: unknown;
  readonly aliases: readonly string[];
  readonly description: string;
  readonly secret: boolean;
  /** What a mapping, or each mapping of a list, may hold. */
  readonly children: readonly ArgumentDoc[];
}

/** The properties of an object schema: required ones first, else in the order of the schema. */
export function argumentDocs(schema: Schema): ArgumentDoc[] {
  const docs = Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    type: typeWords(property),
    required: isRequired(schema, name),
    default: property.default,
    aliases: property.aliases ?? [],
    description: property.description ?? '',
    secret: property.secret === true,
    children: innerMappings(property).flatMap(argumentDocs),
  }));
  return [...docs.filter((doc) => doc.required), ...docs.filter((doc) => !doc.required)];
}

/** TypeBox lists what has a default as required, which it is only once the default has been filled in. */
export function isRequired(schema: Schema, name: string): boolean {
  return schema.required?.includes(name) === true && schema.properties?.[name]?.default === undefined;
}

function innerMappings(schema: Schema): readonly Schema[] {
  if (schema.properties) return [schema];
  return [...(schema.items ? [schema.items] : []), ...(schema.anyOf ?? [])].flatMap(innerMappings);
}

/** What an argument takes, in few words. */
export function typeWords(schema: Schema): string {
  if (schema.expects !== undefined) return schema.expects.replace(/^an? /, '');
  const values = choices(schema);
  if (values) return values.map(String).join(' | ');
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeWords))].join(' or ');
  if (schema.type === undefined) return 'any value';
  return [schema.type].flat().map((type) => nounOf(type, schema)).join(' or ');
}

function nounOf(type: SchemaType, schema: Schema): string {
  switch (type) {
    case 'integer':
    case 'number':
      return `${type}${range(schema)}`;
    case 'array':
      return `list of ${plural(typeWords(schema.items ?? {}))}`;
    case 'object':
      return 'mapping';
    case 'null':
      return 'nothing';
    default:
      return type;
  }
}

function plural(words: string): string {
  const nouns: Readonly<Record<string, string>> = { string: 'strings', integer: 'integers', number: 'numbers', boolean: 'booleans', mapping: 'mappings', 'any value': 'values' };
  return words.split(' or ').map((word) => nouns[word] ?? word).join(' or ');
}

function range({ minimum, maximum, exclusiveMinimum }: Schema): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  if (maximum !== undefined) return ` of at most ${maximum}`;
  return exclusiveMinimum === undefined ? '' : ` above ${exclusiveMinimum}`;
}
