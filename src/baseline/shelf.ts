/** Lists, shows and removes the baselines of hosts. */
import { RunContext, type RunParts } from '../engine/run-context.ts';
import { exitStatusOf } from '../engine/run.ts';
import { CtplayError, type ExitStatus } from '../errors.ts';
import { errorView } from '../engine/views.ts';
import type { Copies } from './copies.ts';
import { parseHead, type Baseline, type BaselineHead } from './document.ts';
import { listCommand, removeCommand } from './host-store.ts';
import { readBaseline } from './reading.ts';
import { visitHosts } from './visit.ts';

/** A baseline and where it lies. */
export interface Listed {
  readonly host: string;
  readonly name: string;
  /** Left out where the host's can't be read. */
  readonly head?: BaselineHead;
  readonly onHost: boolean;
  readonly copied: boolean;
}

/** All baselines of all hosts, in inventory order and by name. */
export async function listBaselines(parts: RunParts, copies: Copies): Promise<{ readonly baselines: readonly Listed[]; readonly exitStatus: ExitStatus }> {
  const run = reading(parts);
  const hosts = run.inventory.select(run.settings.limit ?? 'all');
  const found = new Map<string, readonly Listed[]>();
  await visitHosts(run, hosts, { verb: 'baseline list' }, async ({ host, shell }) => {
    const [listed] = await shell.run([{ command: listCommand }], run.kill);
    const heads = listed!.stdout.split('\n').filter((line) => line !== '').flatMap((line) => attempt(() => parseHead(line, `on ${host}`)) ?? []);
    const copied = await copies.names(host);
    const names = [...new Set([...heads.map((head) => head.name), ...copied])].sort();
    found.set(
      host,
      await Promise.all(names.map(async (name) => {
        const head = heads.find((one) => one.name === name) ?? (await copyHead(copies, host, name));
        return { host, name, ...(head ? { head } : {}), onHost: heads.some((one) => one.name === name), copied: copied.includes(name) };
      })),
    );
  });
  return { baselines: hosts.flatMap((host) => found.get(host) ?? []), exitStatus: exitStatusOf(run) };
}

/** The baselines of one name, by host; a host without one is told of. */
export async function showBaselines(parts: RunParts, name: string, copies: Copies): Promise<{ readonly baselines: ReadonlyMap<string, Baseline>; readonly exitStatus: ExitStatus }> {
  const run = reading(parts);
  const hosts = run.inventory.select(run.settings.limit ?? 'all');
  const found = new Map<string, Baseline>();
  await visitHosts(run, hosts, { verb: 'baseline show' }, async (visit) => {
    const { baseline, notes } = await readBaseline(visit, name, copies);
    for (const message of notes) run.emit({ type: 'warning', host: visit.host, message });
    found.set(visit.host, baseline);
  });
  return { baselines: new Map(hosts.flatMap((host) => (found.has(host) ? [[host, found.get(host)!]] : []))), exitStatus: exitStatusOf(run) };
}

/** Removes the baselines of one name from hosts and from this machine; `removed` is told of each host that had one. */
export async function removeBaselines(parts: RunParts, name: string, copies: Copies, removed: (host: string) => void): Promise<ExitStatus> {
  const run = new RunContext(parts);
  const hosts = run.inventory.select(run.settings.limit ?? 'all');
  await visitHosts(run, hosts, { verb: 'baseline remove' }, async ({ host, shell }) => {
    const [gone] = await shell.run([{ command: removeCommand(name) }], run.kill);
    const copied = await copies.remove(host, name);
    if (gone!.stdout.trim() !== 'none' || copied) return removed(host);
    run.counter(host).failed++;
    run.emit({ type: 'host-unreachable', host, error: errorView(new CtplayError('baseline.missing', `there is no baseline '${name}' of ${host}`)) });
  });
  return exitStatusOf(run);
}

function reading(parts: RunParts): RunContext {
  return new RunContext({ ...parts, settings: { ...parts.settings, check: true } });
}

async function copyHead(copies: Copies, host: string, name: string): Promise<BaselineHead | undefined> {
  const text = await copies.read(host, name);
  return text === undefined ? undefined : attempt(() => parseHead(text.split('\n')[0] ?? '', 'on this machine'));
}

function attempt(work: () => BaselineHead): BaselineHead | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof CtplayError) return undefined;
    throw error;
  }
}
