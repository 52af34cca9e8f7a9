import { describe, expect, it } from 'vitest';
import { frame, type HostView, type PlayView } from '../../../src/report/frame.ts';
import { createStyle } from '../../../src/report/style.ts';
import { widthOf } from '../../../src/report/text.ts';

const icons = { spinner: '*', done: 'v', failed: 'x', waiting: '.' };
const host = (name: string, given: Partial<HostView> = {}): HostView => ({ name, state: 'running', activity: 'Install Docker', elapsed: 12_000, finishedTasks: 3, ok: 0, changed: 0, skipped: 0, ...given });
const draw = (hosts: readonly HostView[], columns = 80, rows = 24, play: Partial<PlayView> = {}): string[] => frame({ hosts, tasks: 12, elapsed: 62_000, check: false, ...play }, { columns, rows }, icons, createStyle(false));

it('shows running, finished, failed and waiting hosts in the order of the inventory', () => {
  expect(
    draw([
      host('host1'),
      host('host2', { state: 'done', elapsed: 18_840, ok: 8, changed: 7, finishedTasks: 12 }),
      host('host3', { state: 'failed', activity: 'failed: Start the container', elapsed: 4_200 }),
      host('host4', { state: 'waiting', activity: '', finishedTasks: 0 }),
    ]),
  ).toEqual([
    '  * host1  3/12    12s  Install Docker',
    '  v host2        18.8s  8 ok, 7 changed',
    '  x host3         4.2s  failed: Start the container',
    '  . host4               ',
    '  ━━━━━━━━━━━─────────  1m02s  1/4 v  1 x  1 waiting',
  ]);
});

describe('fifty hosts', () => {
  const fifty = Array.from({ length: 50 }, (_, index) => host(`host${index + 1}`, index < 10 ? { state: 'done' } : index >= 45 ? { state: 'waiting', activity: '' } : index % 2 === 0 ? { activity: 'Create bridge br0' } : {}));

  it('shows the first running ones and what the others do', () => {
    const lines = draw(fifty);
    expect(lines[0]).toBe('  * host11  3/12    12s  Create bridge br0');
    expect(lines.at(-2)).toBe('    … and 22 more: 11 Install Docker, 11 Create bridge br0');
    expect(lines.at(-1)).toBe('  ━━━━━━━━────────────  1m02s  10/50 v  5 waiting');
  });

  it.each([
    [80, 24],
    [120, 40],
    [40, 10],
    [20, 8],
    [10, 5],
    [3, 3],
    [1, 1],
  ])('fits %i columns and %i rows', (columns, rows) => {
    const lines = draw(fifty, columns, rows);
    expect(lines.length).toBeLessThanOrEqual(Math.max(2, Math.ceil((rows * 2) / 3)));
    for (const line of lines) expect(widthOf(line)).toBeLessThan(Math.max(2, columns));
  });

  it('shows them all where there is room', () => expect(draw(fifty, 80, 100)).toHaveLength(51));
});

it('cuts what a narrow terminal has no room for: first the progress, then the time', () => {
  expect(draw([host('host1')], 49)[0]).toBe('  * host1    12s  Install Docker');
  expect(draw([host('host1')], 30)[0]).toBe('  * host1  Install Docker');
  expect(draw([host('host1')], 20)[0]).toBe('  * host1  Install…');
});

it('says in check mode what would change', () => expect(draw([host('a', { state: 'done', ok: 1, changed: 2 })], 80, 24, { check: true })[0]).toContain('1 ok, 2 would change'));

it('shows no progress where there are more tasks than were known', () => expect(draw([host('a', { finishedTasks: 13 })])[0]).toBe('  * a    12s  Install Docker'));

it('takes hosts that say something in wide characters', () => expect(draw([host('主机一'), host('b')]).slice(0, 2).map((line) => line.indexOf('3/12'))).toEqual([9, 12]));
