/** What one more task costs on one host, when there is nothing to change and when everything is. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { startFleet } from '../fleet.ts';
import { interleaved, runProgram, type Figure } from '../measure.ts';
import { figureOf, type Comparison, type Goal, type Part, type PartResult, type Settings } from '../part.ts';
import { ctplay, everybody, roundTrips, type Job } from '../peers.ts';

/** Four kinds of tasks in turn: a file, a folder, a line, a link; and the same as shell. */
const kinds = [
  (n: number) => ({ yaml: `copy: { dest: "{{ target }}/f${n}", content: "${n}\\n", mode: "0644" }`, shell: `[ "$(cat "$1/f${n}" 2>/dev/null)" = ${n} ] || echo ${n} >"$1/f${n}"` }),
  (n: number) => ({ yaml: `file: { path: "{{ target }}/d${n}", state: directory, mode: "0755" }`, shell: `[ -d "$1/d${n}" ] || mkdir "$1/d${n}"` }),
  (n: number) => ({ yaml: `lineinfile: { path: "{{ target }}/l${n}", line: "line ${n}", create: true, mode: "0644" }`, shell: `grep -qxF 'line ${n}' "$1/l${n}" 2>/dev/null || echo 'line ${n}' >>"$1/l${n}"` }),
  (n: number) => ({ yaml: `file: { path: "{{ target }}/s${n}", src: "{{ target }}", state: link }`, shell: `[ -L "$1/s${n}" ] || ln -s "$1" "$1/s${n}"` }),
];

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
          if (!changes) await runProgram(ctplay(job, playbook).command);
          const guess = (name: string): number | undefined => {
            const earlier = before && figureOf(before, name);
            return earlier && (earlier.turns === 0 ? Infinity : name.startsWith('ansible') ? (earlier.wallMs * count) / counts[index - 1]! : undefined);
          };
          before = await interleaved(everybody(job, playbook, script), settings, guess);
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
  const tasks = Array.from({ length: count }, (_, n) => kinds[n % kinds.length]!(n));
  const playbook = path.join(folder, `tasks-${count}.yaml`);
  // The folder is there in either case: whoever changes everything makes it with the first task.
  writeFileSync(playbook, `- hosts: all\n  gather_facts: false\n  tasks:\n    - file: { path: "{{ target }}", state: directory, mode: "0755" }\n${tasks.slice(1).map(({ yaml }) => `    - ${yaml}\n`).join('')}`);
  const script = path.join(folder, `tasks-${count}.sh`);
  writeFileSync(script, `set -eu\n[ -d "$1" ] || mkdir "$1"\n${tasks.slice(1).map(({ shell }) => `${shell}\n`).join('')}`);
  return { playbook, script };
}

function goals(counts: readonly number[], comparisons: readonly Comparison[], trips: Readonly<Record<string, readonly number[]>>): Goal[] {
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
