import { Argument, Command, Option } from 'commander';
import { expect, it } from 'vitest';
import { commandTree } from '../../../src/cli/command-tree.ts';
import { cliDocs } from '../../../src/schema/cli-docs.ts';

it('has a section for each command that does something', () => {
  const program = new Command('ctplay').version('1');
  const lab = program.command('lab').description('hosts');
  lab.command('up').description('start').option('-n, --number <N>', 'how many|few').addOption(new Option('--base <KIND>', 'which').choices(['a', 'b'])).addOption(new Option('--secret', 'x').hideHelp());
  program.command('doc').description('print a page').addArgument(new Argument('[MODULE]', 'which')).argument('[rest...]');
  expect(cliDocs(commandTree(program)).replace(/^[^]*?(?=^## )/m, '').split('\n')).toEqual(
    `## ctplay lab up

Start.

\`\`\`sh
ctplay lab up [options]
\`\`\`

| | |
| --- | --- |
| \`-n, --number <N>\` | how many\\|few |
| \`--base <KIND>\` | which: a, b |

## ctplay doc

Print a page.

\`\`\`sh
ctplay doc [options] [MODULE] [rest...]
\`\`\`

| | |
| --- | --- |
| \`[MODULE]\` | which |
`.split('\n'),
  );
});
