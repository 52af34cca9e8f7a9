/** Reads the ledgers of hosts for a person to look at; changes nothing, takes no lock. */
import type { ExitStatus } from '../errors.ts';
import { readLedgers } from './host-ledgers.ts';
import { ownersOf, runsOf, type LedgerOwner, type LedgerRun } from './ledger-runs.ts';
import type { RunParts } from './run-context.ts';
import { runVerb } from './verb-run.ts';

export interface HostLedgerView {
  readonly host: string;
  readonly runs: readonly LedgerRun[];
  readonly owners: readonly LedgerOwner[];
}

/** One view per host that could be read, in inventory order, and the exit status. */
export async function listLedgers(parts: RunParts): Promise<{ hosts: HostLedgerView[]; exitStatus: ExitStatus }> {
  const views = new Map<string, HostLedgerView>();
  const exitStatus = await runVerb({ ...parts, settings: { ...parts.settings, check: true } }, 'ledger', (run, each) =>
    each(async ({ host, session, become }) => {
      const records = (await readLedgers(run, session, become)).flatMap((ledger) => ledger.records);
      views.set(host, { host, runs: runsOf(records), owners: ownersOf(records) });
    }, { last: true }),
  );
  return { hosts: parts.inventory.hostNames.flatMap((host) => views.get(host) ?? []), exitStatus };
}
