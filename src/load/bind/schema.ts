/** The part of JSON schema that arguments are written in, and its words for a person. */

export type SchemaType = 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object' | 'null';

export interface Schema {
  readonly type?: SchemaType | readonly SchemaType[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  /** What is expected, in a person's words: for patterns, which say it to machines alone. */
  readonly expects?: string;
  readonly raw?: boolean;
  readonly secret?: boolean;
  readonly aliases?: readonly string[];
}

/** The values that a schema of constants allows, written as an enum or as a union of literals; undefined for other schemas. */
export function choices(schema: Schema): readonly unknown[] | undefined {
  if (schema.enum) return schema.enum;
  if (schema.const !== undefined) return [schema.const];
  const parts = schema.anyOf?.map(choices);
  return parts?.every((part) => part !== undefined) ? parts.flat() : undefined;
}

/** The schemas of which a value must fit one: `anyOf`, or several types. Undefined where there is no choice. */
export function alternatives(schema: Schema): readonly Schema[] | undefined {
  if (schema.anyOf) return schema.anyOf;
  return Array.isArray(schema.type) ? (schema.type as readonly SchemaType[]).map((type) => ({ ...schema, type })) : undefined;
}

/** What a schema takes, as words that follow 'expected': `an integer from 68 to 65535`. */
export function expectation(schema: Schema): string {
  if (schema.expects !== undefined) return schema.expects;
  const values = choices(schema);
  if (values) return values.length === 1 ? String(values[0]) : `one of ${values.map(String).join(', ')}`;
  const branches = alternatives(schema);
  if (branches) return joined([...new Set(branches.map(expectation))]);
  switch (schema.type) {
    case 'boolean':
      return 'true or false';
    case 'integer':
      return `an integer${range(schema)}`;
    case 'number':
      return `a number${range(schema)}`;
    case 'string':
      return `${schema.minLength === 1 ? 'a string that is not empty' : 'a string'}${lengths(schema)}${schema.pattern === undefined ? '' : ` that matches ${schema.pattern}`}`;
    case 'array':
      return `a list${schema.items && expectation(schema.items) !== 'a value' ? `, each item ${expectation(schema.items)}` : ''}${schema.minItems === undefined ? '' : ` (at least ${schema.minItems})`}`;
    case 'object':
      return schema.properties && Object.keys(schema.properties).length > 0 ? `a mapping with ${joined(Object.keys(schema.properties), 'and')}` : 'a mapping';
    case 'null':
      return 'nothing';
    default:
      return 'a value';
  }
}

function range({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  if (maximum !== undefined) return ` of at most ${maximum}`;
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}`;
  return exclusiveMaximum === undefined ? '' : ` below ${exclusiveMaximum}`;
}

function lengths({ minLength, maxLength }: Schema): string {
  if (maxLength !== undefined) return ` of at most ${maxLength} characters`;
  return minLength !== undefined && minLength > 1 ? ` of at least ${minLength} characters` : '';
}

function joined(words: readonly string[], conjunction = 'or'): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} ${conjunction} ${words.at(-1)!}`;
}

/** `['ports', 0, 'tag']` → `ports[0].tag`. */
export function pathText(path: readonly (string | number)[]): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}
