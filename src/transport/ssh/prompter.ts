/** Asking the person at the terminal: one question at a time, while every time limit stands still. */
import { Places } from '../../places.ts';
import type { Secret } from '../../shell.ts';
import type { ConnectOptions } from '../types.ts';

/** A time limit of one handshake. */
export interface Deadline {
  /** The limit no longer counts. */
  clear(): void;
}

class PausableTimer implements Deadline {
  readonly #owner: Set<PausableTimer>;
  readonly #onExpiry: () => void;
  #remainingMs: number;
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(milliseconds: number, onExpiry: () => void, owner: Set<PausableTimer>) {
    this.#remainingMs = milliseconds;
    this.#onExpiry = onExpiry;
    this.#owner = owner;
    owner.add(this);
  }

  start(): void {
    this.#startedAt = performance.now();
    this.#timer = setTimeout(this.#onExpiry, Math.max(0, this.#remainingMs));
  }

  pause(): void {
    clearTimeout(this.#timer);
    this.#remainingMs -= performance.now() - this.#startedAt;
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#owner.delete(this);
  }
}

export class Prompter {
  readonly #questions = new Places(1);
  readonly #timers = new Set<PausableTimer>();
  #asking = 0;

  /** Asks when no other question is open. */
  async ask(prompt: NonNullable<ConnectOptions['prompt']>, question: string, once: string | undefined): Promise<Secret> {
    if (this.#asking++ === 0) for (const timer of this.#timers) timer.pause();
    try {
      return await this.#questions.run(() => prompt(question, once));
    } finally {
      if (--this.#asking === 0) for (const timer of this.#timers) timer.start();
    }
  }

  /** Calls `onExpiry` after `milliseconds` in which nobody was being asked anything. */
  deadline(milliseconds: number, onExpiry: () => void): Deadline {
    const timer = new PausableTimer(milliseconds, onExpiry, this.#timers);
    if (this.#asking === 0) timer.start();
    return timer;
  }
}
