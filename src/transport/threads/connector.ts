/** Opening connections in this thread or, where there are many, in others; what they all share is kept here. */
import { availableParallelism } from 'node:os';
import PQueue from 'p-queue';
import { SshConnector } from '../ssh/connector.ts';
import type { ConnectorOptions, Recording } from '../ssh/connector.ts';
import type { Connect } from '../types.ts';
import { Questions } from './questions.ts';
import { ConnectionThread } from './thread.ts';

export interface ThreadOptions {
  /** Threads that hold connections besides this one; 0: this one holds them all. */
  readonly threads: number;
  /** Hosts that are to be connected from which on threads are used. */
  readonly from: number;
  /** What they run: a file that calls `serve`. Without it there are no threads. */
  readonly file: URL | undefined;
}

/** With as many, the one that plans all hosts' tasks has most to do: more are of no use. */
const MAX_THREADS = 2;

/** For fewer hosts, starting threads and warming up their code takes more than they relieve this one of. */
const FROM_HOSTS = 200;

/** Set by the build: the file that a thread runs, seen from the bundle. */
declare const CTPLAY_THREAD: string | undefined;

/** @param threads as the user says; by the machine's cores and the number of hosts when undefined */
export function threadOptions(threads: number | undefined): ThreadOptions {
  const file = typeof CTPLAY_THREAD === 'undefined' ? undefined : new URL(CTPLAY_THREAD, import.meta.url);
  if (threads !== undefined) return { threads: threads === 1 ? 0 : threads, from: 1, file };
  return { threads: Math.min(MAX_THREADS, availableParallelism() - 1), from: FROM_HOSTS, file };
}

export class ThreadedConnector {
  readonly #options: ThreadOptions;
  readonly #connectorOptions: ConnectorOptions;
  readonly #here: SshConnector;
  readonly #threads: ConnectionThread[] = [];
  /** By its address, who opens connections to a server: always the same, so that the bound of its handshakes holds. */
  readonly #holders = new Map<string, () => SshConnector | ConnectionThread>();
  readonly #questions = new Questions();
  readonly #recording: Recording;
  #dealt = 0;

  constructor(options: ThreadOptions, connectorOptions: ConnectorOptions = {}) {
    this.#options = options;
    this.#connectorOptions = connectorOptions;
    const recordings = new PQueue({ concurrency: 1 });
    this.#recording = (work) => recordings.add(work);
    this.#here = new SshConnector(connectorOptions, this.#recording);
  }

  /** Opens a connection; see Connect. */
  readonly connect: Connect = async (target, options = {}) => {
    const server = this.#here.firstServer(target);
    let holder = this.#holders.get(server);
    if (!holder) this.#holders.set(server, (holder = this.#deal(options.fleet ?? 1)));
    const { prompt } = options;
    return await holder().connect(target, prompt ? { ...options, prompt: this.#questions.inLine(prompt) } : options);
  };

  /** Ends the threads, with what they hold. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }

  #deal(fleet: number): () => SshConnector | ConnectionThread {
    const { threads, from, file } = this.#options;
    if (file === undefined || threads < 1 || fleet < from) return () => this.#here;
    const index = this.#dealt++ % threads;
    return () => this.#thread(index, file);
  }

  /** Started when it is needed; one that ended, as it ran out of memory for instance, is replaced. */
  #thread(index: number, file: URL): ConnectionThread {
    const thread = this.#threads[index];
    return thread && !thread.ended ? thread : (this.#threads[index] = new ConnectionThread(file, this.#connectorOptions, this.#recording));
  }
}
