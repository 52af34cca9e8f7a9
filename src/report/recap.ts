/** What a run comes to, with Ansible's counters in Ansible's order. */
import type { Event, HostCounters } from '../events.ts';
import type { Style } from './style.ts';
import { count, formatDuration, padEnd, widthOf } from './text.ts';

type RunEnd = Extract<Event, { type: 'run-end' }>;

const counterColor = { ok: 'green', changed: 'yellow', unreachable: 'red', failed: 'red', skipped: 'cyan', rescued: 'blue', ignored: 'blue' } as const satisfies Record<keyof HostCounters, keyof Style>;
const counterNames = Object.keys(counterColor) as (keyof HostCounters)[];

let collator: Intl.Collator | undefined;

/** host2 stands before host10. */
function compareNames(a: string, b: string): number {
  // Names of DNS need no tables of languages, which take longer to load than the whole recap.
  if (!/^[a-z0-9.-]*$/.test(a + b)) return (collator ??= new Intl.Collator('en', { numeric: true })).compare(a, b);
  const [mine, others] = [a, b].map((name) => name.split(/(\d+)/));
  for (const [index, part] of mine!.entries()) {
    const other = others![index];
    if (other === undefined) return 1;
    if (part === other) continue;
    // Numbers stand at odd places; a text goes on with the digit after it.
    const text = (parts: readonly string[]): string => parts[index]! + (index + 1 < parts.length ? '0' : '');
    const difference = index % 2 === 1 ? Number(part) - Number(other) : text(mine!) < text(others!) ? -1 : 1;
    if (difference !== 0) return difference;
  }
  return mine!.length - others!.length;
}

export interface RecapOptions {
  readonly check: boolean;
  /** Show how often ctplay and the host took turns. */
  readonly roundTrips: boolean;
}

/** One line a host, then one for the whole. */
export function recapLines(end: RunEnd, { check, roundTrips }: RecapOptions, style: Style): string[] {
  const hosts = Object.entries(end.counters).sort(([a], [b]) => compareNames(a, b));
  const width = Math.max(0, ...hosts.map(([host]) => widthOf(host)));
  // As wide as the widest of the column, so that the columns line up; the last one needs no padding.
  const widths = Object.fromEntries(counterNames.map((name) => [name, name === 'ignored' ? 0 : hosts.reduce((most, [, counters]) => Math.max(most, String(counters[name]).length), 0)])) as Record<keyof HostCounters, number>;
  const lines = hosts.map(([host, counters]) => {
    const trips = roundTrips ? style.dim(`  round-trips=${end.roundTrips[host] ?? 0}`) : '';
    return `${hostColor(counters, style)(padEnd(host, width))} : ${counterNames.map((name) => counterCell(name, counters[name], widths[name], style)).join(' ')}${trips}`;
  });
  return [style.bold(check ? 'RECAP (check mode: nothing was changed)' : 'RECAP'), ...lines, summary(end, check, style)];
}

// Zeros stay in the background.
function counterCell(name: keyof HostCounters, value: number, width: number, style: Style): string {
  const cell = `${name}=${String(value).padEnd(width)}`;
  return value === 0 ? style.dim(cell) : style[counterColor[name]](cell);
}

function hostColor(counters: HostCounters, style: Style): (text: string) => string {
  if (counters.failed > 0 || counters.unreachable > 0) return style.red;
  return counters.changed > 0 ? style.yellow : style.green;
}

function summary(end: RunEnd, check: boolean, style: Style): string {
  const hosts = Object.values(end.counters);
  const changed = hosts.reduce((sum, counters) => sum + counters.changed, 0);
  const changedHosts = hosts.filter((counters) => counters.changed > 0).length;
  const bad = hosts.filter((counters) => counters.failed > 0 || counters.unreachable > 0).length;
  const changes = changed === 0 ? (check ? 'nothing would change' : 'nothing changed') : `${count(changed, 'task')} ${check ? 'would change' : 'changed'} on ${count(changedHosts, 'host')}`;
  const parts = [
    ...(end.interrupted ? [style.magenta('interrupted')] : []),
    ...(bad > 0 ? [style.red(`${bad} of ${count(hosts.length, 'host')} failed`)] : [count(hosts.length, 'host')]),
    changed === 0 ? changes : style.yellow(changes),
    formatDuration(end.durationMs),
  ];
  return parts.join(style.dim(' · '));
}
