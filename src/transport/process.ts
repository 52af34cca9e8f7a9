/** A process on a host with its three streams, however it was started: over an SSH channel or on this machine. */
import type { Readable, Writable } from 'node:stream';

export interface ProcessEnd {
  /** The exit status; null when there was none. */
  readonly status: number | null;
  /** The signal that killed it, such as `KILL`. */
  readonly signal: string | null;
  /** Why the way to the process was lost, when it was; whether it still runs is then unknown. */
  readonly lost?: string;
}

export interface HostProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles once the process is gone and its output is read; never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** Gives up the streams at once. The process itself may go on. */
  destroy(): void;
}

/** Starts a command line through the login shell of the connection's user. */
export type StartProcess = (commandLine: string) => Promise<HostProcess>;

/** How an end reads in a message. */
export function describeEnd(end: ProcessEnd): string {
  if (end.lost !== undefined) return end.lost;
  if (end.signal !== null) return `it was killed by SIG${end.signal}`;
  return `it ended with exit status ${end.status ?? 'unknown'}`;
}

/**
 * A process may leave children behind that keep its output open for as long as they live. After it has exited, its output is
 * waited for this long.
 */
export const DRAIN_MS = 250;
