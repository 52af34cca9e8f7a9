/** Who made a difference: ctplay, by its mark on the thing or its ledger, or somebody by hand. */
import type { LedgerSubject } from '../engine/ledger.ts';
import type { KindDifference } from './compare.ts';

export interface Origin {
  readonly by: 'ctplay' | 'hand';
  /** What the ledger says of it. */
  readonly run?: string;
  readonly playbook?: string;
  readonly task?: string;
}

/** Who made what is open in a ledger, by what its changes were about. */
export type Makers = ReadonlyMap<string, Origin>;

export function makersOf(subjects: readonly LedgerSubject[]): Makers {
  const makers = new Map<string, Origin>();
  for (const { subject, intents } of subjects) {
    for (const { run, playbook, task, changes } of intents) {
      const origin: Origin = { by: 'ctplay', run, ...(playbook === undefined ? {} : { playbook }), ...(task === undefined ? {} : { task }) };
      // `bridge br0: mtu` is about `bridge br0`.
      for (const about of [subject, ...changes.map((change) => change.subject)]) makers.set(about, origin).set(about.replace(/: .*$/s, ''), origin);
    }
  }
  return makers;
}

export function originOf({ kind, difference }: KindDifference, makers: Makers): Origin {
  const value = difference.now ?? difference.before;
  const names = [kind.subject(difference), ...(value === undefined ? [] : (kind.ledgerSubjects?.(difference.key, value) ?? []))];
  const known = names.map((name) => makers.get(name)).find((maker) => maker !== undefined);
  if (known) return known;
  return { by: difference.now !== undefined && kind.marked?.(difference.now) === true ? 'ctplay' : 'hand' };
}

/** `by hand`, or `by ctplay (site.yaml: Make the bridge)`. */
export function originWords({ by, playbook, task }: Origin): string {
  const where = [playbook?.split('/').at(-1), task].filter((part) => part !== undefined).join(': ');
  return by === 'hand' ? 'by hand' : `by ctplay${where === '' ? '' : ` (${where})`}`;
}
