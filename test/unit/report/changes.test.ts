import { describe, expect, it } from 'vitest';
import type { ChangeView } from '../../../src/events.ts';
import { changeLines } from '../../../src/report/changes.ts';
import { createStyle } from '../../../src/report/style.ts';
import { inline } from '../../../src/report/values.ts';

const lines = (change: Partial<ChangeView>, options: { diff?: boolean; commands?: boolean } = {}): string[] =>
  changeLines({ action: 'update', subject: 'bridge br0', commands: [], ...change }, { diff: options.diff ?? false, commands: options.commands ?? false }, createStyle(false));

describe('from → to', () => {
  it.each<[string, Partial<ChangeView>, string[]]>([
    ['a value', { subject: 'bridge br0: mtu', from: 1500, to: 1450 }, ['update bridge br0: mtu: 1500 → 1450']],
    ['one key of a mapping', { from: { mtu: 1500, up: true }, to: { mtu: 1450, up: true } }, ['update bridge br0: mtu: 1500 → 1450']],
    ['several keys', { from: { mtu: 1500, up: false }, to: { mtu: 1450, up: true } }, ['update bridge br0', '  mtu: 1500 → 1450', '  up: false → true']],
    ['a key that is new', { from: {}, to: { tag: 100 } }, ['update bridge br0: tag: (nothing) → 100']],
    ['something new', { action: 'create', to: { type: 'ovs', mtu: 1450 } }, ['create bridge br0: {type: ovs, mtu: 1450}']],
    ['something gone', { action: 'delete', from: { mtu: 1450 } }, ['delete bridge br0 (was {mtu: 1450})']],
    ['a command', { action: 'run', subject: 'ls /' }, ['run ls /']],
    ['a text', { subject: 'file /etc/motd', text: { label: '/etc/motd', from: 'a\n', to: 'b\nc\n' } }, ['update file /etc/motd (+2 -1 lines)']],
  ])('%s', (_what, change, expected) => expect(lines(change)).toEqual(expected));
});

it('shows a unified diff of texts when asked', () => {
  expect(lines({ subject: 'file /etc/motd', text: { label: '/etc/motd', from: 'a\n', to: 'b\n' } }, { diff: true })).toEqual([
    'update file /etc/motd',
    '  --- before: /etc/motd',
    '  +++ after: /etc/motd',
    '  @@ -1 +1 @@',
    '  -a',
    '  +b',
  ]);
});

it('shows commands when asked, of many lines too', () => {
  expect(lines({ action: 'run', subject: 'x', commands: ['ip link add br0 type bridge', 'cat > /x <<E\na\nE'] }, { commands: true })).toEqual(['run x', '  $ ip link add br0 type bridge', '  $ cat > /x <<E', '    a', '    E']);
});

it.each([
  ['10.0.0.4', '10.0.0.4'],
  ['1450', '"1450"'],
  ['true', '"true"'],
  ['', '""'],
  ['a: b', '"a: b"'],
  ['\x1b[2J', '"\\u001b[2J"'],
  [[1, 'a', null], '[1, a, null]'],
  [{ a: undefined, b: {} }, '{b: {}}'],
  ['x'.repeat(300), `${'x'.repeat(159)}…`],
])('a value on one line: %j', (value, expected) => expect(inline(value)).toBe(expected));
