/** What differs between two states of a host, and what can't be told. */
import type { Difference, Items, KindStates, StateKind } from './kind.ts';
import { sameValue } from './fingerprint.ts';

export interface KindDifference {
  readonly kind: StateKind;
  readonly difference: Difference;
}

/** A kind that could be read only once of twice, or never; `why` as a clause: `docker was not running at capture`. */
export interface Incomparable {
  readonly kind: string;
  readonly why: string;
}

export interface Comparison {
  readonly differences: readonly KindDifference[];
  readonly incomparable: readonly Incomparable[];
}

// br2 stands before br10.
const byKey = new Intl.Collator('en', { numeric: true });

/** All differences, in the order of `kinds` and then of their keys. Kinds that the baseline does not know are passed over. */
export function compare(kinds: readonly StateKind[], before: KindStates, now: KindStates): Comparison {
  const differences: KindDifference[] = [];
  const incomparable: Incomparable[] = [];
  for (const kind of kinds) {
    const [was, is] = [before[kind.name], now[kind.name]];
    if (!was || !is) continue;
    if (was.state === 'present' && is.state === 'present') differences.push(...differencesOf(was.value, is.value).filter((one) => kind.follows?.(one, { baseline: before, now }) !== true).map((difference) => ({ kind, difference })));
    else if (was.state === 'unavailable' && is.state === 'unavailable' && was.reason === is.reason) continue;
    else if (is.state === 'unavailable') incomparable.push({ kind: kind.name, why: `it can't be read: ${is.detail}` });
    else if (was.state === 'unavailable') incomparable.push({ kind: kind.name, why: `it could not be read at capture: ${was.detail}` });
  }
  return { differences, incomparable };
}

/** What one state has and the other has not, or has otherwise, by key. */
export function differencesOf(before: Items, now: Items): Difference[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort(byKey.compare);
  return keys.flatMap((key): Difference[] => {
    const [was, is] = [before[key], now[key]];
    if (was === undefined) return is === undefined ? [] : [{ key, now: is }];
    if (is === undefined) return [{ key, before: was }];
    return sameValue(was, is) ? [] : [{ key, before: was, now: is }];
  });
}
