/** sudo and su on a real host, with temporary users; needs root. */
import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret, sh } from '../../src/shell.ts';
import type { Become, Connection, HostTarget } from '../../src/transport/types.ts';
import { testConnector } from '../harness/connector.ts';
import { startSshd } from '../harness/sshd.ts';
import type { Sshd } from '../harness/sshd.ts';

const isRoot = process.getuid?.() === 0;
const PASSWORD = `it's a "pass word"`;

/** The user logs in; the others are what sudo allows it. */
const login = `ctplay-l-${process.pid}`;
const strict = `ctplay-s-${process.pid}`;
const stranger = `ctplay-n-${process.pid}`;
const sudoers = `/etc/sudoers.d/ctplay-test-${process.pid}`;

describe.runIf(isRoot)('become', () => {
  let sshd: Sshd;
  let folder: string;
  const open: Connection[] = [];

  beforeAll(async () => {
    for (const user of [login, strict, stranger]) {
      execFileSync('useradd', ['--no-create-home', '--home-dir', '/', '--shell', '/bin/sh', user]);
      execFileSync('chpasswd', { input: `${user}:${PASSWORD}\n` });
    }
    await writeFile(sudoers, `${login} ALL=(ALL) NOPASSWD: ALL\n${strict} ALL=(ALL) ALL\nDefaults:${strict} timestamp_timeout=0\n`, { mode: 0o440 });
    sshd = await startSshd({ config: ['PasswordAuthentication yes'] });
    folder = await mkdtemp(join(tmpdir(), 'ctplay-become-'));
    await chmod(folder, 0o711);
  });

  afterAll(async () => {
    await Promise.all(open.map((connection) => connection.close()));
    await sshd?.stop();
    await unlink(sudoers);
    await rm(folder, { recursive: true, force: true });
    for (const user of [login, strict, stranger]) execFileSync('userdel', ['--force', user], { stdio: 'ignore' });
  });

  const connectAs = async (user: string, changes: Partial<HostTarget> = {}): Promise<Connection> => {
    const connector = testConnector({ home: folder, configFiles: [], agentSocket: '' });
    const connection = await connector.connect(sshd.target({ user, ...changes }));
    open.push(connection);
    return connection;
  };
  const sudo = (user = 'root', password?: string): Become => ({ method: 'sudo', user, ...(password !== undefined && { password: new Secret(password) }) });
  const whoami = async (connection: Connection, become?: Become): Promise<string> => {
    const [result] = await connection.run([{ command: sh`id -un` }], become ? { become } : {});
    expect(result!.status).toBe(0);
    return result!.stdout.trim();
  };

  it('keeps a shell for each user, at one round trip a batch', async () => {
    const connection = await connectAs(login);
    expect(await whoami(connection)).toBe(login);
    expect(await whoami(connection, sudo())).toBe('root');
    expect(await whoami(connection, sudo(stranger))).toBe(stranger);
    const before = connection.statistics.roundTrips;
    const pids = await Promise.all(
      [undefined, sudo(), sudo(stranger), undefined, sudo(), sudo(stranger)].map(async (become) => (await connection.run([{ command: sh`echo $$` }], become ? { become } : {}))[0]!.stdout),
    );
    expect(connection.statistics.roundTrips - before).toBe(6);
    expect(new Set(pids).size).toBe(3);
    expect(pids.slice(0, 3)).toEqual(pids.slice(3));
  });

  it("uses the login user's own shell for that user", async () => {
    const connection = await connectAs('root');
    const [own] = await connection.run([{ command: sh`echo $$` }]);
    const [asRoot] = await connection.run([{ command: sh`echo $$` }], { become: sudo() });
    expect(asRoot!.stdout).toBe(own!.stdout);
  });

  it('gives a password to sudo', async () => {
    const connection = await connectAs(strict);
    expect(await whoami(connection, sudo('root', PASSWORD))).toBe('root');
    expect(await whoami(connection, sudo('root', PASSWORD))).toBe('root');
  });

  it('never gives a password to a sudo that asks for none', async () => {
    const connection = await connectAs(login);
    const [result] = await connection.run([{ command: sh`id -un` }], { become: sudo('root', PASSWORD) });
    expect(result).toMatchObject({ status: 0, stdout: 'root\n', stderr: '' });
  });

  it('reports a wrong password in the words of sudo, soon', async () => {
    const connection = await connectAs(strict);
    const started = performance.now();
    const failure = await connection.run([{ command: sh`true` }], { become: sudo('root', 'wrong-one') }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'become.failed',
      exitStatus: 2,
      message: 'cannot become root on test-host',
      details: { detail: expect.stringMatching(/try again|incorrect password/), hint: expect.stringContaining('Check the become password') },
    });
    expect(JSON.stringify(failure) + String((failure as Error).stack)).not.toContain('wrong-one');
    expect(performance.now() - started).toBeLessThan(8_000);
    expect(await whoami(connection, sudo('root', PASSWORD))).toBe('root');
  });

  it('says that a password is missing', async () => {
    const connection = await connectAs(strict);
    await expect(connection.run([{ command: sh`true` }], { become: sudo() })).rejects.toMatchObject({
      code: 'become.failed',
      details: { detail: expect.stringContaining('password is required'), hint: expect.stringContaining('--ask-become-pass') },
    });
    expect(await whoami(connection)).toBe(strict);
  });

  it.each([
    ['a user who may not', () => stranger, () => sudo('root', PASSWORD), /not in the sudoers/, /sudoers/],
    ['a user who does not exist', () => login, () => sudo('ctplay-nobody-here'), /unknown user/, /Create the user/],
  ])('reports %s', async (_name, user, become, words, hint) => {
    const connection = await connectAs(user());
    await expect(connection.run([{ command: sh`true` }], { become: become() })).rejects.toMatchObject({
      code: 'become.failed',
      details: { detail: expect.stringMatching(words), hint: expect.stringMatching(hint) },
    });
  });

  it('passes every byte, large outputs and files through sudo', async () => {
    const connection = await connectAs(strict);
    const become = sudo('root', PASSWORD);
    const bytes = Buffer.from(Array.from({ length: 512 }, (_, index) => index % 256));
    const file = join(folder, 'input');
    await writeFile(file, Buffer.alloc(5_000_000, 'x'), { mode: 0o600 });
    const results = await connection.run(
      [
        { command: sh`od -An -v -tx1 | tr -d ' \\n'`.withInput({ kind: 'bytes', bytes }) },
        { command: sh`head -c 3000000 /dev/zero | tr '\\0' y`, maxOutput: 10 },
        { command: sh`id -un; wc -c`.withInput({ kind: 'file', path: file }) },
      ],
      { become },
    );
    expect(results[0]!.stdout).toBe(bytes.toString('hex'));
    expect(results[1]).toMatchObject({ stdout: 'yyyyyyyyyy', dropped: { stdout: 2_999_990 } });
    expect(results[2]!.stdout).toBe('root\n5000000\n');
    const copy = join(folder, 'copy');
    await connection.download(file, copy, { become });
    expect((await stat(copy)).size).toBe(5_000_000);
  });

  it('kills what it runs as another user when its time is up', async () => {
    const connection = await connectAs(strict);
    const become = sudo('root', PASSWORD);
    const marker = `80${Math.floor(Math.random() * 1e6)}`;
    const [slow, after] = await connection.run([{ command: sh`sleep ${marker}`, timeoutMs: 300 }, { command: sh`id -un` }], { become });
    expect(slow).toMatchObject({ status: null, timedOut: true });
    expect(after!.stdout).toBe('root\n');
    expect((await connection.run([{ command: sh`cat /proc/[0-9]*/cmdline | tr '\\0' ' '` }], { become }))[0]!.stdout).not.toContain(`sleep ${marker}`);
  });

  it('logs in with a password, and reports a wrong one without showing it', async () => {
    const changes = { privateKeyFile: '/no/such/key', password: new Secret(PASSWORD) };
    expect(await whoami(await connectAs(login, changes))).toBe(login);
    const failure = await connectAs(login, { ...changes, password: new Secret('wrong-one') }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ssh.auth', details: { expected: 'one of: publickey, password', found: expect.stringContaining('password') } });
    expect(JSON.stringify(failure)).not.toContain('wrong-one');
  });

  it('logs in with a key and then a password where the server wants both', async () => {
    const both = await startSshd({ config: ['PasswordAuthentication yes', 'AuthenticationMethods publickey,password'] });
    try {
      const connector = testConnector({ home: folder, configFiles: [], agentSocket: '' });
      const connection = await connector.connect(both.target({ user: login, password: new Secret(PASSWORD) }));
      expect(await whoami(connection)).toBe(login);
      await connection.close();
    } finally {
      await both.stop();
    }
  });

  it('becomes another user by su, with and without a password', async () => {
    expect(await whoami(await connectAs('root'), { method: 'su', user: stranger })).toBe(stranger);
    const connection = await connectAs(login);
    expect(await whoami(connection, { method: 'su', user: stranger, password: new Secret(PASSWORD) })).toBe(stranger);
    await expect(connection.run([{ command: sh`true` }], { become: { method: 'su', user: 'root', password: new Secret('wrong-one') } })).rejects.toMatchObject({
      code: 'become.failed',
      details: { detail: expect.stringContaining('Authentication failure') },
    });
    await expect(connection.run([{ command: sh`true` }], { become: { method: 'su', user: strict } })).rejects.toMatchObject({ code: 'become.failed' });
  });

  it('writes no password to the log of the server', async () => {
    expect(sshd.log()).not.toContain(PASSWORD);
    expect(await readFile('/var/log/auth.log', 'utf8').catch(() => '')).not.toContain(PASSWORD);
  });
});
