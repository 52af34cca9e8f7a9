/** What a lab leaves on the machine, looked for without the lab's own code. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../src/lab/run.ts';

export interface Traces {
  /** Pids of processes in its cgroups, zombies left out: what remains of those is their parent's to read. */
  readonly processes: readonly number[];
  readonly links: readonly string[];
  readonly folders: readonly string[];
  /** iptables rules with its mark. */
  readonly rules: readonly string[];
  /** Mounts of its folder in any process's mount namespace; a namespace kept alive by a bind mount shows here as well. */
  readonly mounts: readonly string[];
  readonly cgroups: readonly string[];
}

/** What is left of a lab that is gone. */
export const noTraces: Traces = { processes: [], links: [], folders: [], rules: [], mounts: [], cgroups: [] };

/** Everything on this machine that bears the name or the number of a lab. */
export async function traces(name: string, number: number): Promise<Traces> {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  const mounts = new Set<string>();
  for (const pid of pids) {
    for (const line of read(`/proc/${pid}/mountinfo`).split('\n')) if (line.includes(`/${name}/`)) mounts.add(line);
  }
  const ours = (cgroups: string) => new RegExp(`/ctplay-lab-${name}(/|$)`, 'm').test(cgroups);
  const hierarchies = read('/proc/mounts').split('\n').filter((line) => /^\S+ \S+ cgroup2? /.test(line)).map((line) => line.split(' ')[1]!);
  const links = JSON.parse(await run('ip', ['-j', 'link'])) as { ifname: string }[];
  const state = '/var/lib/ctplay-lab';
  return {
    processes: pids.filter((pid) => ours(read(`/proc/${pid}/cgroup`)) && !/^State:\tZ/m.test(read(`/proc/${pid}/status`))).map(Number),
    links: links.map(({ ifname }) => ifname).filter((link) => link === `ctplab${number}`),
    folders: [state, join(state, '.new')].flatMap((folder) => list(folder).filter((entry) => entry === name).map((entry) => join(folder, entry))),
    rules: (await run('iptables-save', [])).split('\n').filter((rule) => new RegExp(`ctplay-lab:${name}\\b`).test(rule)),
    mounts: [...mounts],
    cgroups: hierarchies.flatMap((hierarchy) => list(hierarchy).filter((entry) => entry === `ctplay-lab-${name}`)),
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
