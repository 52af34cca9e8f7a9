/** What LXC has, by lxc-info(1) and the container's own config file (lxc.container.conf(5)). */
import type { Fact, Reading, ReadResult } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';

export interface LxcContainer {
  readonly name: string;
  /** STOPPED, STARTING, RUNNING, STOPPING, ABORTING, FREEZING, FROZEN or THAWED. */
  readonly state: string;
  readonly running: boolean;
  /** Of the container's init in the host's process namespace; 0 while it doesn't run. */
  readonly pid: number;
  /** The folder that holds `config` and usually the root file system: `/var/lib/lxc/NAME`. */
  readonly folder: string;
  /** Key → values in order, without lxc.environment, where passwords may stand. */
  readonly config: Readonly<Record<string, readonly string[]>>;
  /** Made by ctplay: a comment line of the config says so. */
  readonly owned: boolean;
  /** The template or import finished: half-made containers have no root file system that starts. */
  readonly complete: boolean;
}

/** The comment in a container's config that says that ctplay made it; a second one is added when its making is finished. */
export const lxcMark = '# ctplay:lxc_container';
export const lxcCompleteMark = `${lxcMark} complete`;

/** One LXC container by its name. A folder without a config counts as absent. */
export function lxcContainer(name: string): Fact<Reading<LxcContainer>> {
  return {
    kind: 'lxc-container',
    key: name,
    read: sh`f=$(lxc-config lxc.lxcpath) || exit; f=$f/${name}; [ -e "$f/config" ] || { [ -r "\${f%/*}" ] || exit 13; exit 3; }; echo "$f"; LC_ALL=C lxc-info -n ${name} -s -p; echo; cat "$f/config"`,
    domains: [`lxc:${name}`],
    parse: (result) => parse(name, result),
  };
}

function parse(name: string, result: ReadResult): Reading<LxcContainer> {
  if (result.status === 3) return { state: 'absent' };
  if (result.status === 127) return { state: 'unavailable', reason: 'not-installed', detail: result.stderr.trim() };
  if (result.status === 13 || /permission denied/i.test(result.stderr)) return { state: 'unavailable', reason: 'denied', detail: result.stderr.trim() };
  const end = result.stdout.indexOf('\n\n');
  if (result.status !== 0 || end === -1) return { state: 'unavailable', reason: 'unreadable', detail: result.stderr.trim() };
  const [folder, ...info] = result.stdout.slice(0, end).split('\n');
  const text = result.stdout.slice(end + 2);
  const field = (label: string) => info.find((line) => line.startsWith(`${label}:`))?.slice(label.length + 1).trim();
  const state = field('State') ?? 'STOPPED';
  const lines = text.split('\n').map((line) => line.trim());
  return {
    state: 'present',
    value: {
      name,
      state,
      running: state !== 'STOPPED',
      pid: Number(field('PID') ?? 0),
      folder: folder!,
      config: parseConfig(lines),
      owned: lines.includes(lxcMark),
      complete: !lines.includes(lxcMark) || lines.includes(lxcCompleteMark),
    },
  };
}

function parseConfig(lines: readonly string[]): Record<string, string[]> {
  const config: Record<string, string[]> = {};
  for (const line of lines) {
    const match = /^(lxc\.[^=\s]+)\s*=\s*(.*)$/.exec(line);
    if (match && match[1] !== 'lxc.environment') (config[match[1]!] ??= []).push(match[2]!);
  }
  return config;
}
