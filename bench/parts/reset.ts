/** Taking the ten tasks back, against connecting and one exec. */
import path from 'node:path';
import type { Part } from '../part.ts';
import { ctplay, ctplayBin, execute, firstContact, floor } from '../peers.ts';
import type { Contestant } from '../measure.ts';
import { general, onSizes } from './general.ts';

const part: Part = {
  name: 'reset',
  title: 'Reset of the ten tasks',
  run: (settings) =>
    onSizes(
      settings,
      part.title,
      (job) => {
        const run = ctplay(job, path.resolve(general.playbook));
        const reset: Contestant = {
          name: 'ctplay reset',
          command: [process.execPath, ctplayBin, 'reset', '-i', job.inventory, '--become-user', job.hosts[0]!.user],
          ...firstContact(job.fleet.folder, async () => void (await execute(run))),
        };
        return Promise.resolve([floor(job), reset]);
      },
      () => [],
      [2, 10, 50],
    ),
};
export default part;
