/** `ctplay reset`: takes back what ctplay made. */
import { Option } from 'commander';
import { Registry } from '../registry.ts';
import { reporterKinds, type ReporterKind } from '../report/index.ts';
import { addChangeOptions, addHostOptions, settingsOf, type HostFlags } from './host-options.ts';
import { withRun } from './perform.ts';
import type { Verb } from './verb.ts';

const configure: Verb = (command) => {
  command.usage('-i INVENTORY… [options]');
  addChangeOptions(addHostOptions(command))
    .addOption(new Option('--output <KIND>', 'live on a terminal, plain otherwise').choices([...reporterKinds]))
    .addHelpText('after', '\nWhat the ledger of a host says ctplay made is taken back, newest first, as root. It can be interrupted and run again.')
    .action(async (flags: HostFlags & { output?: ReporterKind }) => {
      const { resetHosts } = await import('../engine/reset-hosts.ts');
      const settings = await settingsOf(flags);
      process.exitCode = await withRun({ settings, registry: new Registry(['modules', 'playbooks/modules']), flags, ...(flags.output ? { output: flags.output } : {}) }, resetHosts);
    });
};
export default configure;
