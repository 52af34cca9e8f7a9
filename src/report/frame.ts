/** One picture of a play under way, as a pure function: hosts, what they do, and how far the play is. */
import type { Size } from './screen.ts';
import type { Style } from './style.ts';
import { formatDuration, formatSeconds, padEnd, padStart, truncate, widthOf } from './text.ts';

export interface HostView {
  readonly name: string;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  /** What it is doing, or why it failed. */
  readonly activity: string;
  /** Milliseconds since the activity began; of a finished host, how long it took. */
  readonly elapsed: number;
  readonly finishedTasks: number;
  readonly ok: number;
  readonly changed: number;
  readonly skipped: number;
}

export interface PlayView {
  readonly hosts: readonly HostView[];
  /** Tasks that each host is expected to run; 0 when unknown. */
  readonly tasks: number;
  readonly elapsed: number;
  readonly check: boolean;
}

export interface Icons {
  readonly spinner: string;
  readonly done: string;
  readonly failed: string;
  readonly waiting: string;
}

/** Columns of a line's parts, the one of varying length last; a part without room has none. */
interface Columns {
  readonly name: number;
  readonly progress: number;
  readonly time: number;
  readonly activity: number;
}

const barColumns = 20;

/**
 * Lines that take at most two thirds of the terminal's rows, so that failures printed above stay in sight, and leave a column
 * free. All hosts while they fit, finished ones in one line each; otherwise the running ones, and what doesn't fit as numbers.
 */
export function frame(play: PlayView, size: Size, icons: Icons, style: Style): string[] {
  const width = Math.max(1, size.columns - 1);
  const shown = choose(play.hosts, Math.max(1, Math.floor((size.rows * 2) / 3) - 2));
  const hidden = play.hosts.filter((host) => host.state === 'running' && !shown.includes(host));
  const columns = layOut(shown, play, width);
  return [...shown.map((host) => hostLine(host, play, columns, icons, style)), ...(hidden.length > 0 ? [style.dim(truncate(`    … and ${hidden.length} more: ${tally(hidden)}`, width))] : []), footer(play, width, icons, style)];
}

function choose(hosts: readonly HostView[], room: number): readonly HostView[] {
  if (hosts.length <= room) return hosts;
  const running = hosts.filter((host) => host.state === 'running');
  return running.length <= room ? running : running.slice(0, room - 1);
}

function layOut(hosts: readonly HostView[], play: PlayView, width: number): Columns {
  const widest = (texts: readonly string[]): number => Math.max(0, ...texts.map(widthOf));
  const name = Math.min(widest(hosts.map((host) => host.name)), Math.max(8, Math.floor(width / 3)));
  const progress = width >= 50 ? widest(hosts.map((host) => progressOf(host, play))) : 0;
  const time = width >= 30 ? Math.max(5, widest(hosts.map(timeOf))) : 0;
  const gaps = 4 + 2 + (progress > 0 ? 2 : 0) + (time > 0 ? 2 : 0);
  return { name, progress, time, activity: Math.max(0, width - gaps - name - progress - time) };
}

function hostLine(host: HostView, play: PlayView, columns: Columns, icons: Icons, style: Style): string {
  const name = padEnd(truncate(host.name, columns.name), columns.name);
  return [
    `  ${iconOf(host, icons, style)} ${host.state === 'waiting' ? style.dim(name) : style.bold(name)}`,
    ...(columns.progress > 0 ? [style.dim(padStart(progressOf(host, play), columns.progress))] : []),
    ...(columns.time > 0 ? [style.dim(padStart(timeOf(host), columns.time))] : []),
    paintActivity(host, truncate(activityOf(host, play.check), columns.activity), style),
  ].join('  ');
}

function iconOf(host: HostView, icons: Icons, style: Style): string {
  switch (host.state) {
    case 'running':
      return style.cyan(icons.spinner);
    case 'done':
      return style.green(icons.done);
    case 'failed':
      return style.red(icons.failed);
    case 'waiting':
      return style.dim(icons.waiting);
  }
}

function activityOf(host: HostView, check: boolean): string {
  if (host.state !== 'done') return host.activity;
  const counts = [[host.ok, 'ok'], [host.changed, check ? 'would change' : 'changed'], [host.skipped, 'skipped']] as const;
  return counts.filter(([number], index) => number > 0 || index === 0).map(([number, word]) => `${number} ${word}`).join(', ');
}

function paintActivity(host: HostView, text: string, style: Style): string {
  if (host.state === 'failed') return style.red(text);
  if (host.state === 'done') return host.changed > 0 ? style.yellow(text) : style.green(text);
  return host.state === 'waiting' ? style.dim(text) : text;
}

function timeOf(host: HostView): string {
  if (host.state === 'waiting') return '';
  return host.state === 'running' ? formatSeconds(host.elapsed) : formatDuration(host.elapsed);
}

function progressOf(host: HostView, play: PlayView): string {
  if (host.state !== 'running' || host.finishedTasks > play.tasks) return '';
  return play.tasks === 0 ? '' : `${host.finishedTasks}/${play.tasks}`;
}

/** `20 Install Docker, 11 Create bridge br0`: what the hosts do that have no line of their own. */
function tally(hosts: readonly HostView[]): string {
  const numbers = new Map<string, number>();
  for (const host of hosts) numbers.set(host.activity, (numbers.get(host.activity) ?? 0) + 1);
  return [...numbers].sort(([, a], [, b]) => b - a).map(([activity, number]) => `${number} ${activity}`).join(', ');
}

function footer(play: PlayView, width: number, icons: Icons, style: Style): string {
  const inState = (state: HostView['state']): number => play.hosts.filter((host) => host.state === state).length;
  const parts: [text: string, paint: (text: string) => string][] = [
    [formatSeconds(play.elapsed), style.dim],
    [`${inState('done')}/${play.hosts.length} ${icons.done}`, style.green],
    [inState('failed') > 0 ? `${inState('failed')} ${icons.failed}` : '', style.red],
    [inState('waiting') > 0 ? `${inState('waiting')} waiting` : '', style.dim],
  ];
  const cells = width >= 40 ? [bar(play, style)] : [];
  let room = width - (width >= 40 ? barColumns + 2 : 0);
  for (const [text, paint] of parts) {
    if (text === '' || widthOf(text) + 2 > room) continue;
    cells.push(paint(text));
    room -= widthOf(text) + 2;
  }
  return cells.map((cell) => `  ${cell}`).join('');
}

function bar(play: PlayView, style: Style): string {
  const all = play.tasks * play.hosts.length;
  const finished = play.hosts.reduce((sum, host) => sum + (host.state === 'done' || host.state === 'failed' ? play.tasks : Math.min(host.finishedTasks, play.tasks)), 0);
  const filled = all === 0 ? 0 : Math.floor((finished / all) * barColumns);
  return style.cyan('━'.repeat(filled)) + style.dim('─'.repeat(barColumns - filled));
}
