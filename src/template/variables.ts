/** The variables of one rendering: looked up once, rendered when they are read. */
import { CtplayError } from '../errors.ts';
import { Secret } from '../shell.ts';
import { deepCopy, lazily } from './lazy.ts';
import { Undefined, isNumber, valueError } from './python/values.ts';
import type { Path } from './lazy.ts';
import type { Scope } from './types.ts';

// As in Python, where the end may come before a last line feed.
const singleVariable = /^\{\{\s*(\w+)\s*\}\}\n?$/;

export class Variables {
  /** Whether a secret has been read; what comes out is then secret too. */
  tainted = false;
  /** Set when a template changes lists or dicts in place: variables are then copied before it gets them. */
  mutable = false;
  readonly #scope: Scope;
  readonly #known: WeakMap<object, boolean>;
  /** Renders the text of a variable. */
  readonly #render: (text: string) => unknown;
  readonly #values = new Map<string, unknown>();
  /** The variables being rendered, the outermost first. */
  readonly #chain: string[] = [];

  constructor(scope: Scope, known: WeakMap<object, boolean>, render: (text: string) => unknown) {
    this.#scope = scope;
    this.#known = known;
    this.#render = render;
  }

  names(): Iterable<string> {
    return this.#scope.names();
  }

  /** A variable's value; the JavaScript value `undefined` when there is none. */
  value(name: string): unknown {
    const before = this.#values.get(name);
    if (before !== undefined) return before;
    const variable = this.#scope.lookup(name);
    if (variable === undefined) return undefined;
    const value = variable.value ?? null;
    const rendered = variable.literal === true && !(value instanceof Secret) ? value : this.#lazily(value, name);
    this.#values.set(name, rendered);
    if (!this.mutable || typeof rendered !== 'object') return rendered;
    // The uncopied value is there meanwhile, since parts of a variable may refer to each other.
    const copy = deepCopy(rendered);
    this.#values.set(name, copy);
    return copy;
  }

  /**
   * The value of a text that is one variable in braces and nothing else, if that is a number, a bool, nothing or `omit`:
   * these keep their type. Otherwise the JavaScript value `undefined`.
   */
  single(text: string): unknown {
    const name = singleVariable.exec(text)?.[1];
    const value = name === undefined ? undefined : this.#scope.lookup(name)?.value;
    return isNumber(value) || typeof value === 'boolean' || typeof value === 'symbol' || value === null ? value : undefined;
  }

  reveal(secret: Secret): string {
    this.tainted = true;
    return secret.reveal();
  }

  #lazily(value: unknown, name: string): unknown {
    return lazily(value, [name], (leaf, path) => (leaf instanceof Secret ? this.reveal(leaf) : this.#nested(leaf, path)), this.#known);
  }

  /** The value of a template inside a variable. What is undefined in it makes it undefined, which `default` may mend. */
  #nested(text: string, path: Path): unknown {
    const label = path.join('.');
    if (this.#chain.includes(label)) {
      const circle = [...this.#chain.slice(this.#chain.indexOf(label)), label].join(' → ');
      throw valueError(`recursive loop in variables: ${circle}`, 'A variable is defined by itself; break the circle.');
    }
    this.#chain.push(label);
    try {
      return this.#render(text);
    } catch (error) {
      if (!(error instanceof CtplayError)) throw error;
      const explained = error.details.detail === undefined
        ? new CtplayError(error.code, error.message, { ...error.details, detail: `in the value of '${label}': ${text}` }, error.exitStatus)
        : error;
      if (error.code === 'template.undefined') return new Undefined(error.message, undefined, undefined, explained);
      throw explained;
    } finally {
      this.#chain.pop();
    }
  }
}
