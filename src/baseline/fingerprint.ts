/** What is read of a host for a baseline, all kinds in one batch, and what it comes to. */
import { createHash } from 'node:crypto';
import type { FactMap, Values } from '../module.ts';
import type { Items, Json, KindStates, StateKind } from './kind.ts';

/** The facts of all kinds; names are `KIND/FACT`. Facts of several kinds with the same command share one execution. */
export function factsOf(kinds: readonly StateKind[]): FactMap {
  return Object.fromEntries(kinds.flatMap((kind) => Object.entries(kind.facts).map(([name, fact]) => [`${kind.name}/${name}`, fact])));
}

/** What each kind makes of the values that `factsOf` named. */
export function statesOf(kinds: readonly StateKind[], values: Values<FactMap>): KindStates {
  return Object.fromEntries(
    kinds.map((kind) => {
      const own = Object.fromEntries(Object.keys(kind.facts).map((name) => [name, values[`${kind.name}/${name}`]]));
      const reading = kind.items(own);
      return [kind.name, reading.state === 'present' ? { state: 'present', value: sorted(reading.value) as Items } : reading];
    }),
  );
}

/** The same data with the keys of every mapping in order, so that equal states are equal texts. */
export function sorted(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value as Readonly<Record<string, Json>>)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}

export function sameValue(a: Json, b: Json): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

/** SHA-256 as sha256sum(1) prints it. */
export function digest(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
