import { expect, it } from 'vitest';
import type { HostCounters } from '../../../src/events.ts';
import { recapLines } from '../../../src/report/recap.ts';
import { createStyle } from '../../../src/report/style.ts';

const counters = (given: Partial<HostCounters>): HostCounters => ({ ok: 0, changed: 0, unreachable: 0, failed: 0, skipped: 0, rescued: 0, ignored: 0, ...given });
const recap = (hosts: Record<string, Partial<HostCounters>>, given: { check?: boolean; roundTrips?: boolean; interrupted?: boolean } = {}): string[] =>
  recapLines(
    { type: 'run-end', time: 0, exitStatus: 0, counters: Object.fromEntries(Object.entries(hosts).map(([host, one]) => [host, counters(one)])), durationMs: 12_300, roundTrips: { a: 4 }, interrupted: given.interrupted ?? false },
    { check: given.check ?? false, roundTrips: given.roundTrips ?? false },
    createStyle(false),
  );

it('has Ansible’s counters in its order, in columns', () => {
  expect(recap({ host10: { ok: 9, failed: 1 }, host2: { ok: 12, changed: 3, skipped: 1 } })).toEqual([
    'RECAP',
    'host2  : ok=12 changed=3 unreachable=0 failed=0 skipped=1 rescued=0 ignored=0',
    'host10 : ok=9  changed=0 unreachable=0 failed=1 skipped=0 rescued=0 ignored=0',
    '1 of 2 hosts failed · 3 tasks changed on 1 host · 12.3s',
  ]);
});

it.each([
  ['nothing changed', { a: { ok: 3 } }, {}, '1 host · nothing changed · 12.3s'],
  ['nothing would change', { a: { ok: 3 } }, { check: true }, '1 host · nothing would change · 12.3s'],
  ['changes to come', { a: { ok: 3, changed: 1 } }, { check: true }, '1 host · 1 task would change on 1 host · 12.3s'],
  ['an interrupted run', { a: { ok: 1 } }, { interrupted: true }, 'interrupted · 1 host · nothing changed · 12.3s'],
  ['no host', {}, {}, '0 hosts · nothing changed · 12.3s'],
])('sums up %s', (_what, hosts, given, expected) => expect(recap(hosts, given).at(-1)).toBe(expected));

it('says in check mode that nothing was changed', () => expect(recap({ a: {} }, { check: true })[0]).toBe('RECAP (check mode: nothing was changed)'));

it('shows round trips when asked', () => expect(recap({ a: {} }, { roundTrips: true })[1]).toMatch(/ignored=0 {2}round-trips=4$/));

it.each([
  [['h10', 'h2', 'h1'], ['h1', 'h2', 'h10']],
  [['a1', 'a-1', 'a', 'ab', 'a.1'], ['a', 'a-1', 'a.1', 'a1', 'ab']],
  [['10.0.0.12', '10.0.0.9', '9.9.9.9'], ['9.9.9.9', '10.0.0.9', '10.0.0.12']],
  [['web2.b', 'web2.a', 'web10.a'], ['web2.a', 'web2.b', 'web10.a']],
  [['Web1', 'b', 'straße', 'strasse'], ['b', 'strasse', 'straße', 'Web1']],
])('lists %j as a person would', (given, expected) => expect(recap(Object.fromEntries(given.map((host) => [host, {}]))).slice(1, -1).map((line) => line.split(' ')[0])).toEqual(expected));
