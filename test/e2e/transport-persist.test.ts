/** Connections that are kept between runs: what may be used again, what must not be, and what is left of it. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Secret, sh } from '../../src/shell.ts';
import { HoldingConnector } from '../../src/transport/held/connector.ts';
import { OUTDATED, loginCheck } from '../../src/transport/master/login-check.ts';
import type { Connection, ConnectOptions, HostTarget } from '../../src/transport/types.ts';
import { root } from '../harness/ctplay.ts';
import { descendants, generateKey, startSshd } from '../harness/sshd.ts';
import type { Sshd } from '../harness/sshd.ts';

const isRoot = process.getuid?.() === 0;

let folder: string;
let sshd: Sshd;
let encryptedKey: string;
/** Where the masters of one test listen. */
let runtimeFolder: string;
/** Masters that were met in a test. */
const masters = new Set<number>();

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ctplay-persist-'));
  encryptedKey = generateKey(folder, 'encrypted', 'ed25519', { passphrase: 'open sesame' });
  sshd = await startSshd({ authorizedKeys: [await readFile(`${encryptedKey}.pub`, 'utf8')], ownFiles: isRoot });
  // What was made just before a login is taken for made after it.
  await sleep(3_000);
});
afterAll(async () => {
  await sshd.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  runtimeFolder = await mkdtemp(path.join(folder, 'run-'));
});
afterEach(async () => {
  for (const pid of masters) {
    send(pid, 'SIGTERM');
    await vi.waitFor(() => expect(existsSync(`/proc/${pid}`)).toBe(false), { timeout: 20_000, interval: 50 });
  }
  masters.clear();
});

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

const kept = (changes: Partial<HostTarget> = {}): HostTarget => sshd.target({ sharing: { persistMs: 600_000 }, ...changes });
const sockets = (): string[] => (existsSync(path.join(runtimeFolder, 'ctplay')) ? readdirSync(path.join(runtimeFolder, 'ctplay')) : []);

/** Opens connections as a run of its own would. */
function newRun(): HoldingConnector {
  const options = { threads: 0, from: 1, threadFile: undefined, masterFile: pathToFileURL(path.join(root, 'dist/master.cjs')), home: { home: folder, runtimeFolder, stateFolder: undefined } };
  return new HoldingConnector(options, { home: folder, configFiles: [], agentSocket: '' });
}

interface Opened {
  readonly connection: Connection;
  readonly log: readonly string[];
  /** Whether it was kept by an earlier run. */
  readonly old: boolean;
  readonly master: number;
  /** The end of its run. */
  end(): Promise<void>;
}

async function open(target: HostTarget = kept(), options: ConnectOptions = {}, run = newRun()): Promise<Opened> {
  const log: string[] = [];
  const connection = await run.connect(target, { log: (line) => log.push(line), ...options });
  const master = Number(log.map((line) => /^process (\d+) holds/.exec(line)?.[1]).find((pid) => pid !== undefined));
  if (master) masters.add(master);
  return { connection, log, master, end: () => run.close(), old: log.some((line) => line.includes('using the connection kept')) };
}

const say = async (connection: Connection): Promise<string> => (await connection.run([{ command: sh`echo hello; id -u` }]))[0]!.stdout;

/** A run: opens a connection, works over it and releases it. Gives whether it was an old one. */
async function visit(target: HostTarget = kept(), options: ConnectOptions = {}): Promise<boolean> {
  const { connection, old, end } = await open(target, options);
  expect(await say(connection)).toBe(`hello\n${process.getuid!()}\n`);
  await connection.release();
  await end();
  return old;
}

const logins = (server = sshd): number => server.log().match(/Accepted \w+ for/g)?.length ?? 0;
/** Commands that run over sshd's connections: whatever is no sshd. */
const commands = (): number[] => descendants(sshd.pid).filter((pid) => !commandLine(pid).startsWith('sshd'));
function commandLine(pid: number): string {
  try {
    return process.getBuiltinModule('node:fs').readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return 'sshd, which has ended';
  }
}

it('serve the next run without a login, and leave no process of the run behind', async () => {
  const before = logins();
  expect(await visit()).toBe(false);
  await vi.waitFor(() => expect(commands()).toEqual([]), { timeout: 5_000 });
  expect(await visit()).toBe(true);
  expect(await visit()).toBe(true);
  expect(logins()).toBe(before + 1);
});

it('start each run with statistics, retries and shells of its own', async () => {
  const first = await open();
  await first.connection.run([{ command: sh`true` }]);
  await first.connection.release();
  const second = await open();
  expect(second.old).toBe(true);
  expect(second.connection.statistics).toMatchObject({ roundTrips: 0, retries: 0 });
  await second.connection.run([{ command: sh`true` }]);
  // Its first batch also asks whether the login is still good.
  const { bytesSent, ...others } = first.connection.statistics;
  expect(second.connection.statistics).toMatchObject(others);
  expect(second.connection.statistics.bytesSent).toBeGreaterThan(bytesSent);
  await second.connection.close();
});

it('are not kept where nothing asks for it, nor used', async () => {
  const { connection, master } = await open(sshd.target());
  await connection.release();
  expect(master).toBeNaN();
  expect(sockets()).toEqual([]);
  await visit();
  expect(await visit(kept({ sharing: { persistMs: 600_000, master: false } }))).toBe(false);
});

it('are no longer kept when their time is over, and their master ends with the last of them', async () => {
  const { connection, master, end } = await open(kept({ sharing: { persistMs: 300 } }));
  await say(connection);
  expect(sockets()).toHaveLength(1);
  await connection.release();
  await end();
  await vi.waitFor(() => expect(existsSync(`/proc/${master}`)).toBe(false), { timeout: 10_000, interval: 50 });
  expect(sockets()).toEqual([]);
  expect(descendants(sshd.pid)).toEqual([]);
});

it('are closed when they are not released', async () => {
  const { connection } = await open();
  await say(connection);
  await connection.close();
  expect(await visit()).toBe(false);
  const again = await open();
  expect(again.old).toBe(true);
  await again.connection.close();
  expect(await visit()).toBe(false);
});

it('take nothing of what is kept for a login that is to be a new one, nor keep it', async () => {
  await visit();
  const before = logins();
  const { connection, old } = await open(kept(), { anew: true });
  expect(old).toBe(false);
  expect(logins()).toBe(before + 1);
  await connection.release();
  expect(await visit()).toBe(true);
});

it.each<[string, () => Partial<HostTarget>]>([
  ['another key', () => ({ privateKeyFile: path.join(folder, 'encrypted'), passphrase: new Secret('open sesame') })],
  ['another name of the server', () => ({ address: 'localhost', hostKeyChecking: 'off' as const })],
  ['another policy of checking', () => ({ hostKeyChecking: 'off' as const })],
  ['a jump host', () => ({ proxyJump: `${sshd.address}:${sshd.port}`, hostKeyChecking: 'off' as const })],
])('are not used for %s', async (_name, changes) => {
  await visit();
  expect(await visit(kept(changes()))).toBe(false);
  expect(await visit()).toBe(true);
});

it('are kept with the jump hosts that they run through', async () => {
  const target = kept({ proxyJump: `${sshd.address}:${sshd.port}` });
  const before = logins();
  expect(await visit(target)).toBe(false);
  expect(await visit(target)).toBe(true);
  expect(logins()).toBe(before + 2);
});

it('must show a host key that is accepted today', async () => {
  const knownHostsFile = path.join(runtimeFolder, 'known_hosts');
  const name = `[${sshd.address}]:${sshd.port}`;
  const target = kept({ knownHostsFile });
  await writeFile(knownHostsFile, `${name} ${sshd.hostKeys[0]}\n`);
  await visit(target);
  expect(await visit(target)).toBe(true);
  const other = generateKey(runtimeFolder, 'other', 'ed25519');
  await writeFile(knownHostsFile, `${name} ${await readFile(`${other}.pub`, 'utf8')}`);
  await expect(open(target)).rejects.toMatchObject({ code: 'ssh.host-key', message: expect.stringContaining('has changed') });
  await writeFile(knownHostsFile, '');
  await expect(open(target)).rejects.toMatchObject({ code: 'ssh.host-key', message: expect.stringContaining('is unknown') });
  await writeFile(knownHostsFile, `@revoked * ${sshd.hostKeys[0]}\n`);
  await expect(open(target)).rejects.toMatchObject({ code: 'ssh.host-key', message: expect.stringContaining('revoked') });
});

describe.runIf(isRoot)('after somebody has changed what decides on logins, are given up for a login', () => {
  const home = userInfo().homedir;
  let server: Sshd;
  const target = (): HostTarget => server.target({ sharing: { persistMs: 600_000 } });
  const inside = (file: string): string => path.join(server.root, file);
  const accepted = (): number => logins(server);

  beforeAll(async () => {
    server = await startSshd({ config: ['AuthorizedKeysFile .ssh/authorized_keys'], ownFiles: true });
    mkdirSync(inside(`${home}/.ssh`), { mode: 0o700 });
    writeFileSync(inside(`${home}/.ssh/authorized_keys`), readFileSync(`${server.keyFile}.pub`));
    for (const file of ['passwd', 'shadow', 'group']) writeFileSync(inside(`etc/${file}`), `${readFileSync(inside(`etc/${file}`), 'utf8').trimEnd()}\n`);
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    await sleep(3_000);
    await visit(target());
    expect(await visit(target())).toBe(true);
  });

  it.each<[string, () => void]>([
    ['a group', () => appendFileSync(inside('etc/group'), 'persisters:*:54321:root\n')],
    ['a file that is set back in time', () => {
      appendFileSync(inside('etc/passwd'), 'persister:*:54321:54321::/:/bin/sh\n');
      utimesSync(inside('etc/passwd'), 1, 1);
    }],
    ['a file that takes the place of another', () => {
      renameSync(inside('etc/group'), inside('etc/group.old'));
      renameSync(inside('etc/group.old'), inside('etc/group'));
    }],
    ['a file of PAM', () => appendFileSync(inside('etc/security/limits.conf'), '\n')],
    ['a file that is new', () => writeFileSync(inside('etc/ssh/sshd_config.d/more.conf'), '')],
    ['a file that is gone', () => rmSync(inside('etc/environment'), { force: true })],
    ['who may log in, and does', () => appendFileSync(inside(`${home}/.ssh/authorized_keys`), '# more\n')],
  ])('%s', async (_name, change) => {
    const before = accepted();
    change();
    const { connection, old, log, end } = await open(target());
    // Whether it was, shows with the first command.
    expect(old).toBe(true);
    expect((await connection.run([{ command: sh`id -G; cat`.withInput({ kind: 'text', text: 'once' }) }]))[0]!.stdout).toMatch(/^0[^]*\nonce$/);
    expect(log.join('\n')).toContain('what decides on logins has changed since');
    expect(accepted()).toBe(before + 1);
    await connection.release();
    await end();
  });

  it('whose groups are those of now', async () => {
    const group = inside('etc/group');
    writeFileSync(group, `${readFileSync(group, 'utf8')}later:*:54322:${server.user}\n`);
    const { connection, end } = await open(target());
    expect((await connection.run([{ command: sh`id -G` }]))[0]!.stdout).toMatch(/\b54322\b/);
    await connection.close();
    await end();
  });

  it('whatever comes first: a stream that is read once, or a file that is fetched', async () => {
    appendFileSync(inside('etc/group'), '\n');
    const first = await open(target());
    const pieces = ['one', 'two'].map((text) => Buffer.from(text)).values();
    const stream = sh`cat`.withInput({ kind: 'stream', open: async function* () { for (const piece of pieces) yield await Promise.resolve(piece); } });
    expect((await first.connection.run([{ command: stream }]))[0]!.stdout).toBe('onetwo');
    await first.connection.close();
    await first.end();

    await sleep(3_000);
    await visit(target());
    const before = accepted();
    appendFileSync(inside('etc/group'), '\n');
    const second = await open(target());
    const received = path.join(runtimeFolder, 'received');
    await second.connection.download('/etc/group', received);
    expect(readFileSync(received, 'utf8')).toBe(readFileSync(inside('etc/group'), 'utf8'));
    expect(accepted()).toBe(before + 1);
    await second.connection.close();
    await second.end();
  });

  it('which is refused where the key may no longer log in, with nothing done over the old connection', async () => {
    const keys = inside(`${home}/.ssh/authorized_keys`);
    writeFileSync(keys, '');
    const { connection, end } = await open(target());
    const proof = path.join(runtimeFolder, 'proof');
    await expect(connection.run([{ command: sh`echo done >${proof}` }])).rejects.toMatchObject({ code: 'ssh.auth' });
    expect(existsSync(proof)).toBe(false);
    await connection.close();
    await end();
    writeFileSync(keys, readFileSync(`${server.keyFile}.pub`));
  });

  it.each(['dash', 'bash', 'bash --posix', 'busybox ash'])('which %s finds out', async (shell) => {
    const { connection, end } = await open(target());
    const check = async (user: string): Promise<number | null> => (await connection.run([{ command: sh`${shell.split(' ')}`.withInput({ kind: 'text', text: loginCheck(user) }) }]))[0]!.status;
    expect(await check(server.user)).toBe(0);
    utimesSync(inside('etc/shells'), 1, 1);
    expect(await check(server.user)).toBe(0);
    chmodSync(inside('etc/passwd'), 0o644);
    expect(await check(server.user)).toBe(OUTDATED);
    expect(await check('no such name')).toBe(OUTDATED);
    await connection.close();
    await end();
  });
});

it.each<[string, Partial<HostTarget>, ConnectOptions]>([
  ['a passphrase that was given', { passphrase: new Secret('open sesame') }, {}],
  ['a passphrase that was asked for', {}, { prompt: () => Promise.resolve(new Secret('open sesame')) }],
])('are not kept where the login took %s', async (_name, changes, options) => {
  const target = kept({ ...changes, privateKeyFile: encryptedKey });
  expect(await visit(target, options)).toBe(false);
  expect(await visit(target, options)).toBe(false);
});

it.runIf(isRoot)('are not kept where the login took a password', async () => {
  const user = `ctplay-p-${process.pid}`;
  execFileSync('useradd', ['--no-create-home', '--home-dir', '/', '--shell', '/bin/sh', user]);
  execFileSync('chpasswd', { input: `${user}:open sesame\n` });
  const server = await startSshd({ config: ['PasswordAuthentication yes'] });
  try {
    const target = server.target({ user, privateKeyFile: '/no/such/key', password: new Secret('open sesame'), sharing: { persistMs: 600_000 } });
    for (let run = 0; run < 2; run++) {
      const { connection, old, end } = await open(target);
      expect(old).toBe(false);
      expect((await connection.run([{ command: sh`id -un` }]))[0]!.stdout).toBe(`${user}\n`);
      await connection.release();
      await end();
    }
    await vi.waitFor(() => expect(descendants(server.pid)).toEqual([]), { timeout: 5_000 });
  } finally {
    await server.stop();
    execFileSync('userdel', ['--force', user], { stdio: 'ignore' });
  }
});

it('pass over a server that is gone and come back, without an error', async () => {
  const server = await startSshd();
  try {
    const target = server.target({ sharing: { persistMs: 600_000 } });
    await visit(target);
    server.killSessions();
    expect(await visit(target)).toBe(false);
    expect(await visit(target)).toBe(true);
  } finally {
    await server.stop();
  }
});

it('pass over a server whose place another one has taken, as a login does', async () => {
  const first = await startSshd();
  const [knownHostsFile, privateKeyFile] = ['known_hosts', 'key'].map((name) => path.join(runtimeFolder, name)) as [string, string];
  copyFileSync(first.knownHosts, knownHostsFile);
  copyFileSync(first.keyFile, privateKeyFile);
  const target = first.target({ knownHostsFile, privateKeyFile, sharing: { persistMs: 600_000 } });
  await visit(target);
  await first.stop();
  const second = await startSshd({ port: first.port });
  try {
    await expect(open(target)).rejects.toMatchObject({ code: 'ssh.host-key', message: expect.stringContaining('has changed') });
  } finally {
    await second.stop();
  }
});

it('pass over a session that answers no more, within the bound', async () => {
  await visit();
  for (const pid of descendants(sshd.pid)) process.kill(pid, 'SIGSTOP');
  const frozen = descendants(sshd.pid);
  const started = performance.now();
  const { connection, old, log } = await open();
  expect(performance.now() - started).toBeLessThan(10_000);
  expect(old).toBe(false);
  expect(log.join('\n')).toContain('the connection kept from an earlier run is dead');
  await connection.close();
  for (const pid of frozen) send(pid, 'SIGKILL');
});

it('are shared by runs at the same time, which start one master', async () => {
  const opened = await Promise.all([open(), open(), open()]);
  expect(new Set(opened.map(({ master }) => master)).size).toBe(1);
  expect(sockets()).toHaveLength(1);
  expect(await Promise.all(opened.map(({ connection }) => say(connection)))).toHaveLength(3);
  for (const { connection } of opened) await connection.release();
  const again = await Promise.all([open(), open()]);
  expect(again.map(({ old }) => old).sort()).toEqual([false, true]);
  for (const { connection } of again) await connection.close();
});

it('leave nothing of a run behind that went without a word', async () => {
  const { connection, end } = await open();
  const lost = expect(connection.run([{ command: sh`sleep 60 & sleep 60` }])).rejects.toMatchObject({ code: 'ssh.dropped' });
  await vi.waitFor(() => expect(commands()).not.toEqual([]));
  await end();
  await lost;
  await vi.waitFor(() => expect(descendants(sshd.pid)).toEqual([]), { timeout: 10_000 });
  expect(await visit()).toBe(false);
});

it('lose their hosts with a master that is killed, and the next run starts another', async () => {
  const { connection, master } = await open();
  const running = expect(connection.run([{ command: sh`sleep 60` }])).rejects.toMatchObject({ code: 'ssh.dropped', details: { found: expect.stringContaining(`process ${master}`) } });
  await vi.waitFor(() => expect(commands()).not.toEqual([]));
  process.kill(master, 'SIGKILL');
  await running;
  await connection.close();
  expect(sockets()).toHaveLength(1);
  const next = await open();
  expect(next).toMatchObject({ old: false });
  expect(next.master).not.toBe(master);
  expect(await say(next.connection)).toContain('hello');
  await next.connection.close();
  expect(sockets()).toHaveLength(1);
});

it('end politely with a master that is told to end', async () => {
  const { connection, master } = await open();
  await say(connection);
  await connection.release();
  process.kill(master, 'SIGTERM');
  await vi.waitFor(() => expect(existsSync(`/proc/${master}`)).toBe(false), { timeout: 10_000, interval: 50 });
  expect(sockets()).toEqual([]);
  await vi.waitFor(() => expect(descendants(sshd.pid)).toEqual([]), { timeout: 5_000 });
});

/** Only root can give a folder away. */
const givenAway: [string, (place: string) => void, string][] = isRoot ? [['own their folder', (place) => chownSync(place, 12_345, 12_345), 'belongs to another user']] : [];

it.each<[string, (place: string) => void, string]>([
  ['could enter their folder', (place) => chmodSync(place, 0o755), 'others can enter'],
  ...givenAway,
])('are left alone where others %s', async (_name, give, words) => {
  const place = path.join(runtimeFolder, 'ctplay');
  mkdirSync(place, { mode: 0o700 });
  give(place);
  const { connection, master, log } = await open();
  expect(master).toBeNaN();
  expect(log.join('\n')).toMatch(new RegExp(`connections end with the run: .*${words}`));
  expect(await say(connection)).toContain('hello');
  await connection.close();
});

it('carry large inputs, streams and files there, and files back', async () => {
  const { connection } = await open();
  const bytes = new Uint8Array(5_000_000).map((_, index) => index * 7);
  const local = path.join(runtimeFolder, 'sent');
  await writeFile(local, bytes);
  const sum = async (command: ReturnType<typeof sh>): Promise<string> => (await connection.run([{ command }]))[0]!.stdout;
  const expected = await sum(sh`sha256sum`.withInput({ kind: 'bytes', bytes }));
  const stream = sh`sha256sum`.withInput({
    kind: 'stream',
    async *open() {
      for (let at = 0; at < bytes.length; at += 100_000) yield await Promise.resolve(bytes.subarray(at, at + 100_000));
    },
  });
  expect(await sum(stream)).toBe(expected);
  expect(await sum(sh`sha256sum`.withInput({ kind: 'file', path: path.relative(process.cwd(), local) }))).toBe(expected);
  const back = path.join(runtimeFolder, 'received');
  await connection.download(local, path.relative(process.cwd(), back));
  expect(Buffer.compare(await readFile(back), Buffer.from(bytes))).toBe(0);
  await connection.close();
});
