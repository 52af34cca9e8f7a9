/** Connections over a slow line, a stopped host, and servers with few sessions. */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectTcp, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sh } from '../../src/shell.ts';
import type { ConnectorOptions } from '../../src/transport/ssh/connector.ts';
import type { Connection } from '../../src/transport/types.ts';
import { testConnector } from '../harness/connector.ts';
import { descendants, startSshd } from '../harness/sshd.ts';
import type { Sshd } from '../harness/sshd.ts';

const ONE_WAY_MS = 300;
/** A server that says nothing for so long has said all, also where it gets little time. */
const SILENCE_MS = 1_500;

let sshd: Sshd;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ctplay-line-'));
  sshd = await startSshd();
});
afterAll(async () => {
  await sshd.stop();
  await rm(folder, { recursive: true, force: true });
});

const open = async (port: number, options: ConnectorOptions = {}): Promise<Connection> =>
  await testConnector({ home: folder, configFiles: [], agentSocket: '', ...options }).connect(sshd.target({ port, hostKeyChecking: 'off' }));

describe('a slow line', () => {
  const sockets: Socket[] = [];
  let line: Server;
  let port: number;

  beforeAll(async () => {
    line = createServer((near) => {
      const far = connectTcp({ host: sshd.address, port: sshd.port, noDelay: true });
      near.setNoDelay(true);
      sockets.push(near, far);
      for (const [from, to] of [[near, far], [far, near]] as const) {
        from.on('data', (bytes: Buffer) => setTimeout(() => to.write(bytes), ONE_WAY_MS));
        from.on('close', () => setTimeout(() => to.destroy(), ONE_WAY_MS));
        from.on('error', () => {});
      }
    });
    await new Promise<void>((resolve) => line.listen(0, '127.0.0.1', resolve));
    port = (line.address() as AddressInfo).port;
  });
  afterAll(() => {
    line.close();
    for (const socket of sockets) socket.destroy();
  });

  it('costs a batch one round trip, and the first one only its channel besides', async () => {
    const connection = await open(port);
    const steps = Array.from({ length: 50 }, (_, index) => ({ command: sh`echo ${index}` }));
    const timed = async (): Promise<number> => {
      const started = performance.now();
      expect((await connection.run(steps)).at(-1)).toMatchObject({ status: 0, stdout: '49\n' });
      return (performance.now() - started) / (2 * ONE_WAY_MS);
    };
    // Opening the channel, starting the shell in it, and then the boot script together with the batch.
    expect(await timed()).toBeLessThan(4);
    expect(await timed()).toBeLessThan(2);
    expect(connection.statistics.roundTrips).toBe(3);
    await connection.close();
  });

  it('is crossed five times for a login with a command', async () => {
    let crossings = 0;
    // What the server has to say goes on when it has been silent for a while, so that one answer counts once.
    const turns = createServer((near) => {
      const far = connectTcp({ host: sshd.address, port: sshd.port, noDelay: true });
      let said: Buffer[] = [];
      let silence: NodeJS.Timeout | undefined;
      sockets.push(near, far);
      far.on('data', (bytes: Buffer) => {
        said.push(bytes);
        clearTimeout(silence);
        silence = setTimeout(() => {
          crossings++;
          near.write(Buffer.concat(said));
          said = [];
        }, SILENCE_MS);
      });
      near.on('data', (bytes: Buffer) => far.write(bytes));
      near.on('close', () => far.destroy());
      for (const socket of [near, far]) socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => turns.listen(0, '127.0.0.1', resolve));
    try {
      const connection = await open((turns.address() as AddressInfo).port);
      expect(await connection.run([{ command: sh`echo hello` }])).toMatchObject([{ status: 0 }]);
      // Algorithms, keys, login with a session, shell in it, batch.
      expect(crossings).toBe(5);
      await connection.close();
    } finally {
      turns.close();
    }
  });

  it('kills the right step, not the one that began meanwhile', async () => {
    const connection = await open(port);
    const [slow, next] = await connection.run([
      { command: sh`cat >/dev/null; sleep 60`.withInput('x'.repeat(200_000)), timeoutMs: 1_500 },
      { command: sh`echo next` },
    ]);
    expect(slow).toMatchObject({ status: null, timedOut: true });
    expect(next).toMatchObject({ status: 0, stdout: 'next\n' });
    // The first step ends by itself while the kill is on its way: the second has just begun then.
    const [late, spared] = await connection.run([{ command: sh`sleep 1.05`, timeoutMs: 1_000 }, { command: sh`sleep 1; echo spared` }]);
    expect(late).toMatchObject({ status: 0, timedOut: false });
    expect(spared).toMatchObject({ status: 0, stdout: 'spared\n' });
    await connection.close();
  });
});

describe('a host that stops', () => {
  const stopped: number[] = [];
  afterAll(() => {
    for (const pid of stopped) {
      try {
        process.kill(pid, 'SIGCONT');
      } catch {
        // It ended meanwhile.
      }
    }
  });

  /** Stops every process that serves the connection. */
  const stop = (): void => {
    for (const pid of descendants(sshd.pid)) {
      process.kill(pid, 'SIGSTOP');
      stopped.push(pid);
    }
  };

  it('is noticed by its keepalives', async () => {
    const connection = await open(sshd.port, { keepaliveMs: 100 });
    await connection.run([{ command: sh`true` }]);
    const started = performance.now();
    stop();
    await expect(connection.run([{ command: sh`echo unheard` }])).rejects.toMatchObject({
      code: 'ssh.dropped',
      details: { expected: expect.stringContaining('echo unheard'), found: expect.stringContaining('keepalive') },
    });
    expect(performance.now() - started).toBeLessThan(10_000);
    await connection.close();
  });

  it('is given up when it does not answer a kill', async () => {
    const connection = await open(sshd.port);
    // The shell is there before the line stops: what is tested is the kill, not the start of a shell.
    await connection.run([{ command: sh`echo` }]);
    const running = connection.run([{ command: sh`sleep 60`, timeoutMs: 500 }]);
    setTimeout(stop, 300);
    await expect(running).rejects.toMatchObject({ code: 'ssh.dropped', details: { found: expect.stringContaining('did not answer') } });
    await connection.close();
  }, 30_000);
});

describe('a server with one session for each connection', () => {
  let narrow: Sshd;
  beforeAll(async () => {
    narrow = await startSshd({ config: ['MaxSessions 1'] });
  });
  afterAll(async () => {
    await narrow.stop();
  });
  const openNarrow = async (): Promise<Connection> =>
    await testConnector({ home: folder, configFiles: [], agentSocket: '' }).connect(narrow.target());

  it('runs batches, and says why it cannot run more', async () => {
    const connection = await openNarrow();
    expect((await connection.run([{ command: sh`echo hello` }]))[0]!.stdout).toBe('hello\n');
    await expect(connection.download('/etc/hostname', join(folder, 'hostname'))).rejects.toMatchObject({ code: 'ssh.shell', details: { hint: expect.stringContaining('MaxSessions') } });
    await connection.close();
  });

  it('loses the shell of a step that cannot be killed, and gets another', async () => {
    const connection = await openNarrow();
    await expect(connection.run([{ command: sh`echo begun; sleep 20`, timeoutMs: 300 }])).rejects.toMatchObject({
      code: 'ssh.dropped',
      details: { found: expect.stringContaining('could not be killed'), detail: 'begun' },
    });
    await connection.close();
  });
});
