/** The variables that a play takes from files (`vars_files`). */
import path from 'node:path';
import { CtplayError } from '../errors.ts';
import { loadVarsFile } from '../load/playbook.ts';
import type { PlayContext } from './play-context.ts';

/** All of them for one host, later files over earlier ones; of a list of names, the first file that is there. Throws file.missing, and what reading throws. */
export function loadVarsFiles(context: PlayContext, host: string): Record<string, unknown> {
  const { run, play, chain, playbookFile } = context;
  const span = play.source.at(['vars_files']);
  const templar = context.templar(context.scope(host, chain), chain, playbookFile);
  const files = context.files(chain, play.source.file);
  const loaded: Record<string, unknown> = {};
  for (const entry of play.varsFiles) {
    const names = (Array.isArray(entry) ? entry : [entry]).map((name) => String(templar.render(name, { span })));
    const found = names.map((name) => files.find(name, 'vars')).find((file) => file !== undefined);
    if (found === undefined) {
      throw new CtplayError('file.missing', `vars_files: there is no file '${names.join("' or '")}'`, { span, expected: `one of\n${names.flatMap((name) => files.searchPath('vars').map((folder) => path.join(folder, name))).join('\n')}` });
    }
    Object.assign(loaded, loadVarsFile(found, { decrypt: run.settings.vault.decrypt }));
  }
  return loaded;
}
