import { afterAll, beforeAll, expect, it } from 'vitest';
import greTunnel from '../../modules/gre_tunnel.ts';
import type { GreArgs, GreInputs } from '../../modules/shared/gre.ts';
import { applyLocally, revertLocally } from '../harness/module.ts';
import { joinUnderlay, startNetHost, type NetHost } from '../harness/nethost.ts';

const args = (over: Partial<GreArgs> = {}) => ({ name: 'gre0', type: 'ovs', bridge: 'br0', vlans: false, lower_mtu: true, state: 'present', force: false, ...over }) as never;
let hosts: NetHost[];
let inputs: GreInputs[];

beforeAll(async () => {
  hosts = await Promise.all([startNetHost('gre1', { ovs: true }), startNetHost('gre2', { ovs: true })]);
  joinUnderlay(hosts[0]!, hosts[1]!, '10.0.0.3/24', '10.0.0.4/24');
  for (const [index, host] of hosts.entries()) host.sh(`ovs-vsctl --timeout=5 add-br br0 -- set bridge br0 datapath_type=netdev && ip addr add 172.20.0.${index + 1}/24 dev br0 && ip link set br0 up`);
  inputs = [{ remote: '10.0.0.4', local: '10.0.0.3' }, { remote: '10.0.0.3', local: '10.0.0.4' }];
});
afterAll(() => Promise.all(hosts.map((host) => host.stop())));

const apply = (index: number, over: Partial<GreArgs> = {}) => applyLocally(greTunnel, args(over), { ...hosts[index]!.options, inputs: inputs[index]! });
const pings = (size: number) => hosts[0]!.status(`ping -c 1 -W 1 -M do -s ${size} 172.20.0.2`) === 0;
const show = () => hosts[0]!.sh('ovs-vsctl show; cat /sys/class/net/br0/mtu');

it('carries packets as large as its MTU, and no larger', async () => {
  const initial = show();
  const runs = [await apply(0, { key: 42 }), await apply(1, { key: 42 })];
  for (const run of runs) {
    expect(run.changes.map((change) => [change.action, change.subject])).toEqual([['create', 'GRE tunnel gre0'], ['update', 'bridge br0: mtu']]);
    expect(run.leftover).toEqual([]);
  }
  expect(hosts[0]!.sh('cat /sys/class/net/br0/mtu').trim()).toBe('1458');
  expect(pings(1458 - 28)).toBe(true);
  expect(pings(1459 - 28)).toBe(false);

  revertLocally(greTunnel, args({ key: 42 }), runs[0]!.before, hosts[0]!.options);
  expect(show()).toBe(initial);
  expect(revertLocally(greTunnel, args({ key: 42 }), runs[0]!.before, hosts[0]!.options)).toEqual([]);
});

it.each<[string, string, string[]]>([
  ['a deleted tunnel', 'ovs-vsctl --timeout=5 del-port gre0', ['GRE tunnel gre0']],
  ['another key', 'ovs-vsctl --timeout=5 set interface gre0 options:key=9', ['GRE tunnel gre0: ends']],
  ['another remote', 'ovs-vsctl --timeout=5 set interface gre0 options:remote_ip=10.0.0.77', ['GRE tunnel gre0: ends']],
  ['a port without a type', 'ovs-vsctl --timeout=5 del-port gre0; ovs-vsctl --timeout=5 add-port br0 gre0; true', ['GRE tunnel gre0: ends']],
  ['a raised MTU', 'ovs-vsctl --timeout=5 set interface br0 mtu_request=1500', ['bridge br0: mtu']],
])('mends %s', async (_, drift, subjects) => {
  await apply(0);
  await apply(1);
  hosts[0]!.sh(drift);
  const { changes, leftover } = await apply(0);
  expect(changes.map((change) => change.subject)).toEqual(subjects);
  expect(leftover).toEqual([]);
  expect(pings(56)).toBe(true);
});

it('refuses itself as its other end, and an end without a route', async () => {
  await expect(applyLocally(greTunnel, args(), { ...hosts[0]!.options, inputs: { remote: '10.0.0.3' } })).rejects.toThrow(/is this host itself/);
  await expect(applyLocally(greTunnel, args(), { ...hosts[0]!.options, inputs: { remote: '203.0.113.9' } })).rejects.toThrow(/no route to 203\.0\.113\.9/);
});

it('says that the kernel has no GRE, where it has none', async () => {
  const wanted = args({ type: 'gretap', name: 'gre1', bridge: undefined as never });
  const run = applyLocally(greTunnel, wanted, { ...hosts[0]!.options, inputs: inputs[0]! });
  if (hosts[0]!.status('[ -d /sys/module/ip_gre ] || modprobe -nq ip_gre') === 0) {
    const { before, leftover } = await run;
    expect(leftover).toEqual([]);
    expect(JSON.parse(hosts[0]!.sh('ip -j -d link show gre1'))).toMatchObject([{ mtu: 1462, ifalias: 'ctplay:gre_tunnel' }]);
    revertLocally(greTunnel, wanted, before, hosts[0]!.options);
    expect(hosts[0]!.status('ip link show gre1')).not.toBe(0);
  } else {
    await expect(run).rejects.toThrow(/kernel of this host has no GRE/);
  }
});
