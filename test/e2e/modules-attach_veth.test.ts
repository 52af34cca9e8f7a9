import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import attachVeth from '../../modules/attach_veth.ts';
import greTunnel from '../../modules/gre_tunnel.ts';
import type { VethArgs } from '../../modules/shared/veth.ts';
import { applyLocally, commandsOf, revertLocally } from '../harness/module.ts';
import { joinUnderlay, startNetHost, type NetHost } from '../harness/nethost.ts';

const args = (over: Partial<VethArgs>) => ({ bridge: 'br0', interface: 'eth0', up: true, state: 'present', force: false, ...over }) as never;
let host: NetHost;
let other: NetHost;
beforeAll(async () => {
  [host, other] = await Promise.all([startNetHost('veth1', { ovs: true }), startNetHost('veth2', { ovs: true })]);
  joinUnderlay(host, other, '10.0.0.3/24', '10.0.0.4/24');
  for (const one of [host, other]) one.sh('ovs-vsctl --timeout=5 add-br br0 -- set bridge br0 datapath_type=netdev && ip link set br0 up && ip netns add c1 && ip netns add c2');
  host.sh('ip link add lin0 type bridge && ip addr add 172.20.0.1/24 dev lin0 && ip link set lin0 up');
});
afterAll(() => Promise.all([host.stop(), other.stop()]));

const apply = (over: Partial<VethArgs>, on = host) => applyLocally(attachVeth, args(over), on.options);
const state = () => host.sh('ip -o link | sed "s/^[0-9]*: \\([^ ]*\\).* mtu \\([0-9]*\\).*/\\1 \\2/" | sort; ip -n c1 -o link | cut -d: -f2-; ovs-vsctl show');

describe.each(['lin0', 'br0'])('in the bridge %s', (bridge) => {
  const wanted = { netns: 'c1', bridge, address: '172.20.0.100/24', gateway: '172.20.0.1', mtu: 1400, mac: '02:00:00:00:00:64' };

  it('plugs in, leaves alone, and takes out without a trace', async () => {
    const initial = state();
    const first = await apply(wanted);
    expect(first.changes.map((change) => change.action)).toEqual(['create']);
    expect(first.leftover).toEqual([]);
    expect(JSON.parse(host.sh('ip -n c1 -j addr show eth0'))).toMatchObject([{ mtu: 1400, address: '02:00:00:00:00:64', flags: expect.arrayContaining(['UP', 'LOWER_UP']), addr_info: [{ local: '172.20.0.100', prefixlen: 24 }, {}] }]);
    expect(host.sh('ip -n c1 route show default')).toContain('via 172.20.0.1 dev eth0');
    expect(host.sh('ip -j link show c1-eth0')).toContain('ctplay:attach_veth');
    if (bridge === 'lin0') expect(host.status('ping -c 1 -W 1 172.20.0.100')).toBe(0);
    else expect(host.sh('ip netns exec c1 ethtool -k eth0')).toContain('tx-checksumming: off');

    revertLocally(attachVeth, args(wanted), first.before, host.options);
    expect(state()).toBe(initial);
    expect(revertLocally(attachVeth, args(wanted), first.before, host.options)).toEqual([]);
  });

  it.each<[string, string, string[]]>([
    ['a deleted host end', 'ip link del c1-eth0', ['eth0 of network namespace c1']],
    ['a lost address', 'ip -n c1 addr flush dev eth0', ['eth0 of network namespace c1: addresses', 'eth0 of network namespace c1: gateway']],
    ['a lost route', 'ip -n c1 route del default', ['eth0 of network namespace c1: gateway']],
    ['an end that is down', 'ip -n c1 link set eth0 down', ['eth0 of network namespace c1: state', 'eth0 of network namespace c1: gateway']],
    ['an end that is out of the bridge', bridge === 'lin0' ? 'ip link set c1-eth0 nomaster' : 'ovs-vsctl --timeout=5 del-port c1-eth0', ['eth0 of network namespace c1: bridge']],
    ['another MTU', 'ip link set c1-eth0 mtu 1500', ['eth0 of network namespace c1, host end: mtu']],
    ['an end under another name', 'ip -n c1 link set eth0 down; ip -n c1 link set eth0 name ethx', ['eth0 of network namespace c1']],
    ['a pair whose other end came back to the host', 'ip -n c1 link set eth0 netns $$', ['eth0 of network namespace c1']],
  ])('mends %s', async (_, drift, subjects) => {
    await apply(wanted);
    host.sh(drift.replace('$$', '1'));
    const { changes, leftover } = await apply(wanted);
    expect(changes.map((change) => change.subject)).toEqual(subjects);
    expect(leftover).toEqual([]);
    await apply({ ...wanted, state: 'absent' });
    expect(host.status('ip link show c1-eth0')).not.toBe(0);
  });
});

it('sees a new namespace, as a restarted container has', async () => {
  const start = () => Number(host.sh("unshare --net sleep 1000 >/dev/null 2>&1 </dev/null & echo $!; i=0; while [ \"$(readlink /proc/$!/ns/net)\" = \"$(readlink /proc/self/ns/net)\" ] && [ $i -lt 100 ]; do sleep 0.02; i=$((i+1)); done"));
  const wanted = { bridge: 'br0', address: '172.20.0.5/24', host_interface: 'app' };
  const pid = start();
  await apply({ ...wanted, pid });
  host.sh(`kill ${pid}; while [ -d /proc/${pid} ]; do sleep 0.02; done`);
  const again = start();
  const { changes, leftover } = await apply({ ...wanted, pid: again });
  expect(changes).toHaveLength(1);
  expect(leftover).toEqual([]);
  host.sh(`kill ${again}`);
  await expect(apply({ ...wanted, pid: 1 })).rejects.toThrow(/no network of its own/);
  await expect(apply({ ...wanted, pid: 4_000_000 })).rejects.toThrow(/process 4000000 is not running/);
  await apply({ ...wanted, pid: again, state: 'absent' });
});

it('keeps VLANs apart', async () => {
  await apply({ netns: 'c1', tag: 100, address: '10.50.0.1/24' });
  await apply({ netns: 'c2', tag: 200, address: '10.50.0.2/24' });
  expect(host.status('ip netns exec c1 ping -c 1 -W 1 10.50.0.2')).not.toBe(0);
  const { changes } = await apply({ netns: 'c2', tag: 100, address: '10.50.0.2/24' });
  expect(commandsOf(changes)).toEqual(['ovs-vsctl --timeout=10 set port c2-eth0 tag=100']);
  expect(host.status('ip netns exec c1 ping -c 1 -W 2 10.50.0.2')).toBe(0);
  for (const netns of ['c1', 'c2']) await apply({ netns, state: 'absent' });
});

it('carries TCP across two hosts by a tunnel in user space', async () => {
  for (const [index, one] of [host, other].entries()) {
    const remote = ['10.0.0.4', '10.0.0.3'][index]!;
    await applyLocally(greTunnel, { name: 'gre0', type: 'ovs', bridge: 'br0', vlans: false, lower_mtu: true, state: 'present', force: false } as never, { ...one.options, inputs: { remote } });
    await apply({ netns: 'c1', address: `10.60.0.${index + 1}/24` }, one);
  }
  expect(host.sh('ip -n c1 -o link show eth0')).toContain('mtu 1462');
  other.sh('{ head -c 10000000 /dev/zero | ip netns exec c1 busybox nc -l -p 5000; } >/dev/null 2>&1 & sleep 0.3');
  expect(Number(host.sh("ip netns exec c1 timeout 30 bash -c 'cat </dev/tcp/10.60.0.2/5000' | wc -c"))).toBe(10_000_000);
  for (const one of [host, other]) await apply({ netns: 'c1', state: 'absent' }, one);
});

it('switches checksum offload off by perl where ethtool is missing', async () => {
  host.sh('mount --bind /dev/null "$(command -v ethtool)"');
  const { changes, leftover } = await apply({ netns: 'c1', address: '10.70.0.1/24' });
  host.sh('umount "$(readlink -f /sbin)/ethtool"');
  expect(commandsOf(changes).at(-1)).toMatch(/^ip netns exec c1 perl -e /);
  expect(leftover).toEqual([]);
  expect(host.sh('ip netns exec c1 ethtool -k eth0')).toContain('tx-checksumming: off');
  await apply({ netns: 'c1', state: 'absent' });
});

describe('what somebody else made', () => {
  it('is left alone when it is what the task asks for', async () => {
    host.sh('ip link add hand type veth peer name eth0 netns c2 && ip link set hand master lin0 up && ip -n c2 addr add 172.20.0.9/24 dev eth0 && ip -n c2 link set eth0 up');
    expect((await apply({ netns: 'c2', bridge: 'lin0', address: '172.20.0.9/24' })).changes).toEqual([]);
  });
  it('is refused when it differs, and replaced by force', async () => {
    await expect(apply({ netns: 'c2', bridge: 'lin0', address: '172.20.0.10/24' })).rejects.toThrow(/has an interface eth0 already/);
    const { changes, leftover } = await apply({ netns: 'c2', bridge: 'lin0', address: '172.20.0.10/24', force: true });
    expect(changes.map((change) => change.action)).toEqual(['replace']);
    expect(leftover).toEqual([]);
    expect(host.status('ip link show hand')).not.toBe(0);
  });
  it('is replaced when it is half made', async () => {
    await apply({ netns: 'c2', state: 'absent' });
    host.sh('ip link add hand type veth peer name eth0 netns c2; ip link add c2-eth0 type veth peer name c2-x');
    const { changes, leftover } = await apply({ netns: 'c2', bridge: 'lin0', address: '172.20.0.9/24' });
    expect(changes.map((change) => change.action)).toEqual(['replace']);
    expect(leftover).toEqual([]);
    expect(host.status('ip link show hand || ip link show c2-x')).not.toBe(0);
  });
  it('is refused to share an address', async () => {
    await expect(apply({ netns: 'c1', bridge: 'lin0', address: '172.20.0.9/24' })).rejects.toThrow(/172\.20\.0\.9 for network namespace c1 is taken/);
    await expect(apply({ netns: 'c1', bridge: 'lin0', address: '172.20.0.1/24' })).rejects.toThrow(/is taken/);
  });
});

it('says what is missing', async () => {
  await expect(apply({ netns: 'nope' })).rejects.toThrow(/there is no network namespace nope/);
  await expect(apply({ netns: 'c1', bridge: 'nope' })).rejects.toThrow(/there is no bridge nope/);
  await expect(apply({ netns: 'c1', bridge: 'lo' })).rejects.toThrow(/lo on this host is no bridge/);
  await expect(apply({ netns: 'c1', bridge: 'lin0', tag: 5 })).rejects.toThrow(/no VLANs by tag/);
});
