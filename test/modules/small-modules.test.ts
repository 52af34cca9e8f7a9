/** Modules with a short plan: arguments and facts in, commands out. */
import { describe, expect, it } from 'vitest';
import group from '../../modules/group.ts';
import hostname from '../../modules/hostname.ts';
import iptables from '../../modules/iptables.ts';
import modprobe from '../../modules/modprobe.ts';
import reboot from '../../modules/reboot.ts';
import slurp from '../../modules/slurp.ts';
import stat from '../../modules/stat.ts';
import tempfile from '../../modules/tempfile.ts';
import waitFor from '../../modules/wait_for.ts';
import waitForConnection from '../../modules/wait_for_connection.ts';
import { statFact } from '../../modules/facts/stat.ts';
import { group as groupFact, type Group } from '../../modules/facts/account.ts';
import { iptablesRule, type IptablesRule } from '../../modules/facts/iptables-rule.ts';
import { loadableModule, type LoadableModule } from '../../modules/facts/loadable-module.ts';
import { awaited } from '../../modules/facts/awaited.ts';
import type { Reading } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';
import { argsOf, problemsOf } from '../harness/arguments.ts';
import { denied, directory, marked, missing, textFile } from '../harness/files.ts';
import { commandsOf, planOf } from '../harness/module.ts';

describe('group', () => {
  const found = (more: Partial<Group> = {}): Reading<Group> => ({ state: 'present', value: { name: 'g', gid: 7, members: ['a'], ...more } });
  it.each<[Record<string, unknown>, Reading<Group>, string[]]>([
    [{}, { state: 'absent' }, ['groupadd g']],
    [{ gid: 7, system: true, non_unique: true }, { state: 'absent' }, ['groupadd -r -g 7 -o g']],
    [{ gid: 7 }, found(), []],
    [{ gid: 8 }, found(), ['groupmod -g 8 g']],
    [{ state: 'absent' }, found(), ['groupdel g']],
    [{ state: 'absent' }, { state: 'absent' }, []],
  ])('%j', (given, reading, commands) => {
    expect(commandsOf(planOf(group, argsOf(group, { name: 'g', ...given }), { group: reading }))).toEqual(commands);
  });
  it.each<[string, Reading<Group>, Reading<Group>, string[]]>([
    ['was not there', found(), { state: 'absent' }, ['groupdel g']],
    ['was there', { state: 'absent' }, found(), ['groupadd -g 7 g', 'gpasswd -a a g']],
    ['had another number', found(), found({ gid: 9 }), ['groupmod -g 9 g']],
    ['is as it was', found(), found(), []],
  ])('reverts what %s', (_what, now, before, commands) => {
    expect(commandsOf([...group.revert!(argsOf(group, { name: 'g' }), { group: now }, { group: before })])).toEqual(commands);
  });
  it.each([
    [0, 'g:x:7:a,b\n', { state: 'present', value: { name: 'g', gid: 7, members: ['a', 'b'] } }],
    [2, '', { state: 'absent' }],
    [127, '', { state: 'unavailable', reason: 'not-installed', detail: '' }],
  ])('reads %s %j', (status, stdout, expected) => {
    expect(groupFact('g').parse({ status, stdout, stderr: '' })).toEqual(expected);
  });
});

describe('hostname', () => {
  it.each([
    [{ current: 'a', permanent: 'a' }, ["printf '%s\\n' b > /etc/hostname", 'hostname b']],
    [{ current: 'b', permanent: 'a' }, ["printf '%s\\n' b > /etc/hostname"]],
    [{ current: 'b', permanent: 'b' }, []],
  ])('%j', (name, commands) => {
    expect(commandsOf(planOf(hostname, argsOf(hostname, { name: 'b' }), { name }))).toEqual(commands);
  });
  it('reverts to a host without the file', () => {
    expect(commandsOf([...hostname.revert!({ name: 'b' }, { name: { current: 'b', permanent: 'b' } }, { name: { current: 'a' } })])).toEqual(['rm -f /etc/hostname', 'hostname a']);
  });
  it('refuses what is no name', () => expect(() => argsOf(hostname, { name: 'a_b' })).toThrow('pattern'));
});

describe('iptables', () => {
  const found = (more: Partial<IptablesRule> = {}): Reading<IptablesRule> => ({ state: 'present', value: { rule: false, chain: true, policy: 'ACCEPT', rules: 0, ...more } });
  const plan = (given: Record<string, unknown>, reading: Reading<IptablesRule>) => commandsOf(planOf(iptables, argsOf(iptables, { chain: 'INPUT', ...given }), { rule: reading }));
  it.each<[Record<string, unknown>, Reading<IptablesRule>, string[]]>([
    [{ protocol: 'tcp', destination_port: '80', jump: 'ACCEPT' }, found(), ['iptables -w 5 -t filter -A INPUT -p tcp --destination-port 80 -j ACCEPT']],
    [{ protocol: 'tcp', jump: 'ACCEPT' }, found({ rule: true }), []],
    [{ source: '!10.0.0.0/8', in_interface: 'eth0', action: 'insert', rule_num: 2, jump: 'DROP' }, found(), ['iptables -w 5 -t filter -I INPUT 2 ! -s 10.0.0.0/8 -i eth0 -j DROP']],
    [{ ctstate: ['ESTABLISHED', 'RELATED'], jump: 'ACCEPT', state: 'absent' }, found({ rule: true }), ['iptables -w 5 -t filter -D INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT']],
    [{ table: 'nat', chain: 'PREROUTING', protocol: 'tcp', destination_ports: ['80', '443'], jump: 'DNAT', to_destination: '10.0.0.2', comment: 'a b' }, found(), ["iptables -w 5 -t nat -A PREROUTING -p tcp -m multiport --dports 80,443 -m comment --comment 'a b' -j DNAT --to-destination 10.0.0.2"]],
    [{ policy: 'DROP' }, found(), ['iptables -w 5 -t filter -P INPUT DROP']],
    [{ policy: 'ACCEPT' }, found(), []],
    [{ flush: true }, found({ rules: 3 }), ['iptables -w 5 -t filter -F INPUT']],
    [{ chain: 'MINE', chain_management: true }, found({ chain: false }), ['iptables -w 5 -t filter -N MINE']],
    [{ ip_version: 'ipv6', syn: 'negate', protocol: 'tcp', jump: 'DROP' }, found(), ['ip6tables -w 5 -t filter -A INPUT -p tcp ! --syn -j DROP']],
  ])('%j', (given, reading, commands) => {
    expect(plan(given, reading)).toEqual(commands);
  });
  it.each<[Reading<IptablesRule>, string]>([
    [found({ chain: false }), "has no chain 'INPUT'"],
    [{ state: 'unavailable', reason: 'not-installed', detail: '' }, 'iptables is not installed'],
    [{ state: 'unavailable', reason: 'denied', detail: 'no' }, 'cannot be read'],
  ])('refuses %j', (reading, message) => {
    expect(() => plan({ jump: 'ACCEPT' }, reading)).toThrow(message);
  });
  it('reverts', () => {
    const args = argsOf(iptables, { chain: 'INPUT', jump: 'ACCEPT' });
    expect(commandsOf([...iptables.revert!(args, { rule: found({ rule: true }) }, { rule: found() })])).toEqual(['iptables -w 5 -t filter -D INPUT -j ACCEPT']);
    expect([...iptables.revert!(args, { rule: found() }, { rule: found() })]).toEqual([]);
  });
  it.each([
    [0, 'rule\n-P INPUT ACCEPT\nrules 2\n', '', { state: 'present', value: { rule: true, chain: true, policy: 'ACCEPT', rules: 2 } }],
    [0, 'rules 0\n', '', { state: 'present', value: { rule: false, chain: false, rules: 0 } }],
    [1, '', 'iptables v1.8.9: Could not fetch rule set generation id: Permission denied (you must be root)', { state: 'unavailable', reason: 'denied' }],
    [127, '', '', { state: 'unavailable', reason: 'not-installed' }],
  ])('reads %s %j', (status, stdout, stderr, expected) => {
    expect(iptablesRule('iptables', 'filter', 'INPUT', sh`-j ACCEPT`).parse({ status, stdout, stderr })).toMatchObject(expected);
  });
});

describe('modprobe', () => {
  const kernel = (more: Partial<LoadableModule> = {}): LoadableModule => ({ loaded: false, builtIn: false, available: true, inUse: false, kernel: '6.1', ...more });
  const files = { load: missing('/etc/modules-load.d/m.conf'), options: missing('/etc/modprobe.d/m.conf') };
  it.each<[Record<string, unknown>, LoadableModule, string[]]>([
    [{}, kernel(), ['modprobe m']],
    [{ params: 'a=1 b=2' }, kernel(), ['modprobe m a=1 b=2']],
    [{}, kernel({ loaded: true }), []],
    [{}, kernel({ builtIn: true, available: false }), []],
    [{ state: 'absent' }, kernel({ loaded: true }), ['modprobe -r m']],
  ])('%j', (given, module, commands) => {
    expect(commandsOf(planOf(modprobe, argsOf(modprobe, { name: 'm', ...given }), { module, ...files }))).toEqual(commands);
  });
  it('loads it at boot', () => {
    const changes = planOf(modprobe, argsOf(modprobe, { name: 'm', params: 'a=1', persistent: 'present' }), { module: kernel({ loaded: true }), ...files });
    expect(changes.map(({ subject, text }) => [subject, text?.to])).toEqual([['file /etc/modules-load.d/m.conf', 'm\n'], ['file /etc/modprobe.d/m.conf', 'options m a=1\n']]);
  });
  it('says what the kernel lacks', () => {
    expect(() => planOf(modprobe, argsOf(modprobe, { name: 'm' }), { module: kernel({ available: false }), ...files })).toThrow("the kernel 6.1 has no module 'm'");
  });
  it('reverts what nobody uses', () => {
    const now = { module: kernel({ loaded: true }), load: marked(files.load, {}), options: marked(files.options, {}) };
    expect(commandsOf([...modprobe.revert!(argsOf(modprobe, { name: 'm' }), now, { module: kernel(), ...files })])).toEqual(['modprobe -r m']);
    expect([...modprobe.revert!(argsOf(modprobe, { name: 'm' }), { ...now, module: kernel({ loaded: true, inUse: true }) }, { module: kernel(), ...files })]).toEqual([]);
  });
  it.each([
    ['kernel 6.1\nloaded\nin-use\navailable\n', kernel({ loaded: true, inUse: true })],
    ['kernel 6.1\nbuilt-in\n', kernel({ builtIn: true, available: false })],
  ])('reads %j', (stdout, expected) => {
    expect(loadableModule('m').parse({ status: 0, stdout, stderr: '' })).toEqual(expected);
  });
});

describe('looking', () => {
  it.each([
    [missing('/f'), '/f does not exist'],
    [directory('/f'), '/f is a directory'],
    [denied('/f'), '/f cannot be read'],
  ])('slurp refuses', (file, message) => {
    expect(() => planOf(slurp, { src: '/f' }, { file })).toThrow(message);
  });
  it('slurps', () => {
    const file = textFile('/f', 'hi');
    expect(slurp.returns!({ src: '/f' }, { before: { file }, now: { file }, changes: [], results: [], pending: false }, undefined)).toEqual({ content: 'aGk=', encoding: 'base64', source: '/f' });
  });
  it('stats', () => {
    const stdout = 'path=/f\0stat=81ed 1 2 3 10.500000000 11.000000000 12.000000000 7 1 9 8 0 0\0owner=o\0group=g\0r=\0x=\0checksum=abc\0mime=text/plain; charset=us-ascii\0';
    expect(statFact('/f', { follow: false, mime: true }).parse({ status: 0, stdout, stderr: '' })).toMatchObject({ exists: true, path: '/f', mode: '0755', isreg: true, isdir: false, uid: 1, gid: 2, size: 3, atime: 10.5, wusr: true, wgrp: false, xoth: true, pw_name: 'o', readable: true, writeable: false, executable: true, checksum: 'abc', mimetype: 'text/plain', charset: 'us-ascii' });
    expect(() => planOf(stat, argsOf(stat, { path: '/f' }), { stat: { exists: false, problem: 'Permission denied' } })).toThrow('/f cannot be looked at');
    expect(planOf(stat, argsOf(stat, { path: '/f' }), { stat: { exists: false } })).toEqual([]);
  });
  it('makes temporary files', () => {
    expect(commandsOf(planOf(tempfile, argsOf(tempfile, { path: '/d', suffix: '.x' }), {}))).toEqual(["f=$(mktemp -p /d --suffix=.x -- ansible.XXXXXXXX) && stat -c '%U %G %u %g %s %n' \"$f\""]);
    expect(problemsOf(tempfile, { prefix: 'a/b' })).toEqual(['a part of a name can hold no slash']);
  });
});

describe('waiting', () => {
  it.each([
    [{ port: 80 }, '127.0.0.1:80 did not answer within 300 s'],
    [{ port: 80, state: 'stopped', timeout: 2 }, '127.0.0.1:80 still answers within 2 s'],
    [{ path: '/f' }, '/f did not come within 300 s'],
    [{ path: '/f', msg: 'mine' }, 'mine'],
  ])('%j', (given, message) => {
    expect(() => planOf(waitFor, argsOf(waitFor, given), { awaited: { reached: false, elapsed: 1 } })).toThrow(message);
    expect(planOf(waitFor, argsOf(waitFor, given), { awaited: { reached: true, elapsed: 1 } })).toEqual([]);
  });
  it('says what it cannot look with', () => {
    const fact = awaited({ state: 'drained', host: '127.0.0.1', port: 80, timeout: 1, delay: 0, connect_timeout: 1, sleep: 1, connection_states: ['TIME_WAIT', 'ESTABLISHED'], exclude_hosts: ['10.0.0.1'] });
    expect(fact.read.display).toContain("ss -Htan state time-wait state established 'sport = :80 and dst != 10.0.0.1'");
    expect(() => planOf(waitFor, argsOf(waitFor, { port: 80, state: 'drained' }), { awaited: fact.parse({ status: 0, stdout: 'lacks ss\n', stderr: '' }) })).toThrow('ss is not installed');
  });
  it.each([
    [{ port: 1, path: '/f' }, 'port and path exclude each other'],
    [{ state: 'drained' }, 'state: drained needs port'],
    [{ search_regex: 'x' }, 'search_regex needs port or path'],
  ])('problem of %j', (given, message) => {
    expect(problemsOf(waitFor, given)).toEqual([message]);
  });
  it('has patience with a host', () => {
    expect(waitForConnection.patience!(argsOf(waitForConnection, { timeout: 5 }))).toEqual({ timeoutSeconds: 5, delaySeconds: 0, sleepSeconds: 1 });
  });
  it('restarts a host and knows when it is back', () => {
    const [change] = planOf(reboot, argsOf(reboot, { reboot_timeout: 9, test_command: 'true' }), { boot: 'id' });
    expect(change).toMatchObject({ action: 'run', reconnect: { timeoutSeconds: 9, delaySeconds: 2 } });
    expect(change!.reconnect!.test.display).toContain('!= id ] && /bin/sh -c true');
    expect(commandsOf([change!])[0]).toContain('setsid sh -c');
  });
});
