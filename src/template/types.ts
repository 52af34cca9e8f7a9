/** What the template engine asks of its surroundings, and what it offers them. */
import type { SourceSpan } from '../errors.ts';

export interface Variable {
  readonly value: unknown;
  /** True for data that came from hosts (facts, registered results): it is never evaluated as a template. */
  readonly literal?: boolean;
}

/**
 * Where names come from. `lookup` may throw a signal of its own (facts are not there yet): it passes through the engine
 * untouched, also through `default()` and `is defined`, and leaves no cache half filled.
 */
export interface Scope {
  lookup(name: string): Variable | undefined;
  names(): Iterable<string>;
}

/** A dictionary that computes its values when asked, such as `hostvars`. A `Map` is one. Values are taken as they are. */
export interface LazyMapping {
  get(key: unknown): unknown;
  has(key: unknown): boolean;
  keys(): Iterable<unknown>;
}

/** Stands for 'as if this argument had not been written': maps and lists drop entries whose rendered value it is. */
export const omit: unique symbol = Symbol.for('ctplay.omit');

/** The folders of a role or playbook in which lookups search. */
export type SearchKind = 'files' | 'templates' | 'vars';

/** The controller as lookups, path filters and file tests see it; all paths are absolute or relative to `basedir`. */
export interface LookupContext {
  /** The folder of the playbook; what `pipe` runs in and relative paths start from. */
  readonly basedir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The first existing file or folder named `name` in the search path, as an absolute path. */
  find(name: string, kind: SearchKind): string | undefined;
  /** The folders in which `find` looks, nearest first. */
  searchPath(kind: SearchKind): readonly string[];
  /** A file's bytes, decrypted if it is a vault. */
  read(path: string): Uint8Array;
  /** Creates or replaces a file with mode 0600, and its folders. */
  write(path: string, text: string): void;
  /** Runs a command line by /bin/sh in `basedir` and gives its standard output. Throws CtplayError when it fails. */
  run(command: string): string;
  /** The inventory's hosts for a pattern. */
  hosts(pattern: string): readonly string[];
  now(): Date;
  /** Settings by Ansible's names for them, for the lookup `config`. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** The delimiters and whitespace rules of a template; what a `#jinja2:` first line may change. */
export interface Syntax {
  readonly blockStart: string;
  readonly blockEnd: string;
  readonly variableStart: string;
  readonly variableEnd: string;
  readonly commentStart: string;
  readonly commentEnd: string;
  /** The first newline after a block tag or comment is removed. */
  readonly trimBlocks: boolean;
  /** Blanks before a block tag or comment that stands first on its line are removed. */
  readonly lstripBlocks: boolean;
  /** Ends lines in the output. */
  readonly newline: '\n' | '\r\n' | '\r';
}

export interface RenderOptions {
  /** Where the text or value stands in the user's file; errors point into it. */
  readonly span?: SourceSpan | undefined;
  /** Where a part of the value stands, by its path, so that errors point into that. */
  readonly spanAt?: ((path: readonly (string | number)[]) => SourceSpan | undefined) | undefined;
  readonly lookups?: LookupContext | undefined;
  /** What the text is, for errors: "argument 'name'", a file name. */
  readonly name?: string | undefined;
  /** Changes to the template's syntax, as the template module's arguments ask for. */
  readonly syntax?: Partial<Syntax> | undefined;
  /** Told when the result rests on more than the scope's variables: on files, commands, the clock or chance. */
  readonly volatile?: (() => void) | undefined;
  /** Told about things that work but shouldn't be written, such as a condition in braces. */
  readonly warn?: ((message: string, span: SourceSpan | undefined) => void) | undefined;
}
