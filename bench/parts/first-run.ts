/** The same play on hosts that have nothing of it: every task that can change something does. */
import path from 'node:path';
import { atMost, timesFaster, type Part } from '../part.ts';
import { again, everybody, ours } from '../peers.ts';
import { general, onSizes } from './general.ts';

const part: Part = {
  name: 'first-run',
  title: 'First run: the same tasks, all to be done',
  run: (settings) =>
    onSizes(
      settings,
      part.title,
      (fresh) => {
        const playbook = path.resolve(general.playbook);
        const job = { ...fresh, prepare: () => fresh.fleet.wipe(fresh.hosts) };
        return Promise.resolve([...everybody(job, playbook, general.script, general.changes), again(job, playbook, general.changes)]);
      },
      (size, figures) =>
        size === 50 ? ours.flatMap(([name, how]) => [...atMost(`first run, 50 hosts${how}`, figures, name, 'floor', 3), ...timesFaster(`first run, 50 hosts${how}`, figures, name, 'ansible, Mitogen', 15)]) : [],
    ),
};
export default part;
