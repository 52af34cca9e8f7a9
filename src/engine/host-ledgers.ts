/** The ledgers of one host: root's, and those of users who work there without becoming root. */
import { CtplayError } from '../errors.ts';
import { sh, type Command } from '../shell.ts';
import type { Become, StepResult } from '../transport/types.ts';
import type { HostSession } from './host-session.ts';
import { keptIntents, readKeptCommand, withKept } from './kept-before.ts';
import { ledgerLimit, parseLedger, readLedgerCommand, type LedgerRecord } from './ledger.ts';
import type { RunContext } from './run-context.ts';
import type { UserShell } from './user-shell.ts';

export interface HostLedger {
  /** The shell of the user whose ledger it is. */
  readonly shell: UserShell;
  readonly records: readonly LedgerRecord[];
}

/**
 * Prints the names of users other than root who have a ledger, as far as their folders can be seen. Users of the host alone: to look into every
 * home folder that a directory service knows of could mean to mount them all.
 */
export const ledgerUsersCommand: Command = sh`while IFS=: read -r n x u x x h x; do [ "$u" = 0 ] || for l in "$h/.local/state/ctplay/ledger.jsonl" "/var/tmp/ctplay-$u/ledger.jsonl"; do
[ ! -s "$l" ] || [ "$(stat -c %u "$l")" != "$u" ] || echo "$n"; done; done </etc/passwd | sort -u`;

/**
 * Connects, and reads the ledgers of the become user, of the login user, and of whom else the become user sees to have one. Root's comes
 * last, for what others made may lie in what root made. What a user's ledger says is taken back as that user, for anyone can write
 * their own. Throws connection errors and ledger.unreadable.
 */
export async function readLedgers(run: RunContext, session: HostSession, become: Become | undefined): Promise<HostLedger[]> {
  await session.open();
  const first = session.shell(become);
  const [own, users] = await first.run([{ command: readLedgerCommand, maxOutput: ledgerLimit }, { command: ledgerUsersCommand }], run.kill);
  const known = [become?.user ?? session.target.user, session.target.user];
  const others = users!.stdout.split('\n').filter((name) => name !== '' && !known.includes(name));
  const shells = [...(become === undefined ? [] : [session.shell()]), ...others.map((user) => session.shell({ ...(become ?? { method: 'sudo' }), user }))];
  const ledgers: HostLedger[] = [{ shell: first, records: await recordsOf(first, own!, run, session.host) }];
  // Where the login user is the become user, both are the same ledger.
  const seen = new Set(idsOf(ledgers[0]!.records));
  for (const shell of shells) {
    const [ledger] = await shell.run([{ command: readLedgerCommand, maxOutput: ledgerLimit }], run.kill);
    const records = await recordsOf(shell, ledger!, run, session.host);
    if (!idsOf(records).some((id) => seen.has(id))) ledgers.unshift({ shell, records });
    for (const id of idsOf(records)) seen.add(id);
  }
  return ledgers;
}

async function recordsOf(shell: UserShell, ledger: StepResult, run: RunContext, host: string): Promise<LedgerRecord[]> {
  assertRead(ledger, host);
  const records = parseLedger(ledger.stdout, host);
  const kept = keptIntents(records);
  if (kept.length === 0) return records;
  const [answer] = await shell.run([{ command: readKeptCommand(kept), maxOutput: ledgerLimit }], run.kill);
  assertRead(answer!, host);
  return withKept(records, kept, answer!.stdout, host);
}

function assertRead({ status, stderr }: StepResult, host: string): void {
  if (status !== 0) throw new CtplayError('ledger.unreadable', `the ledger on ${host} can't be read`, { found: stderr.trim() });
}

function idsOf(records: readonly LedgerRecord[]): string[] {
  return records.flatMap((record) => (record.type === 'intent' ? [record.id] : []));
}
