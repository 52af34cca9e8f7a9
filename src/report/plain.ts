/** The view for pipes, logs and dumb terminals: each line is printed once and in the order of the events. */
import type { Event, Reporter } from '../events.ts';
import { Narrator } from './narrator.ts';
import type { ReportOptions } from './options.ts';

export class PlainReporter implements Reporter {
  readonly #options: ReportOptions;
  readonly #narrator: Narrator;

  constructor(options: ReportOptions) {
    this.#options = options;
    this.#narrator = new Narrator(options);
  }

  handle(event: Event): void {
    const lines = this.#narrator.tell(event);
    if (lines.length > 0) this.#options.stdout.write(`${lines.join('\n')}\n`);
  }

  close(): void {}
}
