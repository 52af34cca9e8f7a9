/** Changes as lines: what, `from → to`, the diff of texts, the commands. */
import type { ChangeView } from '../events.ts';
import { diffStat, renderDiff } from './diff.ts';
import type { Style } from './style.ts';
import { clean, indent } from './text.ts';
import { differences, inline } from './values.ts';

export interface ChangeOptions {
  readonly diff: boolean;
  readonly commands: boolean;
}

const actionColor = { create: 'green', update: 'yellow', replace: 'magenta', delete: 'red', run: 'cyan' } as const;

/** The lines of one change, not indented. */
export function changeLines(change: ChangeView, { diff, commands }: ChangeOptions, style: Style): string[] {
  const head = `${style[actionColor[change.action]](change.action)} ${clean(change.subject)}`;
  return [
    ...headAndValues(change, head, diff, style),
    ...(change.text && diff ? indent(renderDiff(change.text.label, change.text.from, change.text.to, style), '  ') : []),
    ...(commands ? change.commands.flatMap((command) => commandLines(command, style)) : []),
  ];
}

function headAndValues(change: ChangeView, head: string, diff: boolean, style: Style): string[] {
  if (change.from === undefined && change.to === undefined) {
    const stat = change.text && !diff ? diffStat(change.text.from, change.text.to) : undefined;
    return [stat === undefined ? head : `${head} ${style.dim(`(${stat} lines)`)}`];
  }
  if (change.to === undefined) return [`${head} ${style.dim(`(was ${inline(change.from)})`)}`];
  if (change.from === undefined) return [`${head}: ${inline(change.to)}`];
  const parts = differences(change.from, change.to).map(([label, from, to]) => `${label === '' ? '' : `${label}: `}${style.red(inline(from))} → ${style.green(inline(to))}`);
  if (parts.length === 1) return [`${head}: ${parts[0]!}`];
  return [head, ...indent(parts, '  ')];
}

function commandLines(command: string, style: Style): string[] {
  return clean(command).split('\n').map((line, index) => style.dim(`  ${index === 0 ? '$' : ' '} ${line}`));
}
