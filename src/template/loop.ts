/** `loop` inside a for block. */
import { equals } from './python/compare.ts';
import { NativeObject, Undefined, valueError } from './python/values.ts';
import type { Callable } from './python/values.ts';

export class Loop extends NativeObject {
  readonly typeName = 'LoopContext';
  readonly #items: readonly unknown[];
  readonly #depth: number;
  readonly #recurse: Callable | undefined;
  #lastSeen: readonly unknown[] | undefined;
  /** The turn, from 0. */
  index = 0;

  constructor(items: readonly unknown[], depth: number, recurse: Callable | undefined) {
    super();
    this.#items = items;
    this.#depth = depth;
    this.#recurse = recurse;
  }

  attribute(name: string): unknown {
    const { length } = this.#items;
    switch (name) {
      case 'index':
        return this.index + 1;
      case 'index0':
        return this.index;
      case 'revindex':
        return length - this.index;
      case 'revindex0':
        return length - this.index - 1;
      case 'first':
        return this.index === 0;
      case 'last':
        return this.index === length - 1;
      case 'length':
        return length;
      case 'depth':
        return this.#depth + 1;
      case 'depth0':
        return this.#depth;
      case 'previtem':
        return this.index > 0 ? this.#items[this.index - 1] : new Undefined('there is no previous item');
      case 'nextitem':
        return this.index < length - 1 ? this.#items[this.index + 1] : new Undefined('there is no next item');
      case 'cycle':
        return this.#cycle;
      case 'changed':
        return this.#changed;
      default:
        return undefined;
    }
  }

  readonly #cycle: Callable = (values) => {
    if (values.length === 0) throw valueError('loop.cycle() needs at least one value');
    return values[this.index % values.length];
  };

  readonly #changed: Callable = (values) => {
    const before = this.#lastSeen;
    this.#lastSeen = values;
    return before === undefined || before.length !== values.length || !values.every((value, at) => equals(value, before[at]));
  };

  /** `loop(items)` of a recursive loop. */
  call(args: readonly unknown[]): unknown {
    if (this.#recurse === undefined) throw valueError("the loop isn't recursive", "Write {% for … in … recursive %}.");
    return this.#recurse(args, new Map());
  }

  describe(): string {
    return `<LoopContext ${this.index + 1}/${this.#items.length}>`;
  }
}
