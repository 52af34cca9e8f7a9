/** What of docs/ and playbooks/ is generated. `npm run docs` writes it; a test holds the files in the tree against it. */
import { commandTree } from '../cli/command-tree.ts';
import { createProgram } from '../cli/main.ts';
import { Registry } from '../registry.ts';
import { eventSchema } from '../report/event-schema.ts';
import { cliDocs } from './cli-docs.ts';
import { eventDocs } from './event-docs.ts';
import { languageDocs } from './language-docs.ts';
import { markdownIndex, markdownPage } from './markdown-page.ts';
import { modulePage } from './module-page.ts';
import { playbookSchema, schemaText } from './playbook-schema.ts';

/** Paths from the project's folder, and their texts. */
export async function generatedFiles(registry = new Registry()): Promise<Map<string, string>> {
  const modules = await Promise.all(registry.names().map(async (name) => [name, await registry.load(name)] as const));
  return new Map([
    ['docs/modules/README.md', markdownIndex(modules.map(([name, { summary }]) => [name, summary]))],
    ...modules.map(([name, module]): [string, string] => [`docs/modules/${name}.md`, markdownPage(modulePage(name, module))]),
    ['docs/cli.md', cliDocs(commandTree(await createProgram('')))],
    ['docs/language.md', languageDocs()],
    ['docs/events.md', eventDocs()],
    ['docs/events.schema.json', schemaText(eventSchema)],
    ['playbooks/ctplay.schema.json', schemaText(playbookSchema('playbook', modules))],
  ]);
}
