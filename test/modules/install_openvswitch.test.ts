import { describe, expect, it } from 'vitest';
import type { PackageState, Removal } from '../../modules/facts/package.ts';
import { absent, present } from '../../modules/facts/reading.ts';
import type { ServiceState } from '../../modules/facts/service.ts';
import installOpenvswitch from '../../modules/install_openvswitch.ts';
import type { Reading } from '../../src/module.ts';
import { commandsOf, planOf } from '../harness/module.ts';

const base = { state: 'present', install_recommends: false, cache_valid_time: 3600, lock_timeout: 300, force: false } as const;
const installed: PackageState = { version: '1', status: 'installed', held: false };
const unit = (over: Partial<ServiceState> = {}): ServiceState => ({ active: true, enabled: true, masked: false, needsReload: false, status: 'active (running)', enabling: 'enabled', ...over });
const packages = (found: Record<string, PackageState>) => present({ packages: found, interrupted: false });
const removable = (names: string[]): Reading<Removal> => present({ packages: names, manual: [], accounts: {} });

describe('Open vSwitch', () => {
  type Values = Parameters<typeof installOpenvswitch.plan>[1];
  const args = { ...base, packages: ['openvswitch-switch'] };
  const units = (vswitchd: ServiceState) => present({ manager: 'systemd' as const, units: { 'openvswitch-switch': present(unit({ status: 'active (exited)' })), 'ovsdb-server': present(unit({ enabling: 'static' })), 'ovs-vswitchd': present(vswitchd) } });
  const now = (over: Partial<Values> = {}): Values => ({ packages: packages({ 'openvswitch-switch': installed }), cache: present({ age: 0 }), services: units(unit({ enabling: 'static' })), removal: absent, record: absent, traces: { datapaths: ['ovs-system'], modules: ['openvswitch'], paths: ['/etc/openvswitch'] }, ...over });
  it('is left alone when all of it runs', () => {
    expect(planOf(installOpenvswitch, args, now())).toEqual([]);
  });
  it('has a switch that died started, though its service counts as active', () => {
    expect(commandsOf(planOf(installOpenvswitch, args, now({ services: units(unit({ active: false, enabling: 'static' })) })))).toEqual(['systemctl start -- ovs-vswitchd']);
  });
  it('goes with its datapath and the module that it loaded', () => {
    const changes = [...installOpenvswitch.revert!(args, now({ record: present([]), removal: removable(['openvswitch-switch']) }), now({ packages: packages({}), traces: { datapaths: [], modules: [], paths: [] } }))];
    expect(changes.map((change) => change.from)).toEqual([['openvswitch-switch', '/etc/openvswitch', 'link ovs-system', 'kernel module openvswitch']]);
    expect(commandsOf(changes)).toContain('modprobe -r openvswitch 2>/dev/null || :');
  });
  it('leaves a module that was loaded before', () => {
    const changes = [...installOpenvswitch.revert!(args, now({ record: present([]), removal: removable(['openvswitch-switch']) }), now({ packages: packages({}) }))];
    expect(commandsOf(changes).join('\n')).not.toContain('modprobe');
  });
});
