/**
 * What a run's playbooks named on one host: the subjects that tasks were about, and which tasks said all that they have to say. A task that
 * was skipped, failed or never reached may be about anything, so that nothing it ever made may count as no longer named.
 */
import type { Entry } from '../load/tree.ts';
import type { LedgerSubject } from './ledger.ts';

export class Named {
  readonly #subjects = new Set<string>();
  readonly #complete = new Set<Entry>();
  readonly #incomplete = new Set<Entry>();

  /** A task is about this. */
  about(module: string, subject: string): void {
    this.#subjects.add(keyOf(module, subject));
  }

  has({ module, subject }: LedgerSubject): boolean {
    return this.#subjects.has(keyOf(module, subject));
  }

  /** A task or an include has ended. */
  ended(entry: Entry, complete: boolean): void {
    (complete ? this.#complete : this.#incomplete).add(entry);
  }

  /** Whether an entry said all that it has to say, every time its turn came. */
  isComplete(entry: Entry): boolean {
    return this.#complete.has(entry) && !this.#incomplete.has(entry);
  }

  /** Everything whose turn came. */
  get entries(): readonly Entry[] {
    return [...new Set([...this.#complete, ...this.#incomplete])];
  }
}

function keyOf(module: string, subject: string): string {
  return `${module}\0${subject}`;
}
