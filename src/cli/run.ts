/** `ctplay run`: makes hosts what playbooks say. */
import path from 'node:path';
import type { Command } from 'commander';
import { CtplayError } from '../errors.ts';
import { reporterKinds, type ReporterKind } from '../report/index.ts';
import { addChangeOptions, addHostOptions, addOutputOptions, addTagOptions, type HostFlags } from './host-options.ts';
import { performRun } from './perform.ts';
import { preparePlaybooks } from './playbooks.ts';
import type { Verb } from './verb.ts';

interface RunFlags extends HostFlags {
  readonly output?: ReporterKind;
  readonly step?: boolean;
  readonly prune?: boolean;
  readonly flushCache?: boolean;
  readonly listHosts?: boolean;
  readonly listTasks?: boolean;
  readonly listTags?: boolean;
  readonly syntaxCheck?: boolean;
}

const epilogue = `
Examples:
  ctplay run site.yaml -i hosts.ini --check --diff   what would change?
  ctplay run site.yaml -i hosts.ini -l web -t nginx  only these hosts and tasks
  ctplay run site.yaml -i host1,host2 -u admin -bK   hosts without an inventory

Exit status: 0 all well; 1 the command line or a file is wrong, nothing was
changed; 2 a task failed; 4 a host could not be reached; 130 interrupted.`;

const configure: Verb = (command) => {
  command.argument('<PLAYBOOK...>', 'playbook files, run in order').usage('PLAYBOOK… -i INVENTORY… [options]');
  addListOptions(addTagOptions(addChangeOptions(command)));
  addOutputOptions(addHostOptions(command), reporterKinds, 'live on a terminal, plain otherwise')
    .addHelpText('after', epilogue)
    .action(async (files: string[], flags: RunFlags) => {
      process.exitCode = await run(files, flags);
    });
};
export default configure;

function addListOptions(command: Command): void {
  command
    .option('--step', 'ask before each task')
    .optionsGroup('What to do:')
    .option('--force-handlers', 'run notified handlers also on hosts where a task failed')
    .option('--prune', 'also take back what these playbooks made earlier and no longer name')
    .option('--flush-cache', 'read anew what earlier runs remember of unchanged files')
    .optionsGroup('Run nothing:')
    .option('--syntax-check', 'check the playbooks')
    .option('--list-hosts', 'show the hosts of each play')
    .option('--list-tasks', 'show the tasks of each play')
    .option('--list-tags', 'show the tags in use');
}

async function run(files: readonly string[], flags: RunFlags): Promise<number> {
  if (flags.prune) assertWhole(flags);
  const prepared = await preparePlaybooks(files, flags);
  if (flags.syntaxCheck) {
    for (const playbook of prepared.playbooks) process.stdout.write(`playbook: ${path.relative('.', playbook.file)}: ok\n`);
    return 0;
  }
  if (flags.listHosts || flags.listTasks || flags.listTags) {
    const { list } = await import('./list.ts');
    return list(prepared, flags);
  }
  return performRun({ ...prepared, step: flags.step ?? false, prune: flags.prune ?? false, memory: flags.flushCache ? 'flush' : 'use', ...(flags.output ? { output: flags.output } : {}) });
}

/** A run of some tasks alone doesn't show what the others name. */
function assertWhole(flags: RunFlags): void {
  const partial = (['tags', 'skipTags', 'startAtTask', 'step'] as const).find((flag) => flags[flag] !== undefined);
  if (partial === undefined) return;
  throw new CtplayError('usage.option', `--prune can't be used with --${partial.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, {
    expected: 'a run of the whole playbook, which shows what it still names',
  });
}
