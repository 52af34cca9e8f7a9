/**
 * The transport against ssh2 alone, in one process: connecting and one exec, many commands, a large output. All hosts are
 * one sshd on loopback, so client and servers share the machine's cores.
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import ssh2 from 'ssh2';
import { sh } from '../src/shell.ts';
import { SshConnector } from '../src/transport/ssh/connector.ts';
import { startSshd } from '../test/harness/sshd.ts';
import { median, printRatios } from './measure.ts';

const ROUNDS = 5;
const SIZES = [1, 10, 50];
const COMMANDS = 20;
const sshd = await startSshd({ config: ['MaxStartups 1000:30:2000'] });
const privateKey = readFileSync(sshd.keyFile);

/** ssh2 alone, with Nagle's delay off as in the transport: connect, run each command by its own exec, close. */
async function raw(commands: readonly string[]): Promise<void> {
  const client = new ssh2.Client();
  await new Promise<void>((resolve, reject) => {
    client.on('error', reject).on('ready', resolve);
    client.connect({ sock: connect({ host: sshd.address, port: sshd.port, noDelay: true }), username: sshd.user, privateKey, readyTimeout: 60_000 });
  });
  for (const command of commands) {
    await new Promise<void>((resolve, reject) => {
      client.exec(command, (error, channel) => {
        if (error) return reject(error);
        channel.on('close', (status: number | undefined) => (status === 0 ? resolve() : reject(new Error(`status ${status}`)))).resume();
        channel.stderr.resume();
      });
    });
  }
  client.end();
}

/** The transport: connect, run all commands as one batch, close. */
async function batched(connector: SshConnector, commands: readonly string[]): Promise<void> {
  const connection = await connector.connect(sshd.target());
  const results = await connection.run(commands.map((command) => ({ command: sh`sh -c ${command}` })));
  if (results.some(({ status }) => status !== 0)) throw new Error('a command failed');
  await connection.close();
}

/** Medians of interleaved rounds, after one that isn't measured. */
async function compare(title: string, contestants: Readonly<Record<string, () => Promise<unknown>>>): Promise<void> {
  const times = new Map(Object.keys(contestants).map((name) => [name, [] as number[]]));
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, work] of Object.entries(contestants)) {
      const started = performance.now();
      await work();
      if (round >= 0) times.get(name)!.push(performance.now() - started);
    }
  }
  printRatios(title, [...times].map(([name, values]) => ({ name, wallMs: median(values) })));
}

try {
  for (const size of SIZES) {
    const many = Array.from({ length: COMMANDS }, () => 'true');
    const onEach = (work: () => Promise<void>): Promise<unknown> => Promise.all(Array.from({ length: size }, work));
    const connector = connectorOf(size);
    await compare(`${size} hosts`, {
      'ssh2: connect + 1 exec': () => onEach(() => raw(['exec /bin/sh -c true'])),
      'transport: connect + 1 step': () => onEach(() => batched(connector, ['true'])),
      [`transport: connect + ${COMMANDS} steps`]: () => onEach(() => batched(connector, many)),
      ...(size === 1 && { [`ssh2: connect + ${COMMANDS} execs`]: () => raw(many) }),
    });
  }
  const large = ['head -c 100000000 /dev/zero'];
  await compare('100 MB of output', {
    'ssh2: connect + 1 exec': () => raw(large),
    'transport: connect + 1 step': () => batched(connectorOf(1), large),
  });
} finally {
  await sshd.stop();
}

/** A connector without the user's own keys, with as many handshakes at once as the raw contestant makes. */
function connectorOf(handshakes: number): SshConnector {
  return new SshConnector({ home: sshd.folder, configFiles: [], agentSocket: '', handshakes });
}
