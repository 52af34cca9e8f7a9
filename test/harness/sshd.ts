/** A real sshd for tests: its own configuration, keys and port on a loopback address, run as the current user. */
import { spawn, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { HostTarget } from '../../src/transport/types.ts';

export type KeyType = 'ed25519' | 'ecdsa' | 'rsa';

export interface SshdOptions {
  /** 127.0.0.1 by default. */
  readonly address?: string;
  /** A port to listen on; a free one by default. */
  readonly port?: number;
  /** Further lines of sshd_config, before ctplay's own: the first value of a keyword wins. */
  readonly config?: readonly string[];
  /** ed25519 by default. */
  readonly hostKeyTypes?: readonly KeyType[];
  /** Public keys that may log in besides the generated one. */
  readonly authorizedKeys?: readonly string[];
  /** Whether it has an /etc and a home of its own, which nobody else changes: see Sshd.root. Takes root. */
  readonly ownFiles?: boolean;
}

export interface Sshd {
  readonly address: string;
  readonly port: number;
  /** Where its file system is seen from outside. */
  readonly root: string;
  /** The listener's process; those that serve connections are below it. */
  readonly pid: number;
  /** The user that logs in: the one who runs the test. */
  readonly user: string;
  /** Where all its files are; gone after `stop`. */
  readonly folder: string;
  /** A private key that may log in. */
  readonly keyFile: string;
  /** A known_hosts file with the server's keys. */
  readonly knownHosts: string;
  /** Public host keys, as `type base64`. */
  readonly hostKeys: readonly string[];
  /** A target that reaches it with the key and the known_hosts file. */
  target(changes?: Partial<HostTarget>): HostTarget;
  /** What sshd logged so far. */
  log(): string;
  /** Kills the processes that serve open connections, as a crash would. */
  killSessions(): void;
  stop(): Promise<void>;
}

const SSHD = '/usr/sbin/sshd';

/** Puts a copy in the place of /etc and an empty folder in that of the home, and goes on as the command that is given. */
const OWN_FILES = `set -e
folder=$1 home=$2
shift 2
mkdir "$folder/etc"
mount -t tmpfs tmpfs "$folder/etc"
cp -a /etc/. "$folder/etc/"
mount --bind "$folder/etc" /etc
mount -t tmpfs -o mode=700 tmpfs "$home"
exec "$@"`;

export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const { address = '127.0.0.1', config = [], hostKeyTypes = ['ed25519'], authorizedKeys = [] } = options;
  const user = userInfo().username;
  if (process.getuid?.() === 0 && !existsSync('/run/sshd')) mkdirSync('/run/sshd', { mode: 0o755 });
  const folder = await mkdtemp(join(tmpdir(), 'ctplay-sshd-'));
  await chmod(folder, 0o755);
  const port = options.port ?? (await freePort(address));
  const keyFile = generateKey(folder, 'user_key', 'ed25519');
  const hostKeyFiles = hostKeyTypes.map((type) => generateKey(folder, `host_${type}`, type));
  const hostKeys = hostKeyFiles.map((file) => readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' '));
  const knownHosts = join(folder, 'known_hosts');
  await writeFile(knownHosts, hostKeys.map((key) => `[${address}]:${port} ${key}\n`).join(''), { mode: 0o600 });
  await writeFile(join(folder, 'authorized_keys'), [await readFile(`${keyFile}.pub`, 'utf8'), ...authorizedKeys].join('\n'), { mode: 0o644 });
  const lines = [
    ...config,
    `ListenAddress ${address}`,
    `Port ${port}`,
    ...hostKeyFiles.map((file) => `HostKey ${file}`),
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'LogLevel VERBOSE',
    // A bash that sshd starts reads ~/.bashrc unless it is not the first (bash(1)), and there may be anything in there.
    'SetEnv SHLVL=1',
  ];
  await writeFile(join(folder, 'sshd_config'), `${lines.join('\n')}\n`);
  const start = [SSHD, '-D', '-e', '-f', join(folder, 'sshd_config')];
  const [program, ...args] = options.ownFiles ? ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', OWN_FILES, 'sh', folder, userInfo().homedir, ...start] : start;
  const child = spawn(program!, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const exited = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  try {
    await waitForListener(address, port, child.pid!);
  } catch (error) {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
    throw new Error(`sshd did not start: ${log}`, { cause: error });
  }
  const pid = child.pid!;
  const killSessions = (): void => {
    for (const session of descendants(pid)) kill(session, 'SIGKILL');
  };
  return {
    address,
    port,
    pid,
    root: `/proc/${pid}/root`,
    user,
    folder,
    keyFile,
    knownHosts,
    hostKeys,
    target: (changes) => ({
      name: 'test-host',
      connection: 'ssh',
      address,
      port,
      user,
      privateKeyFile: keyFile,
      knownHostsFile: knownHosts,
      hostKeyChecking: 'strict',
      connectTimeoutMs: 10_000,
      ...changes,
    }),
    log: () => log,
    killSessions,
    stop: async () => {
      const sessions = descendants(pid);
      kill(pid, 'SIGKILL');
      for (const session of sessions) kill(session, 'SIGKILL');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Makes a key pair without a passphrase, or with one, and gives the private file's path. */
export function generateKey(folder: string, name: string, type: KeyType, options: { passphrase?: string; format?: 'PEM' | 'PKCS8' } = {}): string {
  const file = join(folder, name);
  const format = options.format ? ['-m', options.format] : [];
  execFileSync('ssh-keygen', ['-q', '-t', type, ...(type === 'rsa' ? ['-b', '2048'] : []), ...format, '-N', options.passphrase ?? '', '-C', name, '-f', file]);
  return file;
}

/** Process ids below `root`, deepest last. */
export function descendants(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const parent = Number(readFileSync(`/proc/${name}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ')[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // It ended meanwhile.
    }
  }
  const found: number[] = [];
  for (const queue = [root]; queue.length > 0; ) {
    const below = children.get(queue.shift()!) ?? [];
    found.push(...below);
    queue.push(...below);
  }
  return found;
}

async function freePort(address: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, address, resolve));
  const bound = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return bound.port;
}

async function waitForListener(address: string, port: number, pid: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (!existsSync(`/proc/${pid}`)) break;
    const greeted = await new Promise<boolean>((resolve) => {
      const socket = connect(port, address);
      socket.once('data', () => resolve(true)).once('error', () => resolve(false)).once('close', () => resolve(false));
      setTimeout(() => socket.destroy(), 1_000).unref();
      socket.once('data', () => socket.destroy());
    });
    if (greeted) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('no SSH greeting');
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended meanwhile.
  }
}
