/** Kinds of state on a real host, without the engine: what is there, and the way back to it. */
import { compare, type Comparison } from '../../src/baseline/compare.ts';
import { factsOf, statesOf } from '../../src/baseline/fingerprint.ts';
import type { KindStates, ManagementPath, StateKind } from '../../src/baseline/kind.ts';
import { planBack, type Unsettled } from '../../src/baseline/plan.ts';
import { managementPath } from '../../src/guard/management-path.ts';
import { runCommand, readFacts } from './module.ts';
import type { LabSession } from './lab-module.ts';

/** What each kind says of the host. */
export function stateOf({ options }: LabSession, kinds: readonly StateKind[]): KindStates {
  return statesOf(kinds, readFacts(factsOf(kinds), options));
}

/** Keeps what restoring needs in a new folder of the host, and gives its path. */
export function keepContents({ options, sh }: LabSession, kinds: readonly StateKind[]): string {
  const folder = sh('umask 077; mktemp -d /var/lib/kept.XXXXXX');
  for (const kind of kinds) {
    const command = kind.keep?.(folder);
    const result = command && runCommand(command, options);
    if (result && result.status !== 0) throw new Error(`${kind.name}: ${command!.display}\n${result.stderr}`);
  }
  return folder;
}

/** Differences as a person reads them. */
export function wordsOf({ differences }: Comparison): string[] {
  return differences.map(({ kind, difference }) => `${kind.subject(difference)} ${kind.words(difference).join(', ')}`);
}

export interface PutBack {
  readonly left: readonly string[];
  readonly unsettled: readonly Unsettled[];
  /** What commands said that failed, in any pass. */
  readonly failed: readonly string[];
  readonly passes: number;
}

/** Reads, plans, applies, and reads again until nothing is left, three times at most. */
export function putBack(session: LabSession, kinds: readonly StateKind[], baseline: KindStates, contents: string | undefined): PutBack {
  const failed: string[] = [];
  for (let passes = 0; ; passes++) {
    const now = stateOf(session, kinds);
    const comparison = compare(kinds, baseline, now);
    const left = [...wordsOf(comparison), ...comparison.incomparable.map(({ kind, why }) => `${kind}: ${why}`)];
    const { steps, unsettled } = planBack(comparison.differences, { baseline, now, management: managementOf(session), protects: () => undefined, contents });
    if (left.length === 0 || passes === 3 || (steps.length === 0 && comparison.incomparable.length === 0)) return { left, unsettled, failed, passes };
    for (const { change } of steps) {
      for (const command of change.commands) {
        const result = runCommand(command, session.options);
        if (result.status !== 0) {
          failed.push(`${change.subject}: ${command.display}\n${result.stderr}${result.stdout}`);
          break;
        }
      }
    }
  }
}

function managementOf({ options }: LabSession): ManagementPath {
  const { path } = readFacts({ path: managementPath }, options);
  if (path.state !== 'present') throw new Error('the session does not come by SSH');
  return path.value;
}
