/** The parts of a host that changes concern, each once; a change that names none concerns everything. */
import type { Change, Domain } from '../module.ts';

/** What they may make stale. */
export function touched(changes: readonly Change[]): Domain[] {
  return [...new Set(changes.flatMap(({ touches }) => touches ?? ['*']))];
}

/** What they are meant for, where what they touch is wider to be on the safe side. */
export function brought(changes: readonly Change[]): Domain[] {
  return [...new Set(changes.flatMap(({ brings, touches }) => brings ?? touches ?? ['*']))];
}
