/**
 * The contract of a kind of state: what of a host a baseline records, how a difference reads in words, and how it is put back.
 * Reading and restoring are apart, as in modules: a kind names read-only facts, and the rest are pure functions of what they gave.
 * Kinds live in kinds/, one file each; kinds/index.ts lists them.
 */
import type { Change, FactMap, Reading, Values } from '../module.ts';
import type { Command } from '../shell.ts';

/** Plain JSON data. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** All there is of one kind on a host, by key: an interface's name, a file's path, a rule's text. What changes by itself is not in it. */
export type Items<T extends Json = Json> = Readonly<Record<string, T>>;

/** One thing that isn't as the baseline has it: added (no `before`), gone (no `now`), or other than it was. */
export interface Difference<T extends Json = Json> {
  readonly key: string;
  readonly before?: T;
  readonly now?: T;
}

/** What of a host was recorded, by kind. A kind that could not be read says why; a tool that isn't installed is no items. */
export type KindStates = Readonly<Record<string, Reading<Items>>>;

/** What was chosen at capture. The baseline keeps it: what is compared later has to be read in the same way. */
export interface CaptureSettings {
  /** Absolute paths of the folders whose files are recorded. */
  readonly folders: readonly string[];
}

/** What carries the session that ctplay itself comes in by; a reset leaves it alone. */
export interface ManagementPath {
  /** The other end of the SSH connection, and ours (SSH_CONNECTION of ssh(1)). */
  readonly clientAddress: string;
  readonly clientPort: number;
  readonly serverAddress: string;
  readonly serverPort: number;
  /** The interface of the way to the client, then what it hangs on or is made of: masters, lower interfaces, OVS bridges. */
  readonly links: readonly string[];
  /** The gateway towards the client, where there is one. */
  readonly gateway?: string;
  /** The route to the client as `ip route` prints it, without its cache. */
  readonly route: string;
  /** systemd units of the SSH server. */
  readonly services: readonly string[];
  /** The session's own processes and their parents, up to the SSH server. */
  readonly processes: readonly number[];
}

/** What a way back is planned from. */
export interface RestoreContext {
  readonly baseline: KindStates;
  readonly now: KindStates;
  readonly management: ManagementPath;
  /**
   * Whether a thing may be touched; otherwise why not, as a clause: `it carries the management session`, `--keep names it`. Knows the links
   * and services of the management path, which a kind may ask about under the names `link` and `service`, whatever its own name is.
   */
  protects(kind: string, key: string): string | undefined;
  /** The folder on the host that holds contents kept at capture; undefined when it is gone. */
  readonly contents: string | undefined;
}

/** When in a reset something is done: users of a thing go before the thing, and what others stand on comes first on the way up. */
export const stages = [
  'processes',
  'containers',
  'namespaces',
  'container-networks',
  'switches',
  'links',
  'mounts-off',
  'packages',
  'users',
  'files',
  'mounts-on',
  'sysctls',
  'services',
  'links-up',
  'addresses',
  'routes',
  'firewall',
  'container-starts',
] as const;
export type Stage = (typeof stages)[number];

/** One step back to the baseline. */
export interface Restoration {
  readonly stage: Stage;
  /** The differences that it settles. */
  readonly keys: readonly string[];
  readonly change: Change;
}

/** A difference that can't be settled, and why, as a sentence without its full stop. */
export interface Remainder {
  readonly key: string;
  readonly why: string;
}

export interface StateKind<T extends Json = Json, F extends FactMap = FactMap> {
  /** As in `--only` and in what is printed: `link`, `docker-container`. */
  readonly name: string;
  /** One line for the manual: what of it is recorded. */
  readonly summary: string;
  /** What is read, as root, in one batch with all other kinds' facts. */
  readonly facts: F;
  /** Everything of the kind. `absent` is never given: nothing there is no items. */
  items(values: Values<F>): Reading<Items<T>>;
  /** What a difference is called: `bridge br1`, `container c2 of Docker`. */
  subject(difference: Difference<T>): string;
  /** What became of it, as clauses after the subject: `was added`, `is gone`, `is stopped`, `has mtu 1400, not 1500`. */
  words(difference: Difference<T>): readonly string[];
  /**
   * Whether a difference is no more than the consequence of another one: the settings of an interface that was added, what the kernel
   * sets together with what somebody set. Such a one is neither told nor planned for, and goes when its cause goes.
   */
  follows?(difference: Difference<T>, states: { readonly baseline: KindStates; readonly now: KindStates }): boolean;
  /** Whether a value bears ctplay's mark (an alias, a label, an external id, a comment). */
  marked?(value: T): boolean;
  /** What modules call the thing in the ledger's changes, where that isn't `subject`. */
  ledgerSubjects?(key: string, value: T): readonly string[];
  /** Writes what restoring needs besides the items, such as contents of files, into a folder of the host that exists, as root, at capture. */
  keep?(folder: string): Command;
  /** The way back of all differences of this kind at once. Left out for what only shows what others settle, such as sockets. */
  restore?(differences: readonly Difference<T>[], context: RestoreContext): Iterable<Restoration | Remainder>;
}

/** Declares a kind; the types of items and facts follow from the spec. */
export function defineKind<T extends Json, F extends FactMap>(kind: StateKind<T, F>): StateKind<T, F> {
  return kind;
}
