/** Which return values of tasks anybody may look at: a static look at everything that a run may evaluate (liveness analysis). */
import { getOrAdd } from '../get-or-add.ts';
import type { Liveness } from '../module.ts';
import type { Task } from '../load/tree.ts';
import { indirection, VariableUses, type VariableUse } from '../template/index.ts';
import type { EvaluatedTexts } from './evaluated-texts.ts';

/** What a rescue knows the result of any task by. */
const resultOfFailure = 'ansible_failed_result';

/** By variable. */
type Uses = ReadonlyMap<string, readonly VariableUse[]>;

export class LiveReturns {
  readonly #gather: (() => EvaluatedTexts) | undefined;
  #uses: Uses | 'any' | undefined;

  /** @param gather all that the run may evaluate; left out where results are shown, and so all of them count. Asked at most once. */
  constructor(gather?: () => EvaluatedTexts) {
    this.#gather = gather;
  }

  /** The same answers throughout the run, so that what is read ahead is what the task will ask for. */
  of(task: Pick<Task, 'register' | 'async'>): Liveness {
    return (returnValue) => this.#isLive(task, returnValue);
  }

  #isLive({ register, async: background }: Pick<Task, 'register' | 'async'>, returnValue: string): boolean {
    // What a job returns is kept on the host, and shown by another task.
    if (!this.#gather || background !== undefined) return true;
    const uses = (this.#uses ??= usesOf(this.#gather()));
    if (uses === 'any' || uses.has(resultOfFailure)) return true;
    return register !== undefined && (uses.get(register)?.some((use) => covers(use, returnValue)) ?? false);
  }
}

function usesOf(texts: EvaluatedTexts): Uses | 'any' {
  if (texts.isOpen) return 'any';
  const names = [...texts.registered, resultOfFailure];
  // Most texts have nothing to do with results, and are not parsed for this.
  const concerned = (all: ReadonlySet<string>): string[] => [...all].filter((text) => indirection.test(text) || names.some((name) => text.includes(name)));
  const gathered = new VariableUses();
  for (const text of concerned(texts.templates)) gathered.addTemplate(text, true);
  for (const text of concerned(texts.fileTexts)) gathered.addTemplate(text, false);
  for (const text of concerned(texts.conditions)) gathered.addExpression(text);
  if (gathered.isOpen) return 'any';
  const uses = new Map<string, VariableUse[]>();
  for (const use of gathered.uses) getOrAdd(uses, use.name, () => []).push(use);
  return uses;
}

/** Whether a look at a part of a result may show a return value, which is named with dots. */
function covers({ keys, shallow }: VariableUse, returnValue: string): boolean {
  // Those of a loop hold the results of its items.
  if (keys[0] === 'results') return true;
  const wanted = returnValue.split('.');
  if (shallow && keys.length < wanted.length) return false;
  return wanted.every((key, index) => index >= keys.length || keys[index] === key);
}
