/** What of hosts differs from their baselines, in words. */
import { RunContext, type RunParts } from '../engine/run-context.ts';
import { exitStatusOf } from '../engine/run.ts';
import { ExitStatus } from '../errors.ts';
import type { Emit, ErrorView } from '../events.ts';
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
  const errors = new Map<string, ErrorView>();
  const emit: Emit = (event) => {
    if (event.type === 'host-unreachable') errors.set(event.host, event.error);
    parts.emit(event);
  };
  const run = new RunContext({ ...parts, emit, settings: { ...parts.settings, check: true } });
  const hosts = run.inventory.select(run.settings.limit ?? 'all');
  const found = new Map<string, HostDrift>();
  await visitHosts(run, hosts, { verb: 'drift' }, async (visit) => {
    const { host } = visit;
    const { baseline, kinds, ledger, notes } = await readBaseline(visit, name, copies);
    const wanted = chooseKinds(kinds, only);
    const { states } = await readState(visit, wanted);
    const { differences, incomparable } = compare(wanted, baseline.states, states);
    const makers = makersOf(ledger);
    found.set(host, { host, baseline: baseline.head, differences: differences.map((one) => driftOf(one, makers)), incomparable, notes });
  });
  const unseen = (host: string): HostDrift => ({ host, differences: [], incomparable: [], notes: [], ...(errors.has(host) ? { error: errors.get(host)! } : {}) });
  const drifts = hosts.map((host) => found.get(host) ?? unseen(host));
  return { hosts: drifts, exitStatus: statusOf(run, drifts) };
}

function driftOf(one: KindDifference, makers: Makers): Drift {
  const { kind, difference } = one;
  return { kind: kind.name, subject: kind.subject(difference), words: kind.words(difference), origin: originOf(one, makers), ...difference };
}

/** A host that was not seen weighs more than one that differs. */
function statusOf(run: RunContext, drifts: readonly HostDrift[]): ExitStatus {
  const status = exitStatusOf(run);
  if (status !== ExitStatus.ok) return status;
  return drifts.some(({ differences, incomparable }) => differences.length + incomparable.length > 0) ? ExitStatus.drift : ExitStatus.ok;
}
