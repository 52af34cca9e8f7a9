/** A bound on how much runs at once; whoever comes when all places are taken waits in line. */
export class Places {
  #limit: number;
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  /** @param limit how many places there are, at least 1 */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Halves the places, down to one; those that are taken are given up as they become free. */
  halve(): void {
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
  }

  /** Runs `work` when there is a place: at once where one is free. Gives and throws what `work` does. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#taken < this.#limit) this.#taken++;
    // The place is handed over, so that nobody who comes meanwhile gets it.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#taken > this.#limit ? undefined : this.#waiting.shift();
      if (next) next();
      else this.#taken--;
    }
  }
}
