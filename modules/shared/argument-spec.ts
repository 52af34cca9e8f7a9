/** Ansible's argument specifications, as roles declare them in meta/argument_specs.yml: what is wrong with values. Pure. */
import { didYouMean } from '../../src/errors.ts';

export interface OptionSpec {
  readonly type?: string;
  readonly required?: boolean;
  readonly default?: unknown;
  readonly choices?: readonly unknown[];
  readonly elements?: string;
  readonly options?: Readonly<Record<string, OptionSpec>>;
  readonly description?: string | readonly string[];
}

const types = ['str', 'int', 'float', 'bool', 'list', 'dict', 'path', 'raw', 'json', 'jsonarg', 'bytes', 'bits'];

const expectations: Readonly<Record<string, string>> = { str: 'a string', path: 'a path', int: 'an integer', float: 'a number', bool: 'true or false', list: 'a list', dict: 'a mapping', json: 'JSON', jsonarg: 'JSON', bytes: 'a size such as 10M', bits: 'a size such as 10Mb' };

/** One sentence for everything that is wrong, options of options included. */
export function argumentProblems(spec: Readonly<Record<string, OptionSpec>>, given: Readonly<Record<string, unknown>>, path = ''): readonly string[] {
  return Object.entries(spec).flatMap(([name, option]) => {
    const where = `${path}${name}`;
    const value = given[name] ?? option.default;
    if (value === undefined || value === null) return option.required === true ? [`'${where}' is required${describe(option)}`] : [];
    return valueProblems(option, value, where);
  });
}

function describe({ description }: OptionSpec): string {
  const [first] = [description ?? []].flat();
  return first === undefined ? '' : ` (${String(first).replace(/\.$/, '')})`;
}

function valueProblems(option: OptionSpec, value: unknown, where: string): readonly string[] {
  const type = option.type ?? 'str';
  if (!types.includes(type)) return [`the specification of '${where}' has the unknown type '${type}'. ${didYouMean(type, types) ?? `There are ${types.join(', ')}.`}`];
  if (!isOfType(type, value)) return [`'${where}' must be ${expectations[type]!}, and is ${JSON.stringify(value)}`];
  const values = Array.isArray(value) ? (value as unknown[]) : [value];
  if (option.choices && !values.every((one) => option.choices!.some((choice) => String(choice) === String(one)))) {
    return [`'${where}' must be one of ${option.choices.map(String).join(', ')}, and is ${JSON.stringify(value)}`];
  }
  return [...elementProblems(option, value, where), ...nestedProblems(option, value, where)];
}

function elementProblems({ type, elements }: OptionSpec, value: unknown, where: string): readonly string[] {
  if (type !== 'list' || elements === undefined || !Array.isArray(value)) return [];
  return (value as unknown[]).flatMap((item, index) => (isOfType(elements, item) ? [] : [`'${where}[${index}]' must be ${expectations[elements] ?? elements}, and is ${JSON.stringify(item)}`]));
}

function nestedProblems({ options }: OptionSpec, value: unknown, where: string): readonly string[] {
  if (!options) return [];
  const items = Array.isArray(value) ? (value as unknown[]).map((item, index) => ({ item, at: `${where}[${index}].` })) : [{ item: value, at: `${where}.` }];
  return items.flatMap(({ item, at }) => {
    if (!isMapping(item)) return [];
    const unknown = Object.keys(item).filter((name) => !Object.hasOwn(options, name));
    return [...unknown.map((name) => `'${at}${name}' is not known. ${didYouMean(name, Object.keys(options)) ?? `There are ${Object.keys(options).join(', ')}.`}`), ...argumentProblems(options, item, at)];
  });
}

/** Whether a value is of a type, or can be taken for one as Ansible's modules do. */
function isOfType(type: string, value: unknown): boolean {
  const isScalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  switch (type) {
    case 'str':
    case 'path':
      return isScalar;
    case 'int':
      return typeof value === 'number' ? Number.isInteger(value) : typeof value === 'string' && /^\s*[-+]?\d+\s*$/.test(value);
    case 'float':
      return typeof value === 'number' || (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)));
    case 'bool':
      return typeof value === 'boolean' || value === 0 || value === 1 || (typeof value === 'string' && /^(?:y|yes|on|1|true|t|n|no|off|0|false|f)$/i.test(value));
    case 'list':
      return Array.isArray(value) || isScalar;
    case 'dict':
      return isMapping(value) || (typeof value === 'string' && /^\s*\{|=/.test(value));
    case 'bytes':
    case 'bits':
      return typeof value === 'number' || (typeof value === 'string' && /^\s*\d+(?:\.\d+)?\s*(?:[KMGTPEZY]?[Bb]?(?:it|yte)?s?)\s*$/i.test(value));
    default:
      return true;
  }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
