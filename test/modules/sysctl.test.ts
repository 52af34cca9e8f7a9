import { describe, expect, it } from 'vitest';
import sysctl from '../../modules/sysctl.ts';
import type { LocatedFile } from '../../modules/facts/file.ts';
import { absent, present } from '../../modules/facts/reading.ts';
import { sysctlPath, sysctlValue } from '../../modules/facts/sysctl.ts';
import { FileContent } from '../../modules/shared/file-content.ts';
import { withoutSetting, withSetting } from '../../modules/shared/sysctl-file.ts';
import { planOf } from '../harness/module.ts';

describe('the text of the file', () => {
  it.each<[string, string, string, string]>([
    ['', 'a.b', '1', 'a.b=1\n'],
    ['x=1\n', 'a.b', '1', 'x=1\na.b=1\n'],
    ['x=1', 'a.b', '1', 'x=1\na.b=1\n'],
    ['# a.b=2\na.b = 2\nx=1\n', 'a.b', '1', '# a.b=2\na.b=1\nx=1\n'],
    ['a.b=2\nx=1\na.b=3\n', 'a.b', '1', 'a.b=1\nx=1\n'],
    ['a/b=2\n', 'a.b', '1', 'a.b=1\n'],
    ['-a.b = 1\n', 'a.b', '1', '-a.b = 1\n'],
    ['a.b =  1\t2 \n', 'a.b', '1 2', 'a.b =  1\t2 \n'],
    [';a.b=1\n', 'a.b', '1', ';a.b=1\na.b=1\n'],
  ])('%j with %s=%s is %j', (text, name, value, expected) => {
    expect(withSetting(text, name, value)).toBe(expected);
    expect(withSetting(expected, name, value)).toBe(expected);
  });
  it.each<[string, string]>([
    ['a.b=1\nx=1\na.b=2\n', 'x=1\n'],
    ['a.b=1\n', ''],
    ['#a.b=1\n', '#a.b=1\n'],
    ['x=1', 'x=1'],
  ])('%j without a.b is %j', (text, expected) => {
    expect(withoutSetting(text, 'a.b')).toBe(expected);
  });
});

it.each([
  ['net.ipv4.ip_forward', 'net/ipv4/ip_forward'],
  ['net/ipv4/conf/eth0.100/forwarding', 'net/ipv4/conf/eth0.100/forwarding'],
  ['net.ipv4.conf.eth0/100.forwarding', 'net/ipv4/conf/eth0.100/forwarding'],
])('%s is %s', (name, path) => {
  expect(sysctlPath(name)).toBe(path);
});

it.each([
  [{ status: 0, stdout: '4096\t131072\t6291456\n', stderr: '' }, present('4096 131072 6291456')],
  [{ status: 3, stdout: '', stderr: '' }, absent],
  [{ status: 1, stdout: '', stderr: 'cat: /proc/sys/x: Permission denied' }, { state: 'unavailable', reason: 'denied', detail: 'cat: /proc/sys/x: Permission denied' }],
])('reads %j', (result, value) => {
  expect(sysctlValue('x').parse(result)).toEqual(value);
});

describe('the plan', () => {
  const path = '/etc/sysctl.conf';
  const withText = (text: string): LocatedFile =>
    ({ state: 'present', path, existing: '/etc', value: { type: 'file', mode: '0644', uid: 0, gid: 0, owner: 'root', group: 'root', size: text.length, sha256: 'x', content: new FileContent(Buffer.from(text)) } }) as unknown as LocatedFile;
  const plan = (args: Record<string, unknown>, file: LocatedFile, value: unknown = present('0'), tool = true) =>
    planOf(sysctl, { name: 'net.a', value: '1', state: 'present', sysctl_file: path, sysctl_set: false, reload: true, ignoreerrors: false, ...args } as never, { file, value, sysctl: tool } as never).map((change) => `${change.action} ${change.subject}: ${change.commands.at(-1)!.display.split('\n')[0]!.replace(/^umask .* p=.*/, 'write')}`);

  it.each<[string, Record<string, unknown>, string, unknown, string[]]>([
    ['writes the file and has the kernel use it', {}, '', present('0'), ['update kernel parameter net.a: sysctl -w net.a=1', 'update file /etc/sysctl.conf: write', 'run kernel parameters of /etc/sysctl.conf: sysctl -p /etc/sysctl.conf']],
    ['leaves the kernel when told', { reload: false }, '', present('0'), ['update file /etc/sysctl.conf: write']],
    ['does nothing when the file says so', {}, 'net.a=1\n', present('0'), []],
    ['sets the kernel though the file says so', { sysctl_set: true }, 'net.a=1\n', present('0'), ['update kernel parameter net.a: sysctl -w net.a=1']],
    ["takes YAML's words for booleans", { value: 'true', sysctl_set: true }, 'net.a=1\n', present('1'), []],
    ['passes over unknown parameters', { ignoreerrors: true }, '', absent, ['update file /etc/sysctl.conf: write', 'run kernel parameters of /etc/sysctl.conf: sysctl -e -p /etc/sysctl.conf']],
    ['takes the setting out', { state: 'absent', value: undefined }, 'net.a=1\nx=1\n', present('1'), ['update file /etc/sysctl.conf: write', 'run kernel parameters of /etc/sysctl.conf: sysctl -p /etc/sysctl.conf']],
    ['has nothing to take out', { state: 'absent', value: undefined }, 'x=1\n', present('1'), []],
  ])('%s', (_, args, text, value, expected) => {
    expect(plan(args, withText(text), value)).toEqual(expected);
  });
  it('writes to /proc/sys where procps is missing', () => {
    expect(plan({ sysctl_set: true }, withText('net.a=1\n'), present('0'), false)).toEqual(["update kernel parameter net.a: printf '%s\\n' 1 >/proc/sys/net/a"]);
  });
  it('refuses a parameter that the kernel does not know', () => {
    expect(() => plan({}, withText(''), absent)).toThrow(/has no parameter net\.a/);
  });
});

it.each([
  [{ name: 'a.b', state: 'present' }, /which value a\.b should have/],
  [{ name: '../x', value: '1', state: 'present' }, /not the name of a kernel parameter/],
])('refuses %j', (args, message) => {
  expect([...sysctl.validate!(args as never)].map((problem) => problem.message)).toEqual([expect.stringMatching(message)]);
});
