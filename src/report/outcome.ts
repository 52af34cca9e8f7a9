/** How a task, or an item of its loop, ended on a host, as lines. Both the live and the plain view print these. */
import type { ErrorView, TaskEndEvent, TaskItemEvent, TaskStatus } from '../events.ts';
import { changeLines } from './changes.ts';
import { formatError } from './error.ts';
import type { ReportOptions } from './options.ts';
import { paintOf, type Style } from './style.ts';
import { clean, formatDuration, indent, padEnd } from './text.ts';
import { block } from './values.ts';

export type Outcome = TaskEndEvent | TaskItemEvent;

export interface Layout {
  /** Columns of the longest host name. */
  readonly hostWidth: number;
}

/** Lines of a host's stdout, stderr or arguments that a failure shows without -v. */
const shownOfFailure = 20;

/** The head line `host  status  name  time`, and below it, indented, what `options` ask for. */
export function outcomeLines(event: Outcome, layout: Layout, options: ReportOptions, style: Style): string[] {
  const failed = event.status === 'failed' || event.status === 'unreachable';
  return [
    headLine(event, layout, options.check, style),
    ...indent(
      [
        ...event.changes.flatMap((change) => changeLines(change, { diff: options.diff, commands: options.verbosity >= 2 }, style)),
        ...messageLines(event),
        ...(failed ? failureLines(event, options, style) : []),
        ...(options.verbosity >= 2 && !failed ? labelled('args', event.args, style) : []),
        ...(options.verbosity >= 1 && !isMessage(event) ? labelled('result', resultOf(event.result), style) : []),
      ],
      '    ',
    ),
  ];
}

/** `host1  changed  Create bridge br0 (item=br0)  0.3s` */
function headLine(event: Outcome, { hostWidth }: Layout, check: boolean, style: Style): string {
  const status = statusWord(event.status, check);
  const host = event.delegatedTo === undefined ? event.host : `${event.host} -> ${event.delegatedTo}`;
  const notes = [
    ...(event.type === 'task-item' ? [`item=${clean(event.label).replaceAll('\n', ' ')}`] : []),
    ...(event.task.handler ? ['handler'] : []),
    ...(event.rescued ? ['rescued'] : event.ignored ? ['ignored'] : []),
    ...(event.knownAfterApply ? ['known after apply'] : []),
    ...(event.skipReason === undefined ? [] : [clean(event.skipReason).replaceAll('\n', ' ')]),
  ];
  const name = clean(event.task.name).replaceAll('\n', ' ');
  return [
    style.bold(padEnd(host, hostWidth)),
    paintOf(style, event.status)(status.padEnd(check ? 12 : 7)),
    name + (notes.length > 0 ? style.dim(` (${notes.join(', ')})`) : ''),
    style.dim(formatDuration(event.durationMs)),
  ].join('  ');
}

/** In check mode nothing has changed yet. */
export function statusWord(status: TaskStatus, check: boolean): string {
  return check && status === 'changed' ? 'would change' : status;
}

/** Whether it is what the author of the playbook wants to say, which is shown without -v. */
export function isMessage(event: Outcome): boolean {
  return event.task.module === 'debug' && event.status === 'ok';
}

function messageLines(event: Outcome): string[] {
  if (!isMessage(event)) return [];
  const result = resultOf(event.result);
  const values = result && Object.keys(result).length === 1 ? Object.values(result)[0] : result;
  if (typeof values === 'string') return clean(values).split('\n');
  return values === undefined ? [] : block(result);
}

function failureLines(event: Outcome, options: ReportOptions, style: Style): string[] {
  const { error } = event;
  if (error === undefined) return [];
  if ((event.ignored || event.rescued) && options.verbosity === 0) return [style.red(clean(error.message))];
  return [...errorLines(error, options.color), ...hostOutput(event, error, options, style), ...shorten(labelled('args', event.args, style), options)];
}

/** An error as formatError shows it, what hosts said made harmless. */
export function errorLines(error: ErrorView, color: boolean): string[] {
  const view = error.detail === undefined ? error : { ...error, detail: clean(error.detail) };
  return formatError({ ...view, message: clean(error.message) }, { color }).trimEnd().split('\n');
}

// The error's detail often is stderr already.
function hostOutput(event: Outcome, error: ErrorView, options: ReportOptions, style: Style): string[] {
  return (['stdout', 'stderr'] as const).flatMap((name) => {
    const text = event.result[name];
    if (typeof text !== 'string' || text.trim() === '' || error.detail?.includes(text.trim())) return [];
    return shorten([style.dim(`${name}:`), ...indent(clean(text).trimEnd().split('\n'), '  ')], options, 'end');
  });
}

function shorten(lines: string[], options: ReportOptions, keep: 'start' | 'end' = 'start'): string[] {
  const left = lines.length - 1 - shownOfFailure;
  if (left <= 0 || options.verbosity > 0) return lines;
  const more = `  … ${left} more lines with -v`;
  return keep === 'start' ? [...lines.slice(0, shownOfFailure + 1), more] : [lines[0]!, more, ...lines.slice(-shownOfFailure)];
}

function labelled(label: string, value: Readonly<Record<string, unknown>> | undefined, style: Style): string[] {
  if (value === undefined || Object.keys(value).length === 0) return [];
  return [style.dim(`${label}:`), ...indent(block(value), '  ')];
}

// The status says these already, or they repeat stdout, stderr and the items line by line.
const redundant = new Set(['changed', 'failed', 'skipped', 'skip_reason', 'results', 'stdout_lines', 'stderr_lines', 'unreachable']);

function resultOf(result: Outcome['result']): Record<string, unknown> | undefined {
  const kept = Object.entries(result).filter(([name]) => !redundant.has(name) && !name.startsWith('_'));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** What became of a host that dropped out beside its tasks: it could not be reached, or something failed there, such as taking its lock. */
export function lossOf(error: ErrorView): 'unreachable' | 'failed' {
  return error.code.startsWith('ssh.') ? 'unreachable' : 'failed';
}
