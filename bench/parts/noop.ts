/** A run that finds everything as it should be. */
import path from 'node:path';
import { atMost, timesFaster, type Part, type PartResult, type Settings } from '../part.ts';
import { again, ansibleAgain, everybody, forgetful, ours, settle } from '../peers.ts';
import { general, onSizes } from './general.ts';

const part: Part = {
  name: 'noop',
  title: 'No-op: ten general tasks, nothing to change',
  run: (settings: Settings): Promise<PartResult> =>
    onSizes(
      settings,
      part.title,
      async (job) => {
        const playbook = path.resolve(general.playbook);
        await settle(job, playbook);
        // The service and the files are there for everybody now.
        return [...everybody(job, playbook, general.script, 0), forgetful(job, playbook, 0), again(job, playbook, 0), ...(job.hosts.length === 50 ? [ansibleAgain(job, playbook, 0)] : [])];
      },
      (size, figures) =>
        size === 50
          ? ours.flatMap(([name, how]) => {
              const what = `no-op, 50 hosts${how}`;
              return [...atMost(what, figures, name, 'floor', 1.5), ...timesFaster(what, figures, name, 'ansible, Mitogen', 30), ...timesFaster(what, figures, name, 'ansible', 60)];
            })
          : [],
    ),
};
export default part;
