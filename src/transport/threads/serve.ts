/** The thread that holds connections: does what the main thread asks. */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { Secret } from '../../shell.ts';
import { SshConnector } from '../ssh/connector.ts';
import type { ConnectorOptions } from '../ssh/connector.ts';
import type { Connection, ConnectOptions } from '../types.ts';
import type { ConnectionCalls, MainCalls } from './calls.ts';
import { unpackBecome, unpackStep, unpackTarget } from './codec.ts';
import type { PlainBecome } from './codec.ts';
import { Peer } from './peer.ts';

/** Serves until the main thread ends this one. */
export function serve(): void {
  if (isMainThread || !parentPort) throw new Error('connections are held in threads of their own');
  const connections = new Map<number, Connection>();
  const connector = new SshConnector(workerData as ConnectorOptions, async (work) => {
    await main.call('record', undefined);
    try {
      await work();
    } finally {
      main.note('recorded', undefined);
    }
  });

  async function* readStream(stream: number): AsyncGenerator<Uint8Array> {
    for (let bytes = await main.call('read', { stream }); bytes; bytes = await main.call('read', { stream })) yield bytes;
  }

  /** Does something with a connection and tells how its statistics stand then. */
  const using = async <T>(id: number, work: (connection: Connection) => Promise<T>): Promise<T> => {
    const connection = connections.get(id)!;
    try {
      return await work(connection);
    } finally {
      main.note('statistics', { connection: id, statistics: connection.statistics });
    }
  };

  const main = new Peer<MainCalls, ConnectionCalls>(parentPort, {
    connect: async ({ connection: id, target, prompts, logs }, signal) => {
      const options: ConnectOptions = {
        signal,
        ...(prompts && { prompt: async (question, once) => new Secret(await main.call('prompt', { connection: id, question, once })) }),
        ...(logs && { log: (line) => main.note('log', { connection: id, line }) }),
      };
      connections.set(id, await connector.connect(unpackTarget(target), options));
      await using(id, () => Promise.resolve());
    },
    run: async ({ connection, steps, become }, signal) => await using(connection, (open) => open.run(steps.map((step) => unpackStep(step, readStream)), optionsOf(become, signal))),
    download: async ({ connection, remotePath, localPath, become }, signal) => await using(connection, (open) => open.download(remotePath, localPath, optionsOf(become, signal))),
    leave: async ({ connection, user }) => await using(connection, (open) => open.leave(user)),
    close: async ({ connection }) => {
      await using(connection, (open) => open.close());
      connections.delete(connection);
    },
  });
}

function optionsOf(become: PlainBecome | undefined, signal: AbortSignal): { become?: ReturnType<typeof unpackBecome>; signal: AbortSignal } {
  return { signal, ...(become && { become: unpackBecome(become) }) };
}
