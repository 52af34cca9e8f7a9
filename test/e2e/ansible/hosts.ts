/** Hosts to compare two tools on: an sshd each, in namespaces of its own, whose `/mnt` is a folder that the test can read. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateKey } from '../../harness/sshd.ts';

const isolateScript = fileURLToPath(new URL('isolate.sh', import.meta.url));
const port = 2222;

/** What all hosts of a test share, so that a host starts quickly. */
export interface Keys {
  readonly folder: string;
  readonly userKey: string;
  readonly hostKey: string;
}

export function makeKeys(folder: string): Keys {
  mkdirSync(folder, { recursive: true });
  if (!existsSync('/run/sshd')) mkdirSync('/run/sshd', { mode: 0o755 });
  return { folder, userKey: generateKey(folder, 'user_key', 'ed25519'), hostKey: generateKey(folder, 'host_key', 'ed25519') };
}

/** Arguments of unshare(1) that run a command isolated, with `folder` as its `/mnt`. Everything it started ends with it. */
export function isolated(folder: string, command: readonly string[]): string[] {
  return ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', isolateScript, folder, ...command];
}

export interface Fleet {
  /** A home folder whose `.ssh` leads to the hosts by their names. */
  readonly home: string;
  stop(): Promise<void>;
}

/** Starts a host for each name, with `FOLDER/NAME` as its `/mnt`. `network` is a number of its own for each fleet that runs at the same time. */
export async function startFleet(folder: string, names: readonly string[], keys: Keys, network: number): Promise<Fleet> {
  // Apart from those of another run of the tests on this machine.
  const subnet = `127.${64 + ((process.pid + Math.floor(network / 250)) % 128)}.${network % 250}`;
  const addresses = new Map(names.map((name, index) => [name, `${subnet}.${index + 1}`]));
  const home = path.join(folder, 'home');
  mkdirSync(path.join(home, '.ssh'), { recursive: true });
  writeFileSync(path.join(home, '.ssh/config'), sshConfig(addresses, keys, path.join(home, '.ssh/known_hosts')));
  const hostKey = readFileSync(`${keys.hostKey}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
  writeFileSync(path.join(home, '.ssh/known_hosts'), [...addresses.values()].map((address) => `[${address}]:${port} ${hostKey}\n`).join(''), { mode: 0o600 });
  const children = [...addresses].map(([name, address]) => startHost(path.join(folder, name), address, keys));
  await Promise.all([...addresses.values()].map(greeted));
  return { home, stop: async () => void (await Promise.all(children.map(ended))) };
}

function startHost(folder: string, address: string, keys: Keys): ChildProcess {
  mkdirSync(folder, { recursive: true });
  const options = {
    ListenAddress: address,
    Port: String(port),
    HostKey: keys.hostKey,
    AuthorizedKeysFile: `${keys.userKey}.pub`,
    PidFile: 'none',
    StrictModes: 'no',
    UsePAM: 'no',
    PermitRootLogin: 'yes',
    MaxStartups: '100',
    Subsystem: 'sftp internal-sftp',
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return spawn('unshare', isolated(folder, ['/usr/sbin/sshd', '-D', '-e', '-f', '/dev/null', ...flags]), { stdio: 'ignore' });
}

function sshConfig(addresses: ReadonlyMap<string, string>, keys: Keys, knownHosts: string): string {
  const hosts = [...addresses].map(([name, address]) => `Host ${name}\n  HostName ${address}\n  Port ${port}\n`);
  return `${hosts.join('')}Host dead\n  HostName 127.0.0.1\n  Port 1\nHost *\n  User root\n  IdentityFile ${keys.userKey}\n  UserKnownHostsFile ${knownHosts}\n`;
}

async function greeted(address: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const answered = await new Promise<boolean>((resolve) => {
      const socket = connect(port, address);
      const finish = (answer: boolean) => () => {
        socket.destroy();
        resolve(answer);
      };
      socket.once('data', finish(true)).once('error', finish(false)).once('close', finish(false)).setTimeout(2000, finish(false));
    });
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  throw new Error(`no SSH server at ${address}`);
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
