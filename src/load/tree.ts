/**
 * The typed tree that playbooks are loaded into. Values that may hold templates are kept as written (`unknown`); the engine
 * renders them when their turn comes. Every node can tell where each of its parts stands in the file.
 */
import type { SourceSpan } from '../errors.ts';

/** Where the parts of a node stand. */
export interface Source {
  readonly file: string;
  /** The whole node. */
  readonly span: SourceSpan;
  /** The value at a path below the node, such as `['create_bridge', 'addresses', 0]`; the nearest ancestor's when there is no such path. */
  at(path: readonly (string | number)[]): SourceSpan;
  /** The key at a path, for 'unknown argument'. */
  keyAt(path: readonly (string | number)[]): SourceSpan;
}

/** Keywords that plays, blocks, includes and tasks share; the inner one wins, except that when, tags, vars and environment add up. */
export interface Keywords {
  /** Conditions, all of which must hold. */
  readonly when?: readonly unknown[];
  readonly tags?: readonly string[];
  readonly vars?: Readonly<Record<string, unknown>>;
  readonly environment?: readonly unknown[];
  readonly become?: unknown;
  readonly becomeUser?: unknown;
  readonly becomeMethod?: unknown;
  readonly becomeExe?: unknown;
  readonly becomeFlags?: unknown;
  readonly remoteUser?: unknown;
  readonly port?: unknown;
  readonly connection?: unknown;
  readonly noLog?: unknown;
  readonly ignoreErrors?: unknown;
  readonly ignoreUnreachable?: unknown;
  readonly anyErrorsFatal?: unknown;
  readonly checkMode?: unknown;
  readonly diff?: unknown;
  readonly delegateTo?: unknown;
  readonly delegateFacts?: unknown;
  readonly runOnce?: unknown;
  readonly throttle?: unknown;
  /** Whether every change is made under a timer that takes it back, or none is. */
  readonly guard?: unknown;
  /** Seconds a task may take. */
  readonly timeout?: unknown;
  /** Module name → default arguments. */
  readonly moduleDefaults?: Readonly<Record<string, unknown>>;
  /** Where roles are looked up that name no collection. */
  readonly collections?: readonly string[];
}

interface Node {
  readonly name?: string;
  readonly keywords: Keywords;
  readonly source: Source;
}

export interface LoopControl {
  readonly loopVar: string;
  readonly indexVar?: string;
  /** A template shown for each item instead of the item. */
  readonly label?: unknown;
  readonly pause?: unknown;
  readonly extended?: unknown;
  /** Whether `ansible_loop` holds all items, which it does unless told otherwise. */
  readonly extendedAllitems?: unknown;
}

export interface Loop {
  /** The name of a lookup for `with_NAME`; undefined for `loop`. */
  readonly lookup?: string;
  readonly items: unknown;
  readonly control: LoopControl;
}

/** What a task or an include carries beyond the shared keywords. */
export interface Repeatable extends Node {
  readonly loop?: Loop;
  readonly register?: string;
  readonly notify?: readonly string[];
  readonly changedWhen?: readonly unknown[];
  readonly failedWhen?: readonly unknown[];
  readonly until?: readonly unknown[];
  readonly retries?: unknown;
  readonly delay?: unknown;
  readonly async?: unknown;
  readonly poll?: unknown;
}

export interface Task extends Repeatable {
  readonly kind: 'task';
  /** The short name: `ansible.builtin.copy` is `copy`. */
  readonly module: string;
  /** As written, short forms (`copy: src=a dest=b`, a bare string) already taken apart. */
  readonly args: Readonly<Record<string, unknown>>;
  /** `args: "{{ mapping }}"`, merged under args at run time. */
  readonly argsTemplate?: string;
  /** The path from the task's source to the arguments, such as `['create_bridge']`, for spans. */
  readonly argsPath: readonly (string | number)[];
  /** Handlers: the topics besides the name. */
  readonly listen?: readonly string[];
  /** Where `module` is a template: the task with the module of the name it gives. Throws CtplayError or CtplayErrors. */
  chooseModule?(name: string): Promise<Task>;
}

export interface Block extends Node {
  readonly kind: 'block';
  readonly block: readonly Entry[];
  readonly rescue: readonly Entry[];
  readonly always: readonly Entry[];
  /** Set on the block that a role, or a static import of one, became. */
  readonly role?: RoleContext;
  /** Handlers may be notified by the name of the block's tasks; topics for a block of handlers. */
  readonly listen?: readonly string[];
}

/** include_tasks and include_role, expanded when reached. */
export interface Include extends Repeatable {
  readonly kind: 'include';
  readonly what: 'tasks' | 'role';
  /** As written: file, name, tasks_from, vars_from, defaults_from, handlers_from, apply, public, allow_duplicates, rolespec_validate. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly argsPath: readonly (string | number)[];
}

/** meta: flush_handlers, end_play, … */
export interface Meta extends Node {
  readonly kind: 'meta';
  readonly action: 'flush_handlers' | 'end_play' | 'end_host' | 'end_batch' | 'clear_facts' | 'clear_host_errors' | 'refresh_inventory' | 'reset_connection' | 'noop';
}

export type Entry = Task | Block | Include | Meta;

export interface RoleContext {
  readonly name: string;
  /** The same for every use of the role with the same parameters. */
  readonly id: string;
  /** `namespace.name` of the collection it comes from; its own name then begins with that. */
  readonly collection?: string;
  /** By include_role or import_role. */
  readonly included: boolean;
  /** The role's folder; files/, templates/ and vars/ are searched here first. */
  readonly path: string;
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Those of its dependencies under its own. */
  readonly vars: Readonly<Record<string, unknown>>;
  /** `roles: [{role: x, param: 1}]`. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly handlers: readonly Entry[];
  /** A role runs once for the same parameters in a play unless this is set. */
  readonly allowDuplicates: boolean;
}

export interface VarsPrompt {
  readonly name: string;
  readonly prompt: string;
  readonly default?: unknown;
  /** What is typed isn't shown. */
  readonly private: boolean;
  readonly confirm: boolean;
  /** The method of crypt(3) by which the answer is hashed, with its salt or the salt's length. */
  readonly encrypt?: string;
  readonly salt?: string;
  readonly saltSize?: number;
}

export interface Play extends Node {
  /** A pattern, or a list of patterns; may hold templates. */
  readonly hosts: string | readonly string[];
  readonly varsFiles: readonly (string | readonly string[])[];
  readonly varsPrompt: readonly VarsPrompt[];
  /** Undefined: facts are read when first used. */
  readonly gatherFacts?: unknown;
  readonly strategy: 'free' | 'linear';
  readonly serial: readonly unknown[];
  readonly maxFailPercentage?: unknown;
  readonly order?: 'inventory' | 'reverse_inventory' | 'sorted' | 'reverse_sorted' | 'shuffle';
  readonly forceHandlers?: unknown;
  readonly preTasks: readonly Entry[];
  /** `roles:` as blocks, dependencies before their role. */
  readonly roles: readonly Block[];
  readonly tasks: readonly Entry[];
  readonly postTasks: readonly Entry[];
  readonly handlers: readonly Entry[];
}

export interface Playbook {
  readonly file: string;
  readonly plays: readonly Play[];
}
