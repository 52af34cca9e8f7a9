/**
 * Where a host keeps its baselines: /var/lib/ctplay/baseline/NAME/baseline.json, beside it a folder, named by the capture's id, with contents
 * for restoring. Only root may look into them. The file is renamed into place as the last step of a capture, so that a
 * baseline is there as a whole or not at all.
 */
import { sh, type Command } from '../shell.ts';
import { rootStateFolder } from '../engine/ledger.ts';
import { digest } from './fingerprint.ts';

const root = `${rootStateFolder}/baseline`;

/** The folder for what kinds keep at capture `id`. */
export function contentsFolder(name: string, id: string): string {
  return `${root}/${name}/${id}`;
}

/** Makes the folders for a capture. */
export function prepareCommand(name: string, id: string): Command {
  return sh`umask 077; mkdir -p ${contentsFolder(name, id)}`;
}

/** Takes the baseline's text on standard input, puts it into place and removes what earlier captures, also torn ones, left. */
export function commitCommand(name: string, id: string): Command {
  const folder = `${root}/${name}`;
  return sh`umask 077; cd ${folder} || exit
cat >baseline.new && sync baseline.new && mv -f baseline.new baseline.json || { s=$?; rm -f baseline.new; exit $s; }
for one in *; do case $one in baseline.json | ${id}) ;; *) rm -rf "$one" ;; esac; done`;
}

/** Takes an unfinished capture away. */
export function abandonCommand(name: string, id: string): Command {
  return sh`rm -rf ${contentsFolder(name, id)}; rmdir ${`${root}/${name}`} 2>/dev/null || :`;
}

/** Digests of what is kept at capture `id`, as sha256sum(1) prints them. */
export function contentsCommand(name: string, id: string): Command {
  return sh`cd ${contentsFolder(name, id)} 2>/dev/null || exit 0; find . -type f -exec sha256sum {} + | LC_ALL=C sort -k 2`;
}

/** The file names of such a listing, and what the head keeps of it. */
export function parseContents(stdout: string): { readonly files: readonly string[]; readonly digest: string } {
  return { files: stdout.split('\n').filter((line) => line !== '').map((line) => line.slice(66).replace(/^\.\//, '')), digest: digest(stdout.trim()) };
}

export const machineIdCommand: Command = sh`cat /etc/machine-id 2>/dev/null || :`;

/** Prints `none`, `same` where the baseline is the one whose text has the digest `known`, or `other` and its text. */
export function readCommand(name: string, known: string): Command {
  return sh`f=${`${root}/${name}/baseline.json`}; [ -e $f ] || { echo none; exit 0; }
if [ -n ${known} ] && [ "$(sha256sum <$f)" = ${`${known}  -`} ]; then echo same; else echo other; cat $f; fi`;
}

/** The digests of contents of all captures of this name: one more than `contentsCommand` knows, since the id isn't known yet. */
export function allContentsCommand(name: string): Command {
  return sh`cd ${`${root}/${name}`} 2>/dev/null || exit 0; for id in */; do [ -d "$id" ] || continue; echo "capture \${id%/}"; (cd "$id" && find . -type f -exec sha256sum {} + | LC_ALL=C sort -k 2); done`;
}

/** The listing of one capture out of all. */
export function contentsOf(stdout: string, id: string): string | undefined {
  const parts = stdout.split(/^capture /m).map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)] as const);
  return parts.find(([name]) => name === id)?.[1];
}

/** The heads of all baselines, one a line. */
export const listCommand: Command = sh`for f in ${sh`${root}/*/baseline.json`}; do [ ! -e "$f" ] || head -n 1 "$f"; done`;

export function removeCommand(name: string): Command {
  return sh`[ -e ${`${root}/${name}`} ] || { echo none; exit 0; }
rm -rf ${`${root}/${name}`}; rmdir ${root} ${rootStateFolder} 2>/dev/null || :`;
}
