/** A ledger as a person looks at it: by run what it changed, and by subject who made it. */
import { openSubjects, type Intent, type LedgerRecord, type LedgerSubject } from './ledger.ts';

/** `made` and still there for all ctplay knows; `half-made`: begun and failed, or cut off; `taken-back` by a reset or an undo. */
export type EntryState = 'made' | 'half-made' | 'taken-back';

export interface LedgerEntry {
  readonly module: string;
  /** What it is about: `bridge br0`. */
  readonly subject: string;
  readonly task?: string;
  readonly at: string;
  readonly changes: Intent['changes'];
  readonly state: EntryState;
  /** The run that took it back. */
  readonly takenBackBy?: string;
  /** False where the module has no way back. */
  readonly revertible: boolean;
}

export interface LedgerRun {
  readonly run: string;
  /** When its first change was made: ISO 8601, by the controller's clock. */
  readonly at: string;
  /** The person, as user@machine; older ledgers don't tell. */
  readonly who?: string;
  readonly playbooks: readonly string[];
  readonly entries: readonly LedgerEntry[];
}

/** What is there because of ctplay, and who owns it: the run, the playbook and the task that last changed it. */
export interface LedgerOwner {
  readonly module: string;
  readonly subject: string;
  readonly state: Exclude<EntryState, 'taken-back'>;
  readonly revertible: boolean;
  readonly firstRun: string;
  readonly lastRun: string;
  readonly at: string;
  readonly who?: string;
  readonly playbook?: string;
  readonly task?: string;
}

/** Runs that changed anything, oldest first. */
export function runsOf(records: readonly LedgerRecord[]): LedgerRun[] {
  const takenBack = new Map(records.flatMap((record) => (record.type === 'reverted' ? record.ids.map((id) => [id, record.run] as const) : [])));
  const failed = new Map(records.flatMap((record) => (record.type === 'outcome' ? [[record.id, record.failed] as const] : [])));
  const byRun = new Map<string, Intent[]>();
  for (const record of records) if (record.type === 'intent') byRun.set(record.run, [...(byRun.get(record.run) ?? []), record]);
  return [...byRun].map(([run, intents]) => ({
    run,
    at: intents[0]!.at,
    ...(intents[0]!.who === undefined ? {} : { who: intents[0]!.who }),
    playbooks: [...new Set(intents.flatMap((intent) => intent.playbook ?? []))],
    entries: intents.map((intent): LedgerEntry => {
      const by = takenBack.get(intent.id);
      return {
        module: intent.module,
        subject: intent.subject,
        ...(intent.task === undefined ? {} : { task: intent.task }),
        at: intent.at,
        changes: intent.changes,
        state: by !== undefined ? 'taken-back' : failed.get(intent.id) === '' ? 'made' : 'half-made',
        ...(by === undefined ? {} : { takenBackBy: by }),
        revertible: intent.revertible,
      };
    }),
  }));
}

/** What is not taken back yet, in the order in which it was first made. */
export function ownersOf(records: readonly LedgerRecord[]): LedgerOwner[] {
  return openSubjects(records).map(({ module, subject, halfMade, revertible, intents }) => {
    const last = intents.at(-1)!;
    return {
      module,
      subject,
      state: halfMade ? 'half-made' : 'made',
      revertible,
      firstRun: intents[0]!.run,
      lastRun: last.run,
      at: last.at,
      ...(last.who === undefined ? {} : { who: last.who }),
      ...(last.playbook === undefined ? {} : { playbook: last.playbook }),
      ...(last.task === undefined ? {} : { task: last.task }),
    };
  });
}

/** What one run made and nobody took back, and what of it later runs changed again. */
export interface RunSubjects {
  readonly subjects: readonly LedgerSubject[];
  /** Subject → the run that changed it last: undoing under it would leave neither's state. */
  readonly changedLater: ReadonlyMap<LedgerSubject, string>;
}

/** The subjects of a run with what was there before that run, in the order in which it made them. */
export function subjectsOfRun(records: readonly LedgerRecord[], run: string): RunSubjects {
  const all = openSubjects(records);
  const changedLater = new Map<LedgerSubject, string>();
  const subjects = openSubjects(records.filter((record) => record.type !== 'intent' || record.run === run));
  for (const subject of subjects) {
    if (!subject.revertible) continue;
    const last = all.find((one) => one.module === subject.module && one.subject === subject.subject)!.intents.at(-1)!;
    if (last.run !== run) changedLater.set(subject, last.run);
  }
  return { subjects, changedLater };
}

/** Runs of this id or with an id that begins so. */
export function runsNamed(records: readonly LedgerRecord[], prefix: string): string[] {
  return [...new Set(records.flatMap((record) => (record.type === 'intent' && record.run.startsWith(prefix) ? [record.run] : [])))];
}
