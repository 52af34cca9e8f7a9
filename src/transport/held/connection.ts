/** A connection that another thread or process holds. */
import { resolve } from 'node:path';
import { CtplayError } from '../../errors.ts';
import { droppedError } from '../failure.ts';
import type { Connection, ConnectionStatistics, HostTarget, DownloadOptions, RunOptions, Step, StepResult } from '../types.ts';
import type { ConnectionCalls } from './calls.ts';
import { packBecome, packStep } from './codec.ts';
import type { StreamInput } from './codec.ts';
import type { Streams } from './streams.ts';

/** Asks the holder for something; throws what the connection there throws, and ssh.dropped when the holder has ended. */
export type Ask = <K extends keyof ConnectionCalls>(kind: K, asked: ConnectionCalls[K]['asked'], signal?: AbortSignal) => Promise<ConnectionCalls[K]['answered']>;

export class HeldConnection implements Connection {
  readonly target: HostTarget;
  readonly statistics: Readonly<ConnectionStatistics>;
  readonly #id: number;
  readonly #streams: Streams;
  readonly #ask: Ask;
  #closed: Promise<void> | undefined;

  constructor(target: HostTarget, statistics: ConnectionStatistics, id: number, streams: Streams, ask: Ask) {
    this.target = target;
    this.statistics = statistics;
    this.#id = id;
    this.#streams = streams;
    this.#ask = ask;
  }

  async run(steps: readonly Step[], { become, signal }: RunOptions = {}): Promise<StepResult[]> {
    this.#refuseClosed();
    const streams: number[] = [];
    const begin = (input: StreamInput): number => {
      const id = this.#streams.add(input);
      streams.push(id);
      return id;
    };
    try {
      return await this.#ask('run', { connection: this.#id, steps: steps.map((step) => packStep(step, begin)), become: become && packBecome(become) }, signal);
    } finally {
      for (const stream of streams) this.#streams.close(stream);
    }
  }

  async download(remotePath: string, localPath: string, { become, signal, mode = 0o666 & ~process.umask() }: DownloadOptions = {}): Promise<void> {
    this.#refuseClosed();
    await this.#ask('download', { connection: this.#id, remotePath, localPath: resolve(localPath), mode, become: become && packBecome(become) }, signal);
  }

  async leave(user: string): Promise<void> {
    this.#refuseClosed();
    await this.#ask('leave', { connection: this.#id, user });
  }

  release(): Promise<void> {
    return this.#end('release');
  }

  close(): Promise<void> {
    return this.#end('close');
  }

  #end(kind: 'release' | 'close'): Promise<void> {
    this.#closed ??= this.#ask(kind, { connection: this.#id }).catch((error: unknown) => {
      // A holder that ended has closed all its connections.
      if (!(error instanceof CtplayError)) throw error;
    });
    return this.#closed;
  }

  #refuseClosed(): void {
    if (this.#closed) throw droppedError(this.target.name, 'it was closed');
  }
}
