/** The processes in which runs of a test have kept connections. */
import { existsSync } from 'node:fs';
import { expect, vi } from 'vitest';

export class Keepers {
  readonly #pids = new Set<number>();

  /** Those that a run names with -vvv. */
  note(output: string): void {
    for (const [, pid] of output.matchAll(/process (\d+) (?:holds|will keep)/g)) this.#pids.add(Number(pid));
  }

  get pids(): readonly number[] {
    return [...this.#pids];
  }

  /** Ends them, with what they keep. */
  async end(): Promise<void> {
    for (const pid of this.#pids) {
      if (!existsSync(`/proc/${pid}`)) continue;
      process.kill(pid, 'SIGTERM');
      await vi.waitFor(() => expect(existsSync(`/proc/${pid}`)).toBe(false), { timeout: 20_000, interval: 50 });
    }
    this.#pids.clear();
  }
}
