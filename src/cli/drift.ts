/** `ctplay drift`: what of hosts differs from their baselines. */
import { Option } from 'commander';
import { baselineName, defaultName } from '../baseline/choice.ts';
import { Copies } from '../baseline/copies.ts';
import { Registry } from '../registry.ts';
import { wantsColor } from '../report/index.ts';
import { createStyle } from '../report/style.ts';
import { errorsOnly } from './errors-only.ts';
import { addHostOptions, addOutputOptions, collectWords, type HostFlags } from './host-options.ts';
import { withRun } from './perform.ts';
import { setUp } from './settings.ts';
import type { Verb } from './verb.ts';

interface DriftFlags extends HostFlags {
  readonly name: string;
  readonly only?: readonly string[];
  readonly output?: 'plain' | 'json';
}

const epilogue = `
Each difference is told with who made it: ctplay, by its mark on the thing or
its ledger, or somebody by hand. Nothing is changed.

Exit status: 0 all hosts are as their baselines have them; 3 some differ; 2 a
host has no baseline, or it can't be read; 4 a host could not be reached.`;

const configure: Verb = (command) => {
  command
    .usage('-i INVENTORY… [options]')
    .optionsGroup('What to compare:')
    .addOption(new Option('--name <NAME>', 'which baseline').default(defaultName))
    .option('--only <KINDS>', 'only these kinds of state, separated by commas', collectWords);
  addOutputOptions(addHostOptions(command), ['plain', 'json'], 'lines for a person, or one JSON object')
    .addHelpText('after', epilogue)
    .action(async (flags: DriftFlags) => {
      const { driftOfHosts } = await import('../baseline/drift.ts');
      const { driftJson, driftLines } = await import('../report/drift.ts');
      const setup = await setUp(flags);
      const name = baselineName(flags.name);
      process.exitCode = await withRun({ ...setup, registry: new Registry(), reporter: errorsOnly(flags.verbose) }, async (parts) => {
        const { hosts, exitStatus } = await driftOfHosts(parts, { name, only: flags.only, copies: Copies.of(setup.sources) });
        const text = flags.output === 'json' ? driftJson(name, hosts) : driftLines(hosts, createStyle(wantsColor(process.stdout))).join('\n');
        if (text !== '') process.stdout.write(`${text}\n`);
        return exitStatus;
      });
    });
};
export default configure;
