/** The module iptables on the real packet filter of a network namespace of its own. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import iptables from '../../modules/iptables.ts';
import { sh } from '../../src/shell.ts';
import { argsOf } from '../harness/arguments.ts';
import { applyLocally, revertLocally, runCommand } from '../harness/module.ts';

const namespace = `ctp-rules-${process.pid}`;
const inside = { prefix: ['ip', 'netns', 'exec', namespace] };
const rules = (table = 'filter'): string => runCommand(sh`iptables -t ${table} -S`, inside).stdout;

beforeAll(() => void spawnSync('ip', ['netns', 'add', namespace]));
afterAll(() => void spawnSync('ip', ['netns', 'delete', namespace]));

it.each([
  ['a rule', { chain: 'INPUT', protocol: 'tcp', destination_port: '8080', source: '172.15.42.0/24', jump: 'ACCEPT', comment: 'for "us"' }, 'filter', '-A INPUT -s 172.15.42.0/24 -p tcp -m tcp --dport 8080 -m comment --comment "for \\"us\\"" -j ACCEPT'],
  ['a state', { chain: 'FORWARD', ctstate: ['ESTABLISHED', 'RELATED'], jump: 'ACCEPT', action: 'insert' }, 'filter', '-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'],
  ['a policy', { chain: 'FORWARD', policy: 'DROP' }, 'filter', '-P FORWARD DROP'],
  ['a translation', { table: 'nat', chain: 'POSTROUTING', source: '172.15.42.0/24', out_interface: '!br0', jump: 'MASQUERADE' }, 'nat', '-A POSTROUTING -s 172.15.42.0/24 ! -o br0 -j MASQUERADE'],
  ['a chain with a rule', { chain: 'MINE', chain_management: true, jump: 'RETURN' }, 'filter', '-A MINE -j RETURN'],
])('has %s, once, and takes it back', async (_what, given, table, expected) => {
  const args = argsOf(iptables, given);
  const before = rules(table);
  const first = await applyLocally(iptables, args, inside);
  expect(first.leftover).toEqual([]);
  expect(rules(table).split('\n')).toContain(expected);
  expect((await applyLocally(iptables, args, inside)).changes).toEqual([]);
  revertLocally(iptables, args, first.before, inside);
  expect(rules(table)).toBe(before);
  expect(revertLocally(iptables, args, first.before, inside)).toEqual([]);
});

it('removes a rule and puts it back', async () => {
  runCommand(sh`iptables -A OUTPUT -d 10.0.0.9 -j DROP`, inside);
  const args = argsOf(iptables, { chain: 'OUTPUT', destination: '10.0.0.9', jump: 'DROP', state: 'absent' });
  const before = rules();
  const gone = await applyLocally(iptables, args, inside);
  expect(rules()).not.toContain('10.0.0.9');
  revertLocally(iptables, args, gone.before, inside);
  expect(rules()).toBe(before);
});

it('flushes a chain', async () => {
  runCommand(sh`iptables -A INPUT -s 10.0.0.8 -j DROP`, inside);
  const args = argsOf(iptables, { chain: 'INPUT', flush: true });
  expect((await applyLocally(iptables, args, inside)).leftover).toEqual([]);
  expect((await applyLocally(iptables, args, inside)).changes).toEqual([]);
});
