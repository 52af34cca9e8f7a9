/** Inputs that are made here while the holder of the connection sends them. */
import { compact } from './codec.ts';
import type { StreamInput } from './codec.ts';

export class Streams {
  readonly #open = new Map<number, AsyncIterator<Uint8Array>>();
  #nextId = 1;

  /** Gives what the holder calls it. */
  add(input: StreamInput): number {
    const id = this.#nextId++;
    this.#open.set(id, input.open()[Symbol.asyncIterator]());
    return id;
  }

  /** The next bytes; undefined at the end. Throws what the input throws. */
  async next(id: number): Promise<Uint8Array | undefined> {
    const next = await this.#open.get(id)?.next();
    return next === undefined || next.done ? undefined : compact(next.value);
  }

  /** Nobody reads it any more, to its end or not. */
  close(id: number): void {
    // What goes wrong when it is given up concerns nobody.
    this.#open.get(id)?.return?.().catch(() => {});
    this.#open.delete(id);
  }
}
