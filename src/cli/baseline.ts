/** `ctplay baseline`: how hosts are when they are as they should be. */
import { Option, type Command } from 'commander';
import { baselineName, defaultFolders, defaultName, folderList } from '../baseline/choice.ts';
import { Copies } from '../baseline/copies.ts';
import type { RunParts } from '../engine/run-context.ts';
import { Registry } from '../registry.ts';
import { errorsOnly } from './errors-only.ts';
import { addHostOptions, addOutputOptions, type HostFlags } from './host-options.ts';
import { withRun } from './perform.ts';
import { setUp } from './settings.ts';
import type { Verb } from './verb.ts';

interface NameFlags extends HostFlags {
  readonly name: string;
  readonly output?: 'plain' | 'json';
}

const captureEpilogue = `
Recorded are links, addresses, routes, rules, namespaces, bridges, packet
filters, sysctls, containers, packages, services, users, files and more
(docs/baseline.md). It is kept on each host, for root only, and as a copy on
this machine. A host that can't be read whole keeps its earlier baseline.`;

const configure: Verb = (command) => {
  const wait = (verb: Command): Command => verb.option('--wait-lock <SECONDS>', 'wait so long for a run to leave a host (default: 0)');
  const folders = new Option('--files <FOLDERS>', 'record the files in these folders, separated by commas').default(defaultFolders.join(','));
  addHostOptions(wait(named(command.command('capture').description('record how hosts are')).addOption(folders)))
    .addHelpText('after', captureEpilogue)
    .action(async (flags: NameFlags & { files: string }) => {
      const request = { name: baselineName(flags.name), settings: { folders: folderList(flags.files) } };
      const { captureHosts } = await import('../baseline/capture.ts');
      const { capturedLine } = await import('../report/baseline.ts');
      await perform(flags, (parts, copies) => captureHosts(parts, { ...request, copies, captured: (host, baseline) => print(capturedLine(host, baseline)) }));
    });
  addOutputOptions(addHostOptions(command.command('list').description('list the baselines of hosts')), ['plain', 'json'], 'a table, or JSON').action(async (flags: NameFlags) => {
    const { listBaselines } = await import('../baseline/shelf.ts');
    const { listLines } = await import('../report/baseline.ts');
    await perform(flags, async (parts, copies) => {
      const { baselines, exitStatus } = await listBaselines(parts, copies);
      print(flags.output === 'json' ? JSON.stringify(baselines, null, 2) : listLines(baselines).join('\n'));
      return exitStatus;
    });
  });
  addOutputOptions(addHostOptions(named(command.command('show').description('show what a baseline holds'))), ['plain', 'json'], 'how many things of each kind, or all of them as JSON').action(async (flags: NameFlags) => {
    const { showBaselines } = await import('../baseline/shelf.ts');
    const { showLines } = await import('../report/baseline.ts');
    await perform(flags, async (parts, copies) => {
      const { baselines, exitStatus } = await showBaselines(parts, baselineName(flags.name), copies);
      const whole = (): unknown => Object.fromEntries([...baselines].map(([host, { head, states }]) => [host, { head, states }]));
      print(flags.output === 'json' ? JSON.stringify(whole(), null, 2) : [...baselines].flatMap(([host, baseline]) => showLines(host, baseline)).join('\n'));
      return exitStatus;
    });
  });
  addHostOptions(wait(named(command.command('remove').description('remove a baseline from hosts and from this machine')))).action(async (flags: NameFlags) => {
    const { removeBaselines } = await import('../baseline/shelf.ts');
    const name = baselineName(flags.name);
    await perform(flags, (parts, copies) => removeBaselines(parts, name, copies, (host) => print(`${host}: removed '${name}'`)));
  });
};
export default configure;

function named(command: Command): Command {
  return command.usage('-i INVENTORY… [options]').addOption(new Option('--name <NAME>', 'which baseline').default(defaultName));
}

async function perform(flags: NameFlags, work: (parts: RunParts, copies: Copies) => Promise<number>): Promise<void> {
  const setup = await setUp(flags);
  const copies = Copies.of(setup.sources);
  process.exitCode = await withRun({ ...setup, registry: new Registry(), reporter: errorsOnly(flags.verbose) }, (parts) => work(parts, copies));
}

function print(text: string): void {
  if (text !== '') process.stdout.write(`${text}\n`);
}
