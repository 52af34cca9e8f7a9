/** docs/cli.md, from the options that the verbs declare. */
import type { CommandNode, Completes } from '../cli/command-tree.ts';
import { cell } from './markdown-page.ts';

const introduction = `<!-- Generated from the verbs in src/cli/ by \`npm run docs\`. -->

# Command line

Results go to standard output, everything else to standard error. \`ctplay help VERB\` and \`ctplay VERB --help\` print what is below.

| exit status | |
| --- | --- |
| 0 | All went well. |
| 1 | The command line, a playbook or an inventory is wrong; nothing was changed. |
| 2 | A task failed on at least one host. |
| 3 | \`ctplay drift\`: a host is not as its baseline has it. |
| 4 | At least one host could not be reached; this weighs more than 2. |
| 130 | Ended by Ctrl-C. |
| 250 | A defect in ctplay. |
`;

export function cliDocs(root: CommandNode): string {
  return [introduction, ...root.commands.flatMap((command) => sections(command, root.name))].join('\n');
}

/** Commands that only hold others have no section of their own. */
function sections(command: CommandNode, holder: string): string[] {
  const path = `${holder} ${command.name}`;
  return command.commands.length > 0 ? command.commands.flatMap((one) => sections(one, path)) : [section(command, path)];
}

function section(command: CommandNode, path: string): string {
  const rows = [
    ...command.arguments.filter(({ description }) => description !== '').map(({ name, description, completes }) => [name, description + choices(completes)] as const),
    ...command.options.map(({ names, value, description, completes }) => [`${names.join(', ')}${value === '' ? '' : ` ${value}`}`, description + choices(completes)] as const),
  ];
  const table = rows.length === 0 ? '' : `\n| | |\n| --- | --- |\n${rows.map(([name, description]) => `| \`${cell(name)}\` | ${cell(description)} |\n`).join('')}`;
  return `## ${path}\n\n${sentence(command.description)}\n\n\`\`\`sh\n${command.usage.trim()}\n\`\`\`\n${table}`;
}

// The names of all modules would say nothing here.
function choices(completes: Completes): string {
  return completes.kind === 'words' && completes.words.length < 10 ? `: ${completes.words.join(', ')}` : '';
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}
