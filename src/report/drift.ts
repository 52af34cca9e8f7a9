/** What differs from baselines, as lines and as JSON. */
import { originWords } from '../baseline/origin.ts';
import type { Drift, HostDrift } from '../baseline/drift.ts';
import type { Style } from './style.ts';
import { shortTime } from './short.ts';
import { clean, count } from './text.ts';

/** Grows by one when a field is removed or changes its meaning. */
const driftSchemaName = 'ctplay.drift/1';

/** Host by host, each difference on a line: `bridge br1 was added, by hand`. */
export function driftLines(hosts: readonly HostDrift[], style: Style): string[] {
  return hosts.flatMap(({ host, baseline, differences, incomparable, notes }) => {
    if (baseline === undefined) return [];
    const since = `the baseline '${baseline.name}' of ${shortTime(baseline.capturedAt)}`;
    const head = differences.length + incomparable.length === 0 ? style.green(`as in ${since}`) : style.yellow(`${count(differences.length, 'difference')} from ${since}`);
    return [
      `${style.bold(host)}: ${head}`,
      ...notes.map((note) => `  ${style.yellow('note')}: ${clean(note)}`),
      ...differences.map((drift) => `  ${driftLine(drift, style)}`),
      ...incomparable.map(({ kind, why }) => `  ${style.red(`${kind} can't be compared`)}: ${clean(why)}`),
    ];
  });
}

function driftLine({ subject, words, origin }: Drift, style: Style): string {
  return `${oneLine(`${subject} ${words.join(', ')}`)}${style.dim(`, ${oneLine(originWords(origin))}`)}`;
}

function oneLine(text: string): string {
  return clean(text).replaceAll('\n', ' ');
}

/** All hosts as one JSON object. */
export function driftJson(name: string, hosts: readonly HostDrift[]): string {
  const entries = hosts.map(({ host, baseline, ...rest }) => {
    const about = baseline && { id: baseline.id, capturedAt: baseline.capturedAt, capturedBy: baseline.capturedBy, settings: baseline.settings };
    return [host, { ...(about ? { baseline: about } : {}), ...rest }] as const;
  });
  return JSON.stringify({ schema: driftSchemaName, name, hosts: Object.fromEntries(entries) }, null, 2);
}
