/** What of hosts differs from their baselines, in words. */
import { RunContext, type RunParts } from '../engine/run-context.ts';
import { CtplayError, ExitStatus } from '../errors.ts';
import type { ErrorView } from '../events.ts';
import { errorView } from '../engine/views.ts';
import { compare, type Incomparable, type KindDifference } from './compare.ts';
import type { Copies } from './copies.ts';
import type { BaselineHead } from './document.ts';
import type { Json } from './kind.ts';
import { kindsOf } from './kinds/index.ts';
import { makersOf, originOf, type Makers, type Origin } from './origin.ts';
import { readBaseline, readState } from './reading.ts';
import { chooseKinds } from './choice.ts';
import { visitHosts } from './visit.ts';

/** One difference, for a person and for a program. */
export interface Drift {
  readonly kind: string;
  readonly key: string;
  /** `bridge br1`. */
  readonly subject: string;
  /** `was added`. */
  readonly words: readonly string[];
  readonly origin: Origin;
  readonly before?: Json;
  readonly now?: Json;
}

export interface HostDrift {
  readonly host: string;
  readonly baseline?: BaselineHead;
  readonly differences: readonly Drift[];
  readonly incomparable: readonly Incomparable[];
  readonly notes: readonly string[];
  /** Why the host could not be compared. */
  readonly error?: ErrorView;
}

export interface DriftRequest {
  readonly name: string;
  /** Names of kinds; all of them when left out. */
  readonly only: readonly string[] | undefined;
  readonly copies: Copies;
}

/** Gives every host in inventory order, and the exit status. Changes nothing and takes no lock. */
export async function driftOfHosts(parts: RunParts, { name, only, copies }: DriftRequest): Promise<{ readonly hosts: readonly HostDrift[]; readonly exitStatus: ExitStatus }> {
  chooseKinds(kindsOf({ folders: [] }), only);
  const run = new RunContext({ ...parts, settings: { ...parts.settings, check: true } });
  const hosts = run.inventory.select(run.settings.limit ?? 'all');
  const found = new Map<string, HostDrift>();
  let failed = false;
  await visitHosts(run, hosts, { verb: 'drift' }, async (visit) => {
    const { host } = visit;
    try {
      const { baseline, kinds, ledger, notes } = await readBaseline(visit, name, copies);
      const wanted = chooseKinds(kinds, only);
      const { states } = await readState(visit, wanted);
      const { differences, incomparable } = compare(wanted, baseline.states, states);
      const makers = makersOf(ledger);
      found.set(host, { host, baseline: baseline.head, differences: differences.map((one) => driftOf(one, makers)), incomparable, notes });
    } catch (error) {
      if (!(error instanceof CtplayError) || !error.code.startsWith('baseline.')) throw error;
      failed = true;
      run.emit({ type: 'host-unreachable', host, error: errorView(error) });
      found.set(host, { host, differences: [], incomparable: [], notes: [], error: errorView(error) });
    }
  });
  const drifts = hosts.map((host) => found.get(host)).filter((one) => one !== undefined);
  return { hosts: drifts, exitStatus: statusOf(run, drifts, failed) };
}

export function driftOf(one: KindDifference, makers: Makers): Drift {
  const { kind, difference } = one;
  return { kind: kind.name, subject: kind.subject(difference), words: kind.words(difference), origin: originOf(one, makers), ...difference };
}

/** A host that was not seen weighs more than one that differs. */
function statusOf(run: RunContext, drifts: readonly HostDrift[], failed: boolean): ExitStatus {
  if (run.stop.aborted) return ExitStatus.interrupted;
  if (run.unreachable.size > 0) return ExitStatus.unreachable;
  if (failed || run.fallen.size > 0) return ExitStatus.failed;
  return drifts.some(({ differences, incomparable }) => differences.length + incomparable.length > 0) ? ExitStatus.drift : ExitStatus.ok;
}
