/** `ctplay schema`: JSON schemas for editors, and for programs that read the events of a run. */
import { writeFileSync } from 'node:fs';
import { Argument, type Command } from 'commander';
import { Registry } from '../registry.ts';
import { eventSchema } from '../report/event-schema.ts';
import { playbookSchema, schemaText } from '../schema/playbook-schema.ts';

type Kind = 'playbook' | 'tasks' | 'events';

interface Options {
  readonly output?: string;
  readonly modules: readonly string[];
}

export default function configure(command: Command): void {
  command
    .addArgument(new Argument('[KIND]', 'of a playbook, of a file of tasks, or of the lines of --output json').choices(['playbook', 'tasks', 'events']).default('playbook'))
    .option('-o, --output <FILE>', 'write it to a file')
    .option('--modules <FOLDER>', 'a folder with further modules, such as the one beside a playbook (repeatable)', (folder, folders: readonly string[]) => [...folders, folder], ['modules'])
    .action((kind: Kind, options: Options) => print(kind, options));
}

async function print(kind: Kind, { output, modules }: Options): Promise<void> {
  const registry = new Registry(modules);
  const schema = kind === 'events' ? eventSchema : playbookSchema(kind, await Promise.all(registry.names().map(async (name) => [name, await registry.load(name)] as const)));
  const text = schemaText(schema);
  if (output === undefined) process.stdout.write(text);
  else writeFileSync(output, text);
}
