/** Commands about many paths, and paths as they are shown. */
import { decidesOnLogins } from '../../guard/dangers.ts';
import { sh, type Command } from '../../shell.ts';
import { printable } from './differing.ts';
import type { FileItem } from './file-read.ts';

/**
 * Runs a command that is about `"$@"` for these paths. What can't be changed is loosened first (chattr(1)): with `below`, what is in folders,
 * too. A guard goes by what a command names, so that paths that decide on logins are named in it; others go over standard input, since a host
 * limits the length of arguments.
 */
export function perPath(command: Command, paths: readonly string[], { below = false } = {}): Command {
  const loosen = below ? sh`chattr -R -f -i -a "$f"` : sh`chattr -f -i -a "$f"`;
  const script = sh`once() { ${command}; }; once "$@" 2>/dev/null || { for f do chattr -f -i -a "\${f%/*}"; ${loosen}; done >/dev/null 2>&1; once "$@"; }`;
  if (paths.some(decidesOnLogins)) return sh`set -- ${paths}; ${script}`;
  return sh`xargs -0 sh -c ${script.display} sh`.withInput(paths.map((path) => `${path}\0`).join(''));
}

/** The folders above a path, the highest first. */
export function parents(path: string): string[] {
  const names = path.split('/').slice(1, -1);
  return names.map((_, index) => `/${names.slice(0, index + 1).join('/')}`);
}

/** Groups of paths that are changed by themselves: a host may have to take one that decides on logins back, and only that. */
export function apart<T extends { readonly key: string }>(files: readonly T[]): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const file of files) {
    const group = decidesOnLogins(file.key) ? file.key.slice(0, file.key.lastIndexOf('/')) : '';
    groups.set(group, [...(groups.get(group) ?? []), file]);
  }
  return [...groups.values()];
}

export function named(paths: readonly string[]): string {
  const names = paths.map(printable);
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`;
}

export function shown(files: readonly (readonly [string, FileItem])[]): Record<string, string> {
  return Object.fromEntries(files.map(([path, { type, mode, owner, target }]) => [printable(path), [type, mode, owner === '0:0' ? '' : owner, target && printable(target)].filter((word) => word !== undefined && word !== '').join(' ')]));
}
