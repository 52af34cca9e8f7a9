/** Baselines as lines. */
import type { Baseline } from '../baseline/document.ts';
import type { Listed } from '../baseline/shelf.ts';
import { shortTime } from './short.ts';
import { count, padEnd, widthOf } from './text.ts';

/** `host1: captured 'default', 812 things of 14 kinds`. */
export function capturedLine(host: string, { head, states }: Baseline): string {
  const kinds = countsOf(states);
  return `${host}: captured '${head.name}', ${count(kinds.reduce((sum, [, number]) => sum + number, 0), 'thing')} of ${count(kinds.length, 'kind')}`;
}

export function listLines(baselines: readonly Listed[]): string[] {
  if (baselines.length === 0) return ['There are no baselines. `ctplay baseline capture` makes them.'];
  const rows = baselines.map(({ host, name, head, onHost, copied }) => [host, name, head === undefined ? 'unreadable' : shortTime(head.capturedAt), head?.capturedBy ?? '', onHost ? (copied ? 'host, copy here' : 'host') : 'copy here alone']);
  return table([['HOST', 'NAME', 'CAPTURED', 'BY', 'KEPT ON'], ...rows]);
}

export function showLines(host: string, { head, states }: Baseline): string[] {
  return [
    `${host}: '${head.name}', captured ${shortTime(head.capturedAt)} by ${head.capturedBy}, files of ${head.settings.folders.join(', ')}`,
    ...table(Object.entries(states).map(([kind, reading]) => [`  ${kind}`, reading.state === 'present' ? String(Object.keys(reading.value).length) : reading.state === 'unavailable' ? `not recorded: ${reading.detail}` : '0'])),
  ];
}

/** Columns in line, two blanks apart. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ''))));
  return rows.map((row) => row.map((cell, column) => padEnd(cell, widths[column] ?? 0)).join('  ').trimEnd());
}

function countsOf(states: Baseline['states']): [string, number][] {
  return Object.entries(states).flatMap(([kind, reading]): [string, number][] => (reading.state === 'present' && Object.keys(reading.value).length > 0 ? [[kind, Object.keys(reading.value).length]] : []));
}
