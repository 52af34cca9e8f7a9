/** Lists as sets: order is that of first appearance, equality Python's. */
import { define } from '../define.ts';
import { attributeGetter, foldCase } from '../python/attribute-getter.ts';
import { binary } from '../python/operators.ts';
import { equals, truthy } from '../python/compare.ts';
import { iterate } from '../python/iterate.ts';
import { Float, unmark } from '../python/values.ts';
import type { Definition } from '../define.ts';

/** Values of which equal ones are found fast when they are scalars. */
class ValueSet {
  readonly #scalars = new Set<unknown>();
  readonly #others: unknown[] = [];

  static #scalar(value: unknown): unknown {
    const plain = unmark(value);
    if (plain instanceof Float) return plain.value;
    if (typeof plain === 'boolean') return Number(plain);
    return plain;
  }

  add(value: unknown): this {
    const scalar = ValueSet.#scalar(value);
    if (typeof scalar === 'object' && scalar !== null) this.#others.push(value);
    else this.#scalars.add(scalar);
    return this;
  }

  has(value: unknown): boolean {
    const scalar = ValueSet.#scalar(value);
    if (typeof scalar === 'object' && scalar !== null) return this.#others.some((other) => equals(other, value));
    return this.#scalars.has(scalar);
  }
}

export function setOf(items: readonly unknown[]): { has(value: unknown): boolean } {
  const set = new ValueSet();
  for (const item of items) set.add(item);
  return set;
}

/** The items of which none before has an equal key. */
export function unique(items: readonly unknown[], key: (item: unknown) => unknown = (item) => item): unknown[] {
  const seen = new ValueSet();
  return items.filter((item) => {
    const own = key(item);
    if (seen.has(own)) return false;
    seen.add(own);
    return true;
  });
}

const pair = (body: (a: readonly unknown[], b: readonly unknown[]) => unknown[]): Definition =>
  define('other', (_, value, other) => body(iterate(value), iterate(other)));

const without = (a: readonly unknown[], b: readonly unknown[]) => {
  const gone = setOf(b);
  return unique(a.filter((item) => !gone.has(item)));
};

export const setFilters: Readonly<Record<string, Definition>> = {
  difference: pair(without),
  intersect: pair((a, b) => {
    const kept = setOf(b);
    return unique(a.filter((item) => kept.has(item)));
  }),
  symmetric_difference: pair((a, b) => [...without(a, b), ...without(b, a)]),
  union: define('other', (_, value, other) => unique(iterate(binary('+', value, other)))),
  unique: define('case_sensitive=None, attribute=None', (context, value, sensitive, attribute) => {
    const fold = sensitive !== null && truthy(sensitive) ? undefined : foldCase;
    return unique(iterate(value), attributeGetter(context, attribute, fold));
  }),
};
