/** The general play on growing fleets. */
import { startFleet } from '../fleet.ts';
import { interleaved, type Contestant, type Figure } from '../measure.ts';
import { sizesOf, type Comparison, type Goal, type PartResult, type Settings } from '../part.ts';
import type { Job } from '../peers.ts';

export const general = {
  playbook: 'bench/plays/general.yaml',
  script: 'bench/plays/general.sh',
  /** Tasks that change a host which has nothing of it. */
  changes: 7,
};

/** Compares on each size, 2, 10, 50 and 200 hosts by default; what a turn will take is guessed from the size before. */
export async function onSizes(
  settings: Settings,
  part: string,
  contestants: (job: Job) => Promise<readonly Contestant[]>,
  goals: (size: number, figures: readonly Figure[]) => readonly Goal[],
  all: readonly number[] = [2, 10, 50, 200],
): Promise<PartResult> {
  const sizes = sizesOf(settings, all, all.slice(0, 2));
  const fleet = await startFleet(sizes.at(-1)!);
  const comparisons: Comparison[] = [];
  const aims: Goal[] = [];
  try {
    for (const [index, size] of sizes.entries()) {
      process.stderr.write(`${part}, ${size} hosts\n`);
      const hosts = fleet.hosts.slice(0, size);
      const job: Job = { fleet, hosts, inventory: fleet.inventory(`hosts-${size}`, hosts) };
      const before = comparisons.at(-1);
      const expected = (name: string): number | undefined => {
        const earlier = before?.figures.find((one) => one.name === name);
        return earlier && earlier.turns > 0 ? (earlier.wallMs * size) / sizes[index - 1]! : earlier && Infinity;
      };
      const figures = await interleaved(await contestants(job), settings, expected);
      comparisons.push({ part, title: `${size} hosts`, figures });
      aims.push(...goals(size, figures));
    }
  } finally {
    await fleet.stop();
  }
  return { comparisons, goals: aims };
}
