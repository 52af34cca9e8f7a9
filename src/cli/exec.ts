/** `ctplay exec`: one task on some hosts, without a playbook. */
import { CtplayError, CtplayErrors } from '../errors.ts';
import { isStatement } from '../load/find-module.ts';
import { parsePlaybook, type LoadOptions } from '../load/playbook.ts';
import type { Playbook } from '../load/tree.ts';
import { Registry, shortModuleName } from '../registry.ts';
import { AdHocReporter } from '../report/ad-hoc.ts';
import { wantsColor, type ReporterKind } from '../report/index.ts';
import { addChangeOptions, addHostOptions, addOutputOptions, type HostFlags } from './host-options.ts';
import { performRun } from './perform.ts';
import { setUp } from './settings.ts';
import type { Verb } from './verb.ts';

interface ExecFlags extends HostFlags {
  readonly moduleName: string;
  readonly args: string;
  readonly output?: 'ad-hoc' | ReporterKind;
}

const epilogue = `
Examples:
  ctplay exec all -i hosts.ini -a 'uname -r'
  ctplay exec web -i hosts.ini -b -m apt -a 'name=curl state=present' --check
  ctplay exec host1, -i host1, -m copy -a '{"src": "motd", "dest": "/etc/motd"}'

Files are looked for beside the working folder and in its files/. The exit
status is that of ctplay run.`;

const configure: Verb = (command) => {
  command
    .argument('<PATTERN>', 'hosts, as in a play')
    .usage('PATTERN -i INVENTORY… [-m MODULE] -a ARGS [options]')
    .optionsGroup('What to do:')
    .option('-m, --module-name <MODULE>', 'the module', 'command')
    .option('-a, --args <ARGS>', 'its arguments: NAME=VALUE …, a command line for modules that take one, or JSON', '');
  addOutputOptions(addHostOptions(addChangeOptions(command)), ['ad-hoc', 'live', 'plain', 'json', 'junit'], 'ad-hoc, as Ansible shows it, if nothing else is said')
    .addHelpText('after', epilogue)
    .action(async (pattern: string, flags: ExecFlags) => {
      const setup = await setUp(flags);
      const registry = new Registry(['modules']);
      const playbook = await adHocPlaybook(pattern, flags, { registry, rolesPath: setup.settings.rolesPath, collectionsPath: setup.settings.collectionsPath, decrypt: setup.settings.vault.decrypt });
      const { check, diff, verbosity } = setup.settings;
      const { stdout, stderr } = process;
      const shown = flags.output === undefined || flags.output === 'ad-hoc' ? { reporter: new AdHocReporter({ stdout, stderr, verbosity, diff, check, color: wantsColor(stdout) }, stderr) } : { output: flags.output };
      process.exitCode = await placeless(() => performRun({ ...setup, registry, playbooks: [playbook], verb: 'exec', ...shown }));
    });
};
export default configure;

/** One play of one task. */
async function adHocPlaybook(pattern: string, { moduleName, args }: ExecFlags, options: LoadOptions): Promise<Playbook> {
  const module = shortModuleName(moduleName);
  if (isStatement(module)) throw new CtplayError('usage.option', `'${moduleName}' makes sense in a playbook only`, { hint: 'Run a playbook with `ctplay run`.' });
  if (!options.registry.has(module)) await options.registry.load(module);
  const text = JSON.stringify([{ name: 'exec', hosts: pattern, tasks: [{ [module]: argumentsOf(args) }] }]);
  return placeless(() => parsePlaybook(text, 'exec', options));
}

/** Errors lose their place, for nobody has seen the text of this playbook. */
async function placeless<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CtplayErrors) throw new CtplayErrors(error.errors.map(withoutPlace));
    throw error instanceof CtplayError ? withoutPlace(error) : error;
  }
}

function argumentsOf(text: string): unknown {
  if (text.trim() === '') return null;
  if (!text.trimStart().startsWith('{') || text.trimStart().startsWith('{{')) return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CtplayError('usage.option', '-a starts as JSON does, and is none', { found: (error as Error).message });
  }
}

function withoutPlace(error: CtplayError): CtplayError {
  const { span: _span, ...details } = error.details;
  return new CtplayError(error.code, error.message, details, error.exitStatus);
}
