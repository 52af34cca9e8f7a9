/** Arguments as written → arguments as the module reads them: aliases folded, types coerced, defaults filled in, unknown names found. */
import { didYouMean } from '../../errors.ts';
import { Secret } from '../../shell.ts';
import { coerceScalar, hasType, isPending } from './coerce.ts';
import { alternatives, choices, pathText, type Schema } from './schema.ts';

export type Path = readonly (string | number)[];

/** Something wrong with an argument; `atKey` when it is the name that is wrong. */
export interface Problem {
  readonly code: 'args.unknown' | 'args.type' | 'args.value' | 'args.missing';
  readonly path: Path;
  readonly message: string;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
  readonly hint?: string | undefined;
  readonly atKey?: boolean;
}

export interface ShapeOptions {
  /** Strings that hold templates stay as they are. */
  readonly pending: boolean;
  /** The module's name, for messages. */
  readonly module: string;
  /** Names that the module does not take, with what to do instead. */
  readonly refused?: Readonly<Record<string, string>> | undefined;
}

export interface Shaped {
  readonly value: Record<string, unknown>;
  readonly problems: readonly Problem[];
  /** Argument → the alias it was written as. */
  readonly written: ReadonlyMap<string, string>;
}

/** Shapes a task's arguments by the module's schema. */
export function shapeArguments(schema: Schema, args: Readonly<Record<string, unknown>>, options: ShapeOptions): Shaped {
  const shaper = new Shaper(options);
  const value = shaper.mapping(schema, args, []);
  return { value, problems: shaper.problems, written: shaper.written };
}

class Shaper {
  readonly problems: Problem[] = [];
  readonly written = new Map<string, string>();
  readonly #options: ShapeOptions;

  constructor(options: ShapeOptions) {
    this.#options = options;
  }

  mapping(schema: Schema, given: Readonly<Record<string, unknown>>, path: Path): Record<string, unknown> {
    const properties = schema.properties ?? noProperties;
    const { aliases, defaults } = namesOf(properties);
    const result: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(given)) {
      const canonical = Object.hasOwn(properties, name) ? name : (aliases.get(name) ?? name);
      const property = Object.hasOwn(properties, canonical) ? properties[canonical] : openProperty(schema, canonical);
      if (property === undefined) {
        this.#unknown(name, [...Object.keys(properties), ...aliases.keys()], path);
        continue;
      }
      if (value === undefined || (value === null && !hasType(property, null))) continue;
      if (canonical !== name) {
        if (given[canonical] !== undefined && given[canonical] !== null) {
          this.problems.push({ code: 'args.value', path: [...path, name], atKey: true, message: `'${pathText([...path, canonical])}' is given twice: '${name}' is another name for it` });
          continue;
        }
        if (path.length === 0) this.written.set(canonical, name);
      }
      result[canonical] = this.value(property, value, [...path, name]);
    }
    for (const [name, value] of defaults) if (!Object.hasOwn(result, name)) result[name] = typeof value === 'object' ? structuredClone(value) : value;
    return result;
  }

  value(schema: Schema, given: unknown, path: Path): unknown {
    if (this.#options.pending && isPending(given) && schema.raw !== true) return given;
    const value = given instanceof Secret ? given.reveal() : given;
    const branches = alternatives(schema);
    if (branches && choices(schema) === undefined) return this.#union(branches, value, path);
    const typed = hasType(schema, value) ? value : coerceScalar(schema, value);
    if (Array.isArray(typed) && schema.type === 'array') {
      const items = schema.items;
      return items ? typed.map((item, index) => this.value(items, item, Array.isArray(value) ? [...path, index] : path)) : (typed as unknown[]);
    }
    if (schema.type === 'object' && isMapping(typed)) return this.mapping(schema, typed, path);
    return typed;
  }

  /** The first branch that takes the value's type, else the first that it can be coerced to. */
  #union(branches: readonly Schema[], value: unknown, path: Path): unknown {
    const fitting = branches.find((branch) => hasType(branch, value));
    if (fitting) return this.value(fitting, value, path);
    for (const branch of branches) {
      const coerced = coerceScalar(branch, value);
      if (hasType(branch, coerced)) return this.value(branch, coerced, path);
    }
    return value;
  }

  #unknown(name: string, known: readonly string[], path: Path): void {
    const { module, refused = {} } = this.#options;
    if (path.length === 0 && Object.hasOwn(refused, name)) {
      this.problems.push({ code: 'args.unknown', path: [name], atKey: true, message: `${module} does not take '${name}' as Ansible's module does`, hint: refused[name] });
      return;
    }
    const holder = path.length === 0 ? module : `'${pathText(path)}' of ${module}`;
    this.problems.push({
      code: 'args.unknown',
      path: [...path, name],
      atKey: true,
      message: `${holder} has no argument '${name}'`,
      hint: didYouMean(name, known) ?? (known.length === 0 ? undefined : `It takes ${known.slice(0, 12).join(', ')}${known.length > 12 ? ', …' : ''}.`),
    });
  }
}

/** The schema for names that the properties don't list; undefined where they are closed. */
function openProperty(schema: Schema, name: string): Schema | undefined {
  for (const [pattern, property] of Object.entries(schema.patternProperties ?? {})) if (new RegExp(pattern, 'u').test(name)) return property;
  if (typeof schema.additionalProperties === 'object') return schema.additionalProperties;
  const closed = schema.additionalProperties === false || Object.keys(schema.properties ?? {}).length > 0 || schema.patternProperties !== undefined;
  return schema.additionalProperties === true || !closed ? {} : undefined;
}

interface Names {
  /** Alias → the argument it stands for. */
  readonly aliases: ReadonlyMap<string, string>;
  readonly defaults: readonly (readonly [name: string, value: unknown])[];
}

const known = new WeakMap<Readonly<Record<string, Schema>>, Names>();

/** What a schema's properties say beside their types: the same for every task. */
function namesOf(properties: Readonly<Record<string, Schema>>): Names {
  let names = known.get(properties);
  if (!names) {
    const entries = Object.entries(properties);
    names = {
      aliases: new Map(entries.flatMap(([name, { aliases = [] }]) => aliases.map((alias) => [alias, name] as const))),
      defaults: entries.flatMap(([name, { default: value }]) => (value === undefined ? [] : [[name, value] as const])),
    };
    known.set(properties, names);
  }
  return names;
}

const noProperties: Readonly<Record<string, Schema>> = {};

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
