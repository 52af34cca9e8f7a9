/** Files by shell patterns (fnmatch(3) in each part of a path). */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The regular files that match an absolute pattern, in the order of their names. */
export function glob(pattern: string): string[] {
  const parts = pattern.split('/').filter((part) => part !== '');
  let found = ['/'];
  for (const part of parts) {
    found = /[*?[]/.test(part) ? found.flatMap((folder) => matching(folder, part)) : found.map((folder) => join(folder, part));
  }
  return found.filter(isFile);
}

function matching(folder: string, part: string): string[] {
  const regex = patternRegex(part);
  return list(folder).filter((name) => regex.test(name) && (!name.startsWith('.') || part.startsWith('.'))).map((name) => join(folder, name));
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    // What isn't a readable folder holds no files.
    return [];
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function patternRegex(part: string): RegExp {
  const source = part.replace(/\[!?[^\]]+\]|[\s\S]/g, (token) => {
    if (token === '*') return '.*';
    if (token === '?') return '.';
    if (token.length > 1) return token.replace(/^\[!/, '[^').replaceAll('\\', '\\\\');
    return token.replace(/[\\^$.|+()[\]{}]/, '\\$&');
  });
  return new RegExp(`^${source}$`, 's');
}
