/** How much ctplay adds to the start of Node. */
import { interleaved, printRatios } from './measure.ts';

const ctplay = 'bin/ctplay';
const figures = interleaved(
  [
    { name: 'node -e 0', command: ['node', '-e', '0'] },
    { name: 'ctplay --version', command: [ctplay, '--version'] },
    { name: 'ctplay --help', command: [ctplay, '--help'] },
    { name: 'ctplay run --syntax-check', command: [ctplay, 'run', 'playbooks/gre-lab.yaml', '--syntax-check'] },
  ],
  15,
);
printRatios('Start-up', figures);
