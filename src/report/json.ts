/** One event a line as JSON; docs/events.md describes them, docs/events.schema.json is their schema. */
import type { Event, Reporter } from '../events.ts';
import { GatheredOutput } from './gathered-output.ts';
import type { ReportOptions } from './options.ts';

/** Grows by one when a field is removed or changes its meaning; new fields and new types leave it. */
export const eventSchemaName = 'ctplay.events/1';

export class JsonReporter implements Reporter {
  readonly #options: ReportOptions;
  readonly #output: GatheredOutput;

  constructor(options: ReportOptions) {
    this.#options = options;
    this.#output = new GatheredOutput(options.stdout);
  }

  handle(event: Event): void {
    if (event.type === 'log' && event.level > this.#options.verbosity) return;
    this.#output.write(`${JSON.stringify({ schema: eventSchemaName, ...event })}\n`);
  }

  close(): void {
    this.#output.flush();
  }
}
