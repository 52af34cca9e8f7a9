/** A run that finds everything as it should be. */
import path from 'node:path';
import { atMost, timesFaster, type Part, type PartResult, type Settings } from '../part.ts';
import { everybody, forgetful, keeping, settle } from '../peers.ts';
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
        return [...everybody(job, playbook, general.script, 0), forgetful(job, playbook, 0), keeping(job, playbook, 0)];
      },
      (size, figures) =>
        size === 50 ? [...atMost('no-op, 50 hosts', figures, 'ctplay', 'floor', 1.5), ...timesFaster('no-op, 50 hosts', figures, 'ctplay', 'ansible, Mitogen', 30), ...timesFaster('no-op, 50 hosts', figures, 'ctplay', 'ansible', 60)] : [],
    ),
};
export default part;
