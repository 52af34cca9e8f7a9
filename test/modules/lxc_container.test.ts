import { describe, expect, it } from 'vitest';
import { lxcContainer as lxcFact, type LxcContainer } from '../../modules/facts/lxc.ts';
import { absent, present } from '../../modules/facts/reading.ts';
import lxcContainer from '../../modules/lxc_container.ts';
import type { Reading } from '../../src/module.ts';
import { commandsOf, planOf } from '../harness/module.ts';

type Args = Parameters<typeof lxcContainer.plan>[0];
type Now = Parameters<typeof lxcContainer.plan>[1];
const base: Args = { name: 'c1', state: 'started', template: 'busybox', template_options: [], dhcp: false, container_config: [], stop_timeout: 10, force: false };
const container = (over: Partial<LxcContainer> = {}): LxcContainer => ({ name: 'c1', state: 'RUNNING', running: true, pid: 7, folder: '/var/lib/lxc/c1', config: { 'lxc.uts.name': ['c1'] }, owned: true, complete: true, ...over });
const halted = container({ state: 'STOPPED', running: false, pid: 0 });
const now = (reading: Reading<LxcContainer>, over: Partial<Now> = {}): Now => ({ container: reading, source: present({ type: 'file', version: '1 2' }), ...over });
const plan = (args: Partial<Args>, reading: Reading<LxcContainer>, over: Partial<Now> = {}) => planOf(lxcContainer, { ...base, ...args }, now(reading, over));

const start = 'l=$(mktemp) || exit; lxc-start -n c1 -l ERROR -o "$l" 2>/dev/null; s=$?; [ $s = 0 ] || cat "$l" >&2; rm -f "$l"; exit $s';
const folder = '"$(lxc-config lxc.lxcpath)"/c1';
const complete = (lines = '') => `printf '%s\\n' ${lines}'# ctplay:lxc_container complete' >>${folder}/config`;
const destroy = 'lxc-destroy -f -n c1 >/dev/null || { [ ! -e /var/lib/lxc/c1 ] || rm -rf /var/lib/lxc/c1; }';

describe('a container', () => {
  it.each<[string, Partial<Args>, Reading<LxcContainer>, string[]]>([
    ['is made with its mark first', {}, absent, ["{ echo '# ctplay:lxc_container'; cat /etc/lxc/default.conf; } | lxc-create -n c1 -f /dev/stdin -t busybox >/dev/null", `sed -i '/udhcpc/d' ${folder}/rootfs/etc/init.d/rcS`, complete(), start]],
    ['is made without links, and not started', { network: 'none', dhcp: true, state: 'stopped' }, absent, ["printf '%s\\n' '# ctplay:lxc_container' 'lxc.net.0.type = empty' 'lxc.apparmor.profile = generated' | lxc-create -n c1 -f /dev/stdin -t busybox >/dev/null", complete()]],
    ['is made on a bridge by another template', { network: 'br0', template: 'download', template_options: ['--dist', 'debian'], autostart: true, state: 'present' }, absent, [
      "printf '%s\\n' '# ctplay:lxc_container' 'lxc.net.0.type = veth' 'lxc.net.0.link = br0' 'lxc.net.0.flags = up' 'lxc.apparmor.profile = generated' | lxc-create -n c1 -f /dev/stdin -t download -- --dist debian >/dev/null",
      complete("'lxc.start.auto = 1' "),
    ]],
    ['is left alone', {}, present(container()), []],
    ['of somebody else is left alone', {}, present(container({ owned: false })), []],
    ['is started', {}, present(halted), [start]],
    ['is stopped', { state: 'stopped' }, present(container()), ['lxc-stop -n c1 -t 10']],
    ['is restarted for a handler', { state: 'restarted' }, present(container()), ['lxc-stop -n c1 -t 10', start]],
    ['is configured and restarted for it', { container_config: ['lxc.uts.name = other'] }, present(container()), ["sed -i -e '/^[[:space:]]*lxc\\.uts\\.name[[:space:]]*=/d' /var/lib/lxc/c1/config && printf '%s\\n' 'lxc.uts.name = other' >>/var/lib/lxc/c1/config", 'lxc-stop -n c1 -t 10', start]],
    ['gets one more of what it may have many of', { container_config: ['lxc.mount.entry = /a a none bind 0 0'] }, present({ ...halted, config: { 'lxc.mount.entry': ['/b b none bind 0 0'] } }), ["printf '%s\\n' 'lxc.mount.entry = /a a none bind 0 0' >>/var/lib/lxc/c1/config", start]],
    ['has its config', { container_config: ['lxc.uts.name=c1'], autostart: false }, present(container({ config: { 'lxc.uts.name': ['c1'], 'lxc.start.auto': ['0'] } })), []],
    ['is removed', { state: 'absent' }, present(container()), [destroy]],
    ['is not removed twice', { state: 'absent' }, absent, []],
  ])('%s', (_, args, reading, commands) => {
    expect(commandsOf(plan(args, reading))).toEqual(commands);
  });

  it('that is half made is made again', () => {
    const [change] = plan({}, present(container({ complete: false })));
    expect(change).toMatchObject({ action: 'replace', from: 'half made' });
    expect(commandsOf([change!])[0]).toBe(destroy);
  });

  it.each<[string, Partial<Args>, Reading<LxcContainer>, Partial<Now>, RegExp]>([
    ['a host without LXC', {}, { state: 'unavailable', reason: 'not-installed', detail: '' }, {}, /LXC is not installed/],
    ['a user who may not look', {}, { state: 'unavailable', reason: 'denied', detail: '' }, {}, /may not look/],
    ['a host without a static busybox', {}, absent, { source: absent }, /no static busybox/],
    ['a root file system that is not there', { rootfs: '/srv/r' }, absent, { source: absent }, /no \/srv\/r on the host/],
    ['to remove a foreign one', { state: 'absent' }, present(container({ owned: false })), {}, /not made by ctplay/],
  ])('refuses %s', (_, args, reading, over, message) => {
    expect(() => plan(args, reading, over)).toThrow(message);
  });
});

it.each<[string, Partial<Args>, Reading<LxcContainer>, Reading<LxcContainer>, string[]]>([
  ['removes what ctplay made', {}, present(container()), absent, [destroy]],
  ['leaves what somebody put in its place', {}, present(container({ owned: false })), absent, []],
  ['stops what was stopped', {}, present(container()), present(halted), ['lxc-stop -n c1 -t 10']],
  ['puts back a setting', { container_config: ['lxc.uts.name = other'], state: 'present' }, present({ ...halted, config: { 'lxc.uts.name': ['other'] } }), present(halted), ["sed -i -e '/^[[:space:]]*lxc\\.uts\\.name[[:space:]]*=/d' /var/lib/lxc/c1/config && printf '%s\\n' 'lxc.uts.name = c1' >>/var/lib/lxc/c1/config"]],
  ['does nothing twice', {}, absent, absent, []],
  ['does nothing without LXC', {}, { state: 'unavailable', reason: 'not-installed', detail: '' }, absent, []],
])('the way back %s', (_, args, is, was, commands) => {
  expect(commandsOf([...lxcContainer.revert!({ ...base, ...args }, now(is), now(was))])).toEqual(commands);
});

it('a setting that is none is found', () => {
  expect([...lxcContainer.validate!({ ...base, container_config: ['hostname: x'] })]).toHaveLength(1);
});

describe('what is read of LXC', () => {
  // lxc 5.0.2 on Debian 12.
  const config = '# Template used to create this container: /usr/share/lxc/templates/lxc-busybox\n# ctplay:lxc_container\nlxc.net.0.type = empty\nlxc.uts.name = "c1"\nlxc.environment = TOKEN=s3cret\nlxc.mount.entry = /lib lib none ro,bind 0 0\nlxc.mount.entry = /usr/lib usr/lib none ro,bind 0 0\n';
  const answer = (info: string, text: string) => ({ status: 0, stdout: `/var/lib/lxc/c1\n${info}\n\n${text}`, stderr: '' });
  it('is a container that runs', () => {
    expect(lxcFact('c1').parse(answer('State:          RUNNING\nPID:            986', `${config}# ctplay:lxc_container complete\n`))).toEqual(
      present({ name: 'c1', state: 'RUNNING', running: true, pid: 986, folder: '/var/lib/lxc/c1', config: { 'lxc.net.0.type': ['empty'], 'lxc.uts.name': ['"c1"'], 'lxc.mount.entry': ['/lib lib none ro,bind 0 0', '/usr/lib usr/lib none ro,bind 0 0'] }, owned: true, complete: true }),
    );
  });
  it.each([
    ['stopped', 'State:          STOPPED', config, { running: false, pid: 0, owned: true, complete: false }],
    ["somebody else's", 'State:          STOPPED', 'lxc.uts.name = c1\n', { owned: false, complete: true }],
  ])('is a container that is %s', (_, info, text, value) => {
    expect(lxcFact('c1').parse(answer(info, text))).toMatchObject({ state: 'present', value });
  });
  it.each([
    [{ status: 3, stdout: '', stderr: '' }, { state: 'absent' }],
    [{ status: 127, stdout: '', stderr: 'sh: 1: lxc-config: not found' }, { state: 'unavailable', reason: 'not-installed' }],
    [{ status: 13, stdout: '', stderr: '' }, { state: 'unavailable', reason: 'denied' }],
    [{ status: 1, stdout: '', stderr: 'x' }, { state: 'unavailable', reason: 'unreadable' }],
  ])('is no container: %j', (result, reading) => {
    expect(lxcFact('c1').parse(result)).toMatchObject(reading);
  });
});
