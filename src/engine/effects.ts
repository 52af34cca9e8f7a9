/** The parts of a host that changes concern; a change that names none concerns everything. */
import type { Change, Domain } from '../module.ts';

const everything: readonly Domain[] = ['*'];

/** What a change may make stale. */
export function touchedBy({ touches }: Change): readonly Domain[] {
  return touches ?? everything;
}

/** What a change is meant for, where what it touches is wider to be on the safe side. */
export function broughtBy({ brings, touches }: Change): readonly Domain[] {
  return brings ?? touches ?? everything;
}

/** The same for several, each once. */
export function touched(changes: readonly Change[]): Domain[] {
  return [...new Set(changes.flatMap(touchedBy))];
}

export function brought(changes: readonly Change[]): Domain[] {
  return [...new Set(changes.flatMap(broughtBy))];
}
