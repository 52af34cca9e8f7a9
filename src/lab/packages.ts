/** Packages that hosts downloaded, kept so that the next lab's hosts find them in apt's own cache. */
import { copyFile, link, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoring } from './files.ts';
import { labFiles, labHosts, type LabPaths, type LabRecord } from './layout.ts';

/** The folder of kept packages. */
export function packagesFolder(paths: LabPaths): string {
  return join(paths.cache, 'packages');
}

/** Keeps what the hosts of a stopped lab have in /var/cache/apt/archives. */
export async function keepPackages(paths: LabPaths, record: LabRecord): Promise<void> {
  const cache = packagesFolder(paths);
  await mkdir(cache, { recursive: true });
  const known = new Set(await readdir(cache));
  for (const host of labHosts(record)) {
    const archives = join(labFiles(paths, record.name).host(host.name), 'disk/upper/var/cache/apt/archives');
    for (const entry of (await ignoring(['ENOENT'], readdir(archives, { withFileTypes: true }))) ?? []) {
      if (!entry.isFile() || !entry.name.endsWith('.deb') || known.has(entry.name)) continue;
      await keep(join(archives, entry.name), join(cache, entry.name));
      known.add(entry.name);
    }
  }
}

async function keep(from: string, to: string): Promise<void> {
  const part = `${to}.part`;
  await rm(part, { force: true });
  if ((await ignoring(['EXDEV', 'EMLINK'], link(from, part).then(() => true))) === undefined) await copyFile(from, part);
  await rename(part, to);
}
