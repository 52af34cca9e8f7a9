/** `ctplay explain`: the commands that a run would use, per host and task, as a person would type them. */
import { loadPlaybook } from '../load/playbook.ts';
import type { Playbook } from '../load/tree.ts';
import { ExplainReporter } from '../report/explain.ts';
import { wantsColor } from '../report/index.ts';
import { addHostOptions, addTagOptions, settingsOf, type HostFlags } from './host-options.ts';
import { performRun } from './perform.ts';
import { registryFor } from './run.ts';
import type { Verb } from './verb.ts';

const configure: Verb = (command) => {
  command.argument('<PLAYBOOK...>', 'playbook files').usage('PLAYBOOK… -i INVENTORY… [options]');
  addTagOptions(addHostOptions(command)).action(async (files: string[], flags: HostFlags) => {
    const registry = registryFor(files);
    const settings = { ...(await settingsOf(flags)), check: true };
    const playbooks: Playbook[] = [];
    for (const file of files) playbooks.push(await loadPlaybook(file, { registry }));
    const reporter = new ExplainReporter(process.stdout, process.stderr, wantsColor(process.stdout));
    process.exitCode = await performRun({ playbooks, registry, settings, flags, reporter });
  });
};
export default configure;
