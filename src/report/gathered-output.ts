/** Text for an output, written once for all that happens in one turn of the event loop: fifty hosts tell much at once. */
import type { Output } from './options.ts';

export class GatheredOutput {
  readonly #output: Pick<Output, 'write'>;
  #text = '';
  #scheduled: NodeJS.Immediate | undefined;

  constructor(output: Pick<Output, 'write'>) {
    this.#output = output;
  }

  write(text: string): void {
    this.#text += text;
    this.#scheduled ??= setImmediate(() => this.flush());
  }

  /** Writes at once what there is. */
  flush(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    const text = this.#text;
    this.#text = '';
    if (text !== '') this.#output.write(text);
  }
}
