/** Taking the ten tasks back, against connecting and one exec. */
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import type { Part } from '../part.ts';
import { ctplay, ctplayBin, floor } from '../peers.ts';
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
        const reset: Contestant = {
          name: 'ctplay reset',
          command: [process.execPath, ctplayBin, 'reset', '-i', job.inventory, '--become-user', job.hosts[0]!.user],
          prepare: () => {
            const [program, ...words] = ctplay(job, path.resolve(general.playbook)).command;
            const { status, stdout } = spawnSync(program!, words, { encoding: 'utf8' });
            if (status !== 0) throw new Error(`there is nothing to reset: ${stdout.slice(-2000)}`);
          },
        };
        return Promise.resolve([floor(job), reset]);
      },
      () => [],
      [2, 10, 50],
    ),
};
export default part;
