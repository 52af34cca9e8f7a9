/** Everything that happens in a run, as data. Reporters render events and never call the engine. */
import type { ErrorDetails, SourceSpan } from './errors.ts';
import type { ChangeAction } from './module.ts';

/** How a task, or one item of its loop, ended on a host. */
export type TaskStatus = 'ok' | 'changed' | 'failed' | 'skipped' | 'unreachable' | 'interrupted';

/** A change as it is shown: no secrets, commands as a person would type them. */
export interface ChangeView {
  readonly action: ChangeAction;
  readonly subject: string;
  readonly from?: unknown;
  readonly to?: unknown;
  readonly text?: { readonly label: string; readonly from: string; readonly to: string };
  readonly commands: readonly string[];
  /** What a person would type for the same; left out where that is the commands themselves. */
  readonly typed?: readonly string[];
  readonly why?: string;
}

/** A user error as data. */
export interface ErrorView extends Omit<ErrorDetails, 'cause'> {
  readonly code: string;
  readonly message: string;
}

export interface TaskView {
  /** The same for all hosts, so that their events can be brought together. */
  readonly id: string;
  /** As written, with role prefix, templates rendered where that is possible. */
  readonly name: string;
  readonly module: string;
  readonly span: SourceSpan;
  readonly handler: boolean;
}

/** Ansible's counters, for one host. */
export interface HostCounters {
  ok: number;
  changed: number;
  unreachable: number;
  failed: number;
  skipped: number;
  rescued: number;
  ignored: number;
}

/** Something that isn't as the baseline has it. */
export interface LeftView {
  readonly kind: string;
  readonly key: string;
  /** `bridge br1`. */
  readonly subject: string;
  /** `was added`. */
  readonly words: readonly string[];
  readonly by: 'ctplay' | 'hand';
  readonly why: string;
}

export interface HostProof {
  readonly host: string;
  /** The baseline's name, and when it was captured (ISO 8601). */
  readonly baseline: string;
  readonly capturedAt: string;
  /** `planned` in check mode. */
  readonly state: 'clean' | 'left' | 'planned';
  readonly changes: number;
  readonly passes: number;
  readonly left: readonly LeftView[];
  /** What --keep names; the host may be clean all the same. */
  readonly kept: readonly LeftView[];
  readonly durationMs: number;
}

/** How a host ended, as a line of a table. */
export interface SeatView {
  readonly host: string;
  readonly state: 'clean' | 'left' | 'planned' | 'reset' | 'failed' | 'unreachable' | 'interrupted';
  readonly changes: number;
  /** How many things differ still; left out where that isn't known. */
  readonly left?: number;
  /** The first of them, or why the host failed. */
  readonly why?: string;
  readonly durationMs: number;
}

/** Every event carries the time in milliseconds since the epoch. */
export type Event = { readonly time: number } & EventBody;

export type EventBody =
  | { readonly type: 'run-start'; readonly runId: string; readonly verb: 'run' | 'reset' | 'undo' | 'ledger' | 'exec'; readonly check: boolean; readonly diff: boolean; readonly files: readonly string[] }
  | { readonly type: 'play-start'; readonly play: string; readonly hosts: readonly string[]; readonly span?: SourceSpan; readonly tasks: number }
  | { readonly type: 'play-end'; readonly play: string }
  | { readonly type: 'host-connect'; readonly host: string; readonly address: string }
  | { readonly type: 'host-connected'; readonly host: string; readonly retries: number; readonly durationMs: number }
  | { readonly type: 'host-unreachable'; readonly host: string; readonly error: ErrorView }
  /** The host waits for another run's lock. */
  | { readonly type: 'host-waiting'; readonly host: string; readonly reason: string }
  /** What a reset to the baseline came to on a host, by what was read there afterwards. */
  | ({ readonly type: 'host-proof' } & HostProof)
  /** The host has nothing more to do in this play. */
  | { readonly type: 'host-end'; readonly host: string; readonly counters: HostCounters }
  | { readonly type: 'task-start'; readonly host: string; readonly task: TaskView }
  /** Before each further attempt of `until`, or of a poll. */
  | { readonly type: 'task-retry'; readonly host: string; readonly task: TaskView; readonly attempt: number; readonly retries: number }
  | TaskItemEvent
  | TaskEndEvent
  /** What -v levels show besides results: 3 and more is the SSH layer. */
  | { readonly type: 'log'; readonly level: 0 | 1 | 2 | 3; readonly host?: string; readonly message: string }
  | { readonly type: 'warning'; readonly message: string; readonly host?: string; readonly span?: SourceSpan }
  /** How each host ended, after a reset. */
  | { readonly type: 'seats'; readonly seats: readonly SeatView[] }
  | { readonly type: 'run-end'; readonly exitStatus: number; readonly counters: Readonly<Record<string, HostCounters>>; readonly durationMs: number; readonly roundTrips: Readonly<Record<string, number>>; readonly interrupted: boolean };

interface Ended {
  readonly host: string;
  readonly task: TaskView;
  readonly status: TaskStatus;
  /** In check mode: an earlier pending change decides; what is shown is a guess or nothing. */
  readonly knownAfterApply?: boolean;
  /** Failed, but `ignore_errors` or a rescue goes on from here. */
  readonly ignored?: boolean;
  readonly rescued?: boolean;
  /** Why it was skipped: the condition that did not hold. */
  readonly skipReason?: string;
  readonly changes: readonly ChangeView[];
  /** Return values as `register` sees them; `{censored: …}` with no_log. */
  readonly result: Readonly<Record<string, unknown>>;
  readonly error?: ErrorView;
  /** The arguments after templating; left out with no_log. */
  readonly args?: Readonly<Record<string, unknown>>;
  readonly delegatedTo?: string;
  readonly durationMs: number;
}
/** One item of a loop has ended; the task's own end follows after the last. */
export interface TaskItemEvent extends Ended {
  readonly type: 'task-item';
  readonly item: unknown;
  /** What stands for the item: `loop_control.label`, else the item. */
  readonly label: string;
}
export interface TaskEndEvent extends Ended {
  readonly type: 'task-end';
}

/** Where events go. */
export type Emit = (event: EventBody) => void;

/** A renderer. `close` restores the terminal and prints what was held back. */
export interface Reporter {
  /** What tasks return is of no interest, but for what `debug` shows and what commands print. */
  readonly ignoresResults?: boolean;
  handle(event: Event): void;
  /** Leaves the terminal to a prompt until the function that it gives is called. */
  suspend?(): () => void;
  close(): void | Promise<void>;
}
