/** The table, as text for a terminal or as Markdown for docs/performance.md. */
import { cpus, release, totalmem } from 'node:os';
import { readFileSync } from 'node:fs';
import { seconds } from './measure.ts';
import { figureOf, type Comparison, type Goal, type PartResult } from './part.ts';

export interface Row {
  readonly cells: readonly string[];
}

const head = ['what', 'where', 'who', 'median', 'ratio', 'CPU', 'memory', 'note'];

/** @param loads the load averages before and after */
export function markdown(results: readonly PartResult[], loads: readonly string[]): string {
  const rows = results.flatMap(({ comparisons }) => comparisons.flatMap(rowsOf));
  const goals = results.flatMap((result) => result.goals);
  const remarks = results.flatMap(({ comparisons }) => comparisons.flatMap(({ part, title, remarks }) => (remarks ?? []).map((remark) => `- ${part}, ${title}: ${remark}`)));
  return [
    `${machine()}; load average ${loads.join(' before and ')} after.`,
    '',
    ...table(head, rows),
    ...(remarks.length > 0 ? ['', ...remarks] : []),
    '',
    ...(goals.length > 0 ? [...table(['goal', 'aim', 'found', ''], goals.map(goalRow)), ''] : []),
  ].join('\n');
}

function rowsOf({ part, title, figures, base }: Comparison): string[][] {
  const reference = base === undefined ? figures[0]! : figureOf(figures, base);
  return figures.map(({ name, turns, wallMs, cpuMs, peakMb, note }, index) => [
    index === 0 ? part : '',
    index === 0 ? title : '',
    name,
    ...(turns === 0 ? ['–', '–', '–', '–'] : [seconds(wallMs), reference.turns === 0 ? '–' : (wallMs / reference.wallMs).toFixed(2), seconds(cpuMs), `${peakMb.toFixed(0)} MB`]),
    note ?? '',
  ]);
}

function goalRow({ what, aim, found, met }: Goal): string[] {
  return [what, aim, found, met ? 'met' : '**missed**'];
}

/** Aligned, so that it reads well as it is. */
function table(columns: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map((name, column) => Math.max(3, name.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [line(columns), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)];
}

/** Processor, cores, memory, kernel, and the versions that matter. */
function machine(): string {
  const [processor] = cpus();
  const gigabytes = (totalmem() / 2 ** 30).toFixed(0);
  return `${cpus().length} × ${processor?.model.trim() ?? 'unknown processor'}, ${gigabytes} GB, ${distribution()}, Linux ${release()}, Node ${process.versions.node}`;
}

function distribution(): string {
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
}
