/** What can be read from a host: facts, and how they are read together, remembered, and told from what changes. */
import type { Command } from './shell.ts';

/** What a read-only command answered. Status null: it didn't end by itself. */
export interface ReadResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** When it started, in milliseconds since the epoch by the controller's clock, and how long it took; where that was measured. */
  readonly startedAt?: number;
  readonly durationMs?: number;
}

/**
 * A part of a host that facts read and changes touch: words joined by colons, from the general to the special, such as
 * `link`, `docker:network:lab`, `file:etc:hosts`. Two domains overlap when they are equal or one is the other's ancestor;
 * `*` overlaps all.
 */
export type Domain = string;

/** One thing that can be read from a host: a read-only command and a pure, total parser of its answer. */
export interface Fact<T> {
  /** The subject, as in `ctplay facts --kind link`. */
  readonly kind: string;
  /** Which one of its kind, such as an interface's name; empty when there is only one. */
  readonly key: string;
  /** Facts with the same command text share one execution: prefer one `ip -j` for all links to one for each. One whose command is `nothing` is not asked of the host. */
  readonly read: Command;
  /**
   * Read by the long-lived shell itself, which saves a process: for a command that starts no program, sets nothing but variables that begin with
   * `__ctplay_`, and prints nothing unless it fails.
   */
  readonly inShell?: boolean;
  /** How it is read together with others, at less cost than each for itself. Then kind and question tell it from others, not the command. */
  readonly joint?: Joint;
  /** What makes a value read earlier stale. */
  readonly domains: readonly Domain[];
  /** The value as plain JSON data (it goes into the ledger). Never throws; keep secrets out of it. */
  parse(result: ReadResult): T;
  /** For a fact about what is at one path: how changes elsewhere bear on it. */
  readonly atPath?: AtPath<T>;
}

/** A value about one path. Nothing that comes into being below the path makes it another, save a directory's size, links and times. */
export interface AtPath<T> {
  /** That reading it costs hardly anything, whatever is there. */
  readonly isLight?: boolean;
  /**
   * A test that starts no program, and succeeds as long as none of the files at these paths is this one under another name, so that
   * changing them leaves it as it is. Undefined where no test can tell.
   */
  unlessAmong(value: T, paths: readonly string[]): Command | undefined;
  /**
   * The value once changes have been made at these paths, `directories` among them being new ones; undefined where it can't be told. The
   * test of it shows whether it came so.
   */
  foretold(value: T, paths: readonly string[], directories: readonly string[]): T | undefined;
}

/** Facts with the same `reader` can be read by one command. */
export interface Joint<Q = unknown> {
  readonly reader: JointReader<Q>;
  /** What the reader has to know of this fact. */
  readonly question: Q;
}

export interface JointReader<Q> {
  /** One read-only command for all the questions; for one alone, the fact's own `read`. */
  command(questions: readonly Q[]): Command;
  /** What each fact's `parse` is given, in the order of the questions. Never throws. */
  split(result: ReadResult, questions: readonly Q[]): readonly ReadResult[];
  /** What spares a later run the costly parts of an answer; without it, each run reads all. */
  readonly memory?: AnswerMemory<Q>;
}

/** Parts of an answer that cost much to read, and hold as long as its stamp, which costs little, is the same. */
export interface AnswerMemory<Q> {
  /** Questions about the same thing share their parts. */
  about(question: Q): string;
  /**
   * The parts of an answer by name, without secrets: they are kept on the controller; and the stamp, which shows that the thing is as it
   * was: undefined for what can change without showing it.
   */
  learn(question: Q, answer: ReadResult): { readonly stamp: string | undefined; readonly parts: Readonly<Record<string, string>> };
  /** What is left to ask of one who knows these parts; the question itself when that is all of it. */
  rest(question: Q, parts: Readonly<Record<string, string>>): Q;
  /** The answer to the question from the one to its rest. */
  complete(question: Q, answer: ReadResult, parts: Readonly<Record<string, string>>): ReadResult;
}

/** The three answers a fact must keep apart. */
export type Reading<T> =
  | { readonly state: 'present'; readonly value: T }
  | { readonly state: 'absent' }
  | {
      readonly state: 'unavailable';
      /** The tool is not installed; its daemon does not answer; we may not ask; the answer made no sense. */
      readonly reason: 'not-installed' | 'not-running' | 'denied' | 'unreadable';
      readonly detail: string;
    };

export type FactMap = { readonly [name: string]: Fact<unknown> };
export type Values<F extends FactMap> = { readonly [K in keyof F]: F[K] extends Fact<infer T> ? T : never };

/** Whether any of these domains shares anything with any of those. */
export function meet(some: readonly Domain[], others: readonly Domain[]): boolean {
  return some.some((one) => others.some((other) => overlaps(one, other)));
}

/** Whether two domains share anything. */
export function overlaps(a: Domain, b: Domain): boolean {
  return a === '*' || b === '*' || a === b || a.startsWith(`${b}:`) || b.startsWith(`${a}:`);
}
