/** How time, processor time and memory grow with the hosts, what more threads bring, and whether dropped handshakes lose anything. */
import path from 'node:path';
import { startFleet } from '../fleet.ts';
import { interleaved, measure, seconds } from '../measure.ts';
import { atMost, figureOf, sizesOf, type Comparison, type Goal, type Part, type PartResult, type Settings } from '../part.ts';
import { again, ctplay, floor, ours, settle, type Job } from '../peers.ts';
import { general } from './general.ts';

const part: Part = {
  name: 'hosts',
  title: 'Hosts: the ten tasks, nothing to change',
  async run(settings: Settings): Promise<PartResult> {
    const counts = sizesOf(settings, [1, 10, 100, 500, 1000], [1, 10, 100]);
    const playbook = path.resolve(general.playbook);
    const fleet = await startFleet(counts.at(-1)!);
    const comparisons: Comparison[] = [];
    const goals: Goal[] = [];
    try {
      const jobOf = (count: number): Job => ({ fleet, hosts: fleet.hosts.slice(0, count), inventory: fleet.inventory(`hosts-${count}`, fleet.hosts.slice(0, count)) });
      await settle(jobOf(counts.at(-1)!), playbook);
      for (const count of counts) {
        process.stderr.write(`${count} hosts\n`);
        const job = jobOf(count);
        // As many at once as there are: the default of 50 is a courtesy to what lies between.
        const figures = await interleaved([floor(job), ctplay(job, playbook, 0), again(job, playbook, 0), ...(count >= 100 ? [ctplay(job, playbook, 0, inThreads(1)), ctplay(job, playbook, 0, inThreads(2)), floor(job, 2), floor(job, 4)] : [])], settings);
        comparisons.push({ part: part.title, title: count === 1 ? '1 host' : `${count} hosts`, figures });
        if (count === 1000) {
          const { peakMb, turns } = figureOf(figures, 'ctplay');
          goals.push(...ours.flatMap(([name, how]) => atMost(`1,000 hosts${how}`, figures, name, 'floor', 1.5)));
          if (turns > 0) goals.push({ what: '1,000 hosts', aim: '≤ 600 MB', found: `${peakMb.toFixed(0)} MB`, met: peakMb <= 600 });
        }
      }
    } finally {
      await fleet.stop();
    }
    goals.push(await dropping(settings.quick ? 30 : 150));
    return { comparisons, goals };
  },
};
export default part;

const inThreads = (threads: number) => ({ name: `ctplay, ${threads} thread${threads === 1 ? '' : 's'}`, options: ['--threads', String(threads)] });

/** All hosts answer although each sshd drops most of what knocks at once. */
async function dropping(count: number): Promise<Goal> {
  process.stderr.write(`${count} hosts whose sshd drops handshakes\n`);
  const fleet = await startFleet(count, { maxStartups: '2:50:4' });
  try {
    const job: Job = { fleet, hosts: fleet.hosts, inventory: fleet.inventory('dropping', fleet.hosts) };
    const what = `${count} hosts, MaxStartups 2:50:4`;
    try {
      const { wallMs } = await measure(ctplay(job, path.resolve(general.playbook), general.changes));
      return { what, aim: 'nothing lost', found: `all changed in ${seconds(wallMs)}`, met: true };
    } catch (error) {
      return { what, aim: 'nothing lost', found: (error as Error).message.split('\n')[0]!, met: false };
    }
  } finally {
    await fleet.stop();
  }
}
