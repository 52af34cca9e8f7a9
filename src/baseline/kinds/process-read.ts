/** Processes that outlive a login: what of /proc (proc(5)) hangs on no terminal's login, no service and no container. */
import { createHash } from 'node:crypto';
import { present, unavailable } from '../../../modules/facts/reading.ts';
import type { Fact, Reading } from '../../module.ts';
import { guardFolder } from '../../guard/script/program.ts';
import { sh } from '../../shell.ts';

export type ProcessItem = {
  readonly uid: number;
  readonly arguments: readonly string[];
  readonly count: number;
};

export const strayProcesses: Fact<Reading<Readonly<Record<string, ProcessItem>>>> = {
  kind: 'stray-processes',
  key: '',
  // A process that ends while it is looked at is an error of grep's, and no error of ours.
  read: sh`export LC_ALL=C; sed 's/^/user:/' /etc/passwd; grep -sH '^\\(Name\\|PPid\\|Uid\\|State\\|NSpid\\):' /proc/[0-9]*/status; grep -sH . /proc/[0-9]*/cgroup; printf '\\0'; grep -saHz '' /proc/[0-9]*/cmdline; :`,
  domains: ['process'],
  parse: (result) => (result.stdout.includes('/proc/1/status:') ? present(parseProcesses(result.stdout)) : unavailable(result)),
};

interface Process {
  readonly pid: number;
  parent: number;
  name: string;
  uid: number;
  state: string;
  nested: boolean;
  unit: string;
  readonly arguments: string[];
}

function parseProcesses(text: string): Record<string, ProcessItem> {
  const middle = text.indexOf('\0');
  const names = new Map<number, string>();
  const processes = new Map<number, Process>();
  const of = (pid: string): Process => {
    const known = processes.get(Number(pid)) ?? { pid: Number(pid), parent: 0, name: '', uid: 0, state: '', nested: false, unit: '', arguments: [] };
    processes.set(known.pid, known);
    return known;
  };
  for (const line of text.slice(0, middle).split('\n')) {
    const [kind, user, , uid] = line.split(':');
    if (kind === 'user' && !names.has(Number(uid))) names.set(Number(uid), user!);
    const [, pid, file, rest] = /^\/proc\/(\d+)\/(status|cgroup):(.*)$/.exec(line) ?? [];
    if (pid === undefined || rest === undefined) continue;
    const one = of(pid);
    if (file === 'cgroup') one.unit = unitOf(rest) ?? one.unit;
    else readStatus(one, rest);
  }
  for (const field of text.slice(middle + 1).split('\0')) {
    const [, pid, argument] = /^\/proc\/(\d+)\/cmdline:(.*)$/s.exec(field) ?? [];
    if (pid !== undefined) of(pid).arguments.push(argument!);
  }
  const items: Record<string, ProcessItem> = {};
  for (const one of processes.values()) {
    if (!isStray(one)) continue;
    // What rewrites its title for ps(1) pads it with blanks.
    const key = `${names.get(one.uid) ?? one.uid}: ${one.arguments.join(' ').trimEnd()}`;
    items[key] = { uid: one.uid, arguments: one.arguments, count: (items[key]?.count ?? 0) + 1 };
  }
  return items;
}

function readStatus(one: Process, line: string): void {
  const [name, ...rest] = line.split(':');
  const words = rest.join(':').trim().split(/\s+/);
  if (name === 'Name') one.name = words.join(' ');
  else if (name === 'PPid') one.parent = Number(words[0]);
  else if (name === 'Uid') one.uid = Number(words[0]);
  else if (name === 'State') one.state = words[0]!;
  else if (name === 'NSpid') one.nested = words.length > 1;
}

/** The place in systemd's hierarchy, or in the one of version 2; of other hierarchies those of containers say something. */
function unitOf(line: string): string | undefined {
  const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
  if (path === undefined || path === '/') return undefined;
  return controllers === 'name=systemd' || controllers === '' || isContainer(path) ? path : undefined;
}

function isContainer(path: string): boolean {
  return /\/(docker|lxc|lxd|libpod|crio|kubepods|machine\.slice|containerd|buildkit)([./-]|$)|lxc\.(monitor|payload)|docker-[0-9a-f]{64}/.test(path);
}

/** Services in whose group are also the children of what they let in or start. */
const doorways = /\/(sshd?|dropbear|cron|crond|anacron|atd|inetd|xinetd|rc-local)(@[^/]*)?\.service$/;

/** Programs that wait for logins, or are one. */
const logins = /^(sshd|sshd-session|sshd-auth|dropbear|login|agetty|getty|systemd|\(sd-pam\)|init|cron|crond|atd)$/;

function isStray(one: Process): boolean {
  const isKernels = one.pid === 2 || one.parent === 2;
  if (one.pid === 1 || isKernels || one.nested || one.state === 'Z' || one.arguments.length === 0 || logins.test(one.name)) return false;
  // The watcher of a guarded change, on a host without systemd.
  if (one.arguments.some((word) => word.startsWith(`${guardFolder}/`))) return false;
  if (isContainer(one.unit)) return false;
  const isUnits = /\.service(\/|$)/.test(one.unit) && !doorways.test(one.unit);
  if (isUnits || /\/user@\d+\.service\//.test(one.unit)) return false;
  // What has a parent of its own ends with it, or is seen here once it has none.
  return one.parent === 1 || one.parent === 0;
}

/** The digests that `sha256sum /proc/PID/cmdline` may give for these arguments: some programs leave the last NUL out. */
export function commandLineDigests(words: readonly string[]): readonly string[] {
  return [`${words.join('\0')}\0`, words.join('\0')].map((text) => createHash('sha256').update(text).digest('hex'));
}
