import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import createBridge from '../../modules/create_bridge.ts';
import type { BridgeArgs } from '../../modules/shared/bridge.ts';
import { applyLocally, commandsOf, readFacts, revertLocally } from '../harness/module.ts';
import { startNetHost, type NetHost } from '../harness/nethost.ts';

const base: BridgeArgs = { name: 'br0', type: 'linux', up: true, ports: [], datapath: 'auto', state: 'present', force: false };
let host: NetHost;
beforeAll(async () => {
  host = await startNetHost('bridges', { ovs: true });
  host.sh('ip link add p0 type veth peer name p1');
});
afterAll(() => host.stop());

const args = (over: Partial<BridgeArgs>) => ({ ...base, ...over }) as never;
const links = () => (JSON.parse(host.sh('ip -j addr show')) as { ifname: string; mtu: number; flags: string[]; master?: string; addr_info: { local: string }[] }[])
  .map(({ ifname, mtu, flags, master, addr_info }) => ({ ifname, mtu, up: flags.includes('UP'), master, addresses: addr_info.map((one) => one.local).filter((one) => !one.startsWith('fe80')) }))
  .sort((a, b) => a.ifname.localeCompare(b.ifname));

describe.each(['linux', 'ovs'] as const)('a bridge of type %s', (type) => {
  it('is made, mended after drift, and taken away without a trace', async () => {
    // The first bridge in user space makes an interface of the switch's own.
    if (type === 'ovs') host.sh('ovs-vsctl --timeout=5 add-br keep -- set bridge keep datapath_type=netdev');
    const initial = links();
    const wanted = args({ type, mtu: 1400, stp: true, addresses: ['10.1.0.1/24'], ports: ['p0'] });
    const first = await applyLocally(createBridge, wanted, host.options);
    expect(first.changes.map((change) => change.action)).toEqual(['create', 'update', 'update']);
    expect(first.leftover).toEqual([]);
    expect(links().find((link) => link.ifname === 'br0')).toMatchObject({ mtu: 1400, up: true, addresses: ['10.1.0.1'] });

    host.sh(`ip addr flush dev br0; ip link set br0 down; ${type === 'linux' ? 'ip link set p0 nomaster' : 'ovs-vsctl --timeout=5 del-port p0'}`);
    const mended = await applyLocally(createBridge, wanted, host.options);
    expect(mended.changes.map((change) => change.subject)).toEqual(['bridge br0: addresses', 'bridge br0: state', 'bridge br0: port p0']);
    expect(mended.leftover).toEqual([]);

    revertLocally(createBridge, wanted, first.before, host.options);
    expect(links()).toEqual(initial);
    expect(revertLocally(createBridge, wanted, first.before, host.options)).toEqual([]);
  });
});

it('changes a foreign bridge without owning it, and puts it back', async () => {
  host.sh('ip link add docker0 type bridge && ip addr add 172.17.0.1/16 dev docker0 && ip link add br9 type veth peer name br9x');
  const initial = links();
  const wanted = args({ name: 'docker0', addresses: ['172.15.42.1/24'], ports: ['br9'] });
  const { before, leftover } = await applyLocally(createBridge, wanted, host.options);
  expect(leftover).toEqual([]);
  expect(links().find((link) => link.ifname === 'docker0')).toMatchObject({ up: true, addresses: ['172.17.0.1', '172.15.42.1'] });
  await expect(applyLocally(createBridge, args({ name: 'docker0', state: 'absent' }), host.options)).rejects.toThrow(/was not made by ctplay/);
  revertLocally(createBridge, wanted, before, host.options);
  expect(links()).toEqual(initial);
});

it('refuses an address that another interface has', async () => {
  host.sh('ip addr add 10.77.0.1/24 dev p1');
  await expect(applyLocally(createBridge, args({ name: 'br7', addresses: ['10.77.0.1/24'] }), host.options)).rejects.toThrow(/10\.77\.0\.1 is taken: the interface p1/);
});

it('tells a switch that is down from one that is not there', async () => {
  const down = await startNetHost('down');
  try {
    await expect(applyLocally(createBridge, args({ type: 'ovs' }), down.options)).rejects.toThrow(/Open vSwitch is not running/);
    expect(readFacts(createBridge.facts(args({ type: 'ovs' }), undefined), { prefix: [...down.options.prefix, 'env', 'PATH=/usr/sbin:/sbin'] }).ovs).toMatchObject({ state: 'unavailable', reason: 'not-installed' });
  } finally {
    await down.stop();
  }
});

it('deletes what it made when asked', async () => {
  await applyLocally(createBridge, args({ name: 'br5' }), host.options);
  const { changes, leftover } = await applyLocally(createBridge, args({ name: 'br5', state: 'absent' }), host.options);
  expect(commandsOf(changes)).toEqual(['ip link del dev br5']);
  expect(leftover).toEqual([]);
});
