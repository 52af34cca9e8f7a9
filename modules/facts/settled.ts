/** A fact that needs no reading, in the place of one that a task's arguments make needless. */
import type { Fact } from '../../src/module.ts';
import { nothing } from '../../src/shell.ts';

export function settled<T>(value: T): Fact<T> {
  return { kind: 'settled', key: JSON.stringify(value) ?? '', read: nothing, domains: [], parse: () => value };
}
