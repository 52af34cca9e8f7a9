/**
 * Every error that ctplay shows a person: a stable code, an exit status, and a message that says what was expected, what
 * was found, where, and what to do. Anything else that is thrown is a bug in ctplay and is reported as one.
 */

/** A place in a text file. Lines and columns count from 1; `endLine`/`endColumn` is the position after the last character. */
export interface SourceSpan {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine?: number;
  readonly endColumn?: number;
}

/** Exit statuses of the command line, as documented in the README. */
export const ExitStatus = {
  ok: 0,
  /** The command line, the playbook or the inventory is wrong; nothing was changed. */
  usage: 1,
  /** A task failed on at least one host. */
  failed: 2,
  /** `ctplay drift`: some host isn't as its baseline has it. */
  drift: 3,
  /** At least one host could not be reached; this weighs more than a failed task, as with Ansible. */
  unreachable: 4,
  /** Ended by Ctrl-C (128 + SIGINT). */
  interrupted: 130,
  /** A defect in ctplay itself. */
  internal: 250,
} as const;
export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus];

/** Stable codes. The part before the dot is the area; scripts may match on them. */
export type ErrorCode =
  | 'usage.option'
  | 'usage.missing'
  | 'file.missing'
  | 'file.unreadable'
  | 'yaml.syntax'
  | 'playbook.structure'
  | 'playbook.keyword'
  | 'module.unknown'
  | 'module.definition'
  | 'module.untrusted'
  | 'args.unknown'
  | 'args.type'
  | 'args.missing'
  | 'args.value'
  | 'template.syntax'
  | 'template.undefined'
  | 'template.value'
  | 'inventory.syntax'
  | 'inventory.empty'
  | 'inventory.pattern'
  | 'plan.conflict'
  | 'precondition'
  | 'task.failed'
  | 'task.timeout'
  | 'task.not-converged'
  | 'task.interrupted'
  | 'task.unsupported'
  | 'ssh.unreachable'
  | 'ssh.auth'
  | 'ssh.host-key'
  | 'ssh.config'
  | 'ssh.dropped'
  | 'ssh.shell'
  | 'become.failed'
  | 'host.locked'
  | 'guard.lockout'
  | 'guard.rolled-back'
  | 'guard.unavailable'
  | 'ledger.unreadable'
  | 'ledger.unwritable'
  | 'baseline.missing'
  | 'baseline.unreadable'
  | 'baseline.unwritable'
  | 'baseline.other-machine'
  | 'ledger.no-run'
  | 'ledger.changed-later'
  | 'vault'
  | 'lab.system'
  | 'lab.state'
  | 'lab.build'
  | 'internal';

export interface ErrorDetails {
  /** Where in the user's files. */
  readonly span?: SourceSpan | undefined;
  /** What ctplay looked for. */
  readonly expected?: string | undefined;
  /** What was there instead. */
  readonly found?: string | undefined;
  /** What the person can do about it, as a sentence. */
  readonly hint?: string | undefined;
  /** Further lines, such as a command's stderr; shown verbatim, indented. */
  readonly detail?: string | undefined;
  readonly cause?: unknown;
}

/** An error meant for the user. The message is one sentence without a trailing period and without the location. */
export class CtplayError extends Error {
  override readonly name: string = 'CtplayError';
  readonly code: ErrorCode;
  readonly exitStatus: ExitStatus;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, exitStatus: ExitStatus = exitStatusOf(code)) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.exitStatus = exitStatus;
    this.details = details;
  }

  /** The same error with a location, unless it already has one. */
  at(span: SourceSpan | undefined): CtplayError {
    if (span === undefined || this.details.span !== undefined) return this;
    return new CtplayError(this.code, this.message, { ...this.details, span, cause: this.cause }, this.exitStatus);
  }
}

/**
 * Thrown by a module's `plan` when something it builds on isn't there (no such container, a daemon that is down). In
 * check mode the engine turns it into 'known after apply' when an earlier pending change would meet it.
 */
export class PreconditionError extends CtplayError {
  override readonly name = 'PreconditionError';
  constructor(message: string, details: ErrorDetails = {}) {
    super('precondition', message, details);
  }
  override at(span: SourceSpan | undefined): PreconditionError {
    if (span === undefined || this.details.span !== undefined) return this;
    return new PreconditionError(this.message, { ...this.details, span, cause: this.cause });
  }
}

/** Several user errors found in one pass, shown one after the other. */
export class CtplayErrors extends Error {
  override readonly name = 'CtplayErrors';
  readonly errors: readonly CtplayError[];
  constructor(errors: readonly CtplayError[]) {
    super(errors.map((error) => error.message).join('\n'));
    this.errors = errors;
  }
}

function exitStatusOf(code: ErrorCode): ExitStatus {
  if (code === 'internal') return ExitStatus.internal;
  if (code.startsWith('ssh.')) return ExitStatus.unreachable;
  if (code.startsWith('task.') || code === 'precondition' || code === 'become.failed' || code === 'host.locked' || code.startsWith('guard.') || code.startsWith('ledger.') || code.startsWith('baseline.')) {
    return ExitStatus.failed;
  }
  return ExitStatus.usage;
}

/**
 * The candidate nearest to a mistyped word by Damerau-Levenshtein distance, or undefined when none is near enough
 * (a third of the word's length, at least one edit). A word of three letters or more is also near the only candidate that it begins.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  const longer: string[] = [];
  for (const candidate of candidates) {
    if (word.length >= 3 && candidate.toLowerCase().startsWith(word.toLowerCase())) longer.push(candidate);
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best ?? (longer.length === 1 ? longer[0] : undefined);
}

/** 'did you mean x?' as a hint, or undefined. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const best = nearest(word, candidates);
  return best === undefined ? undefined : `Did you mean '${best}'?`;
}

function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let value = Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) value = Math.min(value, beforePrevious[j - 2]! + 1);
      current.push(value);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length]!;
}
