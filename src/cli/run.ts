/** `ctplay run`: makes hosts what playbooks say. */
import { Option } from 'commander';
import path from 'node:path';
import { CtplayError } from '../errors.ts';
import { loadPlaybook } from '../load/playbook.ts';
import type { Playbook } from '../load/tree.ts';
import { Registry } from '../registry.ts';
import { reporterKinds, type ReporterKind } from '../report/index.ts';
import { addChangeOptions, addHostOptions, addTagOptions, settingsOf, type HostFlags } from './host-options.ts';
import type { Verb } from './verb.ts';
import { performRun } from './perform.ts';

interface RunFlags extends HostFlags {
  readonly output?: ReporterKind;
  readonly listHosts?: boolean;
  readonly listTasks?: boolean;
  readonly listTags?: boolean;
  readonly syntaxCheck?: boolean;
}

const configure: Verb = (command) => {
  command.argument('<PLAYBOOK...>', 'playbook files, run in order').usage('PLAYBOOK… -i INVENTORY… [options]');
  addTagOptions(addChangeOptions(addHostOptions(command)))
    .addOption(new Option('--output <KIND>', 'live on a terminal, plain otherwise').choices([...reporterKinds]))
    .option('--list-hosts', 'show the hosts of each play, run nothing')
    .option('--list-tasks', 'show the tasks of each play, run nothing')
    .option('--list-tags', 'show the tags in use, run nothing')
    .option('--syntax-check', 'check the playbooks, run nothing')
    .option('--force-handlers', 'run notified handlers also on hosts where a task failed')
    .addHelpText('after', '\nExit status: 0 all well, 1 wrong usage or files (nothing was changed), 2 a task failed, 4 a host could not be reached, 130 interrupted.')
    .action(async (files: string[], flags: RunFlags) => {
      process.exitCode = await run(files, flags);
    });
};
export default configure;

async function run(files: readonly string[], flags: RunFlags): Promise<number> {
  const registry = registryFor(files);
  const settings = await settingsOf(flags);
  const playbooks: Playbook[] = [];
  for (const file of files) playbooks.push(await loadPlaybook(file, { registry, rolesPath: settings.rolesPath }));
  if (flags.syntaxCheck) {
    for (const playbook of playbooks) process.stdout.write(`playbook: ${path.relative('.', playbook.file)}: ok\n`);
    return 0;
  }
  if (flags.listHosts || flags.listTasks || flags.listTags) {
    const { list } = await import('./list.ts');
    return list(playbooks, registry, settings, flags);
  }
  return performRun({ playbooks, registry, settings, flags, ...(flags.output ? { output: flags.output } : {}) });
}

/** Modules in `modules/` beside each playbook stand beside the built-in ones. */
export function registryFor(files: readonly string[]): Registry {
  return new Registry([...new Set(files.map((file) => path.join(path.dirname(path.resolve(file)), 'modules')))]);
}

/** The inventory's sources; there must be one. */
export function inventorySources(flags: HostFlags): readonly string[] {
  if (flags.inventory && flags.inventory.length > 0) return flags.inventory;
  throw new CtplayError('usage.missing', 'no inventory was given', { hint: 'Name one with -i: a file, a folder, or a list such as -i host1,host2' });
}
