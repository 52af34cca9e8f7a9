/** Directories that are made on the way to a path, and taken back. */
import type { Change } from '../../src/module.ts';
import { sh, type Command } from '../../src/shell.ts';
import { affects } from './affects.ts';
import { missingAbove, pathWord } from './path.ts';

/** Removes the directories that were missing down to `path`, as far as they are empty: what a person put into them since stays. */
export function* removeMade(path: string, existedBefore: string, existsNow: string): Generator<Change> {
  const made = missingAbove(path, existedBefore);
  if (made.length > 0 && existsNow !== existedBefore) yield removeDirectories(made);
}

/** Removes directories, in this order, as far as they are empty. It can't be proven, since what is in them isn't known. */
export function removeDirectories(paths: readonly string[], word: (path: string) => Command = pathWord): Change {
  const words = paths.map((path) => word(path));
  return { action: 'run', subject: `directory ${paths.at(-1)}: remove if empty`, commands: [sh`for d in ${words}; do [ ! -d "$d" ] || rmdir --ignore-fail-on-non-empty "$d"; done`], ...affects(...paths) };
}
