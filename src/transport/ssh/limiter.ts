/**
 * Bounds how many handshakes one server sees at a time. sshd drops connections beyond its MaxStartups (10:30:100 by default,
 * sshd_config(5)) before they are authenticated; whoever is dropped slows all others to the same server down.
 */
import { getOrAdd } from '../../get-or-add.ts';
import { Places } from '../../places.ts';

const DEFAULT_CONCURRENCY = 8;

export class HandshakeLimiter {
  readonly #concurrency: number;
  readonly #places = new Map<string, Places>();

  /** @param concurrency handshakes to one server at a time */
  constructor(concurrency: number = DEFAULT_CONCURRENCY) {
    this.#concurrency = concurrency;
  }

  /** Runs a handshake when there is room. `server` is its address and port as the first hop knows it. */
  async run<T>(server: string, handshake: () => Promise<T>): Promise<T> {
    return await this.#at(server).run(handshake);
  }

  /** The server dropped a connection: half as many at a time from now on. */
  slowDown(server: string): void {
    this.#at(server).halve();
  }

  #at(server: string): Places {
    return getOrAdd(this.#places, server, () => new Places(this.#concurrency));
  }
}
