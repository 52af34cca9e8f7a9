/** What one host of a batch does for all of them: run_once, and the meta actions that concern the whole play. */
export class RunOnce {
  readonly #hosts: readonly string[];
  readonly #walking: Set<string>;
  readonly #firstComes: boolean;
  readonly #passes = new Map<string, number>();
  readonly #turns = new Map<string, Turn>();

  /**
   * `hosts` is the batch in its order, whose first host that still walks is chosen. `firstComes`: hosts come in that order anyway, so that
   * the first to come is it.
   */
  constructor(hosts: readonly string[], firstComes: boolean) {
    this.#hosts = hosts;
    this.#walking = new Set(hosts);
    this.#firstComes = firstComes;
  }

  /** Whether the host is the one. Waits until that is known. `id` names the task; each time around a loop counts by itself. */
  async chosen(host: string, id: string): Promise<boolean> {
    return (await this.#arrive(host, id)).runner === host;
  }

  /** The work's outcome, done once: by the chosen host, and waited for by the others. */
  async run<T>(host: string, id: string, work: () => Promise<T>): Promise<{ readonly mine: boolean; readonly outcome: T }> {
    const turn = await this.#arrive(host, id);
    if (turn.runner !== host) return { mine: false, outcome: (await turn.outcome) as T };
    turn.settle(work());
    return { mine: true, outcome: (await turn.outcome) as T };
  }

  /** A host has come to its end: where it was waited for, the next in order is chosen. */
  leave(host: string): void {
    this.#walking.delete(host);
    for (const turn of this.#turns.values()) this.#choose(turn);
  }

  async #arrive(host: string, id: string): Promise<Turn> {
    const pass = this.#passes.get(`${host}\0${id}`) ?? 0;
    this.#passes.set(`${host}\0${id}`, pass + 1);
    const key = `${id}\0${pass}`;
    let turn = this.#turns.get(key);
    if (!turn) this.#turns.set(key, (turn = newTurn()));
    turn.present.add(host);
    this.#choose(turn);
    await turn.known;
    return turn;
  }

  #choose(turn: Turn): void {
    if (turn.runner !== undefined) return;
    const candidates = this.#firstComes ? turn.present : this.#walking;
    const first = this.#hosts.find((host) => candidates.has(host));
    if (first === undefined || !turn.present.has(first)) return;
    turn.runner = first;
    turn.tell();
  }
}

interface Turn {
  readonly present: Set<string>;
  runner: string | undefined;
  readonly known: Promise<void>;
  readonly tell: () => void;
  readonly outcome: Promise<unknown>;
  readonly settle: (outcome: Promise<unknown>) => void;
}

function newTurn(): Turn {
  let tell!: () => void;
  let settle!: (outcome: Promise<unknown>) => void;
  const known = new Promise<void>((resolve) => (tell = resolve));
  const outcome = new Promise<unknown>((resolve) => (settle = resolve));
  return { present: new Set(), runner: undefined, known, tell, outcome, settle };
}
