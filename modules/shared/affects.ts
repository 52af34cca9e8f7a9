/** What a change of files makes stale, and what it brings. */
import type { Change } from '../../src/module.ts';
import { fileDomain, missingAbove } from './path.ts';

/**
 * Everything read of files becomes stale, since links and mounts give one file several paths; but only what is at these paths,
 * above or below is brought. Some files are what other facts are made from.
 */
export function affects(...paths: readonly string[]): Pick<Change, 'touches' | 'brings'> {
  const more = paths.flatMap((path) => [...derived].flatMap(([pattern, domains]) => (pattern.test(path) ? domains : [])));
  return { touches: ['file', ...more], brings: [...paths.map((path) => fileDomain(path)), ...more] };
}

/** The same, where the commands make, change or remove these files alone, and none of them is a directory that was there. */
export function affectsFiles(...paths: readonly string[]): Pick<Change, 'touches' | 'brings' | 'files'> {
  return { ...affects(...paths), files: paths };
}

/** The same for a directory that is made with all that is missing above it; `existing` is the deepest that is there. */
export function affectsFrom(path: string, existing: string): Pick<Change, 'touches' | 'brings' | 'files' | 'directories'> {
  const directories = missingAbove(path, existing);
  return { ...affects(directories.at(-1) ?? path), files: directories, directories };
}

const derived: ReadonlyMap<RegExp, readonly string[]> = new Map([
  [/^\/etc\/(passwd|group|shadow|gshadow)$/, ['user', 'group']],
  [/^\/etc\/hostname$/, ['hostname']],
  [/^\/etc\/apt\//, ['apt-sources']],
  [/^\/(etc|lib|usr\/lib)\/(systemd|init\.d)\//, ['service']],
  [/^\/etc\/sysctl/, ['sysctl']],
]);
