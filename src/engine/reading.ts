/** Facts as steps of a batch: those that one command can read together are joined, and what earlier runs know is left out. */
import type { AnswerMemory, JointReader, ReadResult } from '../module.ts';
import type { Command } from '../shell.ts';
import type { Step, StepResult } from '../transport/types.ts';
import type { FactCache, Missing } from './fact-cache.ts';
import type { Parts, RememberedAnswers } from './remembered.ts';

/** Facts hold listings of a whole host; a truncated one would be read wrongly. */
const factOutputLimit = 64 << 20;

/** How many facts one command reads: their words must fit into the arguments of a program (execve(2)), their answers into the limit. */
const jointLimit = 500;

/** What earlier runs read as the same user. */
export interface Memory {
  readonly answers: RememberedAnswers;
  readonly user: string;
  /** Whether what is known may stand for what can be read; it is kept up to date in any case. */
  readonly use: boolean;
}

/** One fact, as it is asked for. */
interface Asked {
  readonly missing: Missing;
  /** The fact's own, or what is left of it. */
  readonly question: unknown;
  /** What was left out, and the stamp under which it holds. */
  readonly recalled?: { readonly stamp: string; readonly parts: Parts };
}

/** Facts that one step reads. */
interface Reading {
  readonly command: Command;
  readonly asked: readonly Asked[];
  readonly reader: JointReader<unknown> | undefined;
}

export class BatchOfReadings {
  readonly #memory: Memory | undefined;
  readonly #readings: readonly Reading[];

  constructor(missing: readonly Missing[], memory?: Memory) {
    this.#memory = memory;
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
      const asked = group.map((one) => this.#ask(one));
      const [first] = asked;
      const alone = asked.length === 1 && !first!.recalled;
      const reader = alone ? undefined : group[0]!.fact.joint!.reader;
      return { asked, reader, command: reader ? reader.command(asked.map(({ question }) => question)) : group[0]!.fact.read };
    });
  }

  get steps(): Step[] {
    return this.#readings.map(({ command, asked, reader }) => ({ command, when: 'always', inShell: reader === undefined && asked[0]!.missing.fact.inShell === true, maxOutput: factOutputLimit }));
  }

  /**
   * Puts the answers where the facts' values come from. Gives the facts of which what was left out holds no longer: they have to be read
   * whole.
   * @param results of the steps, in their order
   */
  store(results: readonly StepResult[], cache: FactCache): Missing[] {
    return this.#readings.flatMap(({ asked, reader }, index) => {
      const { status, stdout, stderr } = results[index]!;
      const answer = { status, stdout, stderr };
      const answers = reader ? reader.split(answer, asked.map(({ question }) => question)) : [answer];
      return asked.flatMap((one, place) => {
        const whole = this.#complete(one, answers[place]!);
        if (!whole) return one.missing;
        cache.store(one.missing, whole);
        return [];
      });
    });
  }

  #ask(missing: Missing): Asked {
    const { joint } = missing.fact;
    const question = joint?.question;
    const memory = joint?.reader.memory;
    if (!memory || !this.#memory?.use) return { missing, question };
    const recalled = this.#memory.answers.recall(this.#key(memory, question));
    const rest = recalled ? memory.rest(question, recalled.parts) : question;
    return recalled && rest !== question ? { missing, question: rest, recalled } : { missing, question };
  }

  #complete({ missing, recalled }: Asked, answer: ReadResult): ReadResult | undefined {
    const memory = missing.fact.joint?.reader.memory;
    if (!memory || !this.#memory) return answer;
    const { question } = missing.fact.joint!;
    const { stamp, parts } = memory.learn(question, answer);
    if (recalled && stamp !== recalled.stamp) return undefined;
    this.#memory.answers.remember(this.#key(memory, question), stamp, parts);
    return recalled ? memory.complete(question, answer, recalled.parts) : answer;
  }

  #key(memory: AnswerMemory<unknown>, question: unknown): string {
    return `${this.#memory!.user}\0${memory.about(question)}`;
  }
}
