/** What one more task costs on one host, when there is nothing to change and when everything is. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { startFleet } from '../fleet.ts';
import { manyTasks } from '../plays/many-tasks.ts';
import { interleaved, type Figure } from '../measure.ts';
import { figureOf, type Comparison, type Goal, type Part, type PartResult, type Settings } from '../part.ts';
import { everybody, roundTrips, settle, type Job } from '../peers.ts';

const part: Part = {
  name: 'tasks',
  title: 'Tasks on one host',
  async run(settings: Settings): Promise<PartResult> {
    const counts = settings.quick ? [1, 10, 100] : [1, 10, 100, 1000];
    const fleet = await startFleet(1);
    const comparisons: Comparison[] = [];
    const trips = { 'nothing to change': [] as number[], 'everything to do': [] as number[] };
    try {
      for (const what of ['nothing to change', 'everything to do'] as const) {
        let before: readonly Figure[] | undefined;
        for (const [index, count] of counts.entries()) {
          process.stderr.write(`${count} tasks, ${what}\n`);
          const { playbook, script } = write(fleet.folder, count);
          const plain: Job = { fleet, hosts: fleet.hosts, inventory: fleet.inventory('one', fleet.hosts) };
          const changes = what === 'everything to do';
          const job: Job = changes ? { ...plain, prepare: () => fleet.wipe(fleet.hosts) } : plain;
          fleet.wipe(fleet.hosts);
          if (!changes) await settle(job, playbook);
          const guess = (name: string): number | undefined => {
            const earlier = before && figureOf(before, name);
            return earlier && (earlier.turns === 0 ? Infinity : name.startsWith('ansible') ? (earlier.wallMs * count) / counts[index - 1]! : undefined);
          };
          const contestants = everybody(job, playbook, script);
          before = await interleaved(count > 100 ? contestants.filter(({ name }) => !name.startsWith('ansible')) : contestants, settings, guess);
          trips[what].push(await roundTrips(job, playbook));
          comparisons.push({ part: `${part.title}, ${what}`, title: `${count}`, figures: before, remarks: [`ctplay took ${trips[what].at(-1)} round trips`] });
        }
      }
    } finally {
      await fleet.stop();
    }
    return { comparisons, goals: goals(counts, comparisons, trips) };
  },
};
export default part;

function write(folder: string, count: number): { playbook: string; script: string } {
  const { playbook, script } = manyTasks(count);
  const file = (name: string, text: string): string => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  return { playbook: file(`tasks-${count}.yaml`, playbook), script: file(`tasks-${count}.sh`, script) };
}

function goals(counts: readonly number[], comparisons: readonly Comparison[], trips: Readonly<Record<string, readonly number[]>>): Goal[] {
  if (comparisons.some(({ figures }) => figureOf(figures, 'ctplay').turns === 0)) return [];
  const most = counts.at(-1)!;
  const each = (offset: number): number => {
    const [first, last] = [comparisons[offset]!, comparisons[offset + counts.length - 1]!].map(({ figures }) => figureOf(figures, 'ctplay').wallMs);
    return (last! - first!) / (most - 1);
  };
  const idle = trips['nothing to change']!;
  const busy = trips['everything to do']!;
  return [
    { what: `no-op, 1 to ${most} tasks`, aim: '≤ 1 ms a task', found: `${each(0).toFixed(2)} ms`, met: each(0) <= 1 },
    { what: `no-op, 1 to ${most} tasks`, aim: 'round trips constant', found: idle.join(', '), met: new Set(idle).size === 1 },
    { what: `changing, 1 to ${most} tasks`, aim: '≤ 1 round trip a task', found: `${busy.join(', ')} in all (${each(counts.length).toFixed(1)} ms a task)`, met: busy.at(-1)! - busy[0]! <= most - 1 },
  ];
}
