/**
 * A round of resets of one inventory: it begins with a reset of chosen hosts and goes on with --unfinished, until each of them was proven
 * clean once. Kept on the controller, beside its copies of the baselines.
 */
import { readFile } from 'node:fs/promises';
import type { Copies } from './copies.ts';

interface State {
  /** ISO 8601. */
  readonly startedAt: string;
  /** Hosts, and whether they were proven clean. */
  readonly hosts: Readonly<Record<string, boolean>>;
}

export class Round {
  readonly #copies: Copies;
  readonly #file: string;
  #state: State;
  #written: Promise<void> = Promise.resolve();

  private constructor(copies: Copies, file: string, state: State) {
    this.#copies = copies;
    this.#file = file;
    this.#state = state;
  }

  /** The present round for a baseline's name; one that is lost or can't be read has no hosts. */
  static async read(copies: Copies, name: string): Promise<Round> {
    const file = `round-${name}.json`;
    const text = await readFile(copies.file(file), 'utf8').catch(() => '{}');
    return new Round(copies, file, parse(text));
  }

  /** A new round, of these hosts and of others that are still unfinished. */
  async begin(hosts: readonly string[]): Promise<void> {
    const unfinished = Object.entries(this.#state.hosts).filter(([, clean]) => !clean).map(([host]) => host);
    await this.#write({ startedAt: new Date().toISOString(), hosts: Object.fromEntries([...unfinished, ...hosts].map((host) => [host, false])) });
  }

  async finish(host: string): Promise<void> {
    await this.#write({ ...this.#state, hosts: { ...this.#state.hosts, [host]: true } });
  }

  /** Those of the hosts that were not proven clean in this round; a host that took no part is one of them. */
  unfinished(hosts: readonly string[]): readonly string[] {
    return hosts.filter((host) => this.#state.hosts[host] !== true);
  }

  get startedAt(): string {
    return this.#state.startedAt;
  }

  /** One write after the other, each with all that was known when its turn came. */
  async #write(state: State): Promise<void> {
    this.#state = state;
    this.#written = this.#written.then(() => this.#copies.writeFile(this.#file, `${JSON.stringify(this.#state)}\n`));
    await this.#written;
  }
}

function parse(text: string): State {
  try {
    const { startedAt = '', hosts = {} } = JSON.parse(text) as Partial<State>;
    return { startedAt, hosts };
  } catch {
    return { startedAt: '', hosts: {} };
  }
}
