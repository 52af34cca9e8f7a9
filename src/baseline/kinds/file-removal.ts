/** How files go that were added. */
import { decidesOnLogins } from '../../guard/dangers.ts';
import { sh, type Command } from '../../shell.ts';
import type { Restoration, RestoreContext } from '../kind.ts';
import { named, parents, perPath, shown } from './file-paths.ts';
import type { FileItem } from './file-read.ts';

export interface Added {
  readonly key: string;
  readonly now: FileItem;
}

/** Removes paths with all that is in them. */
export function removing(paths: readonly string[]): Command {
  return perPath(sh`rm -rf --one-file-system -- "$@"`, paths, { below: true });
}

/** A folder that was added goes as a whole, with what isn't watched in it, unless something in it is to stay. */
export function* removal(added: readonly Added[], { now, protects }: RestoreContext): Generator<Restoration> {
  const folders = new Set(added.filter((one) => one.now.type === 'directory').map(({ key }) => key));
  // What is to stay isn't among the differences, but it is on the host.
  const there = now['file']?.state === 'present' ? Object.keys(now['file'].value) : [];
  const above = (path: string) => parents(path).filter((parent) => folders.has(parent));
  const kept = new Set(there.flatMap((path) => (above(path).length === 0 || protects('file', path) === undefined ? [] : above(path))));
  const whole = new Set([...folders].filter((path) => !kept.has(path)));
  const trees = new Map<string, Added[]>();
  for (const one of added.filter(({ key }) => !kept.has(key))) {
    const top = parents(one.key).find((parent) => whole.has(parent)) ?? one.key;
    trees.set(top, [...(trees.get(top) ?? []), one]);
  }
  const groups = [...trees].map(([top, files]) => ({ top, files, ways: files.map(({ key }) => key).filter(decidesOnLogins) }));
  const plain = groups.filter(({ ways }) => ways.length === 0);
  if (plain.length > 0) yield deletion(plain.map(({ top }) => top), plain.flatMap(({ files }) => files), removing(plain.map(({ top }) => top)));
  for (const { top, files, ways } of groups) if (ways.length > 0) yield deletion([top], files, removing([...new Set([...ways, top])]));
  const shells = added.filter(({ key }) => kept.has(key)).reverse();
  const emptied = shells.map(({ key }) => key);
  if (shells.length > 0) yield deletion(emptied, shells, perPath(sh`rmdir --ignore-fail-on-non-empty -- "$@"`, emptied));
}

function deletion(paths: readonly string[], files: readonly Added[], command: Command): Restoration {
  return { stage: 'files', keys: files.map(({ key }) => key), change: { action: 'delete', subject: named(paths), from: shown(files.map((one) => [one.key, one.now])), commands: [command], typed: [sh`rm -r ${paths}`] } };
}
