import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import attachVeth from '../../modules/attach_veth.ts';
import greTunnel from '../../modules/gre_tunnel.ts';
import reachable from '../../modules/reachable.ts';
import { applyLocally, planOf, readFacts } from '../harness/module.ts';
import { joinUnderlay, startNetHost, type NetHost } from '../harness/nethost.ts';

let host: NetHost;
let other: NetHost;
const check = (over: Record<string, unknown>): unknown[] => {
  const args = { expected: true, timeout: 0, ...over } as never;
  return planOf(reachable, args, readFacts(reachable.facts(args, undefined), host.options));
};
const inC1 = (over: Record<string, unknown>) => check({ netns: 'c1', ...over });

beforeAll(async () => {
  [host, other] = await Promise.all([startNetHost('reach1', { ovs: true }), startNetHost('reach2', { ovs: true })]);
  joinUnderlay(host, other, '10.0.0.3/24', '10.0.0.4/24');
  for (const [index, one] of [host, other].entries()) {
    one.sh(`ovs-vsctl --timeout=5 add-br br0 -- set bridge br0 datapath_type=netdev && ip link set br0 up && ip netns add c1 && ip -n c1 link set lo up
ip link add lin0 type bridge && ip addr add 172.30.0.1/24 dev lin0 && ip link set lin0 up`);
    await applyLocally(greTunnel, { name: 'gre0', type: 'ovs', bridge: 'br0', vlans: false, lower_mtu: true, state: 'present', force: false } as never, { ...one.options, inputs: { remote: ['10.0.0.4', '10.0.0.3'][index]! } });
    const attach = (over: Record<string, unknown>) => applyLocally(attachVeth, { netns: 'c1', up: true, state: 'present', force: false, ...over } as never, one.options);
    await attach({ bridge: 'br0', interface: 'eth0', address: `172.20.0.10${index}/24` });
    await attach({ bridge: 'lin0', interface: 'eth1', address: '172.30.0.100/24', gateway: '172.30.0.1' });
  }
});
afterAll(() => Promise.all([host.stop(), other.stop()]));

describe('what can be reached', () => {
  it('passes without a change: own address, bridge, across the tunnel, TCP', () => {
    other.sh('(ip netns exec c1 busybox nc -ll -p 80 -e /bin/true) >/dev/null 2>&1 &');
    expect(inC1({ to: ['172.20.0.100', '172.30.0.1', '172.20.0.101'] })).toEqual([]);
    expect(inC1({ to: '172.20.0.101', port: 80, timeout: 3 })).toEqual([]);
    expect(check({ to: '10.0.0.4' })).toEqual([]);
  });
  it('is waited for', () => {
    host.sh('ip -n c1 link set eth0 down; (sleep 1.5; ip -n c1 link set eth0 up) >/dev/null 2>&1 &');
    expect(inC1({ to: '172.20.0.101', timeout: 10 })).toEqual([]);
  });
  it('fails where it should not be', () => {
    expect(() => inC1({ to: ['172.20.0.101', '172.20.0.77'], expected: false })).toThrow(/network namespace c1 reaches 172\.20\.0\.101, and should not/);
    expect(inC1({ to: '172.20.0.77', expected: false })).toEqual([]);
    expect(inC1({ to: '172.20.0.101', port: 81, expected: false })).toEqual([]);
  });
});

it.each<[string, string, string, Record<string, unknown>, RegExp]>([
  ['an interface that is down', 'ip -n c1 link set eth0 down', 'ip -n c1 link set eth0 up', { to: '172.20.0.101' }, /does not reach 172\.20\.0\.101: the interface eth0 of network namespace c1 is down/],
  ['an end on the host that is down', 'ip link set c1-eth0 down', 'ip link set c1-eth0 up', { to: '172.20.0.101' }, /the other end of eth0, c1-eth0 on the host, is down/],
  ['an end in no bridge', 'ip link set c1-eth1 nomaster', 'ip link set c1-eth1 master lin0', { to: '172.30.0.7' }, /the other end of eth1, c1-eth1 on the host, is in no bridge/],
  ['a missing route', 'ip -n c1 route del default', 'ip -n c1 route add default via 172.30.0.1', { to: '198.51.100.1' }, /has no route to 198\.51\.100\.1/],
  ['a namespace without a network', 'ip netns add bare', 'ip netns del bare', { to: '198.51.100.1', netns: 'bare' }, /network namespace bare has no network interface/],
  ['an address that nobody has', ':', ':', { to: '172.30.0.77', timeout: 3 }, /nobody answers ARP for 172\.30\.0\.77, on eth1/],
  ['a bridge that is down', 'ip link set lin0 down', 'ip link set lin0 up; ip -n c1 route replace default via 172.30.0.1', { to: '172.30.0.77', timeout: 3 }, /the bridge lin0 of the host is down/],
  ["a tunnel's other end that is silent", 'ovs-vsctl --timeout=5 set interface gre0 options:remote_ip=10.0.0.99', 'ovs-vsctl --timeout=5 set interface gre0 options:remote_ip=10.0.0.4', { to: '172.20.0.101', timeout: 4 }, /the other end of the tunnel gre0, 10\.0\.0\.99, does not answer on the underlay/],
  ['a tunnel with another key', 'ovs-vsctl --timeout=5 set interface gre0 options:key=9', 'ovs-vsctl --timeout=5 remove interface gre0 options key', { to: '172.20.0.101', timeout: 4 }, /nobody answers ARP for 172\.20\.0\.101/],
  ['a port that nobody listens on', ':', ':', { to: '172.30.0.1', port: 4711 }, /172\.30\.0\.1 is there, but nothing listens on its port 4711/],
  ['forwarding that is off', 'echo 0 >/proc/sys/net/ipv4/ip_forward', ':', { to: '203.0.113.1' }, /the gateway 172\.30\.0\.1 is this host, and ip_forward is off/],
  ['a firewall that drops', 'iptables -A INPUT -i lin0 -p icmp -j DROP', 'iptables -F INPUT', { to: '172.30.0.1' }, /172\.30\.0\.1 is there \(it answers ARP\), but does not answer ping/],
  ['a loopback that is down', 'ip -n c1 link set lo down', 'ip -n c1 link set lo up', { to: '172.20.0.100' }, /the interface lo of network namespace c1 is down/],
  ['a name that stands for nothing', ':', ':', { to: 'no-such-host.invalid' }, /the name no-such-host\.invalid stands for no address/],
])('names %s', (_, breakage, repair, question, message) => {
  host.sh(breakage);
  try {
    expect(() => inC1(question)).toThrow(message);
  } finally {
    host.sh(repair);
  }
});

it('says that the asker is not there', () => {
  expect(() => check({ to: '10.0.0.4', netns: 'nope' })).toThrow(/there is no network namespace nope/);
  expect(() => check({ to: '10.0.0.4', pid: 4_000_000 })).toThrow(/there is no process 4000000/);
  expect(() => check({ to: '10.0.0.4', container: 'nope' })).toThrow(/Docker/);
});

it('lists all that do not answer', () => {
  try {
    inC1({ to: ['172.30.0.77', '172.30.0.1', '172.30.0.78'], timeout: 3 });
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ details: { expected: 'an answer within 3 s', detail: expect.stringMatching(/^nor 172\.30\.0\.78: nobody answers ARP/) as string } });
  }
});
