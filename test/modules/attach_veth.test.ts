import { describe, expect, it } from 'vitest';
import attachVeth from '../../modules/attach_veth.ts';
import type { Link } from '../../modules/facts/link.ts';
import { Namespaces, parseNamespaces, type Namespace } from '../../modules/facts/netns.ts';
import type { OvsBridge, OvsPort } from '../../modules/facts/ovs.ts';
import { absent, present, Unrecorded } from '../../modules/facts/reading.ts';
import { hostInterface, type VethArgs, type VethNow } from '../../modules/shared/veth.ts';
import { commandsOf, planOf } from '../harness/module.ts';

const base: VethArgs = { container: 'web', bridge: 'br0', interface: 'eth0', address: '172.15.42.100/24', up: true, state: 'present', force: false };
const link = (name: string, over: Partial<Link> = {}): Link => ({ name, index: 9, kind: 'veth', up: true, carrier: true, mtu: 1462, mac: '02:42:ac:0f:2a:64', addresses: [], ...over });
const host = (over: Partial<Link> = {}): Link => link('web-eth0', { index: 20, peerIndex: 2, peerElsewhere: true, master: 'br0', alias: 'ctplay:attach_veth', ...over });
const eth0 = (over: Partial<Link> = {}): Link => link('eth0', { index: 2, peerIndex: 20, peerElsewhere: true, addresses: ['172.15.42.100/24'], ...over });
const lo = link('lo', { index: 1, kind: '' });
const inside = (links: Link[], over: Partial<Namespace> = {}): Namespaces =>
  new Namespaces('1', new Map([['/proc/1/ns/net', '1'], ['/proc/77/ns/net', '2'], ['/proc/88/ns/net', '1'], ['/proc/99/ns/net', '3']]), [{ id: '2', path: '/proc/77/ns/net', links: [lo, ...links], txOffload: {}, ...over }, { id: '3', path: '/proc/99/ns/net', links: [link('eth0', { peerIndex: 30, peerElsewhere: true, addresses: ['172.15.42.7/24'] })], txOffload: {} }]);
const linux = link('br0', { kind: 'bridge', mtu: 1462, addresses: ['172.15.42.1/24'] });
const ovs = (over: Partial<OvsBridge> = {}): OvsBridge => ({ name: 'br0', datapathType: 'system', stp: false, externalIds: {}, ports: {}, ...over });
const port = (over: Partial<OvsPort> = {}): OvsPort => ({ name: 'web-eth0', bridge: 'br0', externalIds: { ctplay: 'attach_veth' }, type: '', options: {}, ...over });
const now = (over: Partial<VethNow> = {}): VethNow => ({
  process: present({ pid: 77, networkMode: 'none' }),
  namespaces: inside([]),
  host: absent,
  veths: new Unrecorded<readonly Link[]>([]),
  bridge: present(linux),
  ports: present({}),
  ovsBridge: absent,
  ovsPort: absent,
  ethtool: true,
  ...over,
});
const plan = (args: Partial<VethArgs>, facts: Partial<VethNow>) => planOf(attachVeth, { ...base, ...args } as never, now(facts));
const there = (links: Link[], hostEnd: Link, over: Partial<Namespace> = {}): Partial<VethNow> => ({ host: present(hostEnd), veths: new Unrecorded([hostEnd]), namespaces: inside(links, over) });
const onOvs: Partial<VethNow> = { bridge: present(link('br0', { kind: 'openvswitch' })), ovsBridge: present(ovs()) };
const withMac = (command: string): string => command.replace('name eth0 ', 'name eth0 address 02:42:ac:0f:2a:64 ');
const make = 'ip link add name web-eth0 mtu 1462 type veth peer name eth0 mtu 1462 netns 77 && ip link set dev web-eth0 alias ctplay:attach_veth';

describe('the plan', () => {
  it.each<[string, Partial<VethArgs>, Partial<VethNow>, string[]]>([
    ['makes a pair, marks it, plugs it in, and sets the inside up', { gateway: '172.15.42.1' }, {}, [
      withMac(make),
      'ip link set dev web-eth0 master br0',
      'ip link set dev web-eth0 up',
      'nsenter -t 77 -n ip addr add 172.15.42.100/24 dev eth0',
      'nsenter -t 77 -n ip link set dev eth0 up',
      'nsenter -t 77 -n ip route replace default via 172.15.42.1 dev eth0',
    ]],
    ['makes it with MAC and MTU', { mac: '02:00:00:00:00:64', mtu: 1400, address: [], up: false }, {}, [
      'ip link add name web-eth0 mtu 1400 type veth peer name eth0 address 02:00:00:00:00:64 mtu 1400 netns 77 && ip link set dev web-eth0 alias ctplay:attach_veth',
      'ip link set dev web-eth0 master br0',
      'ip link set dev web-eth0 up',
    ]],
    ['plugs in a switch with a VLAN', { tag: 100, address: [] }, onOvs, [make, 'ovs-vsctl --timeout=10 --if-exists del-port web-eth0 -- add-port br0 web-eth0 tag=100 -- set port web-eth0 external_ids:ctplay=attach_veth', 'ip link set dev web-eth0 up', 'nsenter -t 77 -n ip link set dev eth0 up']],
    ['switches checksum offload off for a switch in user space', { address: [], up: false }, { ...onOvs, ovsBridge: present(ovs({ datapathType: 'netdev' })), ovsPort: present(port()) }, [make, 'ovs-vsctl --timeout=10 --if-exists del-port web-eth0 -- add-port br0 web-eth0 -- set port web-eth0 external_ids:ctplay=attach_veth', 'ip link set dev web-eth0 up', 'nsenter -t 77 -n ethtool -K eth0 tx off']],
    ['takes the smallest MTU of the bridge and what joins it', { address: [], up: false }, { bridge: present({ ...linux, mtu: 1500 }), ports: present({ br1: link('br1', { kind: 'tun', mtu: 1450 }), v: link('v', { mtu: 1300 }) }) }, [make.replaceAll('1462', '1450'), 'ip link set dev web-eth0 master br0', 'ip link set dev web-eth0 up']],
    ['leaves alone what is right', { gateway: '172.15.42.1' }, there([eth0()], host(), { gateway: { via: '172.15.42.1', interface: 'eth0' } }), []],
    ['leaves alone what is right in a switch in user space', {}, { ...there([eth0()], host(), { txOffload: { eth0: false } }), ...onOvs, ovsBridge: present(ovs({ datapathType: 'netdev' })), ovsPort: present(port()) }, []],
    ['sees offload switched on again', {}, { ...there([eth0()], host(), { txOffload: { eth0: true } }), ...onOvs, ovsBridge: present(ovs({ datapathType: 'netdev' })), ovsPort: present(port()) }, ['nsenter -t 77 -n ethtool -K eth0 tx off']],
    ['corrects address, gateway and state inside', { gateway: '172.15.42.1' }, there([eth0({ addresses: ['172.15.42.9/24'], up: false })], host(), { gateway: { via: '172.15.42.254', interface: 'eth0' } }), [
      'nsenter -t 77 -n ip addr del 172.15.42.9/24 dev eth0',
      'nsenter -t 77 -n ip addr add 172.15.42.100/24 dev eth0',
      'nsenter -t 77 -n ip link set dev eth0 up',
      'nsenter -t 77 -n ip route replace default via 172.15.42.1 dev eth0',
    ]],
    ['corrects the MAC', { mac: '02:00:00:00:00:AA' }, there([eth0()], host()), ['nsenter -t 77 -n ip link set dev eth0 address 02:00:00:00:00:aa']],
    ['leaves the MAC that is right', { mac: '02:42:AC:0F:2A:64' }, there([eth0()], host()), []],
    ['gives it the MAC that follows from the address', {}, there([eth0({ mac: '7e:00:00:00:00:01' })], host()), ['nsenter -t 77 -n ip link set dev eth0 address 02:42:ac:0f:2a:64']],
    ["does not mind the MAC of somebody else's pair that is right", {}, { namespaces: inside([eth0({ mac: '7e:00:00:00:00:01' })]), veths: new Unrecorded([host({ name: 'x', alias: 'theirs' })]) }, []],
    ['moves to the right bridge', {}, there([eth0()], host({ master: 'br9' })), ['ip link set dev web-eth0 master br0']],
    ['moves from a switch to a bridge', {}, { ...there([eth0()], host({ master: 'ovs-system' })), ovsPort: present(port({ bridge: 'br9' })) }, ['ovs-vsctl --timeout=10 --if-exists del-port web-eth0', 'ip link set dev web-eth0 master br0']],
    ['moves from a bridge to a switch', {}, { ...there([eth0()], host()), ...onOvs }, ['ip link set dev web-eth0 nomaster', 'ovs-vsctl --timeout=10 --if-exists del-port web-eth0 -- add-port br0 web-eth0 -- set port web-eth0 external_ids:ctplay=attach_veth']],
    ['takes the VLAN away', {}, { ...there([eth0()], host({ master: 'ovs-system' })), ...onOvs, ovsPort: present(port({ tag: 5 })) }, ['ovs-vsctl --timeout=10 clear port web-eth0 tag']],
    ['makes anew what belongs to an old namespace', { address: [], up: false }, { host: present(host({ peerIndex: 5 })), veths: new Unrecorded([host({ peerIndex: 5 })]) }, ['ip link del dev web-eth0 2>/dev/null || true', make, 'ip link set dev web-eth0 master br0', 'ip link set dev web-eth0 up']],
    ['makes anew what has another name on the host', { address: [], up: false, host_interface: 'w0' }, { veths: new Unrecorded([host()]), namespaces: inside([eth0()]) }, ['ip link del dev web-eth0 2>/dev/null || true', make.replaceAll('web-eth0', 'w0'), 'ip link set dev w0 master br0', 'ip link set dev w0 up']],
    ['makes anew what was left half made', { address: [], up: false }, { namespaces: inside([eth0({ addresses: [] })]), veths: new Unrecorded([host({ name: 'x', alias: '' })]) }, ['ip link del dev x 2>/dev/null || true', make, 'ip link set dev web-eth0 master br0', 'ip link set dev web-eth0 up']],
    ["leaves somebody else's pair that is right", {}, { namespaces: inside([eth0()]), veths: new Unrecorded([host({ name: 'x', alias: 'theirs' })]) }, []],
    ['deletes', { state: 'absent' }, { host: present(host()), ovsPort: present(port()) }, ['ovs-vsctl --timeout=10 --if-exists del-port web-eth0', 'ip link del dev web-eth0']],
    ['deletes the port that a stopped container left', { state: 'absent' }, { process: absent, ovsPort: present(port()) }, ['ovs-vsctl --timeout=10 --if-exists del-port web-eth0']],
    ['deletes nothing twice', { state: 'absent' }, { process: absent }, []],
  ])('%s', (_, args, facts, commands) => {
    expect(commandsOf(plan(args, facts))).toEqual(commands);
  });

  it.each<[string, Partial<VethArgs>, Partial<VethNow>, RegExp]>([
    ['a container that is not there', {}, { process: absent }, /there is no container web on this host/],
    ['a container that is stopped', {}, { process: present({ pid: 0, networkMode: 'none' }) }, /container web is not running/],
    ["a container in the host's network", {}, { process: present({ pid: 88, networkMode: 'host' }) }, /container web has no network of its own/],
    ['a container whose process has ended', {}, { process: present({ pid: 4711, networkMode: 'none' }) }, /container web is not running/],
    ['a user who may not look', {}, { namespaces: new Namespaces('1', new Map(), []) }, /the network of container web cannot be looked into/],
    ['a daemon that is down', {}, { process: { state: 'unavailable', reason: 'not-running', detail: 'Cannot connect' } }, /daemon of Docker does not run/],
    ['a host without Docker', {}, { process: { state: 'unavailable', reason: 'not-installed', detail: '' } }, /Docker is not installed/],
    ['an LXC container that is not there', { container: undefined as never, lxc: 'box' }, { process: absent }, /there is no LXC container box/],
    ['a bridge that is not there', {}, { bridge: absent, ovsBridge: { state: 'unavailable', reason: 'not-installed', detail: '' } }, /there is no bridge br0/],
    ['a VLAN in a Linux bridge', { tag: 5 }, {}, /no VLANs by tag/],
    ["Docker's own interface", {}, { process: present({ pid: 77, networkMode: 'bridge' }), namespaces: inside([eth0({ addresses: [] })]) }, /has an interface eth0 already/],
    ["somebody else's interface of the host", {}, { host: present(link('web-eth0', { master: 'br7' })) }, /an interface web-eth0 exists/],
    ['the host end of another container', { host_interface: 'v30' }, { host: present(host({ name: 'v30', index: 30, peerIndex: 9 })) }, /v30 of this host is the end of another container already/],
    ["the bridge's own address", { address: '172.15.42.1/24' }, {}, /172\.15\.42\.1 for container web is taken/],
    ["a neighbour's address", { address: '172.15.42.7/24' }, { ports: present({ v: link('v', { index: 30 }) }) }, /172\.15\.42\.7 for container web is taken/],
    ['an address of another interface inside', {}, { namespaces: inside([link('eth1', { addresses: ['172.15.42.100/16'] })]) }, /is taken/],
    ['to delete what is not ours', { state: 'absent' }, { host: present(host({ alias: 'theirs' })) }, /was not made by ctplay/],
  ])('refuses %s', (_, args, facts, message) => {
    expect(() => plan(args, facts)).toThrow(message);
  });

  it('is one change when it makes the pair', () => {
    expect(plan({}, {})).toMatchObject([{ action: 'create', subject: 'eth0 of container web', to: { bridge: 'br0', addresses: ['172.15.42.100/24'], mtu: 1462 } }]);
  });
});

describe('reverting', () => {
  it.each<[string, Partial<VethNow>, Partial<VethNow>, string[]]>([
    ['deletes what was made', { host: present(host()) }, {}, ['ip link del dev web-eth0']],
    ['deletes it though Docker is gone', { host: present(host()), process: { state: 'unavailable', reason: 'not-installed', detail: '' } }, {}, ['ip link del dev web-eth0']],
    ['deletes what replaced a leftover', { host: present(host()) }, { host: present(host({ alias: '' })) }, ['ip link del dev web-eth0']],
    ['leaves what lacks the mark', { host: present(host({ alias: 'theirs' })) }, {}, []],
    ['plans nothing when all is gone', { host: { state: 'unavailable', reason: 'not-installed', detail: '' } }, {}, []],
  ])('%s', (_, facts, before, commands) => {
    expect(commandsOf([...attachVeth.revert!(base as never, now(facts), now(before))])).toEqual(commands);
  });
});

it.each<[Partial<VethArgs>, string]>([
  [{}, 'web-eth0'],
  [{ host_interface: 'x' }, 'x'],
  [{ container: 'a-long-container-name' }, 'a-long-c8e5b62b'],
  [{ container: undefined as never, pid: 4711 }, '4711-eth0'],
  [{ container: 'a:b' }, 'ab-1b5ab5ac'],
])("names the host's end of %j", (args, name) => {
  const given = hostInterface({ ...base, ...args });
  expect(given.length).toBeLessThanOrEqual(15);
  expect(given.replace(/[0-9a-f]{8}$/, '')).toBe(name.replace(/[0-9a-f]{8}$/, ''));
});

it.each<[string, Partial<VethArgs>, RegExp]>([
  ['no target', { container: undefined as never }, /not said where to/],
  ['two targets', { netns: 'x' }, /exclude each other/],
  ['no bridge', { bridge: undefined as never }, /which bridge/],
  ['a long name inside', { interface: 'an-interface-name' }, /at most 15/],
  ['no prefix length', { address: '10.0.0.1' }, /lacks the prefix length/],
  ['a gateway elsewhere', { gateway: '10.0.0.1' }, /gateway 10\.0\.0\.1 is in no network/],
  ['a gateway of IPv6', { gateway: 'fe80::1' }, /IPv4/],
  ['a MAC that is none', { mac: '02:00' }, /not a MAC address/],
  ['a multicast MAC', { mac: '01:00:00:00:00:00' }, /multicast/],
])('refuses %s', (_, args, message) => {
  expect([...attachVeth.validate!({ ...base, ...args } as never)].map((problem) => problem.message)).toEqual([expect.stringMatching(message)]);
});

it('reads namespaces', () => {
  const stdout = `4026531840 host
4026532880 /run/netns/c1
[{"ifindex":1,"ifname":"lo","flags":["LOOPBACK"],"mtu":65536,"address":"00:00:00:00:00:00","addr_info":[]},{"ifindex":2,"link_index":7,"ifname":"eth0","flags":["NO-CARRIER","BROADCAST","MULTICAST","UP"],"mtu":1500,"address":"86:02:44:ed:30:36","link_netnsid":0,"linkinfo":{"info_kind":"veth"},"addr_info":[{"family":"inet","local":"10.1.1.1","prefixlen":24,"scope":"global","label":"eth0"}]}]
[{"type":"unicast","dst":"default","gateway":"10.1.1.2","dev":"eth0","protocol":"boot","scope":"global","flags":["linkdown"]},{"type":"unicast","dst":"10.1.1.0/24","dev":"eth0","prefsrc":"10.1.1.1","flags":[]}]
offload lo on
offload eth0 off
4026531840 /proc/1/ns/net
4026532880 /proc/31/ns/net
4026532999 /proc/40/ns/net
`;
  const read = parseNamespaces({ status: 0, stdout, stderr: '' });
  expect(read.named('c1')).toEqual({
    id: '4026532880',
    path: '/run/netns/c1',
    links: [
      { name: 'lo', index: 1, kind: '', up: false, carrier: false, mtu: 65536, mac: '00:00:00:00:00:00', addresses: [] },
      { name: 'eth0', index: 2, kind: 'veth', up: true, carrier: false, mtu: 1500, mac: '86:02:44:ed:30:36', peerIndex: 7, peerElsewhere: true, addresses: ['10.1.1.1/24'] },
    ],
    gateway: { via: '10.1.1.2', interface: 'eth0' },
    txOffload: { lo: true, eth0: false },
  });
  expect(read.ofProcess(31)).toBe(read.named('c1'));
  expect(read.ofProcess(40)).toMatchObject({ links: [] });
  expect([read.ofProcess(1), read.sharesHost(1), read.sharesHost(31), read.sharesHost(5)]).toEqual([undefined, true, false, false]);
  expect(JSON.stringify({ read })).toBe('{}');
});
