/** Gives a host the controller's copy of its baseline again, and the controller a copy it lacks. */
import { statSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { CtplayError } from '../errors.ts';
import { sh } from '../shell.ts';
import { copyContents } from './capture.ts';
import type { Copies } from './copies.ts';
import { digest } from './fingerprint.ts';
import { commitCommand, contentsCommand, contentsFolder, parseContents, prepareCommand } from './host-store.ts';
import type { HostBaseline } from './reading.ts';
import type { Visit } from './visit.ts';

/** Gives whether contents kept at capture are on the host now, whole. Throws baseline.unwritable. */
export async function putBack(visit: Visit, { baseline, putBack: lost, uncopied, contents }: HostBaseline, copies: Copies): Promise<boolean> {
  const { run, host, shell } = visit;
  const { name, id } = baseline.head;
  if (uncopied) {
    const [listing] = await shell.run([{ command: contentsCommand(name, id), maxOutput: 64 << 20 }], run.kill);
    if (contents) await copyContents(visit, baseline, parseContents(listing!.stdout).files, copies);
    await copies.commit(host, name, id, baseline.text);
  }
  if (!lost && contents) return true;
  const files = await localContents(copies.contents(host, name, id));
  const whole = baseline.head.contents === '' || files.digest === baseline.head.contents;
  if (!whole) run.emit({ type: 'warning', host, message: `the contents kept with the baseline '${name}' are gone: files that differ can't be put back` });
  if (!lost && !whole) return false;
  const folder = contentsFolder(name, id);
  const uploads = whole ? files.names.map((file) => sh`umask 077; f=${`${folder}/${file}`}; mkdir -p "\${f%/*}" && cat >"$f"`.withInput({ kind: 'file', path: path.join(copies.contents(host, name, id), file) })) : [];
  const commands = [prepareCommand(name, id), ...uploads, commitCommand(name, id).withInput(baseline.text)];
  const results = await shell.run(commands.map((command) => ({ command, when: 'succeeded' as const })), run.kill);
  const failed = results.find((result) => !result.skipped && result.status !== 0);
  if (failed) throw new CtplayError('baseline.unwritable', `the baseline could not be put back on ${host}`, { found: failed.stderr.trim() || `exit status ${failed.status}` });
  return whole;
}

/** As `contentsCommand` lists them on a host. */
async function localContents(folder: string): Promise<{ readonly names: readonly string[]; readonly digest: string }> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  const names = entries.filter((entry) => statSync(path.join(folder, entry)).isFile()).sort();
  const lines = await Promise.all(names.map(async (name) => `${digest(await readFile(path.join(folder, name)))}  ./${name}`));
  return { names, digest: parseContents(lines.join('\n')).digest };
}
