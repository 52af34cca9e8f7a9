/** `ctplay reset`: takes back what ctplay made. */
import { Registry } from '../registry.ts';
import { reporterKinds, type ReporterKind } from '../report/index.ts';
import { addChangeOptions, addHostOptions, addOutputOptions, type HostFlags } from './host-options.ts';
import { withRun } from './perform.ts';
import { setUp } from './settings.ts';
import type { Verb } from './verb.ts';

const epilogue = `
Each host keeps a ledger of what ctplay made on it. That is taken back, the
newest first, and what was there before is put back. An interrupted reset can
be run again; hosts that could not be reached can be reset later.`;

const configure: Verb = (command) => {
  command.usage('-i INVENTORY… [options]');
  addOutputOptions(addHostOptions(addChangeOptions(command)), reporterKinds, 'live on a terminal, plain otherwise')
    .addHelpText('after', epilogue)
    .action(async (flags: HostFlags & { output?: ReporterKind }) => {
      const { resetHosts } = await import('../engine/reset-hosts.ts');
      process.exitCode = await withRun({ ...(await setUp(flags)), registry: new Registry(), ...(flags.output ? { output: flags.output } : {}) }, resetHosts);
    });
};
export default configure;
