/** `ctplay ledger`: what ctplay did to hosts, and what of it is still there. */
import { Registry } from '../registry.ts';
import { createStyle, wantsColor } from '../report/style.ts';
import { errorsOnly } from './errors-only.ts';
import { addHostOptions, addOutputOptions, type HostFlags } from './host-options.ts';
import { withRun } from './perform.ts';
import { setUp } from './settings.ts';
import type { Verb } from './verb.ts';

const outputs = ['plain', 'json'] as const;

const epilogue = `
Examples:
  ctplay ledger -i hosts             every run: when, who, which playbook, its changes
  ctplay ledger -i hosts --owners    every thing that is there by ctplay, and whose it is
  ctplay undo 1b9d6bcd -i hosts      take back what one run made`;

interface Flags extends HostFlags {
  readonly output?: (typeof outputs)[number];
  readonly owners?: boolean;
}

const configure: Verb = (command) => {
  command.usage('-i INVENTORY… [options]').optionsGroup('What to show:').option('--owners', 'instead of runs, the things that are there with the run, playbook and task that own them');
  addOutputOptions(addHostOptions(command), outputs, 'plain')
    .addHelpText('after', epilogue)
    .action(async (flags: Flags) => {
      const { listLedgers } = await import('../engine/list-ledgers.ts');
      const { output: _ours, ...rest } = flags;
      process.exitCode = await withRun({ ...(await setUp(rest)), registry: new Registry(), reporter: errorsOnly(flags.verbose) }, async (parts) => {
        const { hosts, exitStatus } = await listLedgers(parts);
        const { ledgerOwnerLines, ledgerRunLines } = await import('../report/ledger.ts');
        const style = createStyle(wantsColor(process.stdout));
        const text = flags.output === 'json' ? JSON.stringify(hosts, null, 2) : hosts.map((host) => (flags.owners ? ledgerOwnerLines : ledgerRunLines)(host, style).join('\n')).join('\n\n');
        if (text !== '') process.stdout.write(`${text}\n`);
        return exitStatus;
      });
    });
};
export default configure;
