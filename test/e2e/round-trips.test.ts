/** How often runs go to the host and back. A count that grew is a defect; one that shrank is to be lowered in the table. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manyTasks } from '../../bench/plays/many-tasks.ts';
import { ctplay, eventsOf, root, workspace, type Workspace } from '../harness/ctplay.ts';
import { withLab } from '../harness/lab.ts';

/** Round trips of one run on its busiest host, with those for the lock and for giving it back. */
const expected = {
  '1 task, nothing to change': 3,
  '10 tasks, nothing to change': 3,
  '100 tasks, nothing to change': 3,
  '1,000 tasks, nothing to change': 3,
  'the general play, 7 of 10 tasks to do': 6,
  'the general play, nothing to change': 3,
  'the GRE lab, nothing to change': 4,
} as const;

const lab = withLab({ base: 'full' });
let files: Workspace;
beforeAll(() => {
  files = workspace();
});
afterAll(() => files.dispose());

/** Runs a playbook and gives the round trips of its busiest host and how many tasks changed something there. */
async function run(playbook: string, ...flags: string[]): Promise<{ trips: number; changed: number }> {
  const ended = await ctplay('run', playbook, '-i', lab().inventory, '--output', 'json', ...flags);
  const end = eventsOf(ended).at(-1);
  if (end?.type !== 'run-end' || end.exitStatus !== 0) throw new Error(`${ended.stdout.slice(-4000)}${ended.stderr}`);
  return { trips: Math.max(...Object.values(end.roundTrips)), changed: Math.max(...Object.values(end.counters).map(({ changed }) => changed)) };
}

describe('round trips of', () => {
  it.each([
    [1, '1 task, nothing to change'],
    [10, '10 tasks, nothing to change'],
    [100, '100 tasks, nothing to change'],
    [1000, '1,000 tasks, nothing to change'],
  ] as const)('%i tasks that find nothing to change', async (count, name) => {
    const { playbook, script } = manyTasks(count);
    const target = `/root/tasks-${count}`;
    await lab().output('host1', `sh -s - ${target}`, script);
    const { trips, changed } = await run(files.write('tasks.yaml', playbook), '--limit', 'host1', '-e', `target=${target}`);
    expect(changed).toBe(0);
    expect(trips).toBeLessThanOrEqual(expected[name]);
  });

  it('the general play, first and again', async () => {
    await lab().output('host1', 'cat >/etc/systemd/system/bench-host1.service && systemctl daemon-reload', '[Service]\nExecStart=/bin/sleep infinity\n');
    files.write('app.conf.j2', readFileSync(path.join(root, 'bench/plays/app.conf.j2'), 'utf8'));
    const play = files.write('general.yaml', readFileSync(path.join(root, 'bench/plays/general.yaml'), 'utf8'));
    const flags = ['--limit', 'host1', '-e', 'target=/root/general'];
    const first = await run(play, ...flags);
    expect(first.changed).toBe(7);
    expect(first.trips).toBeLessThanOrEqual(expected['the general play, 7 of 10 tasks to do']);
    const second = await run(play, ...flags);
    expect(second.changed).toBe(0);
    expect(second.trips).toBeLessThanOrEqual(expected['the general play, nothing to change']);
  });

  it('the GRE lab that is there', async () => {
    await run('playbooks/gre-lab.yaml');
    const { trips, changed } = await run('playbooks/gre-lab.yaml');
    expect(changed).toBe(0);
    expect(trips).toBeLessThanOrEqual(expected['the GRE lab, nothing to change']);
  });
});
