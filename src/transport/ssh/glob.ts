/** Paths with wildcards in any component, as ssh_config's Include takes them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { matchesPattern } from './pattern.ts';

/** Existing or literal paths that an absolute pattern stands for, sorted. */
export function globPaths(pattern: string): string[] {
  let paths = ['/'];
  for (const component of pattern.split('/').filter((part) => part !== '')) {
    paths = /[*?]/.test(component)
      ? paths.flatMap((folder) => namesIn(folder).filter((name) => !name.startsWith('.') && matchesPattern(name, component)).map((name) => join(folder, name)))
      : paths.map((folder) => join(folder, component));
  }
  return paths.sort();
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
