/** What was made for a key a moment ago: many hosts at once ask for the same files. */
export class Recent<T> {
  readonly #made = new Map<string, { readonly value: T; readonly at: number }>();
  readonly #milliseconds: number;

  /** @param milliseconds how long a value serves; a file that is changed during a run is seen as changed after it */
  constructor(milliseconds = 1_000) {
    this.#milliseconds = milliseconds;
  }

  get(key: string, make: () => T): T {
    const now = performance.now();
    const known = this.#made.get(key);
    if (known && now - known.at < this.#milliseconds) return known.value;
    const value = make();
    this.#made.set(key, { value, at: now });
    return value;
  }
}
