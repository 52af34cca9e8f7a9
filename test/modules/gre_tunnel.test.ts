import { describe, expect, it } from 'vitest';
import greTunnel from '../../modules/gre_tunnel.ts';
import type { Link } from '../../modules/facts/link.ts';
import type { OvsPort } from '../../modules/facts/ovs.ts';
import { absent, present } from '../../modules/facts/reading.ts';
import type { Route } from '../../modules/facts/route.ts';
import type { GreArgs, GreInputs, GreNow } from '../../modules/shared/gre.ts';
import type { Controller, Placement } from '../../src/module.ts';
import { commandsOf as jointCommandsOf } from '../../src/engine/joint-changes.ts';
import { commandsOf, planOf } from '../harness/module.ts';

const base: GreArgs = { name: 'gre0', type: 'ovs', bridge: 'br0', remote: '10.0.0.4', vlans: false, lower_mtu: true, state: 'present', force: false };
const kernel: Partial<GreArgs> = { type: 'gretap', name: 'gre1' };
const link = (name: string, over: Partial<Link> = {}): Link => ({ name, index: 5, kind: '', up: true, carrier: true, mtu: 1462, mac: '', addresses: [], ...over });
const route = (over: Partial<Route> = {}): Route => ({ interface: 'eth1', own: false, source: '10.0.0.3', mtu: 1500, ...over });
const port = (over: Partial<OvsPort> = {}): OvsPort => ({ name: 'gre0', bridge: 'br0', externalIds: { ctplay: 'gre_tunnel' }, type: 'gre', options: { remote_ip: '10.0.0.4' }, ...over });
const bridge = { name: 'br0', datapathType: 'netdev', stp: false, externalIds: {}, ports: {} };
const now = (over: Partial<GreNow> = {}): GreNow => ({
  route: present(route()),
  bridgeLink: present(link('br0', { kind: 'tun' })),
  ports: present({}),
  ovsBridge: present(bridge),
  ovsPort: absent,
  link: absent,
  kernelHasGre: true,
  holders: { '10.0.0.3': 'eth1' },
  ...over,
});
const plan = (args: Partial<GreArgs>, facts: Partial<GreNow> = {}, inputs?: GreInputs) => {
  const all = { ...base, ...args };
  return planOf(greTunnel, all as never, now(facts), inputs ?? { remote: all.remote!, ...(all.local === undefined ? {} : { local: all.local }) });
};
const revert = (args: Partial<GreArgs>, facts: Partial<GreNow>, before: Partial<GreNow>) => [...greTunnel.revert!({ ...base, ...args } as never, now(facts), now(before))];
const onBr1 = present(link('br-lab', { kind: 'bridge' }));
const tap = (over: Partial<Link> = {}): Link => link('gre1', { kind: 'gretap', alias: 'ctplay:gre_tunnel', master: 'br-lab', tunnel: { remote: '10.0.0.4', local: '10.0.0.3' }, ...over });

describe('a tunnel of Open vSwitch', () => {
  it.each<[string, Partial<GreArgs>, Partial<GreNow>, string[]]>([
    ['is made in one transaction', {}, {}, ['ovs-vsctl --timeout=10 add-port br0 gre0 -- set port gre0 external_ids:ctplay=gre_tunnel -- set interface gre0 type=gre options:remote_ip=10.0.0.4']],
    ['is made with local end, key and VLAN', { local: '10.0.0.3', key: 7, tag: 100 }, { bridgeLink: present(link('br0', { mtu: 1400 })) }, [
      'ovs-vsctl --timeout=10 add-port br0 gre0 tag=100 -- set port gre0 external_ids:ctplay=gre_tunnel -- set interface gre0 type=gre options:remote_ip=10.0.0.4 options:local_ip=10.0.0.3 options:key=7',
    ]],
    ['is left alone when it is right', {}, { ovsPort: present(port()) }, []],
    ['gets its remote back', {}, { ovsPort: present(port({ options: { remote_ip: '10.0.0.9' } })) }, ['ovs-vsctl --timeout=10 set interface gre0 type=gre options:remote_ip=10.0.0.4']],
    ['loses a key and local end that nobody asked for', {}, { ovsPort: present(port({ options: { remote_ip: '10.0.0.4', key: '9', local_ip: '10.0.0.3' } })) }, ['ovs-vsctl --timeout=10 remove interface gre0 options local_ip key -- set interface gre0 type=gre options:remote_ip=10.0.0.4']],
    ['loses a VLAN that nobody asked for', {}, { ovsPort: present(port({ tag: 5 })) }, ['ovs-vsctl --timeout=10 clear port gre0 tag']],
    ['is finished when only the port was made by hand', {}, { ovsPort: present(port({ type: '', options: {}, externalIds: {}, error: 'could not open network device gre0 (No such device)' })) }, ['ovs-vsctl --timeout=10 set interface gre0 type=gre options:remote_ip=10.0.0.4']],
    ['moves to the right bridge', {}, { ovsPort: present(port({ bridge: 'br1' })) }, ['ovs-vsctl --timeout=10 del-port br1 gre0 -- add-port br0 gre0 -- set port gre0 external_ids:ctplay=gre_tunnel -- set interface gre0 type=gre options:remote_ip=10.0.0.4']],
    ['lowers the MTU of the bridge', {}, { ovsPort: present(port()), bridgeLink: present(link('br0', { mtu: 1500 })) }, ['ovs-vsctl --timeout=10 set interface br0 mtu_request=1462']],
    ['leaves the MTU of the bridge when told', { lower_mtu: false }, { ovsPort: present(port()), bridgeLink: present(link('br0', { mtu: 1500 })) }, []],
    ['leaves a bridge with a smaller MTU', {}, { ovsPort: present(port()), bridgeLink: present(link('br0', { mtu: 1300 })) }, []],
    ['is deleted when it is ours', { state: 'absent' }, { ovsPort: present(port()) }, ['ovs-vsctl --timeout=10 --if-exists del-port br0 gre0']],
    ['is not deleted twice', { state: 'absent' }, {}, []],
    ['is gone with the switch', { state: 'absent' }, { ovsPort: { state: 'unavailable', reason: 'not-installed', detail: '' } }, []],
  ])('%s', (_, args, facts, commands) => {
    expect(commandsOf(plan(args, facts))).toEqual(commands);
  });

  it('is one transaction with the MTU of the bridge', () => {
    const changes = plan({}, { bridgeLink: present(link('br0', { mtu: 1500 })) });
    expect(changes).toHaveLength(2);
    expect(jointCommandsOf(changes).map((command) => command.display)).toEqual([
      'ovs-vsctl --timeout=10 add-port br0 gre0 -- set port gre0 external_ids:ctplay=gre_tunnel -- set interface gre0 type=gre options:remote_ip=10.0.0.4 -- set interface br0 mtu_request=1462',
    ]);
  });

  it.each<[string, Partial<GreArgs>, number, number]>([
    ['plain', {}, 1500, 1462],
    ['with a key', { key: 0 }, 1500, 1458],
    ['with VLANs', { vlans: true }, 1500, 1458],
    ['with both', { key: 1, vlans: true }, 1500, 1454],
    ['over a jumbo underlay', {}, 9000, 8962],
    ['as given', { mtu: 1300 }, 1500, 1300],
  ])('has the MTU of the underlay less what it adds: %s', (_, args, underlay, mtu) => {
    const [change] = plan(args, { route: present(route({ mtu: underlay })), bridgeLink: present(link('br0', { mtu: 9000 })) }).slice(-1);
    expect(change).toMatchObject({ subject: 'bridge br0: mtu', from: 9000, to: mtu });
  });

  it.each<[string, Partial<GreArgs>, Partial<GreNow>, RegExp]>([
    ['without the bridge', {}, { ovsBridge: absent, bridgeLink: absent }, /there is no Open vSwitch bridge br0/],
    ['on a Linux bridge', {}, { ovsBridge: absent, bridgeLink: present(link('br0', { kind: 'bridge' })) }, /br0 is a Linux bridge/],
    ['without a route', {}, { route: absent }, /no route to 10\.0\.0\.4/],
    ['to itself', {}, { route: present(route({ own: true })) }, /10\.0\.0\.4, is this host itself/],
    ['from an address that is not here', { local: '10.0.0.9' }, {}, /does not have the address 10\.0\.0\.9/],
    ['over a foreign port on another bridge', {}, { ovsPort: present(port({ bridge: 'br1', externalIds: {} })) }, /exists on another bridge, br1/],
    ['that the switch refuses', {}, { ovsPort: present(port({ error: 'could not add network device gre0 to ofproto (File exists)' })) }, /can't set up the tunnel gre0/],
    ['without a switch', {}, { ovsBridge: { state: 'unavailable', reason: 'not-installed', detail: '' } }, /Open vSwitch is not installed/],
    ['that goes but is not ours', { state: 'absent' }, { ovsPort: present(port({ externalIds: {} })) }, /not made by ctplay/],
  ])('refuses one %s', (_, args, facts, message) => {
    expect(() => plan(args, facts)).toThrow(message);
  });
});

describe('a tunnel of the kernel', () => {
  it.each<[string, Partial<GreArgs>, Partial<GreNow>, string[]]>([
    ['is made and plugged in', { bridge: 'br-lab', key: 7 }, { bridgeLink: onBr1 }, [
      'ip link add name gre1 type gretap remote 10.0.0.4 local 10.0.0.3 key 7 && ip link set dev gre1 alias ctplay:gre_tunnel',
      'ip link set dev gre1 mtu 1458',
      'ip link set dev gre1 master br-lab',
      'ip link set dev gre1 up',
      'ip link set dev br-lab mtu 1458',
    ]],
    ['is left alone when it is right', { bridge: 'br-lab' }, { bridgeLink: onBr1, link: present(tap()) }, []],
    ['is made again with another remote', { bridge: 'br-lab' }, { bridgeLink: onBr1, link: present(tap({ tunnel: { remote: '10.0.0.9', local: '10.0.0.3' } })) }, [
      'ip link del dev gre1',
      'ip link add name gre1 type gretap remote 10.0.0.4 local 10.0.0.3 && ip link set dev gre1 alias ctplay:gre_tunnel',
      'ip link set dev gre1 mtu 1462',
      'ip link set dev gre1 master br-lab',
      'ip link set dev gre1 up',
    ]],
    ['is plugged in and set up again', { bridge: 'br-lab' }, { bridgeLink: onBr1, link: present({ ...tap({ up: false }), master: 'br9' }) }, ['ip link set dev gre1 master br-lab', 'ip link set dev gre1 up']],
    ['is deleted', { state: 'absent' }, { link: present(tap()) }, ['ip link del dev gre1']],
  ])('%s', (_, args, facts, commands) => {
    expect(commandsOf(plan({ ...kernel, ...args }, facts))).toEqual(commands);
  });

  it.each<[string, Partial<GreNow>, RegExp]>([
    ['without GRE in the kernel', { kernelHasGre: false }, /kernel of this host has no GRE/],
    ['on an Open vSwitch bridge', {}, /br0 is not a Linux bridge/],
    ['over a foreign interface', { bridgeLink: onBr1, link: present(link('gre1', { kind: 'dummy' })) }, /an interface gre1 exists/],
  ])('refuses one %s', (_, facts, message) => {
    expect(() => plan(kernel, facts)).toThrow(message);
  });
});

describe('reverting', () => {
  it.each<[string, Partial<GreArgs>, Partial<GreNow>, Partial<GreNow>, string[]]>([
    ['deletes what was made', {}, { ovsPort: present(port()) }, {}, ['ovs-vsctl --timeout=10 --if-exists del-port br0 gre0']],
    ["puts the bridge's MTU back", {}, {}, { bridgeLink: present(link('br0', { mtu: 1500 })) }, ['ovs-vsctl --timeout=10 set interface br0 mtu_request=1500']],
    ['puts the old ends back', {}, { ovsPort: present(port({ externalIds: {} })) }, { ovsPort: present(port({ externalIds: {}, options: { remote_ip: '10.9.9.9' }, tag: 3 })) }, ['ovs-vsctl --timeout=10 set interface gre0 type=gre options:remote_ip=10.9.9.9', 'ovs-vsctl --timeout=10 set port gre0 tag=3']],
    ['leaves what lacks the mark', {}, { ovsPort: present(port({ externalIds: {} })) }, {}, []],
    ['plans nothing when all is gone', {}, { bridgeLink: absent, ovsBridge: absent }, {}, []],
    ['plans nothing when the switch is gone', {}, { ovsPort: { state: 'unavailable', reason: 'not-installed', detail: '' }, bridgeLink: absent }, {}, []],
    ['deletes a tunnel of the kernel', kernel, { link: present(tap()) }, {}, ['ip link del dev gre1']],
    ['puts a foreign tunnel of the kernel back', kernel, { link: present(tap()) }, { link: present({ ...tap({ mtu: 1400, up: false }), master: 'br9' }) }, ['ip link set dev gre1 mtu 1400', 'ip link set dev gre1 master br9', 'ip link set dev gre1 down']],
  ])('%s', (_, args, facts, before, commands) => {
    expect(commandsOf(revert(args, facts, before))).toEqual(commands);
  });

  it('reads nothing about the other end', () => {
    expect(Object.values(greTunnel.revertFacts!(base as never, now())).some((fact) => fact.kind === 'route')).toBe(false);
  });
});

describe('between two hosts', () => {
  const variables: Record<string, Record<string, unknown>> = { host1: { underlay_address: '10.0.0.3/24', ansible_host: '192.0.2.1' }, host2: { ansible_host: '10.0.0.4' }, host3: { ansible_host: 'h3.example' } };
  const controller = (hostname: string): Controller => ({
    hostname,
    groups: { all: ['host1', 'host2', 'host3'] },
    hostVariable: (host, name) => variables[host]?.[name],
    findFile: () => '',
    renderTemplate: () => '',
  });
  const inputs = (hostname: string, between: string[]) => greTunnel.prepare!({ ...base, remote: undefined, between } as never, controller(hostname));
  it.each([
    ['host1', { local: '10.0.0.3', remote: '10.0.0.4', own: '10.0.0.3' }],
    ['host2', { local: '10.0.0.4', remote: '10.0.0.3', own: '10.0.0.4' }],
    ['host3', {}],
  ])('%s finds its ends', (host, expected) => {
    expect(inputs(host, ['host1', 'host2'])).toEqual(expected);
  });
  it('plans nothing on a host that is no end', () => {
    expect(plan({ between: ['a', 'b'] }, {}, {})).toEqual([]);
  });
  it('refuses a host that is not in the inventory, and names the nearest', () => {
    expect(() => inputs('host1', ['host1', 'hots2'])).toThrow(/'hots2', which is no host/);
  });
  it('refuses a host without an address', () => {
    expect(() => inputs('host1', ['host1', 'host3'])).toThrow(/does not tell the address of host3/);
  });
});

describe('arguments', () => {
  it.each<[string, Partial<GreArgs>, RegExp]>([
    ['no other end', { remote: undefined as never }, /needs its other end/],
    ['no bridge', { bridge: undefined as never }, /needs the bridge/],
    ['between and remote', { between: ['a', 'b'] }, /`between` and `remote` exclude/],
    ['the same host twice', { remote: undefined as never, between: ['a', 'a'] }, /both ends of the tunnel are a/],
    ['the same address twice', { local: '10.0.0.4' }, /both ends of the tunnel are 10\.0\.0\.4/],
    ['a name for a remote', { remote: 'host2' }, /'host2' is not an IP address/],
    ['a long name', { name: 'tunnel-to-host-two' }, /at most 15/],
    ['a tag in the kernel', { type: 'gretap', name: 'g', tag: 5 }, /no access VLAN/],
    ["the kernel's own name", { type: 'gretap' }, /keeps the name gre0/],
  ])('refuses %s', (_, args, message) => {
    expect([...greTunnel.validate!({ ...base, ...args } as never)].map((problem) => problem.message)).toEqual([expect.stringMatching(message)]);
  });
});

describe('a fleet', () => {
  const address: Record<string, string> = { h1: '10.0.0.3', h2: '10.0.0.4' };
  const tunnel = (host: string, to: string, args: Partial<GreArgs> = {}): Placement => ({ host, module: 'gre_tunnel', args: { ...base, ...args }, inputs: { remote: address[to]!, own: address[host]! }, span: undefined });
  const task = (host: string, module: string, args: Record<string, unknown>): Placement => ({ host, module, args, inputs: undefined, span: undefined });
  const both = [tunnel('h1', 'h2'), tunnel('h2', 'h1')];
  const check = (...all: Placement[]) => [...greTunnel.fleetCheck!(all.filter((one) => one.module === 'gre_tunnel'), all)].map((error) => error.message);

  it.each<[string, Placement[], RegExp]>([
    ['itself as its other end', [tunnel('h1', 'h1')], /gre0 on h1 has itself/],
    ['two keys on one tunnel', [tunnel('h1', 'h2', { key: 1 }), tunnel('h2', 'h1', { key: 2 })], /different keys/],
    ['a key on one end alone', [tunnel('h1', 'h2', { key: 1 }), tunnel('h2', 'h1', { name: 'other' })], /different keys/],
    ["two tunnels that can't be told apart", [tunnel('h1', 'h2'), tunnel('h1', 'h2', { name: 'gre1' })], /gre0 and gre1 on h1 can't be told apart/],
    ['a subnet that holds the underlay', [...both, task('h1', 'create_bridge', { name: 'br0', addresses: ['10.0.0.200/16'] })], /subnet of bridge br0 overlaps with the underlay of the tunnel gre0 on h1/],
    ['an address twice on one network', [...both, task('h1', 'create_bridge', { name: 'br0', addresses: ['172.15.42.1/24'] }), task('h2', 'create_bridge', { name: 'br0', addresses: ['172.15.42.1/24'] })], /172\.15\.42\.1 is given twice on one network: to bridge br0 on h1 and to bridge br0 on h2/],
    ['an address twice through a joined bridge', [
      ...both,
      task('h1', 'create_bridge', { name: 'docker0', ports: ['br0'] }),
      task('h2', 'create_bridge', { name: 'docker0', ports: [{ name: 'br0' }] }),
      task('h1', 'attach_veth', { container: 'c1', bridge: 'docker0', address: '172.15.42.100/24' }),
      task('h2', 'attach_veth', { container: 'c2', bridge: 'docker0', address: '172.15.42.100/24' }),
    ], /172\.15\.42\.100 is given twice on one network: to container c1 on h1 and to container c2 on h2/],
    ['different prefix lengths on one network', [...both, task('h1', 'create_bridge', { name: 'br0', addresses: ['172.15.42.1/24'] }), task('h2', 'create_bridge', { name: 'br0', addresses: ['172.15.42.2/16'] })], /overlap but are not the same/],
    ["a bridge's MTU above the tunnel's", [tunnel('h1', 'h2', { mtu: 1400 }), task('h1', 'create_bridge', { name: 'br0', mtu: 1450 })], /larger MTU than its tunnel/],
  ])('refuses %s', (_, all, message) => {
    expect(check(...all)).toEqual([expect.stringMatching(message)]);
  });

  it.each<[string, Placement[]]>([
    ['two ends', both],
    ['two tunnels with two keys', [...both, tunnel('h1', 'h2', { name: 'gre1', key: 1 }), tunnel('h2', 'h1', { name: 'gre1', key: 1 })]],
    ['one end alone', [tunnel('h1', 'h2', { key: 1 })]],
    ['distinct addresses', [...both, task('h1', 'create_bridge', { name: 'br0', addresses: ['172.15.42.1/24'] }), task('h2', 'create_bridge', { name: 'br0', addresses: ['172.15.42.2/24'] })]],
    ['the same address on separate bridges', [...both, task('h1', 'create_bridge', { name: 'x', addresses: ['172.15.42.1/24'] }), task('h2', 'create_bridge', { name: 'x', addresses: ['172.15.42.1/24'] })]],
    ['a tunnel that goes', [tunnel('h1', 'h1', { state: 'absent' })]],
  ])('accepts %s', (_, all) => {
    expect(check(...all)).toEqual([]);
  });
});

it('tells of ports with a larger MTU', () => {
  const ports = { v1: { ...port({ name: 'v1', type: '', options: {} }), mtu: 1500 }, gre0: port() };
  const facts = now({ ovsBridge: present({ ...bridge, ports }) });
  expect(greTunnel.returns!(base as never, { before: facts, now: facts, changes: [], results: [], pending: false }, { remote: '10.0.0.4' })).toEqual({
    remote: '10.0.0.4',
    mtu: 1462,
    warnings: ['v1 has the MTU 1500: packets over 1462 bytes do not pass through gre0'],
  });
});
