/** The ledgers of one host: root's, and those of users who work there without becoming root. */
import { CtplayError } from '../errors.ts';
import type { Become } from '../transport/types.ts';
import type { HostSession } from './host-session.ts';
import { parseLedger, readLedgerCommand, type LedgerRecord } from './ledger.ts';
import type { RunContext } from './run-context.ts';
import type { UserShell } from './user-shell.ts';

export interface HostLedger {
  /** The shell of the user whose ledger it is. */
  readonly shell: UserShell;
  readonly records: readonly LedgerRecord[];
}

/** A ledger may be long, and half of it would be none. */
const ledgerLimit = 256 << 20;

/** Connects, and reads the ledgers of the become user and of the login user. Throws connection errors and ledger.unreadable. */
export async function readLedgers(run: RunContext, session: HostSession, become: Become | undefined): Promise<HostLedger[]> {
  await session.open();
  const shells = become === undefined ? [session.shell()] : [session.shell(become), session.shell()];
  // Where the login user is the become user, both are the same ledger.
  const seen = new Set<string>();
  const ledgers: HostLedger[] = [];
  for (const shell of shells) {
    const [ledger] = await shell.run([{ command: readLedgerCommand, maxOutput: ledgerLimit }], run.kill);
    if (ledger!.status !== 0) throw new CtplayError('ledger.unreadable', `the ledger on ${session.host} can't be read`, { found: ledger!.stderr.trim() });
    const records = parseLedger(ledger!.stdout, session.host);
    const known = records.some((record) => record.type === 'intent' && seen.has(record.id));
    for (const record of records) if (record.type === 'intent') seen.add(record.id);
    if (!known) ledgers.push({ shell, records });
  }
  return ledgers;
}
