import { describe, expect, it } from 'vitest';
import type { PackageState, Removal } from '../../modules/facts/package.ts';
import { absent, present } from '../../modules/facts/reading.ts';
import type { ServiceState } from '../../modules/facts/service.ts';
import installLxc from '../../modules/install_lxc.ts';
import type { Reading } from '../../src/module.ts';
import { planOf } from '../harness/module.ts';

const base = { state: 'present', install_recommends: false, cache_valid_time: 3600, lock_timeout: 300, force: false } as const;
const installed: PackageState = { version: '1', status: 'installed', held: false };
const unit = (over: Partial<ServiceState> = {}): ServiceState => ({ active: true, enabled: true, masked: false, needsReload: false, status: 'active (running)', enabling: 'enabled', ...over });
const packages = (found: Record<string, PackageState>) => present({ packages: found, interrupted: false });
const removable = (names: string[]): Reading<Removal> => present({ packages: names, manual: [], accounts: {} });

describe('LXC', () => {
  type Values = Parameters<typeof installLxc.plan>[1];
  const args = { ...base, packages: ['lxc'] };
  const now = (over: Partial<Values> = {}): Values => ({
    packages: packages({ lxc: installed }), cache: present({ age: 0 }), services: present({ manager: 'systemd', units: { 'lxc-net': present(unit()), lxc: present(unit()) } }), removal: removable(['lxc']), record: present([]),
    traces: { leftovers: ['lxcbr0'], containers: [], foreignContainers: [], forwarding: true }, filter: absent, ...over,
  });
  it('goes when it has no containers', () => {
    expect([...installLxc.revert!(args, now(), now({ packages: packages({}), services: present({ manager: 'systemd', units: { 'lxc-net': absent, lxc: absent } }) }))].map((change) => change.from)).toEqual([['lxc', 'lxcbr0']]);
  });
  it('stays when it has, and says so when the user wants it gone', () => {
    const used = now({ traces: { leftovers: ['lxcbr0'], containers: ['theirs'], foreignContainers: ['theirs'], forwarding: true } });
    expect([...installLxc.revert!(args, used, now())]).toEqual([]);
    expect(() => planOf(installLxc, { ...args, state: 'absent' }, used)).toThrow(/still has containers/);
  });
});
