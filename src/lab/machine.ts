/** What labs share of the machine: changed by the first lab, put back after the last. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ignoring, writeWhole } from './files.ts';
import type { LabPaths } from './layout.ts';
import { attempt } from './run.ts';

/** The least value that labs need of each sysctl(8) setting. */
const needed: Readonly<Record<string, number>> = {
  'net/ipv4/ip_forward': 1,
  // Each systemd takes several, and all hosts' root is the same user to the kernel.
  'fs/inotify/max_user_instances': 8192,
  // Else each host gets a gre0, gretap0, … as soon as one of them makes a tunnel. Kernels without tunnels don't have it.
  'net/core/fb_tunnels_only_for_init_net': 1,
};

/**
 * Kernel modules that hosts load for tunnels, dependents first. ip_gre puts links of its own into the machine's network
 * namespace (gre0, gretap0, erspan0), which go only with it.
 */
const tunnelModules = ['vport_gre', 'vport_vxlan', 'vport_geneve', 'openvswitch', 'ip_gre', 'gre'];

interface Before {
  readonly boot: string;
  /** The values of settings that were raised. */
  readonly settings: Readonly<Record<string, string>>;
  /** The tunnel modules that were not loaded. */
  readonly unloaded: readonly string[];
  /** The controllers of cgroup v2 that were not handed on to the cgroups below the root. */
  readonly controllers: readonly string[];
}

/** The root of cgroup v2 where it has the controllers; see cgroups(7). */
const controllersFile = '/sys/fs/cgroup/cgroup.controllers';
const handedOnFile = '/sys/fs/cgroup/cgroup.subtree_control';

/** Raises what is too low and remembers what it was. Call with the labs' lock held. */
export async function prepareMachine(paths: LabPaths): Promise<void> {
  const low: Record<string, string> = {};
  for (const [name, value] of Object.entries(needed)) {
    const text = await ignoring(['ENOENT'], readFile(join('/proc/sys', name), 'utf8'));
    if (text !== undefined && Number(text) < value) low[name] = text.trim();
  }
  const before = await readBefore(paths);
  const handedOn = await words(handedOnFile);
  const controllers = (await words(controllersFile)).filter((controller) => !handedOn.includes(controller));
  if (before !== undefined && Object.keys(low).length === 0 && controllers.length === 0) return;
  const loaded = await loadedModules();
  // Before the change, so that a kill in between loses nothing.
  await writeBefore(paths, {
    boot: await bootId(),
    settings: { ...low, ...before?.settings },
    unloaded: before?.unloaded ?? tunnelModules.filter((module) => !loaded.has(module)),
    controllers: before?.controllers ?? controllers,
  });
  for (const name of Object.keys(low)) await writeFile(join('/proc/sys', name), String(needed[name]));
  await handOn('+', controllers);
}

/** Hands controllers on (`+`) to the cgroups of hosts, whose containers may be limited by them, or no longer (`-`). */
async function handOn(sign: '+' | '-', controllers: readonly string[]): Promise<void> {
  // One by one: some can't be, such as cpu while there are real-time processes, and a host does without.
  for (const controller of controllers) await ignoring(['EBUSY', 'EINVAL', 'ENOENT', 'EOPNOTSUPP'], writeFile(handedOnFile, sign + controller));
}

async function words(path: string): Promise<string[]> {
  const text = await ignoring(['ENOENT'], readFile(path, 'utf8'));
  return text?.split(/\s+/).filter((word) => word !== '') ?? [];
}

/** Puts everything back that still can be. Call with the labs' lock held, when no lab is left. */
export async function restoreMachine(paths: LabPaths): Promise<void> {
  const before = await readBefore(paths);
  for (const [name, value] of Object.entries(before?.settings ?? {})) await writeFile(join('/proc/sys', name), value);
  await handOn('-', before?.controllers ?? []);
  for (const module of before?.unloaded ?? []) await unload(module);
  await rm(beforeFile(paths), { force: true });
}

/** Unloads a module. One that the machine uses itself by now stays; a dying network namespace is waited for. */
async function unload(module: string): Promise<void> {
  for (let tries = 0; tries < 20 && (await loadedModules()).has(module); tries++) {
    if ((await attempt('modprobe', ['--remove', '--quiet', module])).status === 0) return;
    await sleep(100);
  }
}

/** The names of all loaded modules; none where the kernel has no loadable ones. */
async function loadedModules(): Promise<ReadonlySet<string>> {
  const text = await ignoring(['ENOENT'], readFile('/proc/modules', 'utf8'));
  return new Set(text?.split('\n').map((line) => line.split(' ')[0]!));
}

/** What was remembered since the machine started; a restart has put everything back by itself. */
async function readBefore(paths: LabPaths): Promise<Before | undefined> {
  const text = await ignoring(['ENOENT'], readFile(beforeFile(paths), 'utf8'));
  const before = text === undefined ? undefined : (JSON.parse(text) as Before);
  return before?.boot === (await bootId()) ? before : undefined;
}

function writeBefore(paths: LabPaths, before: Before): Promise<void> {
  return writeWhole(beforeFile(paths), JSON.stringify(before));
}

function beforeFile(paths: LabPaths): string {
  return join(paths.cache, 'machine.json');
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}
