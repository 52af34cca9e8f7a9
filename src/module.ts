/**
 * The contract of a module. A module names what must be read (`facts`), and says as pure functions what follows from it
 * (`plan`, `revert`). Run, check, diff, explain, proof and reset are views of the same plan and live in the engine.
 */
import type { Static, TObject } from 'typebox';
import type { CtplayError, SourceSpan } from './errors.ts';
import type { Domain, FactMap, ReadResult, Values } from './fact.ts';
import type { FileDigests } from './hashing/file-digests.ts';
import type { Command } from './shell.ts';

export { meet } from './fact.ts';
export type { AnswerMemory, AtPath, Domain, Fact, FactMap, Joint, JointReader, Reading, ReadResult, Values } from './fact.ts';

export type ChangeAction = 'create' | 'update' | 'replace' | 'delete' | 'run';

/** One step from what is to what should be. */
export interface Change {
  readonly action: ChangeAction;
  /** What it concerns, in words a person would use: `bridge br0`, `bridge br0: mtu`. */
  readonly subject: string;
  /** Plain JSON data for `from → to`; undefined where there is nothing (before a create, after a delete). */
  readonly from?: unknown;
  readonly to?: unknown;
  /** Text contents for a unified diff, beside or instead of from and to. */
  readonly text?: { readonly label: string; readonly from: string; readonly to: string };
  /** Run in order; the first that doesn't exit with 0 ends the task as failed. */
  readonly commands: readonly Command[];
  /** What a person would type for the same, where the commands are more careful than a person is. */
  readonly typed?: readonly Command[];
  /** How it is made together with others that follow it, at less cost than each for itself. Its commands are then those of it alone. */
  readonly joint?: JointChange;
  /** The commands take the connection down: the engine then connects anew until `test` succeeds on the host, or fails when time is up. */
  readonly reconnect?: { readonly timeoutSeconds: number; readonly delaySeconds: number; readonly test: Command };
  /** A user as whom nothing of ctplay's may run: the shell that it keeps for them is ended before the commands. */
  readonly endsShellOf?: string;
  /** A file of the host that is copied to the controller once the commands succeeded; both paths absolute. */
  readonly download?: { readonly from: string; readonly to: string };
  /** What becomes stale. Left out, everything. */
  readonly touches?: readonly Domain[];
  /** What a later task may have waited for, where `touches` is wider to be on the safe side; `touches` when left out. */
  readonly brings?: readonly Domain[];
  /**
   * The paths of the host's files that the commands make, change or remove, none of them a directory that was there: all that `touches` says of
   * files. Left out where it isn't known so well.
   */
  readonly files?: readonly string[];
  /** Directories that the commands make where there was nothing, empty ones; then `files` has no others. */
  readonly directories?: readonly string[];
  /** Why, for `explain`, as a short sentence. */
  readonly why?: string;
}

/** Changes with the same `writer` that follow one another can be made by the same commands. */
export interface JointChange<Q = unknown> {
  readonly writer: JointWriter<Q>;
  /** What the writer has to know of this change. */
  readonly request: Q;
}

export interface JointWriter<Q> {
  /** The commands that make all these changes, run in order as a change's own are; they leave what those of each alone would leave. */
  commands(requests: readonly Q[]): readonly Command[];
}

/** Files and other hosts' variables: what a module may ask of the machine ctplay runs on. */
export interface Controller {
  /** The inventory name of the host the task is for. */
  readonly hostname: string;
  /** Group name → its hosts' names, in inventory order. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** A variable of any host of the inventory, rendered; undefined when it isn't set. */
  hostVariable(host: string, name: string): unknown;
  /** The absolute path of a file named by the user, searched as Ansible does (role, then playbook). Throws file.missing with the places looked in. */
  findFile(kind: 'files' | 'templates' | 'vars' | 'tasks', name: string): string;
  /** Renders a template's text with the task's variables; `path` names it in errors. */
  renderTemplate(text: string, path: string): string;
  /** A file's content, decrypted where it is an Ansible vault; `path` names it in errors. Absent where vaults are not known. */
  readonly openVault?: (content: Uint8Array, path: string) => Uint8Array;
  /** Digests of its files, which all hosts of a run share; taken anew where this is absent. */
  readonly digests?: FileDigests;
  /** The directory of the playbook, which relative paths of the controller are meant from; the working directory when left out. */
  readonly playbookDirectory?: string;
}

/**
 * Whether anybody may look at a return value of the task, by its name, with dots for what is in another: `stat.checksum`. One that is not
 * live may be missing from what `returns` gives.
 */
export type Liveness = (returnValue: string) => boolean;

/** One task on one host, its arguments known, for checks that look across hosts before any SSH. */
export interface Placement {
  readonly host: string;
  readonly module: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** What `prepare` gave. */
  readonly inputs: unknown;
  readonly span: SourceSpan | undefined;
}

/** A wrong argument that a schema can't express. */
export interface ArgumentProblem {
  /** The way to the argument: `['ports', 0, 'tag']`. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly hint?: string;
}

/** What was read before, what is read now, and what the commands printed. In check mode `now` is `before` and nothing ran. */
export interface Outcome<F extends FactMap> {
  readonly before: Values<F>;
  readonly now: Values<F>;
  readonly changes: readonly Change[];
  /** One per command that ran, in order. */
  readonly results: readonly ReadResult[];
  readonly pending: boolean;
}

interface Described<S extends TObject> {
  /** One line, for lists. */
  readonly summary: string;
  /** Paragraphs for the module's page. */
  readonly description?: string;
  /** Every property with a `description`; a property with a `default` may be left out. See also `raw`, `secret` in ArgumentOptions. */
  readonly args: S;
  /** Tasks in YAML for the module's page. */
  readonly examples?: string;
  /** What `returns` (or an action's `values`) gives, by name, for the module's page. */
  readonly returnValues?: Readonly<Record<string, string>>;
  /** Arguments that Ansible's module of this name takes and this one does not, each with what to do instead, as a sentence. */
  readonly refuses?: Readonly<Record<string, string>>;
  /** The argument that a bare string sets: `command: ls` is `command: {_raw_params: ls}`. */
  readonly freeForm?: string;
  /** What a schema can't say about one task's arguments. Called before any SSH when no argument holds a template. */
  validate?(args: Static<S>): Iterable<ArgumentProblem>;
}

/** Keywords that a property's schema may carry beside JSON schema's own. */
export interface ArgumentOptions {
  /** The engine passes the value as written, untemplated: for arguments that are expressions. */
  readonly raw?: boolean;
  /** The value never enters a log or the ledger. */
  readonly secret?: boolean;
  /** The value does not enter the ledger: revert does without it. */
  readonly unrecorded?: boolean;
  /** Another name for the same argument, as Ansible has. */
  readonly aliases?: readonly string[];
}

export interface ModuleSpec<S extends TObject, F extends FactMap, I> extends Described<S> {
  /** False for what can't be declared (command, shell): its plan is never empty, and it isn't planned again as proof. */
  readonly declarative?: boolean;
  /**
   * When its facts are read: `ahead` (the default), together with those of all tasks, or `due`, only when all hosts of the play
   * have come to the task, for facts that wait for what earlier tasks make, here and on other hosts.
   */
  readonly readWhen?: 'ahead' | 'due';
  /** Its changes take no longer than a round trip, so that they may be sent along with those of the tasks before it. */
  readonly brief?: boolean;
  /** How long the engine tries to reach the host for this task before it counts as unreachable; at once when left out. */
  patience?(args: Static<S>): { readonly timeoutSeconds: number; readonly delaySeconds: number; readonly sleepSeconds: number };
  /** What the task is about, the same for every task about the same thing: `bridge br0`. The ledger's key with the module's name. */
  subject(args: Static<S>): string;
  /** What the plan needs from the controller: contents of files, rendered templates, other hosts' addresses. */
  prepare?(args: Static<S>, controller: Controller): I | Promise<I>;
  /** `isLive` may spare what is read for return values alone; left out, all of them are wanted. */
  facts(args: Static<S>, inputs: I, isLive?: Liveness): F;
  plan(args: Static<S>, now: Values<F>, inputs: I): Iterable<Change>;
  /** What reset reads; needed where `facts` depends on inputs, which reset doesn't have. */
  revertFacts?(args: Static<S>, before: Values<F>): F;
  /** The plan back to `before`, what the facts said when ctplay first touched the subject. Left out where there is no way back. */
  revert?(args: Static<S>, now: Values<F>, before: Values<F>): Iterable<Change>;
  /** Ansible's return values, for `register`. `skipped: true` where nothing is left to do says that the task does not count as done, with the reason as `msg`. */
  returns?(args: Static<S>, outcome: Outcome<F>, inputs: I): Record<string, unknown>;
  /** Conflicts across hosts, found before any SSH. `mine` are this module's tasks, `all` those of every module. */
  fleetCheck?(mine: readonly Placement[], all: readonly Placement[]): Iterable<CtplayError>;
}

export interface Module<S extends TObject = TObject, F extends FactMap = FactMap, I = unknown> extends ModuleSpec<S, F, I> {
  readonly kind: 'module';
}

/** Declares a module; the types of arguments, facts and inputs follow from the spec. */
export function defineModule<S extends TObject, F extends FactMap, I = undefined>(spec: ModuleSpec<S, F, I>): Module<S, F, I> {
  return { kind: 'module', ...spec };
}

/** What an action may do: it runs on the controller, once per host, with the task's variables at hand. */
export interface ActionContext extends Controller {
  /** Renders templates in a value, deeply. */
  render(value: unknown): unknown;
  /** An expression without braces, as in `when`. */
  evaluate(expression: string): unknown;
  condition(expression: unknown): boolean;
  readonly checkMode: boolean;
  readonly verbosity: number;
  readonly signal: AbortSignal;
  /** The variables of a file of the controller, encrypted ones decrypted, templates in them as written. */
  loadVariables?(path: string): Readonly<Record<string, unknown>>;
  /** Asks the person at the terminal; absent when there is none. */
  prompt?(question: string, options: { readonly echo: boolean }): Promise<string>;
}

export interface ActionResult {
  readonly changed?: boolean;
  readonly failed?: boolean;
  readonly skipped?: boolean;
  readonly message?: string;
  /** Return values for `register`, shown by debug. */
  readonly values?: Record<string, unknown>;
  /** Variables for the host, as set_fact sets them. */
  readonly facts?: Record<string, unknown>;
  readonly addHost?: { readonly name: string; readonly groups: readonly string[]; readonly variables: Record<string, unknown> };
  readonly addGroups?: readonly { readonly name: string; readonly parents: readonly string[] }[];
}

/** A module that reads and changes no host: debug, assert, set_fact. */
export interface ActionSpec<S extends TObject> extends Described<S> {
  run(args: Static<S>, context: ActionContext): ActionResult | Promise<ActionResult>;
}
export interface Action<S extends TObject = TObject> extends ActionSpec<S> {
  readonly kind: 'action';
}
export function defineAction<S extends TObject>(spec: ActionSpec<S>): Action<S> {
  return { kind: 'action', ...spec };
}
