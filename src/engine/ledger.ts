/**
 * The ledger: one JSON object a line, on the host. An intent is written before a change and its outcome after it, in the same
 * round trip, so that a run killed at any point leaves a record of all that may be half made. Secrets never enter it.
 */
import { CtplayError } from '../errors.ts';
import type { Change } from '../module.ts';
import { sh, type Command } from '../shell.ts';
import { stateFolder } from '../state-folder.ts';

/** Where root's ledger lies. */
export const rootStateFolder = '/var/lib/ctplay';

export interface Intent {
  readonly type: 'intent';
  readonly id: string;
  readonly run: string;
  /** Who ran it, as user@machine. */
  readonly who?: string;
  /** ISO 8601, by the controller's clock. */
  readonly at: string;
  readonly module: string;
  readonly subject: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** What the facts said before this change. */
  readonly before: Readonly<Record<string, unknown>>;
  /** `before` may hold secrets: here it is empty, and lies in a file of its own. */
  readonly kept?: boolean;
  readonly changes: readonly { readonly action: string; readonly subject: string }[];
  /** False where the module has no way back. */
  readonly revertible: boolean;
  readonly playbook?: string;
  readonly task?: string;
}

export interface OutcomeRecord {
  readonly type: 'outcome';
  readonly id: string;
  /** Empty when all went well, else `INDEX:STATUS` of the step that failed. */
  readonly failed: string;
}

export interface RevertedRecord {
  readonly type: 'reverted';
  readonly ids: readonly string[];
  readonly run: string;
  readonly at: string;
}

export type LedgerRecord = Intent | OutcomeRecord | RevertedRecord;

/** All that ctplay did about one subject, and what was there before it first did. */
export interface LedgerSubject {
  readonly module: string;
  readonly subject: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly before: Readonly<Record<string, unknown>>;
  readonly revertible: boolean;
  /** Its intents, oldest first. */
  readonly intents: readonly Intent[];
  /** Some intent has no outcome, or a failed one. */
  readonly halfMade: boolean;
}

const folder = stateFolder('d');

// What is written at every change is written by the shell itself (Step.inShell), so its variables have names of their own.
const lines = sh`${stateFolder('__ctplay_state')}; __ctplay_ledger=$__ctplay_state/ledger.jsonl`;

/** Adds a record on a line of its own, also after a torn one, which an empty line between them costs less than a look at its end. */
function append(record: LedgerRecord): Command {
  return sh`__ctplay_end=; [ ! -s "$__ctplay_ledger" ] || __ctplay_end='\\n'; printf "$__ctplay_end%s\\n" ${JSON.stringify(record)} >> "$__ctplay_ledger"`;
}

/** Writes an intent; fails when it can't be written, so that the change isn't made. The folder is made with those in it that most changes use. */
export function intentCommand(intent: Intent): Command {
  const make = sh`( umask 077; { [ -d "$__ctplay_state" ] || mkdir -p "$__ctplay_state/backup/written"; } && [ -O "$__ctplay_state" ] && : >> "$__ctplay_ledger" )`;
  return sh`${lines}; { [ -e "$__ctplay_ledger" ] || ${make}; } && [ -O "$__ctplay_state" ] && { ${append(intent)}; } && __ctplay_begun=${intent.id}`;
}

/** Writes how it ended, if its intent was written in the same batch; `$CTPLAY_FAILED` is the transport's (see Step.when). */
export function outcomeCommand(id: string): Command {
  return sh`[ "$__ctplay_begun" != ${id} ] || { ${lines}; printf '{"type":"outcome","id":"%s","failed":"%s"}\\n' ${id} "$CTPLAY_FAILED" >> "$__ctplay_ledger"; }`;
}

/** Writes that subjects were taken back. */
export function revertedCommand(record: RevertedRecord): Command {
  return sh`${lines}; ${append(record)}`;
}

/** Bytes of a ledger that are read: one may be long, and half of it would be none. */
export const ledgerLimit = 256 << 20;

export const readLedgerCommand: Command = sh`${folder}; [ ! -O "$d/ledger.jsonl" ] || cat "$d/ledger.jsonl"`;

/** Removes the ledger and the kept contents of files, only what ctplay itself puts there, and the folders around it when they are empty. */
export const removeLedgerCommand: Command = sh`${folder}; rm -f "$d/ledger.jsonl" "$d/ledger.jsonl.new"; rm -rf "$d/backup"; rmdir "$d" 2>/dev/null || [ ! -d "$d" ] || [ -n "$(ls -A "$d")" ] || exit; case $d in "$HOME"/.local/state/*) rmdir "$HOME/.local/state" "$HOME/.local" 2>/dev/null || : ;; esac`;

/** Records of a ledger. A line without its end is a torn write and is left out; a line that never was a record is an error. */
export function parseLedger(text: string, host: string): LedgerRecord[] {
  const records: LedgerRecord[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    try {
      records.push(JSON.parse(line) as LedgerRecord);
    } catch (cause) {
      // A write cut off by a kill or a full disk leaves half a line; the next record starts a new one. Its change was never made.
      if (line.startsWith('{')) continue;
      throw new CtplayError('ledger.unreadable', `line ${index + 1} of the ledger on ${host} is not a record of ctplay's`, {
        found: line.slice(0, 120),
        hint: `Look at ${rootStateFolder}/ledger.jsonl on the host; someone else wrote into it.`,
        cause,
      });
    }
  }
  return records;
}

/** What is still to be taken back, in the order in which it was first made. */
export function openSubjects(records: readonly LedgerRecord[]): LedgerSubject[] {
  const reverted = new Set(records.flatMap((record) => (record.type === 'reverted' ? record.ids : [])));
  const outcomes = new Map(records.flatMap((record) => (record.type === 'outcome' ? [[record.id, record.failed] as const] : [])));
  const groups = new Map<string, Intent[]>();
  for (const record of records) {
    if (record.type !== 'intent' || reverted.has(record.id)) continue;
    const key = `${record.module}\0${record.subject}`;
    groups.set(key, [...(groups.get(key) ?? []), record]);
  }
  return [...groups.values()].map((intents) => {
    const newest = intents.at(-1)!;
    return {
      module: newest.module,
      subject: newest.subject,
      args: newest.args,
      // The oldest reading of each fact wins: that is how things were before ctplay came.
      before: Object.assign({}, ...intents.map((intent) => intent.before).reverse()) as Record<string, unknown>,
      revertible: intents.some((intent) => intent.revertible),
      intents,
      halfMade: intents.some((intent) => outcomes.get(intent.id) !== ''),
    };
  });
}

/** What an intent keeps of changes. */
export function ledgerChanges(changes: readonly Change[]): Intent['changes'] {
  return changes.map(({ action, subject }) => ({ action, subject }));
}
