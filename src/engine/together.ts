/**
 * Which changes of tasks that follow one another can be made in one round trip: those between which nothing is left to decide. A task may
 * come along when what it was planned by is known, and the changes before it leave that as it is.
 */
import { overlaps, type Change, type Domain, type FactMap, type Values } from '../module.ts';
import { nothing, sh, type Command } from '../shell.ts';

/** What one task read, and what it is about to change. */
export interface PlannedChanges {
  readonly facts: FactMap;
  readonly before: Values<FactMap>;
  /** Empty where all is as it should be. */
  readonly changes: readonly Change[];
}

/** Whether changes end with their commands, so that others may follow them at once. */
export function endWithCommands(changes: readonly Change[]): boolean {
  return changes.every(({ download, reconnect, endsShellOf }) => download === undefined && reconnect === undefined && endsShellOf === undefined);
}

/**
 * Whether the task can be done right after the earlier ones, without reading again what it was planned by, and without disturbing what they
 * are proven by. Gives a test for the host, which starts no program and fails where files turn out to be the same under two names; undefined
 * when the task has to wait.
 */
export function admission(next: PlannedChanges, earlier: readonly PlannedChanges[]): Command | undefined {
  if (earlier.some((one) => disturbs(next, one))) return undefined;
  const made = earlier.flatMap(({ changes }) => changes);
  let test = nothing;
  for (const [name, { domains, unlessAmong }] of Object.entries(next.facts)) {
    if (made.some((change) => meet(domains, brought(change)))) return undefined;
    const near = made.filter((change) => meet(domains, touched(change)));
    if (near.length === 0) continue;
    const paths = near.flatMap(({ files }) => files ?? []);
    const other = near.every(({ files }) => files !== undefined) ? unlessAmong?.(next.before[name], paths) : undefined;
    if (!other) return undefined;
    test = test.text === '' ? other : sh`${test} && ${other}`;
  }
  return test;
}

/** What a task has read that changes nothing must stay for its turn, whatever name it goes by; what others have changed is read again anyway. */
function disturbs({ changes }: PlannedChanges, earlier: PlannedChanges): boolean {
  const domains = Object.values(earlier.facts).flatMap((fact) => fact.domains);
  return changes.some((change) => meet(domains, earlier.changes.length === 0 ? touched(change) : brought(change)));
}

function touched(change: Change): readonly Domain[] {
  return change.touches ?? ['*'];
}

function brought(change: Change): readonly Domain[] {
  return change.brings ?? touched(change);
}

function meet(some: readonly Domain[], others: readonly Domain[]): boolean {
  return some.some((one) => others.some((other) => overlaps(one, other)));
}
