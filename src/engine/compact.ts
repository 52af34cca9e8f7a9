/**
 * Keeps ledgers short: what was taken back long ago goes, and what was changed many times becomes one record. The newest runs stay as
 * they are, so that each can be shown and undone by itself.
 */
import { sh, type Command } from '../shell.ts';
import { stateFolder } from '../state-folder.ts';
import { releaseUnlessLarge, type LockOwner } from './lock.ts';
import { ledgerLimit, parseLedger, readLedgerCommand, type Intent, type LedgerRecord, type OutcomeRecord } from './ledger.ts';
import type { UserShell } from './user-shell.ts';

/** Bytes from which a ledger is worth compacting. */
const limit = 1 << 20;

/** Runs whose records stay as they are. */
export const runsKept = 20;

/** Gives the lock back, or fails where the ledger is worth compacting before. Like the ledger's own commands it may run in the long-lived shell. */
export function releaseUnlessLongCommand(owner: LockOwner): Command {
  return sh`${stateFolder('__ctplay_state')}; ${releaseUnlessLarge(owner, sh`"$__ctplay_state/ledger.jsonl"`, limit)}`;
}

/** Compacts the ledger of a user on a host whose lock we hold. One that can't be rewritten, on a full disk say, stays as it is. */
export async function compactLedgerOf(shell: UserShell, host: string): Promise<void> {
  const [ledger] = await shell.run([{ command: readLedgerCommand, maxOutput: ledgerLimit }]);
  if (ledger!.status !== 0 || ledger!.dropped.stdout > 0) return;
  const records = compactLedger(ledger!.stdout, host);
  if (records) await shell.run([{ command: replaceLedgerCommand(records) }]);
}

/** Puts a ledger in the place of the present one, whole or not at all. */
export function replaceLedgerCommand(records: readonly LedgerRecord[]): Command {
  const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  return sh`${stateFolder('d')}; umask 077; cat > "$d/ledger.jsonl.new" && mv "$d/ledger.jsonl.new" "$d/ledger.jsonl" || { rm -f "$d/ledger.jsonl.new"; exit 1; }`.withInput(lines);
}

/** The same ledger with fewer records; undefined when it would hardly be shorter. Texts that aren't records stay errors: see parseLedger. */
export function compactLedger(text: string, host: string): LedgerRecord[] | undefined {
  const records = parseLedger(text, host);
  const compacted = compact(records);
  const length = compacted.reduce((sum, record) => sum + JSON.stringify(record).length + 1, 0);
  return length * 2 > text.length ? undefined : compacted;
}

/** Says the same of what is open and of the newest runs. */
export function compact(records: readonly LedgerRecord[]): LedgerRecord[] {
  const intents = records.filter((record) => record.type === 'intent');
  const kept = new Set([...new Set(intents.map((intent) => intent.run))].slice(-runsKept));
  const reverted = new Set(records.flatMap((record) => (record.type === 'reverted' ? record.ids : [])));
  const outcomes = new Map(records.flatMap((record) => (record.type === 'outcome' ? [[record.id, record] as const] : [])));
  const bySubject = new Map<string, Intent[]>();
  for (const intent of intents) {
    if (kept.has(intent.run) || reverted.has(intent.id)) continue;
    const key = `${intent.module}\0${intent.subject}`;
    bySubject.set(key, [...(bySubject.get(key) ?? []), intent]);
  }
  const stays = new Map<string, LedgerRecord[]>();
  for (const group of bySubject.values()) for (const record of merged(group, outcomes)) stays.set(record.id, [...(stays.get(record.id) ?? []), record]);
  const known = new Set([...stays.keys(), ...intents.filter((intent) => kept.has(intent.run)).map((intent) => intent.id)]);
  return records.flatMap((record): LedgerRecord[] => {
    if (record.type === 'reverted') {
      const ids = record.ids.filter((id) => known.has(id));
      return ids.length === 0 ? [] : [{ ...record, ids }];
    }
    if (record.type === 'intent') return kept.has(record.run) ? [record] : (stays.get(record.id) ?? []);
    // Those of merged intents stand beside them already.
    return known.has(record.id) && !stays.has(record.id) ? [record] : [];
  });
}

/** One subject's intents as one, where the first stood, with its outcome; those whose readings lie elsewhere stay single. */
function merged(intents: readonly Intent[], outcomes: ReadonlyMap<string, OutcomeRecord>): (Intent | OutcomeRecord)[] {
  const withOutcome = (intent: Intent): (Intent | OutcomeRecord)[] => [intent, ...(outcomes.has(intent.id) ? [outcomes.get(intent.id)!] : [])];
  const newest = intents.at(-1)!;
  if (!intents.some((intent) => intent.revertible)) return withOutcome(newest);
  if (intents.length === 1 || intents.some((intent) => intent.kept)) return intents.flatMap(withOutcome);
  const first = intents[0]!;
  const failed = intents.map((intent) => outcomes.get(intent.id)).find((outcome) => outcome?.failed !== '');
  const complete = intents.every((intent) => outcomes.has(intent.id));
  // The oldest reading of each fact wins, as in openSubjects.
  const before = Object.assign({}, ...intents.map((intent) => intent.before).reverse()) as Intent['before'];
  return [{ ...newest, id: first.id, before, revertible: true }, ...(complete ? [{ type: 'outcome', id: first.id, failed: failed?.failed ?? '' } as const] : [])];
}
