/** `ctplay doc`: the modules and their pages. */
import type { Command } from 'commander';
import { Registry, shortModuleName } from '../registry.ts';
import { wantsColor } from '../report/style.ts';
import { markdownIndex, markdownPage } from '../schema/markdown-page.ts';
import { modulePage } from '../schema/module-page.ts';
import { moduleList, terminalPage } from '../schema/terminal-page.ts';

interface Options {
  readonly markdown?: boolean;
  readonly modules: readonly string[];
}

export default function configure(command: Command): void {
  command
    .argument('[MODULE]', 'the module; without it, all are listed')
    .option('--markdown', 'print Markdown')
    .option('--modules <FOLDER>', 'a folder with further modules, such as the one beside a playbook (repeatable)', (folder, folders: readonly string[]) => [...folders, folder], ['modules'])
    .action((module: string | undefined, options: Options) => show(module, options));
}

async function show(name: string | undefined, options: Options): Promise<void> {
  const registry = new Registry(options.modules);
  const page = { columns: process.stdout.columns || 80, color: wantsColor(process.stdout) };
  if (name === undefined) {
    const list = await summaries(registry);
    process.stdout.write(options.markdown ? markdownIndex(list) : moduleList(list, process.stdout.isTTY ? page : { ...page, columns: Infinity }));
    return;
  }
  const short = shortModuleName(name);
  const content = modulePage(short, await registry.load(short));
  process.stdout.write(options.markdown ? markdownPage(content) : terminalPage(content, page));
}

async function summaries(registry: Registry): Promise<[name: string, summary: string][]> {
  return Promise.all(registry.names().map(async (name) => [name, (await registry.load(name)).summary]));
}
