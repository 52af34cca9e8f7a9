/** Entries of a crontab(5) that carry a name in the comment above, as Ansible marks them. */

/** A job under its name: the comment and the line after it. Variables are `NAME=value` lines, found by their name. */
export interface CronEntry {
  readonly name: string;
  readonly variable: boolean;
}

/** The line of an entry, or undefined. */
export function entryLine(text: string, { name, variable }: CronEntry): string | undefined {
  const lines = linesOf(text);
  const index = indexOf(lines, name, variable);
  return index < 0 ? undefined : lines[variable ? index : index + 1];
}

/** The text with the entry as `line`, or without it. New variables go to the top, new jobs to the end. */
export function withEntry(text: string, { name, variable }: CronEntry, line: string | undefined): string {
  const lines = linesOf(text);
  const index = indexOf(lines, name, variable);
  const entry = line === undefined ? [] : variable ? [line] : [`#Ansible: ${name}`, line];
  if (index >= 0) lines.splice(index, variable ? 1 : 2, ...entry);
  else if (variable) lines.unshift(...entry);
  else lines.push(...entry);
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function indexOf(lines: readonly string[], name: string, variable: boolean): number {
  return variable ? lines.findIndex((line) => new RegExp(`^${name.replace(/\W/g, '\\$&')}\\s*=`).test(line)) : lines.indexOf(`#Ansible: ${name}`);
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}
