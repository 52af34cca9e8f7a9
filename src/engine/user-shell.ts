/** One host as one user: what was read there, and the next things worth reading in the same round trip. */
import type { Change, Domain, Fact, FactMap, Values } from '../module.ts';
import { becomeKey } from '../transport/become.ts';
import type { Become, Connection, RunOptions, Step, StepResult } from '../transport/types.ts';
import type { FactCache, Missing } from './fact-cache.ts';
import type { HostKnowledge } from './host-knowledge.ts';
import { BatchOfReadings, type Memory } from './reading.ts';
import type { RememberedAnswers } from './remembered.ts';
import { mostTogether } from './together.ts';

/** Steps that go with the first batch, such as taking the lock, and what to make of their results. */
export interface Prelude {
  readonly steps: readonly Step[];
  /** True when all is well; false to have the whole batch run again (it has waited by then). Throws to give up. `run` is for steps of its own. */
  handle(results: readonly StepResult[], run: (steps: readonly Step[]) => Promise<StepResult[]>): Promise<boolean>;
}

/** A task that is known in advance, and what it will read. */
export interface Upcoming {
  readonly task: string;
  readonly facts: readonly Fact<unknown>[];
  /** Its changes may go along with those of a task before it (ModuleSpec.brief). */
  readonly brief: boolean;
}

export class UserShell {
  readonly cache: FactCache;
  readonly #knowledge: HostKnowledge;
  readonly #connection: () => Connection;
  readonly #become: Become | undefined;
  readonly #answers: RememberedAnswers | undefined;
  #upcoming: Upcoming[] = [];
  #once: readonly Fact<unknown>[] = [];
  #changed = false;
  /** Run before anything else, once. */
  prelude: Prelude | undefined;

  /**
   * @param connection gives the host's present one, which a reboot replaces
   * @param answers what earlier runs read
   */
  constructor(connection: () => Connection, become: Become | undefined, knowledge: HostKnowledge, answers: RememberedAnswers | undefined) {
    this.cache = knowledge.addCache();
    this.#knowledge = knowledge;
    this.#connection = connection;
    this.#become = become;
    this.#answers = answers;
  }

  /** As whom it runs; undefined is the login user. */
  get become(): Become | undefined {
    return this.#become;
  }

  /** Whether changes were made here, and so written down. */
  get changed(): boolean {
    return this.#changed;
  }

  /** Facts of tasks that are known in advance, in the order of the tasks; read along when a trip is made anyway. */
  expect(upcoming: readonly Upcoming[]): void {
    this.#upcoming = [...upcoming];
  }

  /** Facts to read along with the next reading, whatever that is for. */
  alsoRead(facts: readonly Fact<unknown>[]): void {
    this.#once = facts;
  }

  /** A task's turn has come: nothing before it is worth reading any more. */
  reached(task: string): void {
    const index = this.#upcoming.findIndex((one) => one.task === task);
    if (index >= 0) this.#upcoming.splice(0, index + 1);
  }

  /** The facts' values; what isn't known yet is read in one round trip, together with all that upcoming tasks will need. */
  async read<F extends FactMap>(facts: F, signal?: AbortSignal): Promise<Values<F>> {
    // Nothing may be planned, let alone changed, before the lock is had.
    if (this.prelude || this.cache.missing(Object.values(facts)).length > 0) {
      const all = this.cache.missing([...Object.values(facts), ...this.#once, ...this.#upcoming.flatMap((one) => one.facts)]);
      this.#once = [];
      await this.#readAll(all, signal);
    }
    return this.cache.values(facts);
  }

  /**
   * Runs commands in one round trip: `steps`, then the reading of `facts` again and of what the next tasks need. `touches` says what
   * the steps may have made stale; `facts` always are.
   */
  async change<F extends FactMap>(steps: readonly Step[], touches: readonly Domain[], facts: F, signal?: AbortSignal): Promise<{ results: StepResult[]; now: Values<F> }> {
    this.#changed = true;
    const next = this.#neededNext();
    this.#knowledge.invalidate(touches);
    this.cache.forget(Object.values(facts));
    const reads = new BatchOfReadings(this.cache.missing([...Object.values(facts), ...next]), this.#memory());
    const all = await this.run([...steps, ...reads.steps], signal);
    reads.store(all.slice(steps.length), this.cache);
    return { results: all.slice(0, steps.length), now: this.cache.values(facts) };
  }

  /** Steps as they are, after the prelude if it hasn't run. */
  async run(steps: readonly Step[], signal?: AbortSignal): Promise<StepResult[]> {
    const options: RunOptions = { ...(this.#become ? { become: this.#become } : {}), ...(signal ? { signal } : {}) };
    const prelude = this.prelude;
    if (!prelude) return this.#connection().run(steps, options);
    for (;;) {
      const results = await this.#connection().run([...prelude.steps, ...steps], options);
      if (!(await prelude.handle(results.slice(0, prelude.steps.length), (own) => this.#connection().run(own, options)))) continue;
      this.prelude = undefined;
      return results.slice(prelude.steps.length);
    }
  }

  /** What the next task reads; and of those that may come along with it what costs hardly more than a look, as where nothing was there. */
  #neededNext(): Fact<unknown>[] {
    const [next, ...later] = this.#upcoming.slice(0, mostTogether);
    const end = next?.brief === true ? later.findIndex(({ brief }) => !brief) : 0;
    const along = later.slice(0, end < 0 ? later.length : end).flatMap(({ facts }) => facts);
    return [...(next?.facts ?? []), ...along.filter((fact) => fact.atPath?.isLight === true || this.cache.wasAbsent(fact))];
  }

  /** Ends the connection's shells of those users as whom nothing may run while these changes are made. */
  async leave(changes: readonly Change[]): Promise<void> {
    for (const { endsShellOf } of changes) if (endsShellOf !== undefined) await this.#connection().leave(endsShellOf);
  }

  /** Copies a file of the host to the controller. */
  async download(remotePath: string, localPath: string, signal?: AbortSignal): Promise<void> {
    await this.#connection().download(remotePath, localPath, { ...(this.#become ? { become: this.#become } : {}), ...(signal ? { signal } : {}) });
  }

  async #readAll(missing: readonly Missing[], signal?: AbortSignal): Promise<void> {
    const reads = new BatchOfReadings(missing, this.#memory());
    const outdated = reads.store(await this.run(reads.steps, signal), this.cache);
    if (outdated.length === 0) return;
    const anew = new BatchOfReadings(outdated, this.#memory(false));
    anew.store(await this.run(anew.steps, signal), this.cache);
  }

  /** What this run has changed is as nobody has read it before. */
  #memory(use = !this.#changed): Memory | undefined {
    return this.#answers && { answers: this.#answers, user: becomeKey(this.#become), use };
  }
}
