/** The command line: one verb and its flags. */
import { Command } from 'commander';
import { CtplayError, CtplayErrors, didYouMean, ExitStatus } from '../errors.ts';
import type { Verb } from './verb.ts';

interface VerbEntry {
  readonly summary: string;
  readonly load: () => Promise<{ default: Verb }>;
}

const verbs: Readonly<Record<string, VerbEntry>> = {
  run: { summary: 'make the hosts what playbooks say', load: () => import('./run.ts') },
  reset: { summary: 'take back what ctplay made', load: () => import('./reset.ts') },
  explain: { summary: 'print the commands a run would use, per host and task', load: () => import('./explain.ts') },
  exec: { summary: 'do one task on some hosts', load: () => import('./exec.ts') },
  facts: { summary: 'print what ctplay reads from hosts, as JSON', load: () => import('./facts.ts') },
  inventory: { summary: 'show hosts, groups and variables', load: () => import('./inventory.ts') },
  vault: { summary: 'encrypt and decrypt files and values as ansible-vault does', load: () => import('./vault.ts') },
  doc: { summary: "show a module's page, or list the modules", load: () => import('./doc.ts') },
  schema: { summary: 'print the JSON schema of playbooks, for editors', load: () => import('./schema.ts') },
  lab: { summary: 'start and stop practice hosts on this machine', load: () => import('./lab.ts') },
  completion: { summary: 'print what a shell needs to complete command lines', load: () => import('./completion.ts') },
};

/** Runs the command line and returns when everything is done; the exit status is in `process.exitCode`. */
export async function main(argv: readonly string[], version: string): Promise<void> {
  try {
    await build(argv, version).then((program) => program.parseAsync([...argv], { from: 'user' }));
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
    .configureHelp({ showGlobalOptions: true })
    .enablePositionalOptions();
  for (const [name, verb] of Object.entries(verbs)) {
    const command = program.command(name).description(verb.summary).enablePositionalOptions();
    if (wanted(name)) (await verb.load()).default(command);
  }
  return program;
}

async function report(error: unknown): Promise<number> {
  const { printError } = await import('../report/error.ts');
  printError(error);
  if (error instanceof CtplayErrors) return error.errors[0]?.exitStatus ?? ExitStatus.usage;
  return error instanceof CtplayError ? error.exitStatus : ExitStatus.internal;
}
