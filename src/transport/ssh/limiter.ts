/**
 * Bounds how many handshakes one server sees at a time. sshd drops connections beyond its MaxStartups (10:30:100 by default,
 * sshd_config(5)) before they are authenticated; whoever is dropped slows all others to the same server down.
 */
import PQueue from 'p-queue';

const DEFAULT_CONCURRENCY = 8;

export class HandshakeLimiter {
  readonly #concurrency: number;
  readonly #queues = new Map<string, PQueue>();

  /** @param concurrency handshakes to one server at a time */
  constructor(concurrency: number = DEFAULT_CONCURRENCY) {
    this.#concurrency = concurrency;
  }

  /** Runs a handshake when there is room. `server` is its address and port as the first hop knows it. */
  async run<T>(server: string, handshake: () => Promise<T>): Promise<T> {
    return await this.#queue(server).add(handshake);
  }

  /** The server dropped a connection: half as many at a time from now on. */
  slowDown(server: string): void {
    const queue = this.#queue(server);
    queue.concurrency = Math.max(1, Math.floor(queue.concurrency / 2));
  }

  #queue(server: string): PQueue {
    let queue = this.#queues.get(server);
    if (!queue) {
      queue = new PQueue({ concurrency: this.#concurrency });
      this.#queues.set(server, queue);
    }
    return queue;
  }
}
