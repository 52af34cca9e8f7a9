/** Questions to the person: one at a time, and those that concern all hosts once for all threads. */
import { Places } from '../../places.ts';
import type { Secret } from '../../shell.ts';
import type { ConnectOptions } from '../types.ts';

export class Questions {
  readonly #line = new Places(1);
  readonly #answers = new Map<string, Promise<Secret>>();

  /** The same way of asking, in the line with all others. */
  inLine(prompt: NonNullable<ConnectOptions['prompt']>): NonNullable<ConnectOptions['prompt']> {
    return (question, once) => {
      const known = once === undefined ? undefined : this.#answers.get(once);
      const answer = known ?? this.#line.run(() => prompt(question, once));
      if (once !== undefined) this.#answers.set(once, answer);
      return answer;
    };
  }
}
