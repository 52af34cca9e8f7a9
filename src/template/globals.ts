/** Functions that every template can call. */
import { CtplayError } from '../errors.ts';
import { truthy } from './python/compare.ts';
import { entriesOf } from './python/dict-methods.ts';
import { dictSet } from './python/dict.ts';
import { localTime, strftime } from './python/datetime.ts';
import { toInt } from './python/number.ts';
import { text } from './python/text.ts';
import { Namespace } from './assign.ts';
import { NativeObject, Undefined, isString, valueError } from './python/values.ts';
import type { Callable, Kwargs } from './python/values.ts';
import type { Context } from './context.ts';

/** range(): numbers are made only as they are needed, so a huge range is refused rather than built. */
class Range extends NativeObject {
  readonly typeName = 'range';
  readonly #start: number;
  readonly #stop: number;
  readonly #step: number;
  constructor(start: number, stop: number, step: number) {
    super();
    if (step === 0) throw valueError('range() arg 3 must not be zero');
    if (Math.abs((stop - start) / step) > 10_000_000) throw valueError('range() is too large');
    this.#start = start;
    this.#stop = stop;
    this.#step = step;
  }
  override iterate(): readonly number[] {
    const size = Math.max(0, Math.ceil((this.#stop - this.#start) / this.#step));
    return Array.from({ length: size }, (_, index) => this.#start + index * this.#step);
  }
  attribute(name: string): unknown {
    return name === 'start' ? this.#start : name === 'stop' ? this.#stop : name === 'step' ? this.#step : undefined;
  }
  describe(): string {
    return `range(${this.#start}, ${this.#stop}${this.#step === 1 ? '' : `, ${this.#step}`})`;
  }
}

const range: Callable = (args) => {
  const numbers = args.map(toInt);
  if (numbers.length === 0 || numbers.length > 3) throw valueError(`range expected 1 to 3 arguments, got ${numbers.length}`);
  const [first = 0, second, step = 1] = numbers;
  return second === undefined ? new Range(0, first, 1) : new Range(first, second, step);
};

/** cycler(a, b, …): goes around its values, one at each next(). */
class Cycler extends NativeObject {
  readonly typeName = 'Cycler';
  readonly #values: readonly unknown[];
  #at = 0;
  constructor(values: readonly unknown[]) {
    super();
    if (values.length === 0) throw valueError('cycler() needs at least one value');
    this.#values = values;
  }
  attribute(name: string): unknown {
    if (name === 'current') return this.#values[this.#at];
    if (name === 'next') return this.#next;
    if (name !== 'reset') return undefined;
    return () => {
      this.#at = 0;
      return null;
    };
  }
  readonly #next: Callable = () => {
    const value = this.#values[this.#at];
    this.#at = (this.#at + 1) % this.#values.length;
    return value;
  };
  describe(): string {
    return '<Cycler>';
  }
}

/** joiner(sep): nothing at the first call, the separator at each further one. */
function joiner(separator: unknown): Callable {
  let used = false;
  return () => {
    if (used) return separator;
    used = true;
    return '';
  };
}

const makeDict: Callable = (args, kwargs) => {
  const result = new Map<unknown, unknown>();
  for (const source of args) for (const [key, value] of entriesOf(source)) dictSet(result, key, value);
  for (const [key, value] of kwargs) result.set(key, value);
  return result;
};

/** lookup(): the values joined by commas when all are text, the value itself when there is one, else the list. */
function lookupResult(values: readonly unknown[], wantList: boolean): unknown {
  if (wantList) return [...values];
  if (values.length > 0 && values.every(isString)) return values.length === 1 ? values[0] : values.map(text).join(',');
  return values.length === 1 ? values[0] : values.length === 0 ? [] : [...values];
}

function lookup(context: Context, args: readonly unknown[], kwargs: Kwargs, wantList: boolean): unknown {
  const [name, ...terms] = args;
  if (!isString(name)) throw valueError('lookup() needs the name of a lookup plugin first');
  const options = new Map(kwargs);
  const list = wantList || truthy(options.get('wantlist') ?? false);
  const errors = options.get('errors') ?? 'strict';
  options.delete('wantlist');
  options.delete('errors');
  for (const term of terms) if (term instanceof Undefined) throw term.error();
  try {
    return lookupResult(context.lookup(text(name), terms, options), list);
  } catch (error) {
    if (errors === 'strict' || !(error instanceof CtplayError)) throw error;
    return list ? [] : null;
  }
}

function now(context: Context, args: readonly unknown[], kwargs: Kwargs): unknown {
  const utc = args[0] ?? kwargs.get('utc') ?? false;
  const format = args[1] ?? kwargs.get('fmt') ?? null;
  const instant = truthy(utc) ? context.now() : localTime(context.now());
  return format === null ? instant : strftime(text(format), instant);
}

/** Each makes the function for one rendering. */
export const globals: Readonly<Record<string, (context: Context) => Callable>> = {
  range: () => range,
  dict: () => makeDict,
  namespace: () => (args, kwargs) => new Namespace(new Map([...(makeDict(args, kwargs) as Map<string, unknown>)])),
  cycler: () => (args) => new Cycler(args),
  joiner: () => (args) => joiner(args[0] ?? ', '),
  lookup: (context) => (args, kwargs) => lookup(context, args, kwargs, false),
  query: (context) => (args, kwargs) => lookup(context, args, kwargs, true),
  q: (context) => (args, kwargs) => lookup(context, args, kwargs, true),
  now: (context) => (args, kwargs) => now(context, args, kwargs),
  undef: () => (args, kwargs) => {
    const hint = args[0] ?? kwargs.get('hint') ?? null;
    return new Undefined(hint === null || hint === '' ? 'Mandatory variable has not been overridden' : text(hint));
  },
};
