/** Resets one host to its baseline: what the ledger says first, then passes of reading, planning and changing, and the proof. */
import { CtplayError } from '../errors.ts';
import type { HostProof, LeftView } from '../events.ts';
import { managementPath } from '../guard/management-path.ts';
import type { Reading } from '../module.ts';
import { applySteps, tellPlanned } from './apply.ts';
import { chooseKinds } from './choice.ts';
import { compare, type Comparison, type KindDifference } from './compare.ts';
import type { Copies } from './copies.ts';
import { contentsFolder } from './host-store.ts';
import type { ManagementPath, StateKind } from './kind.ts';
import { closeLedgers, isSince, takeBack } from './ledgers.ts';
import { makersOf, originOf, type Makers } from './origin.ts';
import { planBack, type PlannedStep, type WayBack } from './plan.ts';
import { leftOf, whyLeft } from './proof.ts';
import { isKept, protection } from './protection.ts';
import { putBack } from './put-back.ts';
import { readBaseline, readState, type HostBaseline } from './reading.ts';
import type { Visit } from './visit.ts';

export interface BaselineReset {
  readonly name: string;
  /** Names of kinds; all of them, and the ledger, when left out. */
  readonly only: readonly string[] | undefined;
  /** Patterns of what is to stay. */
  readonly keep: readonly string[];
  readonly copies: Copies;
}

/** What one change brings to light, another pass settles: a daemon that runs again, containers that then can be seen. */
const maxPasses = 3;

/** Throws connection errors and what `readBaseline` throws; all else is in the proof, which is told by an event and counted. */
export async function resetHostToBaseline(visit: Visit, request: BaselineReset): Promise<HostProof> {
  const { run, host } = visit;
  const started = Date.now();
  const found = await readBaseline(visit, request.name, request.copies);
  for (const message of found.notes) run.emit({ type: 'warning', host, message });
  const contents = run.settings.check ? found.contents : await putBack(visit, found, request.copies);
  const ledger = request.only === undefined ? await takeBack(visit, found, request.keep) : [];
  const outcome = await settle(visit, { found, kinds: chooseKinds(found.kinds, request.only), keep: request.keep, contents });
  const proof: HostProof = { host, baseline: request.name, capturedAt: found.baseline.head.capturedAt, ...outcome, durationMs: Date.now() - started };
  if (proof.state === 'clean' && request.only === undefined) await closeLedgers(visit, ledger);
  if (proof.state === 'left') run.counter(host).failed++;
  run.emit({ type: 'host-proof', ...proof });
  return proof;
}

interface Work {
  readonly found: HostBaseline;
  readonly kinds: readonly StateKind[];
  readonly keep: readonly string[];
  /** Whether what was kept at capture is there to restore from. */
  readonly contents: boolean;
}

type Settled = Omit<HostProof, 'host' | 'baseline' | 'capturedAt' | 'durationMs'>;

async function settle(visit: Visit, { found, kinds, keep, contents }: Work): Promise<Settled> {
  const { run } = visit;
  const { head, states } = found.baseline;
  const makers = makersOf(found.ledger);
  const failures = new Map<PlannedStep, CtplayError>();
  // What the host took back by itself would cut it off again.
  const refused = new Set<string>();
  let changes = 0;
  for (let pass = 0, before = ''; ; pass++) {
    const now = await readState(visit, kinds, managementPath);
    const management = managementOf(now.management, visit.host);
    const free = protection(management, keep);
    const protects: typeof free = (kind, key) => free(kind, key) ?? (refused.has(`${kind}\0${key}`) ? 'no new login succeeded after it was put back, so the host took that back' : undefined);
    const comparison = compare(kinds, states, now.states);
    const way = planBack(comparison.differences, { baseline: states, now: now.states, management, protects, contents: contents ? contentsFolder(head.name, head.id) : undefined });
    if (run.settings.check) return planned(visit, comparison, way, makers, found);
    const shown = JSON.stringify(comparison.differences.map(({ kind, difference }) => [kind.name, difference]));
    if (way.steps.length === 0 || shown === before || pass === maxPasses || run.stop.aborted) {
      const all = leftOf(comparison, makers, (kind, key) => whyLeft({ kind, key, way, failures, protects, interrupted: run.stop.aborted }));
      const { left, kept } = withoutKept(all);
      return { state: left.length === 0 ? 'clean' : 'left', changes, passes: pass, left, kept };
    }
    before = shown;
    const failed = await applySteps(visit, way.steps);
    for (const [step, error] of failed) failures.set(step, error);
    changes += way.steps.length - failed.size;
    for (const [{ kind, keys }, error] of failed) if (error.code === 'guard.rolled-back') for (const key of keys) refused.add(`${kind}\0${key}`);
  }
}

/** Check mode: what would be done, and what could not. What the ledger's own way back settles was told before. */
function planned(visit: Visit, comparison: Comparison, way: WayBack, makers: Makers, { ledger, baseline }: HostBaseline): Settled {
  const since = makersOf(ledger.filter((subject) => isSince(subject, baseline.head.capturedAt)));
  const taken = new Set(comparison.differences.filter((one) => originOf(one, since).run !== undefined).map(keyOf));
  const steps = way.steps.filter((step) => step.keys.length === 0 || !step.keys.every((key) => taken.has(`${step.kind}\0${key}`)));
  tellPlanned(visit, steps);
  const all = leftOf(comparison, makers, (kind, key) => way.unsettled.find((one) => one.kind === kind && one.key === key)?.why);
  return { state: 'planned', changes: steps.length, passes: 0, ...withoutKept(all) };
}

function withoutKept(all: readonly LeftView[]): Pick<Settled, 'left' | 'kept'> {
  const kept = all.filter((one) => isKept(one.why));
  return { kept, left: all.filter((one) => !kept.includes(one)) };
}

function keyOf({ kind, difference }: KindDifference): string {
  return `${kind.name}\0${difference.key}`;
}

const noManagement: ManagementPath = { clientAddress: '', clientPort: 0, serverAddress: '', serverPort: 0, links: [], route: '', services: [], processes: [] };

/** A local connection has none. Throws precondition where it can't be told: anything might be part of it then. */
function managementOf(reading: Reading<ManagementPath> | undefined, host: string): ManagementPath {
  if (reading?.state === 'present') return reading.value;
  if (reading?.state === 'absent') return noManagement;
  throw new CtplayError('precondition', `what carries the session to ${host} can't be told, so nothing else may be changed there`, { found: reading?.detail, hint: 'Install iproute2 on the host.' });
}
