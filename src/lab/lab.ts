/** Labs: hosts on this machine that behave over SSH like virtual machines. See scripts/lab.ts for how they are made. */
import { existsSync } from 'node:fs';
import { mkdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CtplayError } from '../errors.ts';
import { buildLock, ensureBase, removeTrees } from './build.ts';
import { kill, removeCgroups } from './cgroups.ts';
import { ignoring } from './files.ts';
import { assertOwnInventory, removeInventory, writeInventory } from './inventory.ts';
import { baseKinds, cgroupName, labFiles, labName, labPaths, type BaseKind, type LabHost, type LabPaths, type LabRecord } from './layout.ts';
import { withLock } from './lock.ts';
import { prepareMachine, restoreMachine } from './machine.ts';
import { createUplink, freeNumber, hasUplink, removeUplinks, routedSubnets, uplinkMtu } from './network.ts';
import { keepPackages, packagesFolder } from './packages.ts';
import { addRules, removeRules } from './rules.ts';
import { run } from './run.ts';
import { removeDraft, seedLab } from './seed.ts';
import { powerOn, startLab, waitForSsh } from './start.ts';
import { examine, initOf, labsWithCgroups, readRecord, readRecords, stateFolderOf, writeRecord, type LabState } from './state.ts';
import { assertSystem, refusal } from './system.ts';

export interface UpOptions {
  readonly name: string;
  /** 1 to 200; two for a new lab when absent. An existing lab keeps its number. */
  readonly hosts?: number | undefined;
  /** `minimal` for a new lab when absent. */
  readonly base?: BaseKind | undefined;
  /** Absolute path of the folder for the inventory. */
  readonly inventory: string;
  readonly paths?: LabPaths;
  readonly progress?: LabProgress;
}

/** Told what is going on, for a person to read. */
export interface LabProgress {
  building(kind: BaseKind, phase: string): void;
  booting(hosts: number): void;
  ready(host: LabHost): void;
}

export interface UpResult {
  readonly record: LabRecord;
  /** What was done, in words; empty when the lab was already as it should be. */
  readonly changes: readonly string[];
}

/**
 * Makes a lab, starts one that is not running, mends one that is. Returns when the SSH server of every host answers and
 * the inventory is written. Throws CtplayError: lab.system, lab.build, lab.state, usage.option.
 */
export async function up(options: UpOptions): Promise<UpResult> {
  assertSystem();
  const { paths = labPaths(), progress } = options;
  const name = labName(options.name);
  await assertOwnInventory(options.inventory, name);
  const tree = await baseFor(paths, options);
  const changes: string[] = [];
  const record = await locked(paths, async () => {
    const existing = await readRecord(paths, name);
    await assertNoStranger(paths, name);
    await prepareMachine(paths);
    if (existing === undefined) return make(paths, options, tree, changes);
    assertSame(existing, options);
    await mend(paths, existing, changes);
    return existing;
  });
  if (changes.length > 0) progress?.booting(record.hosts);
  await waitForSsh(paths, record, (host) => changes.length > 0 && progress?.ready(host));
  if (await locked(paths, () => addInventory(paths, name, options.inventory))) changes.push(`wrote ${options.inventory}`);
  return { record, changes };
}

/** Writes the inventory into a folder and remembers it for `down`; gives whether anything had to be written. */
async function addInventory(paths: LabPaths, name: string, folder: string): Promise<boolean> {
  const record = await readRecord(paths, name);
  if (record === undefined) throw new CtplayError('lab.state', `the lab '${name}' was taken down while it started`);
  if (!record.inventories.includes(folder)) await writeRecord(paths, { ...record, inventories: [...record.inventories, folder] });
  return writeInventory(paths, record, folder);
}

/** Ends a lab and removes all that it made; gives false when there is no such lab. */
export async function down(name: string, paths: LabPaths = labPaths()): Promise<boolean> {
  assertSystem();
  labName(name);
  return locked(paths, async () => {
    const record = await readRecord(paths, name);
    await assertNoStranger(paths, name);
    const { root } = labFiles(paths, name);
    const known = record !== undefined || existsSync(root) || (await labsWithCgroups()).includes(name);
    await stop(name);
    if (record !== undefined) {
      await keepPackages(paths, record);
      for (const folder of record.inventories) await removeInventory(folder, name);
    }
    await run('rm', ['-rf', '--one-file-system', root]);
    if ((await labsWithCgroups()).length === 0) await restoreMachine(paths);
    await ignoring(['ENOTEMPTY', 'ENOENT'], rmdir(paths.state));
    return known;
  });
}

/** All labs as they are now, by name. */
export async function list(paths: LabPaths = labPaths()): Promise<LabState[]> {
  return Promise.all((await readRecords(paths)).map((record) => examine(paths, record)));
}

/** Removes the cached base trees that no lab has and all kept packages, after builds that are under way; gives the names of the trees. */
export async function prune(paths: LabPaths = labPaths()): Promise<string[]> {
  assertSystem();
  const remove = () =>
    locked(paths, async () => {
      const keep = await treesInUse(paths);
      await rm(packagesFolder(paths), { recursive: true, force: true });
      return removeTrees(paths, (name) => !keep.has(join(paths.cache, name)));
    });
  return baseKinds.reduce((work, kind) => () => withLock(buildLock(paths, kind), work), remove)();
}

async function baseFor(paths: LabPaths, options: UpOptions): Promise<string> {
  const existing = await readRecord(paths, options.name);
  if (existing !== undefined && existsSync(existing.baseTree)) return existing.baseTree;
  const kind = existing?.base ?? options.base ?? 'minimal';
  const tree = await ensureBase(paths, kind, () => treesInUse(paths), (phase) => options.progress?.building(kind, phase));
  if (existing === undefined || existing.baseTree === tree) return tree;
  throw new CtplayError('lab.state', `the base tree of the lab '${options.name}' is gone`, {
    expected: existing.baseTree,
    hint: `Make the lab anew: ctplay lab down --name ${options.name}, then ctplay lab up.`,
  });
}

async function make(paths: LabPaths, options: UpOptions, baseTree: string, changes: string[]): Promise<LabRecord> {
  const taken = (await readRecords(paths)).map(({ number }) => number);
  const record: LabRecord = {
    name: options.name,
    number: freeNumber(taken, await routedSubnets()),
    hosts: options.hosts ?? 2,
    base: options.base ?? 'minimal',
    baseTree,
    inventories: [options.inventory],
  };
  await stop(record.name);
  await seedLab(paths, record);
  await start(paths, record);
  changes.push(`made ${record.hosts} hosts`);
  return record;
}

async function mend(paths: LabPaths, record: LabRecord, changes: string[]): Promise<void> {
  const state = await examine(paths, record);
  if (state.init === undefined || state.unsupervised.length > 0) {
    await stop(record.name);
    await start(paths, record);
    changes.push(state.init === undefined ? 'started the hosts' : `restarted the hosts (the process that boots ${state.unsupervised.join(', ')} was gone)`);
  } else {
    for (const host of state.hosts.filter(({ power }) => power === 'off')) {
      await powerOn(paths, record.name, host.name);
      changes.push(`switched ${host.name} on`);
    }
    if (!(await hasUplink(record.number))) {
      await createUplink(record.name, record.number, state.init, await uplinkMtu());
      changes.push('restored the uplink');
    }
    if (await addRules(record.name, record.number)) changes.push('restored the iptables rules');
  }
}

async function start(paths: LabPaths, record: LabRecord): Promise<void> {
  await startLab(paths, record);
  await addRules(record.name, record.number);
}

/** Ends all processes of a lab and removes what they leave outside; the lab's folder stays. */
async function stop(name: string): Promise<void> {
  const init = await initOf(name);
  // All others end with it.
  if (init !== undefined) kill(init);
  await removeCgroups(cgroupName(name), init === undefined ? 0 : 2_000);
  await removeUplinks(name);
  await removeRules(name);
}

function assertSame(existing: LabRecord, { hosts, base }: UpOptions): void {
  if ((hosts === undefined || hosts === existing.hosts) && (base === undefined || base === existing.base)) return;
  throw new CtplayError('lab.state', `the lab '${existing.name}' exists already`, {
    expected: `${hosts ?? existing.hosts} hosts of base ${base ?? existing.base}`,
    found: `${existing.hosts} hosts of base ${existing.base}`,
    hint: `Take it down first (ctplay lab down --name ${existing.name}), or choose another --name.`,
  });
}

/** Throws CtplayError `lab.state` when a lab of this name runs with its files in another CTPLAY_LAB_DIR. */
async function assertNoStranger(paths: LabPaths, name: string): Promise<void> {
  const init = await initOf(name);
  const folder = init === undefined ? undefined : await stateFolderOf(init);
  if (folder === undefined || folder === labFiles(paths, name).root) return;
  throw new CtplayError('lab.state', `a lab '${name}' with other files is running`, {
    expected: labFiles(paths, name).root,
    found: folder,
    hint: 'Choose another --name, or set CTPLAY_LAB_DIR to the folder that holds its files.',
  });
}

/** The base trees of all labs that have files here or are running. */
async function treesInUse(paths: LabPaths): Promise<Set<string>> {
  const records = await readRecords(paths);
  for (const name of await labsWithCgroups()) {
    const init = await initOf(name);
    const folder = init === undefined ? undefined : await stateFolderOf(init);
    const record = folder === undefined ? undefined : await readRecord({ ...paths, state: join(folder, '..') }, name);
    if (record !== undefined) records.push(record);
  }
  return new Set(records.map(({ baseTree }) => baseTree));
}

/** One process at a time makes, mends or removes labs; waiting for hosts and building trees is outside. */
async function locked<T>(paths: LabPaths, work: () => Promise<T>): Promise<T> {
  try {
    await mkdir(paths.cache, { recursive: true });
    return await withLock(join(paths.cache, 'labs.lock'), async () => {
      await removeDraft(paths);
      return work();
    });
  } catch (error) {
    throw refusal(error);
  }
}
