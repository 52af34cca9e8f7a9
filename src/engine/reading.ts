/** Facts as steps of a batch: those that one command can read together are joined. */
import type { JointReader } from '../module.ts';
import type { Command } from '../shell.ts';
import type { Step, StepResult } from '../transport/types.ts';
import type { FactCache, Missing } from './fact-cache.ts';

/** Facts hold listings of a whole host; a truncated one would be read wrongly. */
const factOutputLimit = 64 << 20;

/** How many facts one command reads: their words must fit into the arguments of a program (execve(2)), their answers into the limit. */
const jointLimit = 500;

/** Facts that one step reads. */
interface Reading {
  readonly command: Command;
  readonly missing: readonly Missing[];
  readonly reader: JointReader<unknown> | undefined;
}

export class BatchOfReadings {
  readonly #readings: readonly Reading[];

  constructor(missing: readonly Missing[]) {
    const groups: Missing[][] = [];
    const open = new Map<unknown, Missing[]>();
    for (const one of missing) {
      const reader = one.fact.joint?.reader;
      const group = open.get(reader);
      if (reader && group && group.length < jointLimit) group.push(one);
      else {
        const opened = [one];
        groups.push(opened);
        open.set(reader, opened);
      }
    }
    this.#readings = groups.map((group): Reading => {
      const reader = group.length > 1 ? group[0]!.fact.joint!.reader : undefined;
      return { missing: group, reader, command: reader ? reader.command(questions(group)) : group[0]!.fact.read };
    });
  }

  get steps(): Step[] {
    return this.#readings.map(({ command }) => ({ command, when: 'always', maxOutput: factOutputLimit }));
  }

  /** @param results of the steps, in their order */
  store(results: readonly StepResult[], cache: FactCache): void {
    this.#readings.forEach(({ missing, reader }, index) => {
      const { status, stdout, stderr } = results[index]!;
      const answer = { status, stdout, stderr };
      const answers = reader ? reader.split(answer, questions(missing)) : [answer];
      missing.forEach((one, place) => cache.store(one, answers[place]!));
    });
  }
}

function questions(missing: readonly Missing[]): unknown[] {
  return missing.map(({ fact }) => fact.joint!.question);
}
