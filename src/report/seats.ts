/** The proof of a host, and the table of all of them. */
import type { HostProof, LeftView, SeatView } from '../events.ts';
import type { Style } from './style.ts';
import { shortTime } from './short.ts';
import { clean, count, formatDuration, indent, padEnd, padStart, truncate, widthOf } from './text.ts';

const colors = { clean: 'green', reset: 'green', planned: 'yellow', left: 'red', failed: 'red', unreachable: 'red', interrupted: 'magenta' } as const satisfies Record<SeatView['state'], keyof Style>;

/** `host1  clean  as in the baseline 'default' of 2026-03-02 08:00`, and below it what is left or kept, and why. */
export function proofLines({ host, state, baseline, capturedAt, left, kept, changes, passes }: HostProof, hostWidth: number, style: Style): string[] {
  const named = `the baseline '${baseline}' of ${shortTime(capturedAt)}`;
  const told = {
    clean: kept.length === 0 ? `as in ${named}` : `as in ${named}, but for ${count(kept.length, 'thing')} that --keep names`,
    left: `${count(left.length, 'difference')} from ${named} after ${count(passes, 'pass', 'passes')}`,
    planned: `${count(changes, 'change')} back to ${named}`,
  }[state];
  const line = ({ subject, words, by, why }: LeftView): string => `${oneLine(`${subject} ${words.join(', ')}`)}${style.dim(`, by ${by}`)}: ${oneLine(why)}`;
  return [`${style.bold(padEnd(host, hostWidth))}  ${style[colors[state]](state.padEnd(7))}  ${told}`, ...indent([...left, ...kept].map(line), '    ')];
}

/** The longest reason in the table; the proof has all of it. */
const whyWidth = 70;

export function seatLines(seats: readonly SeatView[], style: Style): string[] {
  const rows = seats.map(({ host, state, changes, left, durationMs, why }) => [host, state, String(changes), left === undefined ? '-' : String(left), formatDuration(durationMs), truncate(oneLine(why ?? ''), whyWidth)]);
  const head = ['HOST', 'STATE', 'CHANGES', 'LEFT', 'TIME', ''];
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => widthOf(row[column]!))));
  const cells = (row: readonly string[]): string[] => row.map((cell, column) => (column >= 2 && column <= 4 ? padStart : padEnd)(cell, widths[column]!));
  return [
    style.bold(cells(head).join('  ').trimEnd()),
    ...rows.map((row, index) => {
      const [host, state, ...rest] = cells(row);
      return [host, style[colors[seats[index]!.state]](state!), ...rest].join('  ').trimEnd();
    }),
  ];
}

function oneLine(text: string): string {
  return clean(text).replaceAll('\n', ' ');
}
