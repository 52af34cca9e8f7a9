import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { processKind } from '../../../src/baseline/kinds/process.ts';
import { itemsOf, wayBack, wordsOf } from '../../harness/kind.ts';

interface Sample {
  readonly pid: number;
  readonly parent?: number;
  readonly name?: string;
  readonly uid?: number;
  readonly state?: string;
  readonly nspid?: string;
  readonly cgroup?: string;
  readonly command?: readonly string[];
}

/** What the fact's script prints of processes. */
function proc(samples: readonly Sample[]): string {
  const all = [{ pid: 1, parent: 0, name: 'systemd', command: ['/sbin/init'] }, ...samples];
  const lines = all.flatMap(({ pid, parent = 1, name = 'x', uid = 0, state = 'S (sleeping)', nspid = String(pid), cgroup = '1:name=systemd:/user.slice/user-0.slice/session-1.scope' }: Sample) => [
    ...[`Name:\t${name}`, `State:\t${state}`, `PPid:\t${parent}`, `Uid:\t${uid}\t${uid}`, `NSpid:\t${nspid}`].map((line) => `/proc/${pid}/status:${line}`),
    `/proc/${pid}/cgroup:9:memory:/x`,
    `/proc/${pid}/cgroup:${cgroup}`,
  ]);
  const commands = all.flatMap(({ pid, command = ['sleep', '9'] }: Sample) => command.map((word) => `/proc/${pid}/cmdline:${word}\0`));
  return `user:root:x:0:0::/root:/bin/sh\nuser:ann:x:1000:1000::/:/bin/sh\n${lines.join('\n')}\n\0${commands.join('')}`;
}

it.each<[string, Sample, string | undefined]>([
  ['a daemon by hand', { pid: 50 }, 'root: sleep 9'],
  ['one of a user', { pid: 50, uid: 1000 }, 'ann: sleep 9'],
  ['one of a user that is gone', { pid: 50, uid: 1234 }, '1234: sleep 9'],
  ['one that a login left in the group of the SSH server', { pid: 50, cgroup: '0::/system.slice/ssh.service' }, 'root: sleep 9'],
  ['one that cron started', { pid: 50, cgroup: '0::/system.slice/cron.service' }, 'root: sleep 9'],
  ['one on a host without systemd', { pid: 50, cgroup: '0::/' }, 'root: sleep 9'],
  ['one with an empty and a long argument', { pid: 50, command: ['a', '', 'b\nc'] }, 'root: a  b\nc'],
  ['a child', { pid: 50, parent: 40 }, undefined],
  ['a thread of the kernel', { pid: 50, parent: 2, command: [] }, undefined],
  ['one of a service', { pid: 50, cgroup: '1:name=systemd:/system.slice/docker.service' }, undefined],
  ['a service of a login', { pid: 50, cgroup: '0::/user.slice/user-0.slice/user@0.service/app.slice/dbus.service' }, undefined],
  ['the SSH server', { pid: 50, name: 'sshd', cgroup: '0::/system.slice/ssh.service' }, undefined],
  ['one in another process namespace', { pid: 50, nspid: '50\t1' }, undefined],
  ['the monitor of an LXC container', { pid: 50, cgroup: '1:name=systemd:/lxc.monitor.c1' }, undefined],
  ['one in a Docker container without a process namespace', { pid: 50, cgroup: `4:pids:/docker/${'a'.repeat(64)}` }, undefined],
  ['the watcher of a guarded change', { pid: 50, command: ['sh', '/run/ctplay/guard/1/guard.sh', 'watch'] }, undefined],
  ['one that has ended', { pid: 50, state: 'Z (zombie)' }, undefined],
])('knows %s', (_what, sample, key) => {
  expect(Object.keys(itemsOf(processKind, { processes: proc([sample]) }))).toEqual(key === undefined ? [] : [key]);
});

it('counts equal processes', () => {
  expect(itemsOf(processKind, { processes: proc([{ pid: 50 }, { pid: 51 }, { pid: 52, command: ['sleep', '10'] }]) })).toEqual({
    'root: sleep 9': { uid: 0, arguments: ['sleep', '9'], count: 2 },
    'root: sleep 10': { uid: 0, arguments: ['sleep', '10'], count: 1 },
  });
});

const item = { uid: 0, arguments: ['sleep', '9'], count: 1 };

it('ends as many as are too many, and none of the session', () => {
  const key = 'root: sleep 9';
  expect(wordsOf(processKind, { key, now: { ...item, count: 2 } })).toBe('process of root: sleep 9 runs 2 times');
  expect(wordsOf(processKind, { key, before: item, now: { ...item, count: 3 } })).toBe('process of root: sleep 9 runs 3 times, not 1');
  const [plan] = wayBack(processKind, [{ key, before: item, now: { ...item, count: 3 } }]);
  expect(plan).toMatch(/^processes delete process of root: sleep 9: /);
  expect(plan).toContain('head -n 2');
  expect(plan).toContain("case ' 100 200 ' in");
  for (const text of ['sleep\x009\0', 'sleep\x009']) expect(plan).toContain(createHash('sha256').update(text).digest('hex'));
});

it('starts none', () => {
  expect(wayBack(processKind, [{ key: 'a', before: item }, { key: 'b', before: { ...item, count: 2 }, now: item }])).toEqual(['left a: it is not known how it was started', 'left b: it is not known how the others were started']);
});
