/**
 * What a file held before ctplay changed it is kept on the host, so that reset can put it back, and what ctplay wrote is marked
 * by its digest, so that reset knows a person's later edit. All of it lies in ctplay's folder:
 * backup/SHA256 (contents), backup/written/SHA256 (marks, empty), edited/SHA256 (contents that reset moved out of the way, which outlive it).
 */
import { joinCommands, nothing, sh, type Command } from '../../src/shell.ts';
import { stateFolder as folderIn } from '../../src/state-folder.ts';
import { pathWord } from './path.ts';

/** Sets `$k` to ctplay's folder, which the ledger is in, too: /var/lib/ctplay, or what the user can write instead. */
export const stateFolder: Command = folderIn('k');

/** Keeps the content `before` of a path, if it has one, and marks the content `after` as ctplay's, if it will have one. */
export function keep(path: string, before: string | undefined, after: string | undefined): Command {
  const mark = after === undefined ? nothing : sh` && : >"$k/backup/written/"${after}`;
  const copy = before === undefined ? nothing : sh` && ${copyOnce(path, 'backup', before)}`;
  return sh`umask 077; ${stateFolder}; { [ -d "$k/backup/written" ] || mkdir -p "$k/backup/written"; }${mark}${copy}`;
}

/** The same for many paths at once. */
export function keepAll(changes: readonly { readonly path: string; readonly before: string | undefined; readonly after: string }[]): Command {
  const copies = changes.flatMap(({ path, before }) => (before === undefined ? [] : [sh` && ${copyOnce(path, 'backup', before)}`]));
  const marks = [...new Set(changes.map(({ after }) => after))];
  return sh`umask 077; ${stateFolder}; { [ -d "$k/backup/written" ] || mkdir -p "$k/backup/written"; } && for s in ${marks}; do : >"$k/backup/written/$s" || exit; done${joinCommands(copies, ' ')}`;
}

/** Keeps a person's edit, which reset is about to replace. */
export function keepEdited(path: string, sha256: string): Command {
  return sh`umask 077; ${stateFolder}; mkdir -p "$k/edited" && ${copyOnce(path, 'edited', sha256)}`;
}

function copyOnce(path: string, folder: 'backup' | 'edited', sha256: string): Command {
  const place = sh`"$k/${folder}/"${sha256}`;
  return sh`{ [ -e ${place} ] || { cp ${pathWord(path)} ${place}.part && mv -f ${place}.part ${place}; }; }`;
}

/** The same, decided on the host: only when what the file holds isn't what ctplay wrote. */
export function keepIfEdited(path: string): Command {
  return sh`umask 077; ${stateFolder}; p=${pathWord(path)}; [ ! -f "$p" ] || { s=$(sha256sum <"$p"); s=\${s%% *}; [ -e "$k/backup/written/$s" ] || { mkdir -p "$k/edited" && cp "$p" "$k/edited/$s"; }; }`;
}

/** Marks what the file `$t` holds as ctplay's, where only the host knows it. */
export const markWritten: Command = sh`( umask 077; ${stateFolder}; s=$(sha256sum <"$t") && mkdir -p "$k/backup/written" && : >"$k/backup/written/\${s%% *}" )`;
