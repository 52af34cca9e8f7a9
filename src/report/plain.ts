/** The view for pipes, logs and dumb terminals: each line is printed once and in the order of the events. */
import type { Event, Reporter } from '../events.ts';
import { GatheredOutput } from './gathered-output.ts';
import { Narrator } from './narrator.ts';
import type { ReportOptions } from './options.ts';

export class PlainReporter implements Reporter {
  readonly ignoresResults: boolean;
  readonly #output: GatheredOutput;
  readonly #narrator: Narrator;

  constructor(options: ReportOptions) {
    this.#output = new GatheredOutput(options.stdout);
    this.#narrator = new Narrator(options);
    this.ignoresResults = this.#narrator.ignoresResults;
  }

  handle(event: Event): void {
    const lines = this.#narrator.tell(event);
    if (lines.length > 0) this.#output.write(`${lines.join('\n')}\n`);
  }

  /** What asks questions writes past us: all that came before them is to stand above. */
  suspend(): () => void {
    this.#output.flush();
    return () => {};
  }

  close(): void {
    this.#output.flush();
  }
}
