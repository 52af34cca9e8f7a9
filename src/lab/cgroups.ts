/**
 * A lab's cgroups: one folder per lab in every mounted hierarchy (v1, v2 or both), with a folder in it for the lab's own
 * processes and one per host. They are also how a lab is known to be alive: a cgroup lists living processes only, so
 * neither a reused pid nor a restart of the machine can be mistaken for a lab. See cgroups(7).
 */
import { mkdir, readFile, readdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CtplayError } from '../errors.ts';
import { ignoring } from './files.ts';

/** The mount points of all cgroup hierarchies, from the text of /proc/self/mounts. */
export function parseHierarchies(mounts: string): string[] {
  return mounts
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, , type]) => type === 'cgroup' || type === 'cgroup2')
    .map(([, point]) => point!);
}

/** The mount points of this machine's cgroup hierarchies; all processes are in each of them. */
export async function hierarchies(): Promise<string[]> {
  const found = parseHierarchies(await readFile('/proc/self/mounts', 'utf8'));
  if (found.length > 0) return found;
  throw new CtplayError('lab.system', 'no cgroup hierarchy is mounted on this machine', {
    expected: 'cgroup v1 or v2 below /sys/fs/cgroup',
  });
}

/** Makes the folder `name` with a folder `group` in it in every hierarchy; gives the former. */
export async function createCgroups(name: string, group: string): Promise<string[]> {
  const created: string[] = [];
  for (const hierarchy of await hierarchies()) {
    const lab = join(hierarchy, name);
    await createCgroup(hierarchy, lab);
    await delegate(lab);
    await createCgroup(lab, join(lab, group));
    created.push(lab);
  }
  return created;
}

async function createCgroup(parent: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  // A new v1 cpuset is empty and refuses processes until it is given its parent's CPUs and memory nodes; those below it
  // get them from it.
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const current = await ignoring(['ENOENT'], readFile(join(folder, file), 'utf8'));
    const v2 = await ignoring(['ENOENT'], readFile(join(folder, 'cgroup.controllers'), 'utf8'));
    if (current?.trim() === '' && v2 === undefined) {
      await writeFile(join(folder, file), await readFile(join(parent, file), 'utf8'));
      await writeFile(join(folder, 'cgroup.clone_children'), '1');
    }
  }
}

/** Lets the hosts of a v2 lab use the controllers that the lab has; v1 hierarchies need nothing. */
async function delegate(lab: string): Promise<void> {
  const controllers = await ignoring(['ENOENT'], readFile(join(lab, 'cgroup.controllers'), 'utf8'));
  const enable = controllers?.split(/\s+/).filter((controller) => controller !== '') ?? [];
  if (enable.length > 0) {
    await writeFile(join(lab, 'cgroup.subtree_control'), enable.map((controller) => `+${controller}`).join(' '));
  }
}

/** All processes in the folder `name` of any hierarchy or below it. */
export async function cgroupProcesses(name: string): Promise<number[]> {
  const found = new Set<number>();
  for (const hierarchy of await hierarchies()) {
    for (const folder of await foldersBelow(join(hierarchy, name))) {
      const list = await ignoring(['ENOENT', 'ENODEV', 'EOPNOTSUPP'], readFile(join(folder, 'cgroup.procs'), 'utf8'));
      for (const pid of list?.split('\n') ?? []) if (pid !== '' && pid !== '0') found.add(Number(pid));
    }
  }
  return [...found];
}

/** The names of all cgroups at the top of a hierarchy that begin with `prefix`. */
export async function cgroupsNamed(prefix: string): Promise<string[]> {
  const names = new Set<string>();
  for (const hierarchy of await hierarchies()) {
    for (const entry of await readdir(hierarchy)) if (entry.startsWith(prefix)) names.add(entry);
  }
  return [...names].sort();
}

/**
 * Removes the folder `name` of every hierarchy; absent ones are fine. Processes in it get `graceMs` to end by themselves and
 * are killed then: a pid that was read is better not used when its process may be gone already.
 */
export async function removeCgroups(name: string, graceMs: number): Promise<void> {
  const patience = Date.now() + graceMs;
  const deadline = patience + 10_000;
  for (;;) {
    if (Date.now() >= patience) for (const pid of await cgroupProcesses(name)) kill(pid);
    let left = 0;
    for (const hierarchy of await hierarchies()) {
      for (const folder of await foldersBelow(join(hierarchy, name))) {
        await rmdir(folder).catch(() => (left += 1));
      }
    }
    if (left === 0) return;
    if (Date.now() > deadline) {
      throw new CtplayError('lab.state', `the cgroups of '${name}' can't be removed`, {
        found: `${left} folders left, processes ${(await cgroupProcesses(name)).join(' ') || 'none'}`,
      });
    }
    await sleep(10);
  }
}

/** The folder and all below it, deepest first; none when it is absent. */
async function foldersBelow(folder: string): Promise<string[]> {
  const entries = await ignoring(['ENOENT'], readdir(folder, { withFileTypes: true }));
  if (entries === undefined) return [];
  const below: string[] = [];
  for (const entry of entries) if (entry.isDirectory()) below.push(...(await foldersBelow(join(folder, entry.name))));
  return [...below, folder];
}

/** SIGKILL; a process that is gone is fine. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
