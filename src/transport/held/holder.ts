/** Who holds connections for this run, a thread or another process, seen from the run. */
import { droppedError } from '../failure.ts';
import type { Recording } from '../ssh/connector.ts';
import type { Connection, ConnectOptions, ConnectionStatistics, HostTarget } from '../types.ts';
import type { ConnectionCalls, RunCalls } from './calls.ts';
import { packTarget } from './codec.ts';
import { HeldConnection } from './connection.ts';
import { Peer } from './peer.ts';
import type { Port } from './peer.ts';
import { Streams } from './streams.ts';

/** A port that keeps the program running only while it is held on to. */
export interface HolderPort extends Port {
  ref(): void;
  unref(): void;
}

/** The holder is gone, and its connections with it. */
class HolderEnded extends Error {
  override readonly name = 'HolderEnded';
}

interface Held {
  readonly options: ConnectOptions;
  readonly statistics: ConnectionStatistics;
}

export class Holder {
  readonly #port: HolderPort;
  readonly #peer: Peer<ConnectionCalls, RunCalls>;
  readonly #held = new Map<number, Held>();
  readonly #streams = new Streams();
  #recorded = (): void => {};
  #nextId = 1;
  #ended = false;

  /** @param port leads to whoever calls `serve` with its other end */
  constructor(port: HolderPort, recording: Recording) {
    this.#port = port;
    this.#peer = new Peer<ConnectionCalls, RunCalls>(port, {
      prompt: async ({ connection, question, once }) => (await this.#held.get(connection)!.options.prompt!(question, once)).reveal(),
      read: ({ stream }) => this.#streams.next(stream),
      record: () => new Promise<void>((granted) => void recording(() => new Promise<void>((over) => {
        this.#recorded = over;
        granted();
      }))),
      recorded: () => this.#recorded(),
      log: ({ connection, line }) => this.#held.get(connection)?.options.log?.(line),
      statistics: ({ connection, statistics }) => void Object.assign(this.#held.get(connection)?.statistics ?? {}, statistics),
    });
    // It keeps the program running only while something is asked of it.
    port.unref();
  }

  /** Nothing can be asked of it any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** @param reason why it is gone, in words for the user */
  end(reason: string): void {
    this.#ended = true;
    this.#recorded();
    this.#peer.end(new HolderEnded(reason));
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
    return new HeldConnection(target, statistics, connection, this.#streams, (kind, what, signal) => this.#ask(target, kind, what, signal));
  }

  async #ask<K extends keyof ConnectionCalls>(target: HostTarget, kind: K, asked: ConnectionCalls[K]['asked'], signal?: AbortSignal): Promise<ConnectionCalls[K]['answered']> {
    this.#port.ref();
    try {
      return await this.#peer.call(kind, asked, signal);
    } catch (error) {
      throw error instanceof HolderEnded ? droppedError(target.name, error.message) : error;
    } finally {
      if (kind === 'close' || kind === 'release') this.#held.delete(asked.connection);
      if (this.#peer.waiting === 0) this.#port.unref();
    }
  }
}
