import { expect, it } from 'vitest';
import { present, Unrecorded } from '../../modules/facts/reading.ts';
import type { ServiceState } from '../../modules/facts/service.ts';
import systemd from '../../modules/systemd.ts';
import { commandsOf, planOf } from '../harness/module.ts';

type Args = Parameters<typeof systemd.plan>[0];
const base: Args = { name: 'tunnel', daemon_reload: false, daemon_reexec: false, scope: 'system', force: false, no_block: false };
const unit = (over: Partial<ServiceState> = {}): ServiceState => ({ active: true, enabled: true, masked: false, needsReload: false, status: 'active (running)', enabling: 'enabled', ...over });
const now = (state: ServiceState, changed = false, manager: 'systemd' | 'sysv' = 'systemd') => ({ services: present({ manager, units: { tunnel: present(state) } }), changed, properties: new Unrecorded({}) });
const masked = unit({ masked: true, enabled: false, active: false, status: 'inactive (dead)', enabling: 'masked' });

it.each<[string, Partial<Args>, ServiceState, boolean, string[]]>([
  ['is left alone', { state: 'started', daemon_reload: true }, unit(), false, []],
  ['is read again when files changed', { state: 'started', daemon_reload: true }, unit(), true, ['systemctl daemon-reload']],
  ['is unmasked first', { state: 'started', enabled: true, masked: false }, masked, false, ['systemctl --quiet unmask -- tunnel', 'systemctl --quiet enable -- tunnel', 'systemctl start -- tunnel']],
  ['is masked last', { state: 'stopped', masked: true }, unit(), false, ['systemctl stop -- tunnel', 'systemctl --quiet mask -- tunnel']],
  ["is one of the user's", { state: 'stopped', scope: 'user' }, unit(), false, ['systemctl --user stop -- tunnel']],
  ['is not waited for', { state: 'stopped', no_block: true }, unit(), false, ['systemctl --no-block stop -- tunnel']],
  ['is enabled over what is in the way', { enabled: true, force: true }, unit({ enabled: false }), false, ['systemctl --quiet --force enable -- tunnel']],
  ['is not needed to start systemd anew', { daemon_reexec: true }, unit(), false, ['systemctl daemon-reexec']],
])('a unit %s', (_, args, state, changed, commands) => {
  expect(commandsOf(planOf(systemd, { ...base, ...args }, now(state, changed)))).toEqual(commands);
});

it('needs systemd', () => {
  expect(() => planOf(systemd, { ...base, state: 'started' }, now(unit(), false, 'sysv'))).toThrow(/systemd does not run/);
});

it('is unmasked on the way back', () => {
  expect(commandsOf([...systemd.revert!({ ...base, masked: true }, now(masked), now(unit({ active: false })))])).toEqual(['systemctl --quiet unmask -- tunnel']);
});

it.each<[Partial<Args>, number]>([
  [{ state: 'started' }, 1],
  [{}, 1],
  [{ daemon_reload: true }, 0],
])('without a name: %j has %i problems', (args, count) => {
  const { name: _, ...nameless } = base;
  expect([...systemd.validate!({ ...nameless, ...args })]).toHaveLength(count);
});
