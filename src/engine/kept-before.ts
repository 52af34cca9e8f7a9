/**
 * What was there before a change, where it may hold secrets. Reset can't do without it and the ledger must not have it, so it lies in a file of
 * its own in the folder of kept contents, which only the ledger's owner can read and which goes with the ledger: backup/before/INTENT-ID.
 */
import { CtplayError } from '../errors.ts';
import { joinCommands, Secret, sh, type Command } from '../shell.ts';
import { stateFolder } from '../state-folder.ts';
import type { Intent, LedgerRecord } from './ledger.ts';

const folder = stateFolder('d');

/** Writes what was there before the change of an intent. To go before the intent itself. */
export function keepBeforeCommand(id: string, before: Readonly<Record<string, unknown>>): Command {
  return sh`( ${folder}; umask 077; mkdir -p "$d/backup/before" && [ -O "$d" ] && printf '%s\\n' ${new Secret(JSON.stringify(before))} > "$d/backup/before/"${id} )`;
}

/** The intents among records that are not taken back yet and whose `before` is kept. */
export function keptIntents(records: readonly LedgerRecord[]): Intent[] {
  const reverted = new Set(records.flatMap((record) => (record.type === 'reverted' ? record.ids : [])));
  return records.filter((record): record is Intent => record.type === 'intent' && record.kept === true && !reverted.has(record.id));
}

/** Prints one line for each of these intents, in their order. */
export function readKeptCommand(intents: readonly Intent[]): Command {
  return joinCommands([folder, ...intents.map(({ id }) => sh`cat "$d/backup/before/"${id} || exit`)], '; ');
}

/** The records with what the lines of `readKeptCommand` say. Throws ledger.unreadable when a file is not what ctplay wrote. */
export function withKept(records: readonly LedgerRecord[], intents: readonly Intent[], text: string, host: string): LedgerRecord[] {
  const lines = text.split('\n');
  const kept = new Map(intents.map(({ id }, index) => [id, lines[index] ?? '']));
  return records.map((record) => {
    const line = record.type === 'intent' ? kept.get(record.id) : undefined;
    return line === undefined ? record : { ...(record as Intent), before: parseKept(line, host) };
  });
}

function parseKept(line: string, host: string): Intent['before'] {
  try {
    return JSON.parse(line) as Intent['before'];
  } catch (cause) {
    throw new CtplayError('ledger.unreadable', `what was kept beside the ledger on ${host} can't be read`, { hint: 'Look at the files in backup/before, beside the ledger on the host; someone else wrote into them.', cause });
  }
}
