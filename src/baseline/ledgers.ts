/** What the ledgers of a host have to do with its baseline: what was made before the capture belongs to it, what came since is taken back. */
import { readLedgers } from '../engine/host-ledgers.ts';
import { openSubjects, removeLedgerCommand, revertedCommand, type LedgerSubject } from '../engine/ledger.ts';
import { revertSubjects } from '../engine/reset.ts';
import type { UserShell } from '../engine/user-shell.ts';
import { keepsSubject } from './protection.ts';
import type { HostBaseline } from './reading.ts';
import type { Visit } from './visit.ts';

/** What came since the capture, in one user's ledger. */
export interface OpenLedger {
  readonly shell: UserShell;
  readonly subjects: readonly LedgerSubject[];
  /** Nothing else is open in it. */
  readonly whole: boolean;
}

/** Whether all of it was made after the capture (ISO 8601). */
export function isSince({ intents }: LedgerSubject, capturedAt: string): boolean {
  return intents.every((intent) => intent.at > capturedAt);
}

/** Takes back what ctplay made since the capture, by its own records, which know best. What fails is told, and left to what comes after. */
export async function takeBack({ run, session, become }: Visit, { baseline, ledger, otherLedgers }: HostBaseline, keep: readonly string[]): Promise<readonly OpenLedger[]> {
  const { capturedAt } = baseline.head;
  if (!otherLedgers && !ledger.some((subject) => isSince(subject, capturedAt))) return [];
  const open: OpenLedger[] = [];
  for (const { shell, records } of await readLedgers(run, session, become)) {
    const all = openSubjects(records);
    const subjects = all.filter((subject) => isSince(subject, capturedAt) && !keep.some((pattern) => keepsSubject(pattern, subject.subject)));
    if (subjects.length === 0) continue;
    await revertSubjects({ run, session, shell, forgiving: true }, [...subjects].reverse());
    open.push({ shell, subjects, whole: subjects.length === all.length });
  }
  return open;
}

/** Once the host is as it was, what its ledgers still say of things made since is moot. */
export async function closeLedgers({ run }: Visit, ledgers: readonly OpenLedger[]): Promise<void> {
  for (const { shell, subjects, whole } of ledgers) {
    const ids = subjects.flatMap(({ intents }) => intents.map((intent) => intent.id));
    const close = whole ? removeLedgerCommand : revertedCommand({ type: 'reverted', ids, run: run.runId, at: new Date().toISOString() });
    await shell.run([{ command: close }], run.kill);
  }
}
