/** `ctplay explain`: the commands that a run would use, per host and task, as a person would type them. */
import { ExplainReporter } from '../report/explain.ts';
import { wantsColor } from '../report/index.ts';
import { addHostOptions, addTagOptions, type HostFlags } from './host-options.ts';
import { performRun } from './perform.ts';
import { preparePlaybooks } from './playbooks.ts';
import type { Verb } from './verb.ts';

const epilogue = `
Hosts are read and not changed. What a task would do that builds on an earlier
change is said to be known only after it.`;

const configure: Verb = (command) => {
  command.argument('<PLAYBOOK...>', 'playbook files').usage('PLAYBOOK… -i INVENTORY… [options]');
  addHostOptions(addTagOptions(command))
    .addHelpText('after', epilogue)
    .action(async (files: string[], flags: HostFlags) => {
      const prepared = await preparePlaybooks(files, flags);
      const reporter = new ExplainReporter(process.stdout, process.stderr, wantsColor(process.stdout));
      process.exitCode = await performRun({ ...prepared, settings: { ...prepared.settings, check: true }, reporter });
    });
};
export default configure;
