/** The side that holds connections: does what a run asks. */
import { Secret } from '../../shell.ts';
import type { Recording } from '../ssh/connector.ts';
import type { Connect, Connection, ConnectOptions } from '../types.ts';
import type { ConnectionCalls, RunCalls } from './calls.ts';
import { unpackBecome, unpackStep, unpackTarget } from './codec.ts';
import type { PlainBecome } from './codec.ts';
import { Peer } from './peer.ts';
import type { Port } from './peer.ts';

/** What is held for one run. */
export interface Service {
  /** The run is gone: kills what its commands still run on hosts, and closes its connections. */
  abandon(): Promise<void>;
}

/** @param connectorFor opens the run's connections; new host keys are recorded one at a time by `recording` */
export function serve(port: Port, connectorFor: (recording: Recording) => { readonly connect: Connect }): Service {
  const connections = new Map<number, Connection>();
  const working = new Set<Promise<unknown>>();
  const connector = connectorFor(async (work) => {
    await run.call('record', undefined);
    try {
      await work();
    } finally {
      run.note('recorded', undefined);
    }
  });

  async function* readStream(stream: number): AsyncGenerator<Uint8Array> {
    for (let bytes = await run.call('read', { stream }); bytes; bytes = await run.call('read', { stream })) yield bytes;
  }

  const tracked = async <T>(work: Promise<T>): Promise<T> => {
    working.add(work);
    try {
      return await work;
    } finally {
      working.delete(work);
    }
  };

  /** Does something with a connection and tells how its statistics stand then. */
  const using = async <T>(id: number, work: (connection: Connection) => Promise<T>): Promise<T> => {
    const connection = connections.get(id)!;
    try {
      return await tracked(work(connection));
    } finally {
      run.note('statistics', { connection: id, statistics: connection.statistics });
    }
  };

  const run = new Peer<RunCalls, ConnectionCalls>(port, {
    connect: async ({ connection: id, target, prompts, logs }, signal) => {
      const options: ConnectOptions = {
        signal,
        ...(prompts && { prompt: async (question, once) => new Secret(await run.call('prompt', { connection: id, question, once })) }),
        ...(logs && { log: (line) => run.note('log', { connection: id, line }) }),
      };
      await tracked(connector.connect(unpackTarget(target), options).then((connection) => connections.set(id, connection)));
      await using(id, () => Promise.resolve());
    },
    run: async ({ connection, steps, become }, signal) => await using(connection, (open) => open.run(steps.map((step) => unpackStep(step, readStream)), optionsOf(become, signal))),
    download: async ({ connection, remotePath, localPath, mode, become }, signal) => await using(connection, (open) => open.download(remotePath, localPath, { ...optionsOf(become, signal), mode })),
    leave: async ({ connection, user }) => await using(connection, (open) => open.leave(user)),
    release: async ({ connection }) => {
      const released = using(connection, (open) => open.release());
      connections.delete(connection);
      await released;
    },
    close: async ({ connection }) => {
      await using(connection, (open) => open.close());
      connections.delete(connection);
    },
  });

  return {
    abandon: async () => {
      run.end(new Error('the run is gone'));
      await Promise.allSettled(working);
      await Promise.all([...connections.values()].map((connection) => connection.close()));
    },
  };
}

function optionsOf(become: PlainBecome | undefined, signal: AbortSignal): { become?: ReturnType<typeof unpackBecome>; signal: AbortSignal } {
  return { signal, ...(become && { become: unpackBecome(become) }) };
}
