/** The command line: one verb and its flags. */
import { Command, type Option } from 'commander';
import { CtplayError, CtplayErrors, didYouMean, ExitStatus } from '../errors.ts';
import type { Verb } from './verb.ts';

interface VerbEntry {
  readonly group: string;
  readonly summary: string;
  readonly load: () => Promise<{ default: Verb }>;
}

const onHosts = 'On hosts:';
const onFiles = 'Playbooks and their files:';
const onMachine = 'On this machine:';

const verbs: Readonly<Record<string, VerbEntry>> = {
  run: { group: onHosts, summary: 'make the hosts what playbooks say', load: () => import('./run.ts') },
  explain: { group: onHosts, summary: 'print the commands a run would use, per host and task', load: () => import('./explain.ts') },
  reset: { group: onHosts, summary: 'take back what ctplay made, or all that differs from the baseline', load: () => import('./reset.ts') },
  undo: { group: onHosts, summary: 'take back what one run made', load: () => import('./undo.ts') },
  ledger: { group: onHosts, summary: 'show what ctplay did to hosts, run by run', load: () => import('./ledger.ts') },
  baseline: { group: onHosts, summary: 'record how hosts are when they are as they should be', load: () => import('./baseline.ts') },
  drift: { group: onHosts, summary: 'show what differs from the baseline', load: () => import('./drift.ts') },
  exec: { group: onHosts, summary: 'do one task on some hosts', load: () => import('./exec.ts') },
  facts: { group: onHosts, summary: 'print what ctplay reads from hosts, as JSON', load: () => import('./facts.ts') },
  inventory: { group: onFiles, summary: 'show hosts, groups and variables', load: () => import('./inventory.ts') },
  doc: { group: onFiles, summary: "show a module's page, or list the modules", load: () => import('./doc.ts') },
  vault: { group: onFiles, summary: 'encrypt and decrypt files and values as ansible-vault does', load: () => import('./vault.ts') },
  schema: { group: onFiles, summary: 'print the JSON schema of playbooks, for editors', load: () => import('./schema.ts') },
  lab: { group: onMachine, summary: 'start and stop practice hosts on this machine', load: () => import('./lab.ts') },
  completion: { group: onMachine, summary: 'print what a shell needs to complete command lines', load: () => import('./completion.ts') },
};

const epilogue = `
Examples:
  ctplay lab up                                          two hosts to try it on
  ctplay run playbooks/gre-lab.yaml -i inventories/lab
  ctplay reset -i inventories/lab

Each verb has a help of its own: ctplay run --help`;

/**
 * Runs the command line and returns when everything is done; the exit status is in `process.exitCode`.
 * @param begin called when the verb is loaded, before it does anything
 */
export async function main(argv: readonly string[], version: string, begin: () => void = () => {}): Promise<void> {
  try {
    const program = await build(argv, version);
    await program.hook('preAction', begin).parseAsync([...argv], { from: 'user' });
  } catch (error) {
    process.exitCode = await report(error);
  }
}

async function build(argv: readonly string[], version: string): Promise<Command> {
  const chosen = argv.find((word) => !word.startsWith('-'));
  if (chosen !== undefined && !Object.hasOwn(verbs, chosen) && chosen !== 'help') {
    throw new CtplayError('usage.option', `there is no verb '${chosen}'`, { hint: didYouMean(chosen, Object.keys(verbs)) ?? 'See `ctplay --help`.' });
  }
  return createProgram(version, (name) => name === chosen || chosen === 'help');
}

/** The command line with all verbs; options and arguments of those alone that are `wanted`. */
export async function createProgram(version: string, wanted: (verb: string) => boolean = () => true): Promise<Command> {
  const program = new Command('ctplay')
    .description('Declarative playbooks over SSH for container networks that span hosts.')
    .version(version)
    .showHelpAfterError('See `ctplay --help`.')
    .configureHelp({ commandDescription: (command) => sentence(command.description()), optionDescription })
    .addHelpText('after', epilogue)
    .commandsGroup(onMachine)
    .enablePositionalOptions();
  for (const [name, verb] of Object.entries(verbs)) {
    const command = program.command(name).description(verb.summary).helpGroup(verb.group).enablePositionalOptions();
    if (!wanted(name)) continue;
    (await verb.load()).default(command);
    for (const one of [command, ...command.commands]) one.showHelpAfterError(`See \`ctplay ${one === command ? name : `${name} ${one.name()}`} --help\`.`);
  }
  return program;
}

function sentence(text: string): string {
  return text.replace(/^./, (first) => first.toUpperCase()).replace(/[^.]$/, '$&.');
}

/** Choices and defaults as a person would write them. */
function optionDescription({ description, argChoices, defaultValue }: Option): string {
  const notes = [...(argChoices ? [argChoices.join(', ')] : []), ...(typeof defaultValue === 'string' && defaultValue !== '' ? [`default: ${defaultValue}`] : [])];
  return notes.length === 0 ? description : `${description} (${notes.join('; ')})`;
}

async function report(error: unknown): Promise<number> {
  const { printError } = await import('../report/error.ts');
  printError(error);
  if (error instanceof CtplayErrors) return error.errors[0]?.exitStatus ?? ExitStatus.usage;
  return error instanceof CtplayError ? error.exitStatus : ExitStatus.internal;
}
