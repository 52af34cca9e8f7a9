/** Archives of the controller: what is in them, by unpacking them once into a temporary directory. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CtplayError } from '../../src/errors.ts';

export interface ArchiveContents {
  readonly directories: readonly string[];
  readonly files: readonly { readonly relative: string; readonly sha256: string }[];
}

/** Directories and regular files of a tar or zip archive, as tar(1) or unzip(1) of the controller understand it. Throws CtplayError file.unreadable. */
export function readLocalArchive(path: string, extra: readonly string[] = []): ArchiveContents {
  const folder = mkdtempSync(join(tmpdir(), 'ctplay-archive-'));
  try {
    const [tool, args] = path.endsWith('.zip') ? ['unzip', ['-q', path, '-d', folder]] : ['tar', ['-xf', path, '-C', folder, '--no-same-owner', ...extra]];
    const done = spawnSync(tool as string, args as string[], { encoding: 'utf8' });
    if (done.status !== 0) throw new CtplayError('file.unreadable', `${path} cannot be unpacked`, { found: done.error?.message ?? done.stderr.trim(), hint: `It must be a tar or zip archive that ${tool as string} here understands.` });
    return contentsOf(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function contentsOf(root: string): ArchiveContents {
  const directories: string[] = [];
  const files: { relative: string; sha256: string }[] = [];
  const walk = (above: string): void => {
    for (const name of readdirSync(join(root, above)).sort()) {
      const relative = above === '' ? name : `${above}/${name}`;
      const stat = lstatSync(join(root, relative));
      if (stat.isDirectory()) {
        directories.push(relative);
        walk(relative);
      } else if (stat.isFile()) files.push({ relative, sha256: createHash('sha256').update(readFileSync(join(root, relative))).digest('hex') });
    }
  };
  walk('');
  return { directories, files };
}
