/** What one host carries through a play. */
import { CtplayError } from '../errors.ts';
import type { Fact, FactMap } from '../module.ts';
import { getOrAdd } from '../get-or-add.ts';
import { hostFactGroups, hostFacts, hostFactsWith } from '../../modules/facts/host.ts';
import type { Task } from '../load/tree.ts';
import { becomeKey } from '../transport/become.ts';
import type { Become } from '../transport/types.ts';
import type { KnownAhead } from './ahead.ts';
import type { Basis } from './basis.ts';
import type { Chain } from './chain.ts';
import type { DoneEarly } from './item.ts';
import type { HostSession, Patience } from './host-session.ts';
import { loginOf, type Login } from './login.ts';
import type { PlayContext } from './play-context.ts';
import type { Upcoming } from './user-shell.ts';
import { NeedsFacts } from './variables.ts';

/** What a later task comes to, as far as it was known before the run. Its facts are read along with an earlier trip. */
export interface Foreseen {
  readonly task: Task;
  readonly chain: Chain;
  readonly args: Readonly<Record<string, unknown>>;
  readonly become: Become | undefined;
  readonly facts: FactMap;
  /** Its changes may go along with those of a task before it (ModuleSpec.brief). */
  readonly brief: boolean;
  /** What all of it rests on, its conditions included, which hold. Absent for an item of a loop. */
  readonly basis?: Basis;
}

export class HostWalk {
  readonly host: string;
  readonly play: PlayContext;
  /** Names of handlers and topics that changed tasks notified. */
  readonly notified = new Set<string>();
  /** By task and item. */
  readonly #early = new Map<Task, Map<number, DoneEarly>>();
  readonly #known: KnownAhead | undefined;
  readonly #expecting = new Set<HostSession>();
  readonly #foreseen: ReadonlyMap<Task, Foreseen>;

  constructor(host: string, play: PlayContext, known: KnownAhead | undefined) {
    this.host = host;
    this.play = play;
    this.#known = known;
    this.#foreseen = new Map(known?.ahead.flatMap((one) => (one.basis ? [[one.task, one] as const] : [])));
  }

  /** What was found out before the run about a task on this host, unless something that it rests on has been set since. */
  foreseen(task: Task, chain: Chain): Foreseen | undefined {
    const one = this.#foreseen.get(task);
    return one?.chain === chain && one.basis!.holds(this.play.run.memory(this.host), this.play.grounds) ? one : undefined;
  }

  /** Keeps what became of a task, or an item of it, that was done along with one before it, until its turn comes. */
  rememberEarly(task: Task, item: number | undefined, done: DoneEarly): void {
    getOrAdd(this.#early, task, () => new Map<number, DoneEarly>()).set(item ?? 0, done);
  }

  isDoneEarly(task: Task, item = 0): boolean {
    return this.#early.get(task)?.has(item) === true;
  }

  /** What became of a task, or an item of it, before its turn, to be told now. */
  takeEarly(task: Task, item = 0): DoneEarly | undefined {
    const done = this.#early.get(task)?.get(item);
    this.#early.get(task)?.delete(item);
    return done;
  }

  /** Tasks that were done, and whose turn has not come. */
  get untold(): readonly Task[] {
    return [...this.#early].flatMap(([task, items]) => (items.size > 0 ? [task] : []));
  }

  /**
   * Whether no further task is to start. `closing`: it stands in the `always` of a block, which runs even after an error that is fatal
   * for all hosts.
   */
  stopsBefore({ closing }: { readonly closing: boolean }): boolean {
    const { run, ended } = this.play;
    return run.stop.aborted || (ended !== undefined && !(ended === 'fatal' && closing));
  }

  /**
   * A connected session for a host: this one, or the one a task is delegated to; as the play reaches it, unless a task's own login and
   * variables are given. With `patience` it is waited for.
   */
  async session(host: string, how: { readonly login?: Login; readonly variables?: Readonly<Record<string, unknown>>; readonly patience?: Patience | undefined } = {}): Promise<HostSession> {
    const { run } = this.play;
    const { login = this.#login(host), variables = this.play.connectionVariables(host), patience } = how;
    const session = run.session(host, () => variables, login);
    if (session.lost) throw session.lost;
    await (patience ? session.openPatiently(patience) : session.open());
    if (host === this.host && !this.#expecting.has(session)) {
      this.#expecting.add(session);
      const byUser = new Map<string, { become: Become | undefined; upcoming: Upcoming[] }>();
      for (const { task, become, facts, brief } of this.#known?.ahead ?? []) {
        const key = becomeKey(become);
        const known = byUser.get(key) ?? { become, upcoming: [] };
        known.upcoming.push({ task: run.taskId(task), facts: Object.values<Fact<unknown>>(facts), brief });
        byUser.set(key, known);
      }
      for (const { become, upcoming } of byUser.values()) session.shell(become).expect(upcoming);
      const needed = [...(this.#known?.hostFacts ?? [])].filter((name) => !session.knowledge.facts(name));
      if (needed.length > 0) session.shell(this.#mainUser()).alsoRead(needed.map(hostFactsWith));
    }
    return session;
  }

  /** How the play logs in to its own hosts; others are reached as they were before. */
  #login(host: string): Login {
    const { play, run, chain, playbookFile } = this.play;
    return run.lastLogin(host) ?? loginOf(chain, this.play.templar(this.play.scope(this.host, chain), chain, playbookFile), play.source);
  }

  /** As whom the first known task runs: facts about the host are read with its own. */
  #mainUser(): Become | undefined {
    return this.#known?.ahead[0]?.become;
  }

  /** Runs what evaluates templates; facts it turns out to need are read, and it is run again. */
  async evaluate<T>(work: () => T | Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof NeedsFacts) || attempt > this.play.run.inventory.hostNames.length * (1 + hostFactGroups.length)) throw error;
        await this.gather(error.host, error.fact);
      }
    }
  }

  /** Reads a host's facts, unless they are known: the one of this name with those that are read with it, or all. */
  async gather(host: string, name?: string): Promise<void> {
    const session = await this.session(host);
    if (session.knowledge.facts(name)) return;
    const fact = hostFactsWith(name);
    const { found } = await session.shell(this.#mainUser()).read({ found: fact }, this.play.run.kill);
    session.knowledge.learnFacts(found, fact === hostFacts);
    if (session.knowledge.facts(name) === undefined) await this.gather(host);
    else if (Object.keys(found).length === 0) throw new CtplayError('task.failed', `the facts of ${host} could not be read`);
  }
}
