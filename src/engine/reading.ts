/** Facts as steps of a batch: those that one command can read together are joined. */
import type { JointReader } from '../module.ts';
import type { Command } from '../shell.ts';
import type { Step, StepResult } from '../transport/types.ts';
import type { FactCache, Missing } from './fact-cache.ts';

/** Facts hold listings of a whole host; a truncated one would be read wrongly. */
const factOutputLimit = 64 << 20;

/** Facts that one step reads. */
interface Reading {
  readonly command: Command;
  readonly facts: readonly Missing[];
  readonly reader: JointReader<unknown> | undefined;
}

export class BatchOfReadings {
  readonly #readings: readonly Reading[];

  constructor(missing: readonly Missing[]) {
    const groups = new Map<unknown, Missing[]>();
    for (const one of missing) {
      const key = one.joint?.reader ?? one;
      groups.set(key, [...(groups.get(key) ?? []), one]);
    }
    this.#readings = [...groups.values()].map((facts): Reading => {
      const reader = facts.length > 1 ? facts[0]!.joint!.reader : undefined;
      return { facts, reader, command: reader ? reader.command(facts.map((one) => one.joint!.question)) : facts[0]!.command };
    });
  }

  get steps(): Step[] {
    return this.#readings.map(({ command }) => ({ command, when: 'always', maxOutput: factOutputLimit }));
  }

  /** @param results of the steps, in their order */
  store(results: readonly StepResult[], cache: FactCache): void {
    this.#readings.forEach(({ facts, reader }, index) => {
      const { status, stdout, stderr } = results[index]!;
      const answer = { status, stdout, stderr };
      const answers = reader ? reader.split(answer, facts.map((one) => one.joint!.question)) : [answer];
      facts.forEach(({ command, domains }, place) => cache.store(command, domains, answers[place]!));
    });
  }
}
