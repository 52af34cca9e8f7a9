/** Where an entry stands: indexes from the play's sections down; `rescue` and `always` come after their block's tasks. */
export type Position = readonly number[];

/**
 * Holds hosts up until all of the batch have come as far: at every task with `strategy: linear`, else at tasks whose facts are
 * about several hosts. A host that is elsewhere, in a rescue say, has its turn first if its task stands before the others'.
 */
export class Lockstep {
  readonly #hosts: readonly string[];
  readonly #walking: Set<string>;
  readonly #waiting = new Map<string, { readonly at: Position; readonly resolve: () => void }>();

  constructor(hosts: readonly string[]) {
    this.#hosts = hosts;
    this.#walking = new Set(hosts);
  }

  /** Waits until every host that still walks stands before a task, none of them before an earlier one. */
  turn(host: string, at: Position): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.set(host, { at, resolve });
      this.#advance();
    });
  }

  /** A host has come to its end and holds nobody up any more. */
  leave(host: string): void {
    this.#walking.delete(host);
    this.#advance();
  }

  #advance(): void {
    if (this.#waiting.size === 0 || this.#waiting.size < this.#walking.size) return;
    const first = [...this.#waiting.values()].map(({ at }) => at).reduce((a, b) => (comesBefore(b, a) ? b : a));
    const ready = this.#hosts.flatMap((host) => {
      const one = this.#waiting.get(host);
      return one && !comesBefore(first, one.at) ? [{ host, ...one }] : [];
    });
    for (const { host } of ready) this.#waiting.delete(host);
    // The last to come doesn't listen yet; all are to go on in the batch's order.
    queueMicrotask(() => ready.forEach(({ resolve }) => resolve()));
  }
}

function comesBefore(a: Position, b: Position): boolean {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? -1) - (b[index] ?? -1);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
