/** The roles of a play, and the handlers that they and the play bring. */
import type { Block, Entry, Keywords, Play, RoleContext } from '../load/tree.ts';
import { layers, type Layer } from './variables.ts';

export type RoleBlock = Block & { readonly role: RoleContext };

/** The blocks that roles became, also those of dependencies and imports, in the order in which they run. */
export function roleBlocksIn(entries: readonly Entry[]): RoleBlock[] {
  return entries.flatMap((entry) => {
    if (entry.kind !== 'block') return [];
    return [...roleBlocksIn([...entry.block, ...entry.rescue, ...entry.always]), ...(entry.role ? [entry as RoleBlock] : [])];
  });
}

export interface HandlerEntry {
  readonly entry: Entry;
  readonly role: RoleContext | undefined;
  /** The blocks and imports around it. */
  readonly around: readonly Keywords[];
}

/** Handlers of the play's roles and the play, in the order in which they run when notified. */
export function handlersOf(play: Play): HandlerEntry[] {
  return [...roleBlocksIn([...play.roles, ...play.preTasks, ...play.tasks, ...play.postTasks]).flatMap(({ role }) => flattened(role.handlers, role)), ...flattened(play.handlers, undefined)];
}

/** The handlers of a role and of its dependencies. */
export function roleHandlers(block: Block): HandlerEntry[] {
  return roleBlocksIn([block]).flatMap(({ role }) => flattened(role.handlers, role));
}

/** The handlers in blocks and imports can be notified by their own names. */
function flattened(entries: readonly Entry[], role: RoleContext | undefined, around: readonly Keywords[] = []): HandlerEntry[] {
  return entries.flatMap((entry) => (entry.kind === 'block' ? flattened(entry.block, entry.role ?? role, [...around, entry.keywords]) : [{ entry, role, around }]));
}

/** What a play knows of its roles while it runs: those that it names, and those that its tasks include. */
export class PlayRoles {
  readonly #play: Play;
  readonly #defaults: readonly Layer[];
  readonly #variables: readonly Layer[];
  readonly #ran = new Set<string>();
  readonly #loaded = new Map<Entry, Map<string, Promise<unknown>>>();
  readonly #included = new Set<Block>();
  readonly #public: RoleContext[] = [];

  constructor(play: Play) {
    this.#play = play;
    const roles = roleBlocksIn([...play.roles, ...play.preTasks, ...play.tasks, ...play.postTasks]).reverse();
    this.#defaults = layers(roles.map(({ role }) => role.defaults));
    // As Ansible documents it: what stands under `vars` beside a role holds for the whole play.
    this.#variables = layers(roles.flatMap(({ keywords, role }) => [keywords.vars ?? {}, role.vars]));
  }

  /** Names of the roles that the play names, and of those that they depend on. */
  get names(): { readonly own: readonly string[]; readonly dependencies: readonly string[] } {
    const nameOf = ({ role }: Block): readonly string[] => (role ? [role.name] : []);
    const below = this.#play.roles.flatMap(({ block }) => roleBlocksIn(block)).filter(({ role }) => !role.included);
    return { own: [...new Set(this.#play.roles.flatMap(nameOf))], dependencies: [...new Set(below.flatMap(nameOf))] };
  }

  /** Grows whenever an included role begins to show its variables to the play. */
  get version(): number {
    return this.#public.length;
  }

  /** What roles show to the whole play, the strongest first. */
  get variables(): readonly Layer[] {
    return [...layers(this.#public.map((role) => role.vars)), ...this.#variables];
  }

  get defaults(): readonly Layer[] {
    return [...layers(this.#public.map((role) => role.defaults)), ...this.#defaults];
  }

  /** Whether a role ran on a host, with these parameters, and did more than skip. */
  hasRun(host: string, role: RoleContext): boolean {
    return this.#ran.has(`${host}\0${role.id}`);
  }

  markRan(host: string, role: RoleContext): void {
    this.#ran.add(`${host}\0${role.id}`);
  }

  /** What an include stands for, loaded once for all hosts, so that its tasks are the same ones on each. */
  loadedOnce<T>(include: Entry, what: string, load: () => Promise<T>): Promise<T> {
    const known = this.#loaded.get(include) ?? new Map<string, Promise<unknown>>();
    this.#loaded.set(include, known);
    if (!known.has(what)) known.set(what, load());
    return known.get(what) as Promise<T>;
  }

  /** An included role's handlers can be notified by the whole play; `isPublic`: its variables are seen by it, too. */
  include(block: Block, isPublic: boolean): void {
    if (this.#included.has(block)) return;
    this.#included.add(block);
    if (isPublic) this.#public.unshift(...roleBlocksIn([block]).map(({ role }) => role).reverse());
  }

  /** All handlers in the order in which they run when notified. */
  handlers(): HandlerEntry[] {
    return [...handlersOf(this.#play), ...[...this.#included].flatMap(roleHandlers)];
  }
}
