/** How much ctplay adds to the start of Node. */
import { interleaved } from '../measure.ts';
import type { Part } from '../part.ts';
import { ctplayBin } from '../peers.ts';

const part: Part = {
  name: 'startup',
  title: 'Start-up',
  async run(settings) {
    const ctplay = (...words: string[]) => ({ name: `ctplay ${words.join(' ')}`, command: [process.execPath, ctplayBin, ...words] });
    const figures = await interleaved(
      [{ name: 'node -e 0', command: [process.execPath, '-e', '0'] }, ctplay('--version'), ctplay('--help'), ctplay('run', 'playbooks/gre-lab.yaml', '--syntax-check')],
      { ...settings, rounds: Math.max(15, settings.rounds) },
    );
    return { comparisons: [{ part: part.title, title: 'this machine', figures }], goals: [] };
  },
};
export default part;
