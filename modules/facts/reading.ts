/** The three answers of a fact, and how a tool's failure becomes one of them. */
import type { Reading, ReadResult } from '../../src/module.ts';

type Unavailable = Extract<Reading<never>, { state: 'unavailable' }>;

export const absent: Reading<never> = { state: 'absent' };

export function present<T>(value: T): Reading<T> {
  return { state: 'present', value };
}

/** The value, or undefined where there is none or it can't be known. */
export function valueOf<T>(reading: Reading<T>): T | undefined {
  return reading.state === 'present' ? reading.value : undefined;
}

/** Why a command could not answer; 127 is the shell's 'no such command' (POSIX XCU 2.8.2). */
export function unavailable(result: ReadResult, reason?: Unavailable['reason']): Unavailable {
  const detail = result.stderr.trim() || `exit status ${result.status ?? 'unknown'}`;
  if (reason !== undefined) return { state: 'unavailable', reason, detail };
  if (result.status === 127) return { state: 'unavailable', reason: 'not-installed', detail };
  if (/permission denied|operation not permitted|not allowed/i.test(detail)) return { state: 'unavailable', reason: 'denied', detail };
  return { state: 'unavailable', reason: 'unreadable', detail };
}

/** `text` as JSON, or undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A value for plans alone: its JSON is nothing, so that it doesn't swell the ledger. */
export class Unrecorded<T> {
  readonly #value: T;
  constructor(value: T) {
    this.#value = value;
  }
  get value(): T {
    return this.#value;
  }
  toJSON(): undefined {
    return undefined;
  }
}
