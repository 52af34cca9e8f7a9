/** A thread that holds connections, seen from the main thread. */
import { Worker } from 'node:worker_threads';
import { droppedError } from '../failure.ts';
import type { ConnectorOptions, Recording } from '../ssh/connector.ts';
import type { Connection, ConnectOptions, ConnectionStatistics, HostTarget } from '../types.ts';
import type { ConnectionCalls, MainCalls } from './calls.ts';
import { packTarget } from './codec.ts';
import { Peer } from './peer.ts';
import { ThreadConnection } from './proxy.ts';
import { Streams } from './streams.ts';

/** The thread is gone, and its connections with it. */
class ThreadEnded extends Error {
  override readonly name = 'ThreadEnded';
}

interface Held {
  readonly options: ConnectOptions;
  readonly statistics: ConnectionStatistics;
}

export class ConnectionThread {
  readonly #worker: Worker;
  readonly #peer: Peer<ConnectionCalls, MainCalls>;
  readonly #held = new Map<number, Held>();
  readonly #streams = new Streams();
  #nextId = 1;
  #ended = false;

  /** @param file what the thread runs: it calls `serve` */
  constructor(file: URL, options: ConnectorOptions, recording: Recording) {
    this.#worker = new Worker(file, { workerData: options, name: 'connections' });
    let recorded = (): void => {};
    this.#peer = new Peer<ConnectionCalls, MainCalls>(this.#worker, {
      prompt: async ({ connection, question, once }) => (await this.#held.get(connection)!.options.prompt!(question, once)).reveal(),
      read: ({ stream }) => this.#streams.next(stream),
      record: () => new Promise<void>((granted) => void recording(() => new Promise<void>((over) => {
        recorded = over;
        granted();
      }))),
      recorded: () => recorded(),
      log: ({ connection, line }) => this.#held.get(connection)?.options.log?.(line),
      statistics: ({ connection, statistics }) => void Object.assign(this.#held.get(connection)?.statistics ?? {}, statistics),
    });
    // It keeps the program running only while something is asked of it.
    this.#worker.unref();
    const end = (reason: string): void => {
      this.#ended = true;
      recorded();
      this.#peer.end(new ThreadEnded(`the thread that held it ended: ${reason}`));
    };
    this.#worker.on('error', (error) => end(error.message));
    this.#worker.on('exit', (status) => end(`exit status ${status}`));
  }

  /** Nothing can be asked of it any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** As Connect. */
  async connect(target: HostTarget, options: ConnectOptions): Promise<Connection> {
    const connection = this.#nextId++;
    const statistics: ConnectionStatistics = { roundTrips: 0, bytesSent: 0, bytesReceived: 0, retries: 0 };
    this.#held.set(connection, { options, statistics });
    const asked = { connection, target: packTarget(target), prompts: options.prompt !== undefined, logs: options.log !== undefined };
    try {
      await this.#ask(target, 'connect', asked, options.signal);
    } catch (error) {
      this.#held.delete(connection);
      throw error;
    }
    return new ThreadConnection(target, statistics, connection, this.#streams, (kind, what, signal) => this.#ask(target, kind, what, signal));
  }

  /** Ends the thread with all its connections. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  async #ask<K extends keyof ConnectionCalls>(target: HostTarget, kind: K, asked: ConnectionCalls[K]['asked'], signal?: AbortSignal): Promise<ConnectionCalls[K]['answered']> {
    this.#worker.ref();
    try {
      return await this.#peer.call(kind, asked, signal);
    } catch (error) {
      throw error instanceof ThreadEnded ? droppedError(target.name, error.message) : error;
    } finally {
      if (kind === 'close') this.#held.delete(asked.connection);
      if (this.#peer.waiting === 0) this.#worker.unref();
    }
  }
}
