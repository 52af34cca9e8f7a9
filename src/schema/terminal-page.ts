/** Module pages for a terminal or a pipe. */
import { createStyle, type Style } from '../report/style.ts';
import { indent, padEnd, truncate, widthOf, wrap } from '../report/text.ts';
import { inline } from '../report/values.ts';
import type { ArgumentDoc } from './argument-docs.ts';
import { refusals, type ModulePage } from './module-page.ts';

export interface PageOptions {
  readonly columns: number;
  readonly color: boolean;
}

/** The whole page, ending with a line feed. */
export function terminalPage(page: ModulePage, { columns, color }: PageOptions): string {
  const style = createStyle(color);
  const width = Math.max(30, Math.min(columns, 100)) - 2;
  const section = (title: string, lines: readonly string[]): string[] => (lines.length === 0 ? [] : ['', style.bold(title.toUpperCase()), ...indent(lines, '  ')]);
  const labels = Math.max(0, ...page.behaviour.map(([what]) => what.length));
  return [
    `${style.bold(page.name)}  ${page.summary}`,
    ...section('Description', page.description === '' ? [] : prose(page.description, width, style)),
    ...section('Arguments', [...freeFormNote(page, style), ...page.arguments.flatMap((argument) => argumentLines(argument, width, style))]),
    ...section('Not taken from Ansible', refusals(page.refuses).flatMap(([names, text]) => [style.bold(names.join(', ')), ...indent(prose(text, width - 4, style), '    ')])),
    ...section('Behaviour', page.behaviour.flatMap(([what, how]) => hanging(`${padEnd(what, labels)}  `, how, width))),
    ...section('Return values', Object.entries(page.returns).flatMap(([name, text]) => [style.bold(name), ...indent(prose(text, width - 4, style), '    ')])),
    ...section('Examples', page.examples === '' ? [] : page.examples.split('\n')),
    '',
  ].join('\n');
}

/** One line a module: its name and summary. */
export function moduleList(modules: readonly (readonly [name: string, summary: string])[], { columns, color }: PageOptions): string {
  const style = createStyle(color);
  const names = Math.max(0, ...modules.map(([name]) => widthOf(name)));
  return modules.map(([name, summary]) => `${style.bold(padEnd(name, names))}  ${truncate(summary, Math.max(20, columns - names - 2))}\n`).join('');
}

function freeFormNote(page: ModulePage, style: Style): string[] {
  return page.freeForm === undefined ? [] : [paintCode(`A bare string sets \`${page.freeForm}\`.`, style)];
}

function argumentLines(argument: ArgumentDoc, width: number, style: Style): string[] {
  const facts = [
    argument.type,
    ...(argument.required ? ['required'] : []),
    ...(argument.default === undefined ? [] : [`default ${inline(argument.default)}`]),
    ...(argument.aliases.length === 0 ? [] : [`also ${argument.aliases.join(', ')}`]),
    ...(argument.secret ? ['never shown'] : []),
  ];
  const head = hanging(`${argument.name}  `, `(${facts.join(', ')})`, width).map((line) => line.replace(/\brequired\b/, style.red('required')));
  return [
    style.bold(argument.name) + head[0]!.slice(argument.name.length),
    ...head.slice(1),
    ...indent([...prose(argument.description, width - 4, style), ...argument.children.flatMap((child) => argumentLines(child, width - 4, style))], '    '),
  ];
}

/** The text beside its label, further lines below the text. */
function hanging(label: string, text: string, width: number): string[] {
  return wrap(text, Math.max(10, width - widthOf(label))).map((line, index) => (index === 0 ? label : ' '.repeat(widthOf(label))) + line);
}

function prose(text: string, width: number, style: Style): string[] {
  return text === '' ? [] : wrap(text, width).map((line) => paintCode(line, style));
}

// Without colors the backquotes stay to tell code from prose.
function paintCode(line: string, style: Style): string {
  return line.replace(/`([^`]+)`/g, (whole, code: string) => (style.cyan(code) === code ? whole : style.cyan(code)));
}
