import type { Fact, Reading } from '../../src/module.ts';
import { nothing } from '../../src/shell.ts';
import { absent } from './reading.ts';

/** Stands in a map of facts for one that a task doesn't need. */
export function unread<T>(): Fact<Reading<T>> {
  return { kind: 'unread', key: '', read: nothing, domains: [], parse: () => absent };
}
