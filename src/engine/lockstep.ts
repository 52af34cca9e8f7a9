/**
 * Holds hosts up until all of the batch have come as far: at every task with `strategy: linear`, else at tasks whose facts are
 * about several hosts.
 */
export class Lockstep {
  readonly #hosts: readonly string[];
  readonly #walking: Set<string>;
  readonly #waiting = new Map<string, () => void>();

  constructor(hosts: readonly string[]) {
    this.#hosts = hosts;
    this.#walking = new Set(hosts);
  }

  /** Waits until every host that still walks stands before its next task. */
  turn(host: string): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.set(host, resolve);
      this.#advance();
    });
  }

  /** A host has come to its end and holds nobody up any more. */
  leave(host: string): void {
    this.#walking.delete(host);
    this.#advance();
  }

  #advance(): void {
    if (this.#waiting.size < this.#walking.size) return;
    const ready = this.#hosts.map((host) => this.#waiting.get(host));
    this.#waiting.clear();
    for (const resolve of ready) resolve?.();
  }
}
