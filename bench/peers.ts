/** The programs that are compared, each doing the same play on the same hosts. */
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { quote } from '../src/shell.ts';
import type { BenchHost, Fleet } from './fleet.ts';
import { endKeeper, keeperIsThere } from './keeper.ts';
import { runProgram, type Contestant } from './measure.ts';

const againName = 'ctplay, again within a minute';

/** Whose goals are looked at, and what stands behind a goal's name for it. */
export const ours: readonly (readonly [name: string, how: string])[] = [['ctplay', ''], [againName, ', again within a minute']];

/** Where scripts/bench puts ctplay and the floor, bundled. */
export const built = path.resolve('.cache/bench');
export const ctplayBin = path.join(built, 'ctplay/bin/ctplay');

export interface Job {
  readonly fleet: Fleet;
  readonly hosts: readonly BenchHost[];
  readonly inventory: string;
  readonly prepare?: () => void;
  /** Asserts what the turn left on the hosts. */
  readonly verify?: () => void;
}

/** Connecting and one exec on each host; see floor.ts. */
export function floor(job: Job, threads = 1): Contestant {
  const list = listOf(job);
  return { name: threads === 1 ? 'floor' : `floor, ${threads} threads`, command: [process.execPath, path.join(built, 'floor.mjs'), list, String(threads)] };
}

/** @param changes what the recap must say of each host; anything when left out */
export function ctplay(job: Job, playbook: string, changes?: number, { name = 'ctplay', options = [] }: { readonly name?: string; readonly options?: readonly string[] } = {}): Contestant {
  return {
    name,
    command: [process.execPath, ctplayBin, 'run', playbook, '-i', job.inventory, ...options],
    verify: (stdout) => recap(stdout, job, changes),
    ...firstContact(job.fleet.folder, job.prepare),
  };
}

/** A place of ctplay's own for what keeps connections, which is ended before each turn: however soon it comes, it finds none. */
export function firstContact(folder: string, prepare: Contestant['prepare'] = () => {}): Pick<Contestant, 'env' | 'keeperFolder' | 'prepare'> {
  // Paths of sockets are short (unix(7): 108 bytes).
  const keeperFolder = mkdtempSync(path.join(folder, 'k'));
  return {
    env: { XDG_RUNTIME_DIR: keeperFolder },
    keeperFolder,
    prepare: async () => {
      await endKeeper(keeperFolder);
      await prepare();
    },
  };
}

/** Does what a contestant does, unmeasured. Throws with what it printed when it fails. */
export async function execute({ name, command, env }: Contestant, ...options: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await runProgram([...command, ...options], { ...(env && { env }) });
  if (status !== 0) throw new Error(`${name} exited with ${status}\n${stdout.slice(-3000)}${stderr.slice(-3000)}`);
  return stdout;
}

/** Before a no-op is measured: makes all that the play wants, and lets ctplay see twice, with time between, that nobody touches it. */
export async function settle(job: Job, playbook: string): Promise<void> {
  for (let run = 0; run < 3; run++) {
    if (run > 0) await sleep(2_500);
    await execute(ctplay(job, playbook));
  }
}

/**
 * Over the connections of runs just before: the first of them leaves who keeps connections, the second one its own. Where all is to be done they
 * only look at the hosts, since none is kept after commands.
 */
export function again(job: Job, playbook: string, changes?: number): Contestant {
  const contestant = ctplay(job, playbook, changes, { name: againName });
  const look = path.join(job.fleet.folder, 'look.yaml');
  writeFileSync(look, '- hosts: all\n  gather_facts: false\n  tasks:\n    - ping:\n');
  const before = changes === 0 ? contestant : { ...contestant, command: contestant.command.map((word) => (word === playbook ? look : word)) };
  return {
    ...contestant,
    prepare: async () => {
      await contestant.prepare?.();
      await execute(before);
      await keeperIsThere(contestant.keeperFolder!);
      await execute(before);
    },
  };
}

/** As on a controller that has nothing of earlier runs. */
export function forgetful(job: Job, playbook: string, changes?: number): Contestant {
  const contestant = ctplay(job, playbook, changes, { name: 'ctplay, nothing remembered' });
  return { ...contestant, env: { ...contestant.env, XDG_CACHE_HOME: path.join(job.fleet.knownHosts, 'no-folder') } };
}

/** How many round trips one run takes on its first host, by its own account. */
export async function roundTrips(job: Job, playbook: string): Promise<number> {
  const contestant = ctplay(job, playbook);
  await contestant.prepare?.();
  const stdout = await execute(contestant, '--output', 'json');
  const last = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as { roundTrips: Record<string, number> };
  return last.roundTrips[job.hosts[0]!.name]!;
}

/** One shell script for each host, all at once, over one ssh(1) each. */
export function sshLoop(job: Job, script: string): Contestant {
  const { fleet, hosts } = job;
  const { port, user, keyFile } = hosts[0]!;
  const file = path.join(fleet.folder, `loop-${hosts.length}-${port}-${path.basename(script)}`);
  const options = `-F none -i ${keyFile} -p ${port} -o UserKnownHostsFile=${fleet.knownHosts} -o BatchMode=yes`;
  const one = ({ name, address, home }: BenchHost): string => `ssh ${options} ${user}@${address} sh -s - ${home}/target ${name} <${quote(path.resolve(script))} & pids="$pids $!"`;
  writeFileSync(file, `${hosts.map(one).join('\n')}\nfor pid in $pids; do wait $pid || exit 1; done\n`);
  return { name: 'OpenSSH loop', command: ['sh', file], ...ready(job) };
}

/** The same in one process over paramiko, a thread for each host. The python is Debian's, which the package belongs to. */
export function paramikoLoop(job: Job, script: string): Contestant {
  return { name: 'paramiko loop', command: ['/usr/bin/python3', path.resolve('bench/paramiko-loop.py'), listOf(job), job.fleet.knownHosts, script], ...ready(job) };
}

export type AnsibleKind = 'default' | 'pipelining' | 'mitogen';

const ansibleNames: Readonly<Record<AnsibleKind, string>> = { default: 'ansible', pipelining: 'ansible, pipelining', mitogen: 'ansible, Mitogen' };
const ansibleSettings: Readonly<Record<AnsibleKind, string>> = {
  default: '',
  pipelining: 'pipelining = true\n',
  mitogen: '',
};

/** Ansible with its own defaults (five forks) besides what its kind says; each turn makes its connections anew, as the others do. */
export function ansible(job: Job, playbook: string, kind: AnsibleKind, changes?: number): Contestant {
  const { fleet } = job;
  const home = path.join(fleet.folder, 'controller', kind);
  mkdirSync(home, { recursive: true });
  const config = path.join(home, 'ansible.cfg');
  const strategy = kind === 'mitogen' ? 'strategy_plugins = /usr/lib/python3/dist-packages/ansible_mitogen/plugins/strategy\nstrategy = mitogen_linear\n' : '';
  writeFileSync(config, `[defaults]\n${strategy}[ssh_connection]\nssh_common_args = -F none -o UserKnownHostsFile=${fleet.knownHosts}\n${ansibleSettings[kind]}`);
  // Paths of sockets are short (unix(7): 108 bytes).
  const sockets = mkdtempSync(path.join(fleet.folder, 'cp'));
  return {
    name: ansibleNames[kind],
    command: ['ansible-playbook', '-i', job.inventory, playbook],
    env: { ANSIBLE_CONFIG: config, ANSIBLE_SSH_CONTROL_PATH_DIR: sockets, HOME: home, SSH_AUTH_SOCK: '' },
    prepare: () => {
      closeMasters(sockets);
      job.prepare?.();
    },
    verify: (stdout) => recap(stdout, job, changes),
  };
}

/** The same over the ssh masters that a run just before has left: its ssh_args say ControlPersist=60s by default. */
export function ansibleAgain(job: Job, playbook: string, changes?: number): Contestant {
  const first = ansible(job, playbook, 'default', changes);
  return { ...first, name: 'ansible, again within a minute', prepare: async () => void (await execute(first)) };
}

/** What scp(1) and rsync(1) are told of a host. */
export function sshOptions({ fleet, hosts }: Job): string[] {
  const { port, keyFile } = hosts[0]!;
  return ['-F', 'none', '-i', keyFile, '-o', `Port=${port}`, '-o', `UserKnownHostsFile=${fleet.knownHosts}`, '-o', 'BatchMode=yes'];
}

/** All of them, the slow ones last. */
export function everybody(job: Job, playbook: string, script: string, changes?: number): Contestant[] {
  return [floor(job), ctplay(job, playbook, changes), sshLoop(job, script), paramikoLoop(job, script), ...(['mitogen', 'pipelining', 'default'] as const).map((kind) => ansible(job, playbook, kind, changes))];
}

/** Ends the ssh processes that Ansible leaves for its next run. */
export function closeMasters(sockets: string): void {
  for (const socket of readdirSync(sockets)) spawnSync('ssh', ['-O', 'exit', '-S', path.join(sockets, socket), 'any'], { stdio: 'ignore' });
}

/** Writes the hosts as JSON, and gives the file. */
function listOf({ fleet, hosts }: Job): string {
  const list = path.join(fleet.folder, `hosts-${hosts.length}-${hosts[0]!.port}.json`);
  writeFileSync(list, JSON.stringify(hosts));
  return list;
}

function ready({ prepare, verify }: Job): Pick<Contestant, 'prepare' | 'verify'> {
  return { ...(prepare ? { prepare } : {}), ...(verify ? { verify } : {}) };
}

/** Both recaps have a line for each host: `h0 : ok=10 changed=0 unreachable=0 failed=0 …`. */
function recap(stdout: string, { hosts, verify }: Job, changes: number | undefined): void {
  const lines = [...stdout.matchAll(/^(\S+)\s*: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)/gm)];
  const wrong = lines.filter(([, , , changed, unreachable, failed]) => (changes !== undefined && Number(changed) !== changes) || unreachable !== '0' || failed !== '0');
  if (lines.length !== hosts.length || wrong.length > 0) throw new Error(`the recap of ${hosts.length} hosts is not as expected (changed=${changes ?? 'any'})\n${stdout.slice(-3000)}`);
  verify?.();
}
