/** `ctplay undo`: takes back what one run made. */
import { Registry } from '../registry.ts';
import { reporterKinds, type ReporterKind } from '../report/index.ts';
import { addChangeOptions, addHostOptions, addOutputOptions, type HostFlags } from './host-options.ts';
import { withRun } from './perform.ts';
import { setUp } from './settings.ts';
import type { Verb } from './verb.ts';

const epilogue = `
The run is named by its id, or by how that begins; \`ctplay ledger\` shows them.
What was there before the run is put back, on all hosts that it changed. Where
a later run changed the same thing again, nothing is taken back on that host.`;

interface Flags extends HostFlags {
  readonly output?: ReporterKind;
  readonly force?: boolean;
}

const configure: Verb = (command) => {
  command.argument('<RUN-ID>', 'the run to take back').usage('RUN-ID -i INVENTORY… [options]');
  addChangeOptions(command).option('--force', 'also what later runs changed again');
  addOutputOptions(addHostOptions(command), reporterKinds, 'live on a terminal, plain otherwise')
    .addHelpText('after', epilogue)
    .action(async (id: string, flags: Flags) => {
      const { undoRun } = await import('../engine/undo.ts');
      process.exitCode = await withRun({ ...(await setUp(flags)), registry: new Registry(), ...(flags.output ? { output: flags.output } : {}) }, (parts) => undoRun(parts, { run: id, force: flags.force ?? false }));
    });
};
export default configure;
