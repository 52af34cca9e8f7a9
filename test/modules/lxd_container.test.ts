import { describe, expect, it } from 'vitest';
import { lxdInstance, lxdPools, lxdProfiles, type LxdInstance } from '../../modules/facts/lxd.ts';
import { absent, present } from '../../modules/facts/reading.ts';
import lxdContainer from '../../modules/lxd_container.ts';
import { argsOf, problemsOf } from '../harness/arguments.ts';
import { planOf } from '../harness/module.ts';

const root = { root: { type: 'disk', path: '/', pool: 'default' } };
const profiles = { default: root, wired: { eth0: { type: 'nic', parent: 'br1' } } };
const source = present({ type: 'file' as const, version: '' });
const instance = (over: Partial<LxdInstance> = {}): LxdInstance => ({ name: 'c1', type: 'container', status: 'Running', running: true, pid: 7, config: { 'user.ctplay': 'lxd_container' }, devices: {}, profiles: ['default'], ephemeral: false, owned: true, ...over });
type Now = Parameters<typeof lxdContainer.plan>[1];
const now = (over: Partial<Now> = {}): Now => ({ instance: absent, profiles: present(profiles), source, ...over });
const args = (given: Record<string, unknown> = {}) => argsOf(lxdContainer, { name: 'c1', ...given });
const plan = (given: Record<string, unknown>, values: Partial<Now>) => planOf(lxdContainer, args(given), now(values)).map(({ action, subject, from, to }) => ({ action, subject, from, to }));

describe('a plan', () => {
  it.each<[string, Record<string, unknown>, Partial<Now>, unknown[]]>([
    ['makes what is missing', { network: 'none' }, {}, [{ action: 'create', subject: 'LXD container c1', from: undefined, to: { image: 'busybox', network: 'none', state: 'Running' } }]],
    ['does nothing when all is well', { config: { 'user.ctplay': 'lxd_container' } }, { instance: present(instance()) }, []],
    ['starts what stands still', {}, { instance: present(instance({ running: false, status: 'Stopped' })) }, [{ action: 'update', subject: 'LXD container c1: state', from: 'Stopped', to: 'Running' }]],
    ['leaves what `present` is asked of', { state: 'present' }, { instance: present(instance({ running: false, status: 'Stopped' })) }, []],
    ['changes config and devices', { config: { 'limits.cpu': 2 }, devices: { d: { type: 'disk', source: '/a', path: '/b' } } }, { instance: present(instance({ config: { 'limits.cpu': '1' } })) }, [
      { action: 'update', subject: 'LXD container c1: config', from: { 'limits.cpu': '1', d: null }, to: { 'limits.cpu': '2', d: { type: 'disk', source: '/a', path: '/b' } } },
    ]],
    ['keeps the card of a profile away', { profiles: ['default', 'wired'], network: 'none' }, { instance: present(instance({ profiles: ['default', 'wired'] })) }, [{ action: 'update', subject: 'LXD container c1: config', from: { eth0: null }, to: { eth0: { type: 'none' } } }]],
    ['restarts at every run', { state: 'restarted' }, { instance: present(instance()) }, [{ action: 'run', subject: 'LXD container c1: restart', from: undefined, to: undefined }]],
    ['deletes what is ours', { state: 'absent' }, { instance: present(instance()) }, [{ action: 'delete', subject: 'LXD container c1', from: 'Running', to: undefined }]],
    ['deletes nothing twice', { state: 'absent' }, {}, []],
    ['does not look at the environment, where passwords may stand', { config: { 'environment.TOKEN': 'x' } }, { instance: present(instance()) }, []],
  ])('%s', (_name, given, values, expected) => expect(plan(given, values)).toEqual(expected));

  it.each<[Record<string, unknown>, Partial<Now>, RegExp]>([
    [{ state: 'absent' }, { instance: present(instance({ owned: false })) }, /not made by ctplay/],
    [{}, { instance: present(instance({ type: 'virtual-machine' })) }, /virtual machine/],
    [{}, { instance: { state: 'unavailable', reason: 'not-installed', detail: '' } }, /LXD is not installed/],
    [{}, { instance: { state: 'unavailable', reason: 'not-running', detail: '' } }, /daemon of LXD does not run/],
    [{}, { instance: { state: 'unavailable', reason: 'denied', detail: '' } }, /may not ask LXD/],
    [{}, { profiles: present({ default: {} }) }, /no storage for containers yet/],
    [{ profiles: ['rare'] }, {}, /no profile rare/],
    [{}, { source: absent }, /no static busybox/],
    [{ rootfs: '/srv/x' }, { source: absent }, /there is no \/srv\/x/],
  ])('%j is refused: %#', (given, values, message) => expect(() => plan(given, values)).toThrow(message));
});

it.each<[Record<string, unknown>, string]>([
  [{ image: 'a', rootfs: '/b' }, '`image` and `rootfs` exclude each other'],
  [{ devices: { d: { path: '/' } } }, 'it is not said what kind of device d is'],
  [{ network: 'br0', devices: { eth0: { type: 'nic' } } }, '`network` and the device eth0 exclude each other'],
])('%j is a wrong task', (given, message) => expect(problemsOf(lxdContainer, { name: 'c1', ...given })).toEqual([message]));

describe('the way back', () => {
  const back = (given: Record<string, unknown>, is: Now['instance'], was: Now['instance']) => [...lxdContainer.revert!(args(given), now({ instance: is }), now({ instance: was }))].map(({ action, subject }) => `${action} ${subject}`);
  it.each<[string, Record<string, unknown>, Now['instance'], Now['instance'], string[]]>([
    ['removes what was not there', {}, present(instance()), absent, ['delete LXD container c1']],
    ['leaves what is not ours', {}, present(instance({ owned: false })), absent, []],
    ['puts config, devices and state back', { config: { 'limits.cpu': '2' }, state: 'stopped' }, present(instance({ config: { 'limits.cpu': '2' }, devices: { d: { type: 'none' } }, running: false })), present(instance()), [
      'update LXD container c1: config',
      'update LXD container c1: devices',
      'update LXD container c1: state',
    ]],
    ['does nothing where that is so already', {}, present(instance()), present(instance()), []],
  ])('%s', (_name, given, is, was, expected) => expect(back(given, is, was)).toEqual(expected));
});

describe('what LXD answers', () => {
  const answer = (instances: unknown) => ({ status: 0, stdout: `${JSON.stringify(instances)}\n---\n[{"name":"default","devices":{}}]\n---\n[]\n---\n`, stderr: '' });
  const raw = { name: 'c1', type: 'container', status: 'Running', config: { 'user.ctplay': 'lxd_container', 'volatile.uuid': 'x', 'image.os': 'y', 'environment.KEY': 'secret', 'limits.cpu': '1' }, profiles: ['default'], state: { pid: 42 } };
  it('is read without what LXD writes itself and what may be secret', () => {
    expect(lxdInstance('c1').parse(answer([raw]))).toEqual({ state: 'present', value: { name: 'c1', type: 'container', status: 'Running', running: true, pid: 42, config: { 'user.ctplay': 'lxd_container', 'limits.cpu': '1' }, devices: {}, profiles: ['default'], ephemeral: false, owned: true } });
    expect(lxdInstance('c2').parse(answer([raw]))).toEqual(absent);
    expect(lxdProfiles().parse(answer([]))).toEqual(present({ default: {} }));
    expect(lxdPools().parse(answer([]))).toEqual(present([]));
  });
  it.each([
    [127, '', 'not-installed'],
    [1, 'Error: Get "http://unix.socket/1.0": dial unix /var/lib/lxd/unix.socket: connect: connection refused', 'not-running'],
    [1, 'Error: Get "http://unix.socket/1.0": dial unix /var/lib/lxd/unix.socket: connect: permission denied', 'denied'],
    [1, 'Error: what', 'unreadable'],
  ])('%i %s: %s', (status, stderr, reason) => expect(lxdInstance('c1').parse({ status, stdout: '', stderr })).toMatchObject({ state: 'unavailable', reason }));
});
