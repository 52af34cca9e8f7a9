/** The text of a file of kernel parameters (sysctl.conf(5)). Pure. */
import { normalValue, sysctlPath } from '../facts/sysctl.ts';

/** The text with one line that sets the parameter: where it stands first, else at the end. The same text when it is set so already. */
export function withSetting(text: string, name: string, value: string): string {
  const lines = linesOf(text);
  const places = lines.flatMap((line, index) => (isSetting(line, name) ? [index] : []));
  if (places.length === 1 && settingOf(lines[places[0]!]!)?.value === normalValue(value)) return text;
  const line = `${name}=${value}`;
  if (places.length === 0) return `${[...lines, line].join('\n')}\n`;
  return `${lines.map((old, index) => (index === places[0] ? line : old)).filter((_, index) => !places.slice(1).includes(index)).join('\n')}\n`;
}

/** The text without lines that set the parameter. */
export function withoutSetting(text: string, name: string): string {
  const lines = linesOf(text);
  const kept = lines.filter((line) => !isSetting(line, name));
  return kept.length === lines.length ? text : kept.map((line) => `${line}\n`).join('');
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

function isSetting(line: string, name: string): boolean {
  const setting = settingOf(line);
  return setting !== undefined && sysctlPath(setting.name) === sysctlPath(name);
}

/** A leading `-` says that errors don't matter; `#` and `;` begin comments. */
function settingOf(line: string): { name: string; value: string } | undefined {
  const match = /^\s*-?\s*([^#;=\s][^=]*?)\s*=(.*)$/.exec(line);
  return match ? { name: match[1]!, value: normalValue(match[2]!) } : undefined;
}
