/**
 * Many hosts on this machine: loopback addresses of sshds that run in namespaces of their own, for mounts and for processes. A user without privileges, whose
 * shell is /bin/sh, exists in there alone with its group, and a home for each address; so do the services. Nothing of the machine is changed.
 */
import { spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { descendants, generateKey } from '../test/harness/sshd.ts';
import { endKeeper } from './keeper.ts';

export interface BenchHost {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly keyFile: string;
  /** Its user's home: all that is on it. */
  readonly home: string;
}

export interface Fleet {
  readonly hosts: readonly BenchHost[];
  readonly knownHosts: string;
  /** For files of the benchmark, gone with the fleet. */
  readonly folder: string;
  /** Writes an inventory of hosts, which ctplay and Ansible read alike, and gives its path. */
  inventory(name: string, hosts: readonly BenchHost[]): string;
  /** Makes hosts as new. */
  wipe(hosts: readonly BenchHost[]): void;
  stop(): Promise<void>;
}

/** sshd listens on 16 addresses at most (MAX_LISTEN_SOCKS in its sshd.c). */
const addressesEach = 15;
const port = 2222;
/** Where a proxy may stand before them that makes the way long. */
export const farPort = 2223;
const userName = 'ctplay-bench';
/** Of nobody else: above the users of adduser(8), below nobody's. */
const userId = 64_321;

/** @param maxStartups sshd_config(5); high enough for all hosts at once by default */
export async function startFleet(count: number, { maxStartups = '2000:30:4000' }: { readonly maxStartups?: string } = {}): Promise<Fleet> {
  const folder = mkdtempSync(path.join(tmpdir(), 'ctplay-bench-'));
  chmodSync(folder, 0o755);
  const keyFile = generateKey(folder, 'user_key', 'ed25519');
  const hostKey = generateKey(folder, 'host_key', 'ed25519');
  const publicHostKey = readFileSync(`${hostKey}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
  const hosts = Array.from({ length: count }, (_, index): BenchHost => {
    const name = `h${index}`;
    return { name, address: `127.${20 + Math.floor(index / 60_000)}.${Math.floor(index / 250) % 250}.${1 + (index % 250)}`, port, user: userName, keyFile, home: path.join(folder, 'homes', name) };
  });
  const knownHosts = path.join(folder, 'known_hosts');
  writeFileSync(knownHosts, hosts.flatMap(({ address }) => [port, farPort].map((one) => `[${address}]:${one} ${publicHostKey}\n`)).join(''));
  writeFileSync(path.join(folder, 'init-script'), initScript(folder), { mode: 0o755 });

  const wipe = (some: readonly BenchHost[]): void => {
    for (const { home } of some) {
      rmSync(home, { recursive: true, force: true });
      mkdirSync(home, { recursive: true });
      chownSync(home, userId, userId);
    }
  };
  wipe(hosts);

  const configs: string[] = [];
  for (let first = 0; first < count; first += addressesEach) {
    const file = path.join(folder, `sshd_config_${configs.length}`);
    writeFileSync(file, sshdConfig(folder, hostKey, maxStartups, hosts.slice(first, first + addressesEach)));
    configs.push(file);
  }
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const first = path.join(folder, 'first-process');
  writeFileSync(first, firstProcess(folder, count, configs), { mode: 0o755 });
  const init = spawn('unshare', ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--mount-proc', first], { stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = new Promise<void>((resolve) => init.on('exit', () => resolve()));
  const killAll = (): void => {
    for (const pid of [init.pid!, ...descendants(init.pid!)]) kill(pid);
  };
  const leave = (): void => {
    killAll();
    rmSync(folder, { recursive: true, force: true });
  };
  // Also where the benchmark is broken off.
  process.once('exit', leave);
  const stop = async (): Promise<void> => {
    process.off('exit', leave);
    await endKeeper(folder);
    killAll();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (let index = 0; index < count; index += addressesEach) await greeting(hosts[index]!);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    hosts,
    knownHosts,
    folder,
    inventory: (name, some) => {
      const file = path.join(folder, `${name}.ini`);
      const line = ({ name: host, address, port: listening, home }: BenchHost): string =>
        `${host} ansible_host=${address} ansible_port=${listening} ansible_user=${userName} ansible_ssh_private_key_file=${keyFile} ctplay_known_hosts_file=${knownHosts} ansible_python_interpreter=/usr/bin/python3 ansible_remote_tmp=${home}/.ansible/tmp target=${home}/target\n`;
      writeFileSync(file, some.map(line).join(''));
      return file;
    },
    wipe,
    stop,
  };
}

function sshdConfig(folder: string, hostKey: string, maxStartups: string, hosts: readonly BenchHost[]): string {
  return [
    `Port ${port}`,
    ...hosts.map(({ address }) => `ListenAddress ${address}`),
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${folder}/user_key.pub`,
    `MaxStartups ${maxStartups}`,
    'Subsystem sftp internal-sftp',
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'LogLevel ERROR',
    ...hosts.map(({ address, home }) => `Match LocalAddress ${address}\n  SetEnv HOME=${home}`),
    '',
  ].join('\n');
}

/**
 * What runs all sshds. Ansible takes the name of the first process for the service manager: this is none's, so that a machine with systemd
 * doesn't show through. /etc is a copy as a whole: a bound file would be gone as soon as somebody replaces the one below it.
 */
function firstProcess(folder: string, count: number, configs: readonly string[]): string {
  return `#!/bin/sh
set -e
mkdir ${folder}/etc
mount -t tmpfs tmpfs ${folder}/etc
cp -a /etc/. ${folder}/etc/
echo '${userName}:*:${userId}:${userId}::${folder}:/bin/sh' >>${folder}/etc/passwd
echo '${userName}:*:${userId}:' >>${folder}/etc/group
mount --bind ${folder}/etc /etc
[ ! -d /run/systemd ] || mount -t tmpfs tmpfs /run/systemd
mount -t tmpfs -o mode=1777 tmpfs /run/lock
i=0; while [ $i -lt ${count} ]; do ln -s ${folder}/init-script /etc/init.d/bench-h$i; i=$((i + 1)); done
for config in ${configs.join(' ')}; do /usr/sbin/sshd -D -E ${folder}/sshd.log -f $config & done
wait
`;
}

/** A service that is nothing but a file: service(8) passes no HOME, so its name says which host it is for. */
function initScript(folder: string): string {
  return `#!/bin/sh
name=$(basename "$0")
state=${folder}/homes/\${name#bench-}/running
case $1 in
  start) : >"$state" ;;
  stop) rm -f "$state" ;;
  status) if [ -e "$state" ]; then echo "$name is running"; else echo "$name is not running"; exit 3; fi ;;
  *) exit 2 ;;
esac
`;
}

async function greeting({ address }: BenchHost): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const greeted = await new Promise<boolean>((resolve) => {
      const socket = connect(port, address);
      socket.once('data', () => resolve(true)).once('error', () => resolve(false)).once('close', () => resolve(false));
      socket.once('data', () => socket.destroy());
    });
    if (greeted) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no sshd on ${address}`);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}
