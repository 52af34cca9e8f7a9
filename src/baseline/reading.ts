/** Reads one host for a comparison: its baseline, its ledger and its state, in three round trips with the boot of the shell. */
import { ledgerUsersCommand } from '../engine/host-ledgers.ts';
import { openSubjects, parseLedger, readLedgerCommand, type LedgerSubject } from '../engine/ledger.ts';
import { CtplayError } from '../errors.ts';
import type { Fact, Reading } from '../module.ts';
import type { Copies } from './copies.ts';
import { digest, factsOf, statesOf } from './fingerprint.ts';
import { allContentsCommand, machineIdCommand, readCommand } from './host-store.ts';
import type { KindStates, ManagementPath, StateKind } from './kind.ts';
import { kindsOf } from './kinds/index.ts';
import { recall, type Recalled } from './recall.ts';
import type { Visit } from './visit.ts';

const outputLimit = 256 << 20;

export interface HostBaseline extends Recalled {
  readonly kinds: readonly StateKind[];
  /** What is open in root's ledger. */
  readonly ledger: readonly LedgerSubject[];
  /** Whether other users have ledgers. */
  readonly otherLedgers: boolean;
}

/** Throws what `recall` throws, and ledger.unreadable. */
export async function readBaseline({ run, host, shell }: Visit, name: string, copies: Copies): Promise<HostBaseline> {
  const copy = await copies.read(host, name);
  const commands = [machineIdCommand, readCommand(name, copy === undefined ? '' : digest(copy)), allContentsCommand(name), readLedgerCommand, ledgerUsersCommand];
  const [machineId, stored, contents, ledger, users] = await shell.run(commands.map((command) => ({ command, maxOutput: outputLimit })), run.kill);
  if (ledger!.status !== 0) throw new CtplayError('ledger.unreadable', `the ledger on ${host} can't be read`, { found: ledger!.stderr.trim() });
  const recalled = recall({ host, name, machineId: machineId!.stdout.trim(), stored: stored!.stdout, contents: contents!.stdout }, copy);
  return { ...recalled, kinds: kindsOf(recalled.baseline.head.settings), ledger: openSubjects(parseLedger(ledger!.stdout, host)), otherLedgers: users!.stdout.trim() !== '' };
}

export interface HostState {
  readonly states: KindStates;
  readonly management: Reading<ManagementPath> | undefined;
}

/** The state of a host now, whatever was read before; with `management`, also what carries the session. */
export async function readState({ run, shell }: Visit, kinds: readonly StateKind[], management?: Fact<Reading<ManagementPath>>): Promise<HostState> {
  const facts = { ...factsOf(kinds), ...(management ? { management } : {}) };
  shell.cache.forget(Object.values(facts));
  const values = await shell.read(facts, run.kill);
  return { states: statesOf(kinds, values), management: management && (values as { management?: Reading<ManagementPath> }).management };
}
