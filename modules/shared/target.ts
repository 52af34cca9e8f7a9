/** A container, a named namespace or a process, as the place of a network interface: how it is named, found and entered. */
import { Type, type TInteger, type TOptional, type TString } from 'typebox';
import { PreconditionError } from '../../src/errors.ts';
import type { ArgumentProblem, Fact, Reading } from '../../src/module.ts';
import { sh, type Command } from '../../src/shell.ts';
import { dockerContainer } from '../facts/docker.ts';
import { lxcContainer } from '../facts/lxc.ts';
import { lxdInstance } from '../facts/lxd.ts';
import type { Namespace, Namespaces } from '../facts/netns.ts';
import { absent, present } from '../facts/reading.ts';
import { settled } from '../facts/settled.ts';

export interface TargetArgs {
  readonly container?: string;
  readonly lxc?: string;
  readonly lxd?: string;
  readonly netns?: string;
  readonly pid?: number;
}

/** The arguments that name a target. */
export const targetArguments: { container: TOptional<TString>; lxc: TOptional<TString>; lxd: TOptional<TString>; netns: TOptional<TString>; pid: TOptional<TInteger> } = {
  container: Type.Optional(Type.String({ minLength: 1, description: 'A Docker container, by name or id.' })),
  lxc: Type.Optional(Type.String({ minLength: 1, description: 'An LXC container, by name.' })),
  lxd: Type.Optional(Type.String({ minLength: 1, description: 'An instance of LXD, by name.' })),
  netns: Type.Optional(Type.String({ minLength: 1, description: 'A network namespace, by its name in `ip netns`.' })),
  pid: Type.Optional(Type.Integer({ minimum: 1, description: 'A process, by its id on the host.' })),
};

const names = ['container', 'lxc', 'lxd', 'netns', 'pid'] as const;

export function* targetProblems(args: TargetArgs, required: boolean): Generator<ArgumentProblem> {
  const given = names.filter((name) => args[name] !== undefined);
  if (given.length > 1) yield { path: [given[1]!], message: `\`${given[0]!}\` and \`${given[1]!}\` exclude each other`, hint: 'Name one container, namespace or process.' };
  if (given.length === 0 && required) yield { path: [], message: 'it is not said where to', hint: 'Add `container`, `lxc`, `lxd`, `netns` or `pid`.' };
}

/** `container web`; `this host` where none is named. */
export function targetName(args: TargetArgs): string {
  if (args.container !== undefined) return `container ${args.container}`;
  if (args.lxc !== undefined) return `LXC container ${args.lxc}`;
  if (args.lxd !== undefined) return `LXD container ${args.lxd}`;
  if (args.netns !== undefined) return `network namespace ${args.netns}`;
  return args.pid === undefined ? 'this host' : `process ${args.pid}`;
}

/** What a container's runtime says of its first process. */
export interface TargetProcess {
  /** 0 while it doesn't run. */
  readonly pid: number;
  /** How Docker connects it: `none`, `host`, `bridge`, a network's name; empty elsewhere. */
  readonly networkMode: string;
}

/** Shares its reading with the modules that make containers. Absent for targets without a runtime. */
export function targetProcess(args: TargetArgs): Fact<Reading<TargetProcess>> {
  if (args.container !== undefined) return mapped(dockerContainer(args.container), ({ running, pid, networkMode }) => ({ pid: running ? pid : 0, networkMode }));
  if (args.lxc !== undefined) return mapped(lxcContainer(args.lxc), ({ pid }) => ({ pid, networkMode: '' }));
  if (args.lxd !== undefined) return mapped(lxdInstance(args.lxd), ({ pid }) => ({ pid, networkMode: '' }));
  return settled(absent);
}

function mapped<T>(fact: Fact<Reading<T>>, choose: (value: T) => TargetProcess): Fact<Reading<TargetProcess>> {
  const { atPath: _ofFiles, ...rest } = fact;
  return {
    ...rest,
    kind: `${fact.kind}-process`,
    parse(result) {
      const reading = fact.parse(result);
      return reading.state === 'present' ? present(choose(reading.value)) : reading;
    },
  };
}

/** A target's namespace and how commands and links get there. */
export interface Target {
  readonly namespace: Namespace;
  /** What stands before a command that runs inside with the host's own tools. */
  readonly enter: Command;
  /** For `ip link … netns`: a name or a process id. */
  readonly netns: string;
}

/** Finds the namespace of the target that the arguments name. Throws PreconditionError when it isn't there or doesn't run. */
export function requireTarget(args: TargetArgs, process: Reading<TargetProcess>, namespaces: Namespaces): Target {
  const what = targetName(args);
  if (args.netns !== undefined) {
    const namespace = namespaces.named(args.netns);
    if (namespace) return { namespace, enter: sh`ip netns exec ${args.netns}`, netns: args.netns };
    throw new PreconditionError(`there is no ${what} on this host`, { hint: `\`ip netns\` lists those that are there; \`ip netns add ${args.netns}\` makes it.` });
  }
  const pid = args.pid ?? requireProcess(args, process);
  const namespace = namespaces.ofProcess(pid);
  if (namespace) return { namespace, enter: sh`nsenter -t ${pid} -n`, netns: String(pid) };
  if (namespaces.sharesHost(pid)) {
    throw new PreconditionError(`${what} has no network of its own: it uses that of the host`, { hint: 'Start it with its own network, for example `network: none`.' });
  }
  if (!namespaces.visible) throw new PreconditionError(`the network of ${what} cannot be looked into`, { hint: 'Run the task as root: `become: true`.' });
  throw new PreconditionError(`${what} is not running`, { ...(args.pid === undefined ? { found: `its process ${pid} has ended` } : {}), hint: 'Start it first.' });
}

/** How each runtime is called, and what a person types to look and to mend. */
const runtimes = {
  container: { title: 'Docker', install: 'install_docker', start: 'docker start', list: 'docker ps -a', daemon: 'systemctl start docker' },
  lxc: { title: 'LXC', install: 'install_lxc', start: 'lxc-start', list: 'lxc-ls -f', daemon: 'systemctl start lxc' },
  lxd: { title: 'LXD', install: 'install_lxd', start: 'lxc start', list: 'lxc list', daemon: 'systemctl start lxd.socket' },
} as const;

/** The process of a container. Throws PreconditionError when there is none. */
export function requireProcess(args: TargetArgs, process: Reading<TargetProcess>): number {
  const what = targetName(args);
  const runtime = runtimes[args.container !== undefined ? 'container' : args.lxc !== undefined ? 'lxc' : 'lxd'];
  if (process.state === 'present') {
    if (process.value.pid > 0) return process.value.pid;
    throw new PreconditionError(`${what} is not running`, { hint: `Start it: ${runtime.start} ${args.container ?? args.lxc ?? args.lxd ?? ''}` });
  }
  if (process.state === 'absent') {
    throw new PreconditionError(`there is no ${what} on this host`, { hint: `Put the task that makes it before this one; \`${runtime.list}\` lists those that are there.` });
  }
  switch (process.reason) {
    case 'not-installed':
      throw new PreconditionError(`${runtime.title} is not installed on this host, so there is no ${what}`, { hint: `Put a task \`${runtime.install}:\` before this one.` });
    case 'not-running':
      throw new PreconditionError(`the daemon of ${runtime.title} does not run on this host`, { found: process.detail, hint: `Start it: ${runtime.daemon}` });
    default:
      throw new PreconditionError(`${runtime.title} does not tell of ${what}`, { found: process.detail, ...(process.reason === 'denied' ? { hint: 'Run the task as root: `become: true`.' } : {}) });
  }
}
