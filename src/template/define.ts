/**
 * Filters, tests, lookups and methods with Python's way of passing arguments: by position or by name, with defaults, as one
 * line of signature says: `'old, new, count=None'`, `'*items, sep=" "'`, `'item, **options'`.
 */
import { didYouMean } from '../errors.ts';
import { Undefined, valueError } from './python/values.ts';
import type { Kwargs } from './python/values.ts';
import type { Context } from './context.ts';

interface Parameter {
  readonly name: string;
  readonly kind: 'plain' | 'rest' | 'keywords';
  readonly required: boolean;
  readonly fallback: unknown;
  readonly keywordOnly: boolean;
}

/** Gets the context, the value that it works on, then its parameters in order (`*x` as an array, `**x` as a map). */
export type Body = (context: Context, value: unknown, ...args: unknown[]) => unknown;

export class Definition {
  readonly body: Body;
  /** Whether it may be given an undefined value; otherwise that is an error before it is called. */
  readonly acceptsUndefined: boolean;
  readonly signature: string;
  #parameters: readonly Parameter[] | undefined;

  constructor(signature: string, body: Body, acceptsUndefined: boolean) {
    this.signature = signature;
    this.body = body;
    this.acceptsUndefined = acceptsUndefined;
  }

  /** Calls the body; throws when the arguments don't fit. `name` is for the message. */
  call(context: Context, name: string, value: unknown, args: readonly unknown[], kwargs: Kwargs): unknown {
    if (!this.acceptsUndefined) {
      for (const given of [value, ...args, ...kwargs.values()]) {
        if (given instanceof Undefined && !given.silent) throw given.error();
      }
    }
    this.#parameters ??= parseSignature(this.signature);
    return this.body(context, value, ...bind(this.#parameters, name, args, kwargs));
  }
}

/** Defines a function by its signature (without the value that it works on). */
export function define(signature: string, body: Body): Definition {
  return new Definition(signature, body, false);
}

/** The same, for one that may look at undefined values. */
export function defineLenient(signature: string, body: Body): Definition {
  return new Definition(signature, body, true);
}

function parseSignature(signature: string): Parameter[] {
  if (signature === '') return [];
  let keywordOnly = false;
  return signature.split(/,\s*/).map((part) => {
    if (part.startsWith('**')) return { name: part.slice(2), kind: 'keywords', required: false, fallback: undefined, keywordOnly: true };
    if (part.startsWith('*')) {
      keywordOnly = true;
      return { name: part.slice(1), kind: 'rest', required: false, fallback: undefined, keywordOnly: false };
    }
    const [name, fallback] = part.split('=', 2) as [string, string | undefined];
    return { name, kind: 'plain', required: fallback === undefined, fallback: fallback === undefined ? undefined : parseFallback(fallback), keywordOnly };
  });
}

const words: Readonly<Record<string, unknown>> = { None: null, True: true, False: false };

function parseFallback(source: string): unknown {
  if (source in words) return words[source];
  if (/^['"]/.test(source)) return source.slice(1, -1).replaceAll('\\n', '\n');
  return Number(source);
}

function bind(parameters: readonly Parameter[], name: string, args: readonly unknown[], kwargs: Kwargs): unknown[] {
  let position = 0;
  let used = 0;
  const bound: unknown[] = [];
  for (const parameter of parameters) {
    if (parameter.kind === 'rest') {
      bound.push(args.slice(position));
      position = args.length;
    } else if (parameter.kind === 'keywords') {
      const known = new Set(parameters.map((other) => other.name));
      const rest = new Map([...kwargs].filter(([key]) => !known.has(key)));
      used += rest.size;
      bound.push(rest);
    } else if (!parameter.keywordOnly && position < args.length) {
      if (kwargs.has(parameter.name)) throw valueError(`${name}() got multiple values for argument '${parameter.name}'`);
      bound.push(args[position++]);
    } else if (kwargs.has(parameter.name)) {
      used++;
      bound.push(kwargs.get(parameter.name));
    } else if (parameter.required) {
      throw valueError(`${name}() needs the argument '${parameter.name}'`);
    } else {
      bound.push(parameter.fallback);
    }
  }
  if (position < args.length) throw valueError(`${name}() takes at most ${position} arguments (${args.length} given)`);
  if (used < kwargs.size) throw unknownKeyword(name, parameters, kwargs);
  return bound;
}

function unknownKeyword(name: string, parameters: readonly Parameter[], kwargs: Kwargs): Error {
  const known = parameters.map((parameter) => parameter.name);
  const wrong = [...kwargs.keys()].find((key) => !known.includes(key))!;
  return valueError(`${name}() has no argument '${wrong}'`, didYouMean(wrong, known) ?? (known.length > 0 ? `Its arguments are ${known.join(', ')}.` : undefined));
}
