/**
 * Which changes of tasks that follow one another can be made in one round trip: those between which nothing is left to decide. A task may
 * come along when what it was planned by is known, and the changes before it leave that as it is.
 */
import { meet, type Change, type FactMap, type Values } from '../module.ts';
import { nothing, sh, type Command } from '../shell.ts';
import { broughtBy, touchedBy } from './effects.ts';

/** How many tasks at most go in one trip: what is sent together is seen together. */
export const mostTogether = 50;

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
 * What a later task will read once the earlier ones are done: what is known, and what follows from it for the paths that they change, such as
 * that there is nothing in a new directory. Undefined where more has to be read again.
 */
export function foretell(facts: FactMap, known: Values<FactMap>, earlier: readonly PlannedChanges[]): Values<FactMap> | undefined {
  const made = earlier.flatMap(({ changes }) => changes);
  const values: Record<string, unknown> = {};
  for (const [name, { domains, atPath }] of Object.entries(facts)) {
    const near = made.filter((change) => meet(domains, broughtBy(change)));
    values[name] = known[name];
    if (near.length === 0) continue;
    const paths = near.flatMap(({ files }) => files ?? []);
    const value = near.every(({ files }) => files !== undefined) ? atPath?.foretold(known[name], paths, near.flatMap(({ directories }) => directories ?? [])) : undefined;
    if (value === undefined) return undefined;
    values[name] = value;
  }
  return values;
}

/**
 * Whether the task, planned by what was foretold, can be done right after the earlier ones, without disturbing what they are proven by. Gives
 * a test for the host, which starts no program and fails where files turn out to be the same under two names, or what was foretold is not so;
 * undefined when the task has to wait.
 */
export function admission(next: PlannedChanges, earlier: readonly PlannedChanges[]): Command | undefined {
  if (earlier.some((one) => disturbs(next, one))) return undefined;
  const made = earlier.flatMap(({ changes }) => changes);
  let test = nothing;
  for (const [name, { domains, atPath }] of Object.entries(next.facts)) {
    const near = made.filter((change) => meet(domains, touchedBy(change)));
    if (near.length === 0) continue;
    const paths = near.flatMap(({ files }) => files ?? []);
    const other = near.every(({ files }) => files !== undefined) ? atPath?.unlessAmong(next.before[name], paths) : undefined;
    if (!other) return undefined;
    test = both(test, other);
  }
  return test;
}

/** Two tests as one; `nothing` asks for nothing. */
export function both(one: Command, other: Command): Command {
  if (one.text === '' || other.text === '') return one.text === '' ? other : one;
  return sh`${one} && ${other}`;
}

/** What a task has read that changes nothing must stay for its turn, whatever name it goes by; what others have changed is read again anyway. */
function disturbs({ changes }: PlannedChanges, earlier: PlannedChanges): boolean {
  const effects = changes.flatMap(earlier.changes.length === 0 ? touchedBy : broughtBy);
  return Object.values(earlier.facts).some(({ domains, atPath }) => {
    const others = atPath ? effects.filter((effect) => !domains.some((mine) => effect.startsWith(`${mine}:`))) : effects;
    return meet(domains, others);
  });
}
