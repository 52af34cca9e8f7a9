/**
 * Modules for taking things back. A user's own module lies beside the playbook that made the thing; where that is, the host's ledger says, which
 * whoever is root there can write. So it is loaded only from a place that nobody else on this machine could have put it in.
 */
import { statSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { CtplayError } from '../errors.ts';
import { Registry } from '../registry.ts';
import type { LedgerSubject } from './ledger.ts';

/** The registry that has the module of a subject. Throws module.untrusted. */
export function registryFor(subject: LedgerSubject, registry: Registry): Registry {
  const playbook = subject.intents.at(-1)?.playbook;
  if (registry.has(subject.module) || playbook === undefined || !path.isAbsolute(playbook)) return registry;
  const folder = path.join(path.dirname(playbook), 'modules');
  const own = new Registry([folder]);
  const file = own.fileOf(subject.module);
  const doubt = file === undefined ? undefined : strangerTo(file);
  if (doubt === undefined) return own;
  throw new CtplayError('module.untrusted', `the module '${subject.module}' is not loaded from ${folder}`, {
    expected: 'a file that is yours or root\'s, in folders that are, and that nobody else may write to',
    found: doubt,
    hint: 'The ledger on the host names this place. If the module is yours, copy the playbook with its modules to a folder of your own and run it there once more.',
  });
}

/** Who besides us could have written a file, or the folders on the way to it, as a clause; undefined when nobody. As sshd's StrictModes (sshd_config(5)). */
export function strangerTo(file: string, trusted: readonly number[] = trustedUsers()): string | undefined {
  for (let place = realpathSync(file); ; place = path.dirname(place)) {
    const { uid, mode } = statSync(place);
    if (!trusted.includes(uid)) return `${place} belongs to the user with the id ${uid}`;
    // In a folder with the sticky bit only the owner of an entry may replace it.
    if ((mode & 0o002) !== 0 && (mode & 0o1000) === 0) return `everybody may write to ${place}`;
    if (place === path.dirname(place)) return undefined;
  }
}

/** Root, whoever we are, and who became us by sudo(8). */
function trustedUsers(): number[] {
  const { SUDO_UID } = process.env;
  return [0, process.getuid?.() ?? 0, ...(process.getuid?.() === 0 && SUDO_UID !== undefined && /^\d+$/.test(SUDO_UID) ? [Number(SUDO_UID)] : [])];
}
