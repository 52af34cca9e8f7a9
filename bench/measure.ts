/** Interleaved measurements: figures of one run can be compared, those of two can't. */
import { spawnSync } from 'node:child_process';

export interface Contestant {
  readonly name: string;
  readonly command: readonly string[];
}

export interface Figure {
  readonly name: string;
  /** Medians over all rounds. */
  readonly wallMs: number;
}

/** Runs each contestant once per round, in turn, after one unmeasured round. Throws when one fails. */
export function interleaved(contestants: readonly Contestant[], rounds: number): Figure[] {
  const times = new Map(contestants.map(({ name }) => [name, [] as number[]]));
  for (let round = -1; round < rounds; round++) {
    for (const { name, command } of contestants) {
      const started = performance.now();
      const done = spawnSync(command[0]!, command.slice(1), { encoding: 'utf8', maxBuffer: 1 << 28 });
      if (done.status !== 0) throw new Error(`${name} exited with ${done.status}\n${done.stdout}${done.stderr}`);
      if (round >= 0) times.get(name)!.push(performance.now() - started);
    }
  }
  return contestants.map(({ name }) => ({ name, wallMs: median(times.get(name)!) }));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** A table with each figure as a multiple of the first. */
export function printRatios(title: string, figures: readonly Figure[]): void {
  const base = figures[0]!;
  process.stdout.write(`${title}\n`);
  for (const { name, wallMs } of figures) {
    process.stdout.write(`  ${name.padEnd(34)} ${wallMs.toFixed(0).padStart(7)} ms  ${(wallMs / base.wallMs).toFixed(2).padStart(6)} × ${base.name}\n`);
  }
}
