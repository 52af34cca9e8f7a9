/** Opening connections to a real sshd: host keys, authentication, jump hosts, retries, and what goes wrong. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Secret, sh } from '../../src/shell.ts';
import type { ConnectorOptions } from '../../src/transport/ssh/connector.ts';
import { hashName } from '../../src/transport/ssh/known-hosts.ts';
import type { Connect, ConnectOptions, HostTarget } from '../../src/transport/types.ts';
import { testConnector } from '../harness/connector.ts';
import { generateKey, startSshd } from '../harness/sshd.ts';
import type { Sshd } from '../harness/sshd.ts';

let folder: string;
let sshd: Sshd;
let encryptedKey: string;
let legacyKey: string;
let pkcs8Key: string;
let ecdsaKey: string;
let strangerKey: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ctplay-ssh-'));
  encryptedKey = generateKey(folder, 'encrypted', 'ed25519', { passphrase: 'open sesame' });
  legacyKey = generateKey(folder, 'legacy', 'rsa', { passphrase: 'open sesame', format: 'PEM' });
  pkcs8Key = generateKey(folder, 'pkcs8', 'rsa', { format: 'PKCS8' });
  ecdsaKey = generateKey(folder, 'ecdsa', 'ecdsa');
  strangerKey = generateKey(folder, 'stranger', 'ed25519');
  const authorizedKeys = await Promise.all([encryptedKey, legacyKey, pkcs8Key, ecdsaKey].map((file) => readFile(`${file}.pub`, 'utf8')));
  sshd = await startSshd({ hostKeyTypes: ['ed25519', 'ecdsa'], authorizedKeys });
});

afterAll(async () => {
  await sshd.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A connector that sees nothing of the machine's own keys, configuration and agent. */
async function connector(options: ConnectorOptions = {}): Promise<{ readonly connect: Connect }> {
  const home = await mkdtemp(join(folder, 'home-'));
  return testConnector({ home, configFiles: [], agentSocket: '', ...options });
}

/** Connects, runs a command and closes; gives the log. */
async function greet(target: HostTarget, options: ConnectOptions = {}, from?: { readonly connect: Connect }): Promise<string> {
  const lines: string[] = [];
  const connection = await (from ?? (await connector())).connect(target, { log: (line) => lines.push(line), ...options });
  try {
    const [result] = await connection.run([{ command: sh`echo hello` }]);
    expect(result).toMatchObject({ status: 0, stdout: 'hello\n' });
  } finally {
    await connection.close();
  }
  return lines.join('\n');
}

describe('keys', () => {
  it.each([
    ['OpenSSH ed25519', () => sshd.keyFile],
    ['PKCS #8 RSA', () => pkcs8Key],
    ['OpenSSH ECDSA', () => ecdsaKey],
  ])('logs in with %s', async (_name, keyFile) => {
    await greet(sshd.target({ privateKeyFile: keyFile() }));
  });

  it.each([
    ['OpenSSH', () => encryptedKey],
    ['PEM', () => legacyKey],
  ])('decrypts an encrypted %s key with the given passphrase', async (_name, keyFile) => {
    await greet(sshd.target({ privateKeyFile: keyFile(), passphrase: new Secret('open sesame') }));
  });

  it('asks for the passphrase once for all hosts, again after a wrong one', async () => {
    const questions: string[] = [];
    const prompt = (question: string): Promise<Secret> => {
      questions.push(question);
      return Promise.resolve(new Secret(questions.length === 1 ? 'wrong' : 'open sesame'));
    };
    const shared = await connector();
    await Promise.all(Array.from({ length: 4 }, () => greet(sshd.target({ privateKeyFile: encryptedKey }), { prompt }, shared)));
    expect(questions).toEqual([`Passphrase for ${encryptedKey}: `, `Wrong. Passphrase for ${encryptedKey}: `]);
  });

  it('does not count the time of a question as connect timeout', async () => {
    const prompt = async (): Promise<Secret> => {
      await new Promise((resolve) => setTimeout(resolve, 6000));
      return new Secret('open sesame');
    };
    await greet(sshd.target({ privateKeyFile: encryptedKey, connectTimeoutMs: 5000 }), { prompt });
  });

  it('says that a key is encrypted when nobody can be asked', async () => {
    await expect(greet(sshd.target({ privateKeyFile: encryptedKey }))).rejects.toMatchObject({
      code: 'ssh.auth',
      exitStatus: 4,
      details: { found: expect.stringContaining('encrypted, and there is no terminal'), hint: expect.stringContaining('ssh-add') },
    });
  });

  it('does not ask for the passphrase of a key that the server refuses', async () => {
    const other = generateKey(folder, 'encrypted-stranger', 'ed25519', { passphrase: 'x' });
    const prompt = (): Promise<Secret> => Promise.reject(new Error('asked'));
    await expect(greet(sshd.target({ privateKeyFile: other }), { prompt })).rejects.toMatchObject({ code: 'ssh.auth', details: { found: expect.not.stringContaining('asked') } });
  });

  it('names the user, the server, the refused key and the methods', async () => {
    await expect(greet(sshd.target({ privateKeyFile: strangerKey }))).rejects.toMatchObject({
      code: 'ssh.auth',
      message: `127.0.0.1:${sshd.port} refused the login of ${sshd.user}`,
      details: { expected: 'one of: publickey', found: expect.stringMatching(new RegExp(`^tried key ${strangerKey} SHA256:[\\w+/]{43}$`)) },
    });
  });

  it('names a key file that is not there', async () => {
    await expect(greet(sshd.target({ privateKeyFile: '/no/such/key' }))).rejects.toMatchObject({
      code: 'ssh.auth',
      details: { found: 'tried key /no/such/key (no such file)' },
    });
  });

  it('uses the default identities of ~/.ssh', async () => {
    const home = await mkdtemp(join(folder, 'home-'));
    await mkdir(join(home, '.ssh'));
    await writeFile(join(home, '.ssh', 'id_ed25519'), await readFile(sshd.keyFile), { mode: 0o600 });
    const { privateKeyFile: _, ...target } = sshd.target();
    await greet(target, {}, await connector({ home }));
  });
});

describe('the agent', () => {
  let socket: string;
  let agent: ReturnType<typeof spawn>;

  beforeAll(async () => {
    socket = join(folder, 'agent.sock');
    agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    while (!(await stat(socket).catch(() => undefined))) await new Promise((resolve) => setTimeout(resolve, 20));
    for (const key of [strangerKey, sshd.keyFile, pkcs8Key]) execFileSync('ssh-add', ['-q', key], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
  });
  afterAll(() => {
    agent.kill();
  });

  it('signs, once the server has said that it takes the key', async () => {
    const { privateKeyFile: _, ...target } = sshd.target();
    const before = sshd.log().length;
    await greet(target, {}, await connector({ agentSocket: socket }));
    expect(sshd.log().slice(before)).toContain('Postponed publickey');
  });

  it.each(['ed25519', 'rsa'])('signs alone for an %s public key file', async (type) => {
    const publicKey = type === 'rsa' ? `${pkcs8Key}.pub` : `${sshd.keyFile}.pub`;
    await greet(sshd.target({ privateKeyFile: publicKey }), {}, await connector({ agentSocket: socket }));
  });

  it('is not asked under IdentitiesOnly', async () => {
    const config = join(folder, 'identities-only');
    await writeFile(config, `Host *\n IdentitiesOnly yes\n IdentityFile ${strangerKey}\n`);
    const { privateKeyFile: _, ...target } = sshd.target();
    await expect(greet(target, {}, await connector({ agentSocket: socket, configFiles: [config] }))).rejects.toMatchObject({ code: 'ssh.auth' });
  });

  it('may hold more keys than the server lets one try', async () => {
    const impatient = await startSshd({ config: ['MaxAuthTries 1'] });
    try {
      const { privateKeyFile: _, ...target } = impatient.target();
      await expect(greet(target, {}, await connector({ agentSocket: socket }))).rejects.toMatchObject({ code: 'ssh.auth', details: { hint: expect.stringContaining('IdentitiesOnly') } });
    } finally {
      await impatient.stop();
    }
  });

  it('is done without when it is gone', async () => {
    expect(await greet(sshd.target(), {}, await connector({ agentSocket: join(folder, 'no-agent') }))).toContain('agent at');
  });
});

describe('a login', () => {
  /** What sshd logs at a login, up to the end of the connection. */
  const logged = async (server: Sshd, target: HostTarget, options?: ConnectorOptions): Promise<string> => {
    const before = server.log().length;
    await greet(target, {}, await connector(options));
    await expect.poll(() => server.log().slice(before)).toMatch(/Disconnected from user/);
    return server.log().slice(before);
  };

  it.each([
    ['ed25519', () => sshd.keyFile],
    ['rsa', () => pkcs8Key],
    ['ecdsa', () => ecdsaKey],
  ])('is signed with an %s key before the server is asked whether it would take it', async (_type, keyFile) => {
    const log = await logged(sshd, sshd.target({ privateKeyFile: keyFile() }));
    expect(log).toContain('Accepted publickey');
    expect(log).not.toContain('Postponed publickey');
  });

  it('is signed at once by an encrypted key that was decrypted for another host', async () => {
    const from = await connector();
    const target = sshd.target({ privateKeyFile: encryptedKey, passphrase: new Secret('open sesame') });
    for (const postponed of [true, false]) {
      const before = sshd.log().length;
      await greet(target, {}, from);
      expect(sshd.log().slice(before).includes('Postponed publickey')).toBe(postponed);
    }
  });

  it('tries one key after the other', async () => {
    const home = await mkdtemp(join(folder, 'home-'));
    await mkdir(join(home, '.ssh'));
    for (const [name, key] of [['id_rsa', generateKey(folder, 'rsa-stranger', 'rsa')], ['id_ecdsa', ecdsaKey]] as const) {
      await writeFile(join(home, '.ssh', name), await readFile(key), { mode: 0o600 });
    }
    const { privateKeyFile: _, ...target } = sshd.target();
    const log = await logged(sshd, target, { home });
    expect(log).toMatch(/Failed publickey .*RSA[^]*Accepted publickey .*ECDSA/);
    expect(log).not.toContain('Postponed publickey');
  });

  it('has no key of the server proved that was not met', async () => {
    const wordy = await startSshd({ config: ['LogLevel DEBUG'], hostKeyTypes: ['ed25519', 'ecdsa'] });
    try {
      const log = await logged(wordy, wordy.target());
      expect(log).toContain('server_input_channel_open');
      expect(log).not.toContain('hostkeys-prove');
    } finally {
      await wordy.stop();
    }
  });
});

describe('host keys', () => {
  const knownHostsWith = async (text: string): Promise<string> => {
    const file = join(await mkdtemp(join(folder, 'known-')), 'known_hosts');
    await writeFile(file, text);
    return file;
  };
  const name = (): string => `[127.0.0.1]:${sshd.port}`;

  it('finds a hashed name', async () => {
    const knownHostsFile = await knownHostsWith(`# comment\n${hashName(name(), Buffer.alloc(20, 7))} ${sshd.hostKeys[0]}\n`);
    expect(await greet(sshd.target({ knownHostsFile }))).toContain(`${knownHostsFile}:2`);
  });

  it('asks for the type of key that is recorded', async () => {
    const ecdsa = sshd.hostKeys.find((key) => key.startsWith('ecdsa'))!;
    await greet(sshd.target({ knownHostsFile: await knownHostsWith(`${name()} ${ecdsa}\n`) }));
  });

  it('refuses a changed key, with both fingerprints, the place and the remedy', async () => {
    const stranger = (await readFile(`${strangerKey}.pub`, 'utf8')).split(' ').slice(0, 2).join(' ');
    const knownHostsFile = await knownHostsWith(`other ${sshd.hostKeys[0]}\n${name()} ${stranger}\n`);
    for (const hostKeyChecking of ['strict', 'accept-new'] as const) {
      await expect(greet(sshd.target({ knownHostsFile, hostKeyChecking }))).rejects.toMatchObject({
        code: 'ssh.host-key',
        exitStatus: 4,
        details: {
          span: { file: knownHostsFile, line: 2 },
          expected: expect.stringMatching(/^ssh-ed25519 key SHA256:/),
          found: expect.stringMatching(/^ssh-ed25519 key SHA256:/),
          hint: expect.stringContaining(`ssh-keygen -f ${knownHostsFile} -R '${name()}'`),
        },
      });
    }
  });

  it('refuses an unknown key, and says how to take it', async () => {
    await expect(greet(sshd.target({ knownHostsFile: '/no/such/known_hosts' }))).rejects.toMatchObject({
      code: 'ssh.host-key',
      message: `the host key of ${name()} is unknown`,
      details: { hint: expect.stringContaining('--accept-new-host-keys') },
    });
  });

  it('records new keys once, in a file that did not exist and ends up private', async () => {
    const knownHostsFile = join(folder, 'new-folder', 'known_hosts');
    const shared = await connector();
    await Promise.all(Array.from({ length: 5 }, () => greet(sshd.target({ knownHostsFile, hostKeyChecking: 'accept-new' }), {}, shared)));
    expect(await readFile(knownHostsFile, 'utf8')).toBe(`${name()} ${sshd.hostKeys[0]}\n`);
    expect((await stat(knownHostsFile)).mode & 0o777).toBe(0o600);
    await greet(sshd.target({ knownHostsFile }));
  });

  it('appends to a file without a newline at its end, hashed where ssh_config says so', async () => {
    const knownHostsFile = await knownHostsWith('other ssh-ed25519 AAAA');
    const config = join(folder, 'hash-config');
    await writeFile(config, 'HashKnownHosts yes\n');
    await greet(sshd.target({ knownHostsFile, hostKeyChecking: 'accept-new' }), {}, await connector({ configFiles: [config] }));
    expect(await readFile(knownHostsFile, 'utf8')).toMatch(/^other ssh-ed25519 AAAA\n\|1\|[\w+/=]+\|[\w+/=]+ ssh-ed25519 \S+\n$/);
    expect(execFileSync('ssh-keygen', ['-F', name(), '-f', knownHostsFile], { encoding: 'utf8' })).toContain('ssh-ed25519');
  });

  it('refuses a revoked key even where it is also known', async () => {
    const knownHostsFile = await knownHostsWith(`${name()} ${sshd.hostKeys[0]}\n@revoked * ${sshd.hostKeys[0]}\n`);
    await expect(greet(sshd.target({ knownHostsFile }))).rejects.toMatchObject({ code: 'ssh.host-key', message: expect.stringContaining('revoked') });
  });

  it('checks nothing when told so', async () => {
    await greet(sshd.target({ knownHostsFile: '/no/such/known_hosts', hostKeyChecking: 'off' }));
  });
});

describe('ssh_config', () => {
  it('gives address, port, user, key and known_hosts of an alias', async () => {
    const config = join(folder, 'alias-config');
    await writeFile(config, `Host web\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  User ${sshd.user}\n  IdentityFile ${sshd.keyFile}\n  UserKnownHostsFile ${sshd.knownHosts}\n`);
    await greet({ name: 'web', connection: 'ssh', address: 'web', hostKeyChecking: 'strict', connectTimeoutMs: 5000 }, {}, await connector({ configFiles: [config] }));
  });

  it('goes through a ProxyCommand', async () => {
    const config = join(folder, 'command-config');
    await writeFile(config, `Host *\n  ProxyCommand exec 3<>/dev/tcp/%h/%p; cat <&3 & cat >&3\n`.replace('exec 3', "bash -c 'exec 3").replace('>&3\n', ">&3'\n"));
    await greet(sshd.target(), {}, await connector({ configFiles: [config] }));
  });
});

describe('jump hosts', () => {
  let bastion: Sshd;
  let second: Sshd;

  beforeAll(async () => {
    const authorizedKeys = [await readFile(`${sshd.keyFile}.pub`, 'utf8')];
    bastion = await startSshd({ address: '127.0.0.2', authorizedKeys });
    second = await startSshd({ address: '127.0.0.3', authorizedKeys });
    await writeFile(sshd.knownHosts, (await Promise.all([sshd, bastion, second].map((server) => readFile(server.knownHosts, 'utf8')))).join(''));
  });
  afterAll(async () => {
    await bastion.stop();
    await second.stop();
  });

  it('goes through one, and leaves nothing open', async () => {
    const log = await greet(sshd.target({ proxyJump: `${bastion.user}@127.0.0.2:${bastion.port}` }));
    expect(log).toContain(`127.0.0.2:${bastion.port} logged in`);
    expect(sshd.log()).toContain('Accepted publickey');
  });

  it('goes through a chain', async () => {
    const log = await greet(sshd.target({ proxyJump: `127.0.0.2:${bastion.port},127.0.0.3:${second.port}` }));
    expect(log.indexOf('127.0.0.2:')).toBeLessThan(log.indexOf('127.0.0.3:'));
    expect(second.log()).toContain(`Accepted publickey`);
  });

  it('follows ProxyJump of ssh_config', async () => {
    const config = join(folder, 'jump-config');
    await writeFile(config, `Host bastion\n HostName 127.0.0.2\n Port ${bastion.port}\nHost 127.0.0.1\n ProxyJump bastion\n`);
    expect(await greet(sshd.target(), {}, await connector({ configFiles: [config] }))).toContain(`127.0.0.2:${bastion.port} logged in`);
  });

  it('tells a jump host that refuses from a host that cannot be reached', async () => {
    await expect(greet(sshd.target({ proxyJump: `nobody-here@127.0.0.2:${bastion.port}` }))).rejects.toMatchObject({ code: 'ssh.auth', message: expect.stringContaining(`127.0.0.2:${bastion.port}`) });
    await expect(greet(sshd.target({ proxyJump: `127.0.0.2:${bastion.port}`, port: 1 }))).rejects.toMatchObject({
      code: 'ssh.unreachable',
      message: expect.stringContaining('127.0.0.1:1 through its jump host'),
    });
  });

  it('refuses a ProxyJump that leads back to itself', async () => {
    const config = join(folder, 'loop-config');
    await writeFile(config, 'Host a\n ProxyJump b\nHost b\n ProxyJump a\n');
    await expect(greet({ ...sshd.target(), address: 'a' }, {}, await connector({ configFiles: [config] }))).rejects.toMatchObject({ code: 'ssh.config' });
  });
});

describe('servers that are busy, slow or not there', () => {
  it('gets all of 20 connections through a server that takes one at a time', async () => {
    const busy = await startSshd({ config: ['MaxStartups 1:100:1'] });
    try {
      const shared = await connector();
      const connections = await Promise.all(Array.from({ length: 20 }, () => shared.connect(busy.target())));
      expect(connections.reduce((sum, { statistics }) => sum + statistics.retries, 0)).toBeGreaterThan(0);
      await Promise.all(connections.map((connection) => connection.close()));
    } finally {
      await busy.stop();
    }
  });

  it('waits for a server that is about to listen', async () => {
    const first = await startSshd();
    const { port } = first;
    await first.stop();
    const lines: string[] = [];
    const connecting = (await connector()).connect(sshd.target({ port, hostKeyChecking: 'off' }), { log: (line) => lines.push(line) });
    await vi.waitFor(() => expect(lines.join('\n')).toContain('trying again'), { interval: 10 });
    const later = startSshd({ port, authorizedKeys: [await readFile(`${sshd.keyFile}.pub`, 'utf8')] });
    try {
      const connection = await connecting;
      expect(connection.statistics.retries).toBeGreaterThan(0);
      await connection.close();
    } finally {
      await (await later).stop();
    }
  });

  it('gives up on a refused connection soon, and says so', async () => {
    const started = performance.now();
    await expect(greet(sshd.target({ port: 1 }))).rejects.toMatchObject({
      code: 'ssh.unreachable',
      message: 'cannot reach test-host at 127.0.0.1:1',
      details: { found: 'connection refused (5 tries)' },
    });
    expect(performance.now() - started).toBeLessThan(6_000);
  });

  it('gives up on a name that does not exist at once', async () => {
    await expect(greet(sshd.target({ address: 'no-such-host.invalid' }))).rejects.toMatchObject({ code: 'ssh.unreachable', details: { found: 'its name cannot be resolved' } });
  });

  it('gives up on a server that says nothing', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = silent.address() as AddressInfo;
      const started = performance.now();
      await expect(greet(sshd.target({ port, connectTimeoutMs: 500 }))).rejects.toMatchObject({ code: 'ssh.unreachable', details: { found: 'no answer in 0.5 s' } });
      expect(performance.now() - started).toBeLessThan(10_000);
    } finally {
      silent.close();
    }
  });

  it('says that what listens there is no SSH server', async () => {
    const other = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = other.address() as AddressInfo;
      await expect(greet(sshd.target({ port }))).rejects.toMatchObject({ code: 'ssh.unreachable', details: { found: 'what listens there is no SSH server; it said: HTTP/1.1 400 Bad Request' } });
    } finally {
      other.close();
    }
  });

  it('stops connecting when interrupted', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = silent.address() as AddressInfo;
      const started = performance.now();
      await expect(greet(sshd.target({ port }), { signal: AbortSignal.timeout(300) })).rejects.toMatchObject({ code: 'task.interrupted' });
      expect(performance.now() - started).toBeLessThan(5_000);
    } finally {
      silent.close();
    }
  });
});

describe('a connection that is lost, or a shell that is none', () => {
  it('fails the running step with what it had printed, and every later batch', async () => {
    const own = await startSshd();
    try {
      const connection = await (await connector()).connect(own.target());
      const running = connection.run([{ command: sh`echo before` }, { command: sh`echo partly; sleep 60; echo after` }, { command: sh`echo later` }]);
      setTimeout(() => own.killSessions(), 500);
      await expect(running).rejects.toMatchObject({
        code: 'ssh.dropped',
        exitStatus: 4,
        details: { expected: expect.stringContaining('echo partly'), detail: 'partly' },
      });
      await expect(connection.run([{ command: sh`true` }])).rejects.toMatchObject({ code: 'ssh.dropped' });
      await connection.close();
    } finally {
      await own.stop();
    }
  });

  it('does not mind what a login shell prints before it starts the command', async () => {
    const noisy = await startSshd({ config: ['ForceCommand echo welcome; echo oops >&2; eval "$SSH_ORIGINAL_COMMAND"'] });
    try {
      await greet(noisy.target());
    } finally {
      await noisy.stop();
    }
  });

  it('fails a login shell that is none with what it printed', async () => {
    const forced = await startSshd({ config: ['ForceCommand echo This account is for transfers only; exit 1'] });
    try {
      const connection = await (await connector()).connect(forced.target());
      await expect(connection.run([{ command: sh`true` }])).rejects.toMatchObject({ code: 'ssh.shell', details: { detail: 'This account is for transfers only' } });
      await connection.close();
    } finally {
      await forced.stop();
    }
  });
});
