/** Connections that other threads hold: all that holds of those in the main thread, and what threads share. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Secret, sh } from '../../src/shell.ts';
import type { HoldingConnector } from '../../src/transport/held/connector.ts';
import type { Connection, HostTarget } from '../../src/transport/types.ts';
import { threadedConnector, useThreads } from '../harness/connector.ts';
import { generateKey, startSshd } from '../harness/sshd.ts';
import type { Sshd } from '../harness/sshd.ts';

useThreads();

describe.each(['ssh', 'line', 'become'])('in other threads: %s', async (file) => {
  await import(`./transport-${file}.test.ts`);
});

describe('two threads', () => {
  let folder: string;
  let encryptedKey: string;
  /** Dealt to the one thread and the other. */
  let servers: readonly [Sshd, Sshd];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ctplay-threads-'));
    encryptedKey = generateKey(folder, 'encrypted', 'ed25519', { passphrase: 'open sesame' });
    const authorizedKeys = [await readFile(`${encryptedKey}.pub`, 'utf8')];
    servers = [await startSshd({ authorizedKeys }), await startSshd({ authorizedKeys })];
  });
  afterAll(async () => {
    for (const server of servers) await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const start = (): HoldingConnector => {
    const connector = threadedConnector({ home: folder, configFiles: [], agentSocket: '' });
    onTestFinished(() => connector.close());
    return connector;
  };
  /** Several hosts on each server. */
  const targets = (changes: Partial<HostTarget> = {}): HostTarget[] => [0, 1, 2].flatMap(() => servers.map((server) => server.target(changes)));
  const echo = async (connection: Connection): Promise<string> => (await connection.run([{ command: sh`echo hello` }]))[0]!.stdout;

  it('ask for a passphrase once between them, again after a wrong one', async () => {
    const questions: string[] = [];
    const prompt = (question: string): Promise<Secret> => {
      questions.push(question);
      return Promise.resolve(new Secret(questions.length === 1 ? 'wrong' : 'open sesame'));
    };
    const { connect } = start();
    const connections = await Promise.all(targets({ privateKeyFile: encryptedKey }).map((target) => connect(target, { prompt })));
    expect(await Promise.all(connections.map(echo))).toEqual(connections.map(() => 'hello\n'));
    expect(questions).toEqual([`Passphrase for ${encryptedKey}: `, `Wrong. Passphrase for ${encryptedKey}: `]);
  });

  it('record new host keys one after the other, each once', async () => {
    const knownHostsFile = join(folder, 'known_hosts');
    await writeFile(knownHostsFile, 'other ssh-ed25519 AAAA');
    const { connect } = start();
    await Promise.all(targets({ knownHostsFile, hostKeyChecking: 'accept-new' }).map((target) => connect(target)));
    const recorded = (await readFile(knownHostsFile, 'utf8')).split('\n');
    expect(recorded.sort()).toEqual(['', 'other ssh-ed25519 AAAA', ...servers.map(({ port, hostKeys }) => `[127.0.0.1]:${port} ${hostKeys[0]}`)].sort());
  });

  it('lose their hosts when they end, and others take their place', async () => {
    const connector = start();
    const target = servers[0].target();
    const connection = await connector.connect(target);
    const running = connection.run([{ command: sh`sleep 60` }]);
    const ended = expect(running).rejects.toMatchObject({ code: 'ssh.dropped', exitStatus: 4, details: { found: expect.stringContaining('the thread that held it ended') } });
    await connector.close();
    await ended;
    await expect(connection.run([{ command: sh`true` }])).rejects.toMatchObject({ code: 'ssh.dropped' });
    await connection.close();
    expect(await echo(await connector.connect(target))).toBe('hello\n');
  });

  it('name a defect and its place', async () => {
    const connection = await start().connect(servers[0].target());
    await expect(connection.run([{ command: sh`echo \0` }])).rejects.toMatchObject({ name: 'RangeError', stack: expect.stringContaining('requestLine') });
  });
});
