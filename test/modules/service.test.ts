import { describe, expect, it } from 'vitest';
import { service as serviceFacts, services, unitFilesChanged, type Services, type ServiceState } from '../../modules/facts/service.ts';
import { absent, present, Unrecorded } from '../../modules/facts/reading.ts';
import service from '../../modules/service.ts';
import { initScript } from '../../modules/shared/init-script.ts';
import type { Reading } from '../../src/module.ts';
import { commandsOf, planOf } from '../harness/module.ts';

const unit = (over: Partial<ServiceState> = {}): ServiceState => ({ active: true, enabled: true, masked: false, needsReload: false, status: 'active (running)', enabling: 'enabled', ...over });
const now = (state: Reading<ServiceState>, manager: Services['manager'] = 'systemd') => ({ services: present<Services>({ manager, units: { docker: state } }), properties: new Unrecorded({}) });
const stopped = unit({ active: false, enabled: false, status: 'inactive (dead)', enabling: 'disabled' });
type Args = Parameters<typeof service.plan>[0];
const plan = (args: Partial<Args>, state: Reading<ServiceState>, manager?: Services['manager']) => planOf(service, { name: 'docker', ...args } as Args, now(state, manager));

describe('what is read of services', () => {
  // systemd 252 on Debian 12; the blocks after the units' own say whether links to an init script are there.
  const block = (load: string, active: string, sub: string, file: string, reload = 'no') => `LoadState=${load}\nActiveState=${active}\nSubState=${sub}\nUnitFileState=${file}\nNeedDaemonReload=${reload}\n`;
  it.each<[string, string, object]>([
    ['runs', block('loaded', 'active', 'running', 'enabled'), { state: 'present', value: { active: true, enabled: true, status: 'active (running)' } }],
    ['did its work and is done', block('loaded', 'active', 'exited', 'static'), { state: 'present', value: { active: true, enabled: true } }],
    ['failed', block('loaded', 'failed', 'failed', 'disabled'), { state: 'present', value: { active: false, enabled: false, status: 'failed (failed)' } }],
    ['starts', block('loaded', 'activating', 'start', 'enabled'), { state: 'present', value: { active: true } }],
    ['is masked', block('masked', 'inactive', 'dead', 'masked'), { state: 'present', value: { masked: true, enabled: false } }],
    ['is masked since systemd read it', block('error', 'inactive', 'dead', 'masked', 'yes'), { state: 'present', value: { masked: true, needsReload: true } }],
    ['is not there', block('not-found', 'inactive', 'dead', ''), { state: 'absent' }],
  ])('a unit that %s', (_, text, reading) => {
    const answer = services(['a', 'b']).parse({ status: 0, stdout: `systemd\n${block('loaded', 'active', 'running', 'enabled')}\n${text}\nRcLink=yes\n\nRcLink=no\n`, stderr: '' });
    expect(answer).toMatchObject({ state: 'present', value: { manager: 'systemd', units: { a: { value: { active: true } }, b: reading } } });
  });

  it.each([
    ['yes', true],
    ['no', false],
  ])('an init script is enabled by its links: %s', (link, enabled) => {
    const answer = services(['a']).parse({ status: 0, stdout: `systemd\n${block('loaded', 'active', 'running', 'generated')}\nRcLink=${link}\n`, stderr: '' });
    expect(answer).toMatchObject({ value: { units: { a: { value: { enabled } } } } });
  });

  it('without systemd the init script answers', () => {
    const stdout = 'sysv\nLoadState=loaded\nActiveState=active\nUnitFileState=disabled\n\nLoadState=not-found\n\n';
    expect(services(['a', 'b']).parse({ status: 0, stdout, stderr: '' })).toEqual({
      state: 'present',
      value: { manager: 'sysv', units: { a: present({ active: true, enabled: false, masked: false, needsReload: false, status: 'active', enabling: 'disabled' }), b: absent } },
    });
  });

  it('one service is read together with its properties', () => {
    const facts = serviceFacts('a');
    expect(facts.properties.read.text).toBe(facts.services.read.text);
    const answer = { status: 0, stdout: `systemd\n${block('loaded', 'active', 'running', 'generated')}Description=A = b\n\nRcLink=yes\n`, stderr: '' };
    expect(facts.services.parse(answer)).toMatchObject({ value: { units: { a: { value: { active: true, enabled: true } } } } });
    expect(facts.properties.parse(answer)?.value).toEqual({ LoadState: 'loaded', ActiveState: 'active', SubState: 'running', UnitFileState: 'generated', NeedDaemonReload: 'no', Description: 'A = b' });
    expect(facts.properties.parse({ status: 0, stdout: 'sysv\nLoadState=loaded\nActiveState=active\nUnitFileState=disabled\n\n', stderr: '' })?.value).toEqual({});
  });

  it.each([
    [[], false],
    [['name', 'state'], false],
    [['status'], true],
  ])('where somebody looks at %j, all properties are read: %s', (live, all) => {
    const facts = service.facts({ name: 'a', state: 'started' } as Args, undefined, (value) => live.includes(value));
    expect(facts.services.read.text === services(['a']).read.text).toBe(!all);
    expect(facts.properties.read.text !== '').toBe(all);
    expect(service.returns!({ name: 'a' } as Args, { before: now(present(unit())), now: { ...now(present(unit())), properties: facts.properties.parse({ status: 0, stdout: 'systemd\n\n\n', stderr: '' }) }, changes: [], results: [], pending: false }, undefined)).toEqual(all ? { name: 'a', status: {} } : { name: 'a' });
  });

  it.each([
    ['Failed to connect to bus: No such file or directory', 'not-running'],
    ['Failed to connect to bus: No medium found', 'not-running'],
  ])('%s', (stderr, reason) => {
    expect(services(['a'], 'user').parse({ status: 1, stdout: 'systemd\n', stderr })).toMatchObject({ state: 'unavailable', reason });
  });

  it.each([
    ['', false],
    ['/etc/systemd/system\n', true],
    ['unknown\n', true],
  ])('unit files that changed: %j', (stdout, changed) => {
    expect(unitFilesChanged().parse({ status: 0, stdout, stderr: '' })).toBe(changed);
  });
});

it.each<[string, Partial<Args>, ServiceState, Services['manager'], string[]]>([
  ['is left alone', { state: 'started', enabled: true }, unit(), 'systemd', []],
  ['is enabled and started', { state: 'started', enabled: true }, stopped, 'systemd', ['systemctl --quiet enable -- docker', 'systemctl start -- docker']],
  ['is stopped and disabled', { state: 'stopped', enabled: false }, unit(), 'systemd', ['systemctl --quiet disable -- docker', 'systemctl stop -- docker']],
  ['is restarted at every run', { state: 'restarted' }, unit(), 'systemd', ['systemctl restart -- docker']],
  ['is reloaded at every run', { state: 'reloaded' }, unit(), 'systemd', ['systemctl reload -- docker']],
  ['is started when it should be reloaded', { state: 'reloaded' }, stopped, 'systemd', ['systemctl start -- docker']],
  ['is enabled by links without systemd', { enabled: true }, stopped, 'sysv', ['update-rc.d docker defaults >/dev/null && update-rc.d docker enable']],
  ['is stopped by its script without systemd', { state: 'stopped' }, unit(), 'sysv', [`${initScript('docker', 'stop')} </dev/null >/dev/null 2>&1 || { LC_ALL=C service docker status >&2; exit 1; }`]],
])('a service %s', (_, args, state, manager, commands) => {
  expect(commandsOf(plan(args, present(state), manager))).toEqual(commands);
});

it('an init script gets what service(8) leaves of the environment', () => {
  expect(initScript('docker', 'start').text).toMatch(/^if \[ -d \/run\/openrc \]; then service docker start; else \( cd \/ && exec env -i LANG="\$LANG" LANGUAGE="\$LANGUAGE" (LC_[A-Z]+="\$LC_[A-Z]+" ){13}PATH="\$PATH" TERM="\$TERM" \/etc\/init\.d\/docker start \); fi$/);
});

it.each<[Partial<Args>, ServiceState, Services['manager'], string | undefined]>([
  [{ state: 'started' }, stopped, 'sysv', 'service docker start'],
  [{ state: 'stopped' }, unit(), 'sysv', 'service docker stop'],
  [{ state: 'reloaded' }, unit(), 'sysv', 'service docker reload'],
  [{ enabled: true }, stopped, 'sysv', undefined],
  [{ state: 'started' }, stopped, 'systemd', undefined],
])('what a person would type for %j', (args, state, manager, typed) => {
  expect(plan(args, present(state), manager).map((change) => change.typed?.join())).toEqual([typed]);
});

it('restarting is no change that has to be proven', () => {
  expect(plan({ state: 'restarted' }, present(unit())).map((change) => change.action)).toEqual(['run']);
});

it.each<[string, Partial<Args>, Reading<ServiceState>, RegExp]>([
  ['a service that is not there', { state: 'started' }, absent, /there is no service 'docker'/],
  ['to start a masked one', { state: 'started' }, present(unit({ masked: true, active: false, enabled: false })), /is masked/],
])('refuses %s', (_, args, state, message) => {
  expect(() => plan(args, state)).toThrow(message);
});

it.each<[string, Partial<Args>, Reading<ServiceState>, Reading<ServiceState>, string[]]>([
  ['stops and disables', { state: 'started', enabled: true }, present(unit()), present(stopped), ['systemctl --quiet disable -- docker', 'systemctl stop -- docker']],
  ['starts', { state: 'stopped' }, present(stopped), present(unit()), ['systemctl start -- docker']],
  ['leaves what the task did not name', { enabled: true }, present(unit()), present({ ...stopped, enabled: true }), []],
  ['leaves a service that is gone', { state: 'started' }, absent, present(stopped), []],
  ['leaves a service that had not been there', { state: 'started' }, present(unit()), absent, []],
  ['does nothing a second time', { state: 'started', enabled: true }, present(stopped), present(stopped), []],
])('the way back %s', (_, args, is, was, commands) => {
  expect(commandsOf([...service.revert!({ name: 'docker', ...args } as Args, now(is), now(was))])).toEqual(commands);
});

it('a task that says nothing to do is refused', () => {
  expect([...service.validate!({ name: 'docker' } as Args)]).toHaveLength(1);
});
