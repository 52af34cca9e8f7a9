/** A thread that holds connections: seen from the main thread, and what runs in it. */
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { Holder } from '../held/holder.ts';
import { serve } from '../held/serve.ts';
import type { ConnectorOptions, Recording } from '../ssh/connector.ts';
import type { Connection, ConnectOptions, HostTarget } from '../types.ts';

export class ConnectionThread {
  readonly #worker: Worker;
  readonly #holder: Holder;

  /** @param file what the thread runs: it calls `serveThread` */
  constructor(file: URL, options: ConnectorOptions, recording: Recording) {
    this.#worker = new Worker(file, { workerData: options, name: 'connections' });
    this.#holder = new Holder(this.#worker, recording);
    const end = (reason: string): void => this.#holder.end(`the thread that held it ended: ${reason}`);
    this.#worker.on('error', (error) => end(error.message));
    this.#worker.on('exit', (status) => end(`exit status ${status}`));
  }

  /** Nothing can be asked of it any more. */
  get ended(): boolean {
    return this.#holder.ended;
  }

  /** As Connect. */
  connect(target: HostTarget, options: ConnectOptions): Promise<Connection> {
    return this.#holder.connect(target, options);
  }

  /** Ends the thread with all its connections. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** Holds connections in this thread until the main one ends it. */
export async function serveThread(): Promise<void> {
  if (isMainThread || !parentPort) throw new Error('connections are held in threads of their own');
  const { SshConnector } = await import('../ssh/connector.ts');
  serve(parentPort, (recording) => new SshConnector(workerData as ConnectorOptions, recording));
}
