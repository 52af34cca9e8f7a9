import { describe, expect, it } from 'vitest';
import createBridge from '../../modules/create_bridge.ts';
import type { Link } from '../../modules/facts/link.ts';
import type { OvsBridge } from '../../modules/facts/ovs.ts';
import { absent, present } from '../../modules/facts/reading.ts';
import type { BridgeArgs, BridgeNow } from '../../modules/shared/bridge.ts';
import type { Placement } from '../../src/module.ts';
import { commandsOf, planOf } from '../harness/module.ts';

const base: BridgeArgs = { name: 'br0', type: 'linux', up: true, ports: [], datapath: 'auto', state: 'present', force: false };
const link = (name: string, over: Partial<Link> = {}): Link => ({ name, index: 5, kind: '', up: true, carrier: true, mtu: 1500, mac: '02:42:0a:01:00:01', addresses: [], ...over });
const bridge = (over: Partial<Link> = {}): Link => link('br0', { kind: 'bridge', stp: false, alias: 'ctplay:create_bridge', ...over });
const ovs = (over: Partial<OvsBridge> = {}): OvsBridge => ({ name: 'br0', datapathType: 'netdev', stp: false, externalIds: { ctplay: 'create_bridge' }, ports: {}, ...over });
const now = (over: Partial<BridgeNow> = {}): BridgeNow => ({ link: absent, ports: present({}), holders: {}, ovs: absent, kernelDatapath: false, ...over });
const plan = (args: Partial<BridgeArgs>, facts: Partial<BridgeNow>) => planOf(createBridge, { ...base, ...args } as never, now(facts));
const revert = (args: Partial<BridgeArgs>, facts: Partial<BridgeNow>, before: Partial<BridgeNow>) => [...createBridge.revert!({ ...base, ...args } as never, now(facts), now(before))];

describe('a Linux bridge', () => {
  it.each<[string, Partial<BridgeArgs>, Partial<BridgeNow>, string[]]>([
    ['is made with its mark first', { mtu: 1450, stp: true, addresses: ['10.1.0.1/24'] }, {}, [
      'ip link add name br0 type bridge && ip link set dev br0 alias ctplay:create_bridge',
      'ip link set dev br0 type bridge stp_state 1',
      'ip link set dev br0 address 02:42:0a:01:00:01',
      'ip link set dev br0 mtu 1450',
      'ip addr add 10.1.0.1/24 dev br0',
      'ip link set dev br0 up',
    ]],
    ['is left alone when all is there', { mtu: 1500, addresses: ['10.1.0.1/24'] }, { link: present(bridge({ addresses: ['10.1.0.1/24'] })) }, []],
    ['gets the addresses that it lacks and loses others', { addresses: ['10.1.0.1/24', 'fd00:0::1/64'] }, { link: present(bridge({ addresses: ['10.9.0.1/24', 'fd00::1/64'] })) }, ['ip addr del 10.9.0.1/24 dev br0', 'ip addr add 10.1.0.1/24 dev br0']],
    ['keeps other addresses where the task names none', {}, { link: present(bridge({ addresses: ['10.9.0.1/24'] })) }, []],
    ['keeps foreign addresses on a foreign bridge', { addresses: ['10.1.0.1/24'] }, { link: present({ ...bridge({ addresses: ['172.17.0.1/16'] }), alias: 'someone' }) }, ['ip addr add 10.1.0.1/24 dev br0']],
    ['keeps the MAC that a foreign bridge has', { addresses: ['10.1.0.1/24'] }, { link: present({ ...bridge({ mac: '7e:00:00:00:00:01', addresses: ['10.1.0.1/24'] }), alias: 'someone' }) }, []],
    ['gets the MAC asked for', { mac: '02:00:00:00:00:0A' }, { link: present(bridge()) }, ['ip link set dev br0 address 02:00:00:00:00:0a']],
    ['is set up when it is down', {}, { link: present(bridge({ up: false })) }, ['ip link set dev br0 up']],
    ['is set down when asked', { up: false }, { link: present(bridge()) }, ['ip link set dev br0 down']],
    ['gets a port, which is set up', { ports: ['gre0'] }, { link: present(bridge()), ports: present({ gre0: link('gre0', { up: false }) }) }, ['ip link set dev gre0 master br0', 'ip link set dev gre0 up']],
    ['carries no larger packets than its ports', { ports: ['p'] }, { link: present(bridge()), ports: present({ p: link('p', { mtu: 1462, master: 'br0' }) }) }, ['ip link set dev br0 mtu 1462']],
    ['has the MTU asked for, whatever its ports have', { ports: ['p'], mtu: 1500 }, { link: present(bridge()), ports: present({ p: link('p', { mtu: 1462, master: 'br0' }) }) }, []],
    ['keeps a port that it has', { ports: [{ name: 'gre0' }] }, { link: present(bridge()), ports: present({ gre0: link('gre0', { master: 'br0' }) }) }, []],
    ['takes a port from another bridge by force', { ports: ['p'], force: true }, { link: present(bridge()), ports: present({ p: link('p', { master: 'br1', addresses: ['10.0.0.1/8'] }) }) }, ['ip link set dev p master br0']],
    ['is deleted when it is ours', { state: 'absent' }, { link: present(bridge()) }, ['ip link del dev br0']],
    ['is deleted by force when it is not', { state: 'absent', force: true }, { link: present(link('br0', { kind: 'bridge' })) }, ['ip link del dev br0']],
    ['is not deleted twice', { state: 'absent' }, {}, []],
  ])('%s', (_, args, facts, commands) => {
    expect(commandsOf(plan(args, facts))).toEqual(commands);
  });

  it.each<[string, Partial<BridgeArgs>, Partial<BridgeNow>, RegExp]>([
    ['a name that another kind of interface has', {}, { link: present(link('br0', { kind: 'tun' })) }, /br0 exists on this host and is not a Linux bridge/],
    ['an address that another interface has', { addresses: ['10.1.0.1/24'] }, { holders: { '10.1.0.1': 'eth1' } }, /the address 10\.1\.0\.1 is taken: the interface eth1/],
    ['a port that is not there', { ports: ['eth9'] }, {}, /there is no interface eth9/],
    ['a port that is in another bridge', { ports: ['p'] }, { ports: present({ p: link('p', { master: 'br1' }) }) }, /p is a port of br1 already/],
    ['a port with an address', { ports: ['eth0'] }, { ports: present({ eth0: link('eth0', { addresses: ['192.0.2.7/24'] }) }) }, /eth0 has an address, which would stop working/],
    ['to delete a foreign bridge', { state: 'absent' }, { link: present(link('br0', { kind: 'bridge' })) }, /was not made by ctplay/],
    ['a host without iproute2', {}, { link: { state: 'unavailable', reason: 'not-installed', detail: 'sh: 1: ip: not found' } }, /interfaces of the host cannot be read/],
  ])('refuses %s', (_, args, facts, message) => {
    expect(() => plan(args, facts)).toThrow(message);
  });

  it('shows what it makes as one change', () => {
    expect(plan({ addresses: ['10.1.0.1/24'], mtu: 1400 }, {})).toMatchObject([{ action: 'create', subject: 'bridge br0', to: { type: 'linux', mtu: 1400, addresses: ['10.1.0.1/24'] } }]);
  });

  it('shows what it changes, from and to', () => {
    expect(plan({ mtu: 1400 }, { link: present(bridge()) })).toMatchObject([{ action: 'update', subject: 'bridge br0: mtu', from: 1500, to: 1400 }]);
  });
});

describe('an Open vSwitch bridge', () => {
  const type = 'ovs' as const;
  const own = present(link('br0', { kind: 'tun' }));
  it.each<[string, Partial<BridgeArgs>, Partial<BridgeNow>, string[]]>([
    ['is made in user space where the kernel has none', { mtu: 1450 }, {}, [
      'ovs-vsctl --timeout=10 add-br br0 -- set bridge br0 datapath_type=netdev external_ids:ctplay=create_bridge',
      'ovs-vsctl --timeout=10 set interface br0 mtu_request=1450',
      'ip link set dev br0 up',
    ]],
    ["is made on the kernel's datapath where it has one", {}, { kernelDatapath: true }, ['ovs-vsctl --timeout=10 add-br br0 -- set bridge br0 datapath_type=system external_ids:ctplay=create_bridge', 'ip link set dev br0 up']],
    ['is left alone when all is there', { stp: false }, { ovs: present(ovs()), link: own }, []],
    ['leaves the kernel datapath that does not exist', {}, { ovs: present(ovs({ datapathType: '' })), link: own }, ['ovs-vsctl --timeout=10 set bridge br0 datapath_type=netdev']],
    ['may stay in user space with auto', {}, { ovs: present(ovs()), link: own, kernelDatapath: true }, []],
    ['gets the datapath asked for', { datapath: 'system' }, { ovs: present(ovs()), link: own, kernelDatapath: true }, ['ovs-vsctl --timeout=10 set bridge br0 datapath_type=system']],
    ['gets the spanning tree', { stp: true }, { ovs: present(ovs()), link: own }, ['ovs-vsctl --timeout=10 set bridge br0 stp_enable=true']],
    ['keeps one MAC however its ports change', { addresses: ['10.1.0.1/24'] }, { ovs: present(ovs()), link: present(link('br0', { kind: 'tun', mac: '7e:00:00:00:00:01', addresses: ['10.1.0.1/24'] })) }, [`ovs-vsctl --timeout=10 set bridge br0 'other_config:hwaddr="02:42:0a:01:00:01"'`]],
    ['gets a marked port with a VLAN', { ports: [{ name: 'eth2', tag: 100 }] }, { ovs: present(ovs()), link: own, ports: present({ eth2: link('eth2') }) }, ['ovs-vsctl --timeout=10 --if-exists del-port eth2 -- add-port br0 eth2 tag=100 -- set port eth2 external_ids:ctplay=create_bridge']],
    ["has a port's VLAN corrected", { ports: [{ name: 'eth2', tag: 100 }] }, { ovs: present(ovs({ ports: { eth2: { name: 'eth2', bridge: 'br0', tag: 7, externalIds: {}, type: '', options: {} } } })), link: own, ports: present({ eth2: link('eth2') }) }, ['ovs-vsctl --timeout=10 set port eth2 tag=100']],
    ['is deleted when it is ours', { state: 'absent' }, { ovs: present(ovs()) }, ['ovs-vsctl --timeout=10 --if-exists del-br br0']],
    ['is gone with the switch', { state: 'absent' }, { ovs: { state: 'unavailable', reason: 'not-installed', detail: '' } }, []],
  ])('%s', (_, args, facts, commands) => {
    expect(commandsOf(plan({ type, ...args }, facts))).toEqual(commands);
  });

  it.each<[string, Partial<BridgeNow>, RegExp]>([
    ['no switch', { ovs: { state: 'unavailable', reason: 'not-installed', detail: '' } }, /not installed/],
    ['a switch that is down', { ovs: { state: 'unavailable', reason: 'not-running', detail: '' } }, /not running/],
    ['an interface of that name', { link: present(bridge()) }, /can't make a bridge of that name/],
    ['a bridge without its interface', { ovs: present(ovs()) }, /did not make its interface/],
  ])('refuses %s', (_, facts, message) => {
    expect(() => plan({ type }, facts)).toThrow(message);
  });

  it('says why the datapath is in user space', () => {
    expect(plan({ type }, {})[0]!.why).toMatch(/user space/);
  });
});

describe('reverting', () => {
  const ovsType = { type: 'ovs' as const };
  it.each<[string, Partial<BridgeArgs>, Partial<BridgeNow>, Partial<BridgeNow>, string[]]>([
    ['deletes what was made', {}, { link: present(bridge()) }, {}, ['ip link del dev br0']],
    ['puts the old MAC back', { mac: '02:00:00:00:00:0a' }, { link: present(bridge({ mac: '02:00:00:00:00:0a' })) }, { link: present(bridge()) }, ['ip link set dev br0 address 02:42:0a:01:00:01']],
    ['leaves what lacks the mark', {}, { link: present(link('br0', { kind: 'bridge' })) }, {}, []],
    ['plans nothing when it is gone', {}, {}, {}, []],
    ['puts the old values back', { mtu: 1400, stp: true, addresses: ['10.1.0.1/24'] }, { link: present(bridge({ mtu: 1400, stp: true, addresses: ['172.17.0.1/16', '10.1.0.1/24'] })) }, { link: present(bridge({ up: false, addresses: ['172.17.0.1/16'] })) }, [
      'ip link set dev br0 type bridge stp_state 0',
      'ip link set dev br0 mtu 1500',
      'ip addr del 10.1.0.1/24 dev br0',
      'ip link set dev br0 down',
    ]],
    ['takes the port out again', { ports: ['gre0'] }, { link: present(bridge()), ports: present({ gre0: link('gre0', { master: 'br0' }) }) }, { link: present(bridge()), ports: present({ gre0: link('gre0', { up: false }) }) }, ['ip link set dev gre0 nomaster', 'ip link set dev gre0 down']],
    ['gets the MTU back that a port had lowered', { ports: ['p'] }, { link: present(bridge({ mtu: 1462 })), ports: present({ p: link('p', { master: 'br0' }) }) }, { link: present(bridge()), ports: present({ p: link('p') }) }, ['ip link set dev br0 mtu 1500', 'ip link set dev p nomaster']],
    ['gives the port back to its old bridge', { ports: ['p'] }, { link: present(bridge()), ports: present({ p: link('p', { master: 'br0' }) }) }, { link: present(bridge()), ports: present({ p: link('p', { master: 'br1' }) }) }, ['ip link set dev p master br1']],
    ['deletes a switch bridge', ovsType, { ovs: present(ovs()), link: present(link('br0')) }, {}, ['ovs-vsctl --timeout=10 --if-exists del-br br0']],
    ['leaves a foreign switch bridge', ovsType, { ovs: present(ovs({ externalIds: {} })) }, {}, []],
    ['plans nothing when the switch is gone', ovsType, { ovs: { state: 'unavailable', reason: 'not-installed', detail: '' }, link: { state: 'unavailable', reason: 'not-installed', detail: '' } }, {}, []],
    ["puts a switch bridge's values back", { ...ovsType, mtu: 1400 }, { ovs: present(ovs()), link: present(link('br0', { mtu: 1400 })) }, { ovs: present(ovs()), link: present(link('br0')) }, ['ovs-vsctl --timeout=10 set interface br0 mtu_request=1500']],
  ])('%s', (_, args, facts, before, commands) => {
    expect(commandsOf(revert(args, facts, before))).toEqual(commands);
  });
});

describe('arguments', () => {
  it.each<[string, Partial<BridgeArgs>, RegExp]>([
    ['a name that is too long', { name: 'bridge-of-the-lab' }, /'bridge-of-the-lab' has 17 characters; Linux allows at most 15/],
    ['a name with a slash', { name: 'a/b' }, /no slash/],
    ['an address without a prefix length', { addresses: ['10.0.0.1'] }, /lacks the prefix length/],
    ['an address that is none', { addresses: ['10.0.0.256/24'] }, /is not an address/],
    ['a tag on a Linux bridge', { ports: [{ name: 'p', tag: 5 }] }, /no access ports/],
    ['itself as a port', { ports: ['br0'] }, /its own port/],
    ['a datapath of a Linux bridge', { datapath: 'netdev' }, /no choice of datapath/],
  ])('refuses %s', (_, args, message) => {
    expect([...createBridge.validate!({ ...base, ...args } as never)].map((problem) => problem.message)).toEqual([expect.stringMatching(message)]);
  });

  it('accepts what is right', () => {
    expect([...createBridge.validate!({ ...base, type: 'ovs', addresses: ['10.0.0.1/24', 'fd00::1/64'], ports: [{ name: 'p', tag: 5 }] } as never)]).toEqual([]);
  });
});

describe('a fleet', () => {
  const placement = (host: string, name: string, addresses: string[], state = 'present'): Placement => ({ host, module: 'create_bridge', args: { name, addresses, state }, inputs: undefined, span: undefined });
  const check = (...all: Placement[]) => [...createBridge.fleetCheck!(all, all)].map((error) => error.message);
  it('refuses overlapping subnets on one host', () => {
    expect(check(placement('h1', 'a', ['10.1.0.1/16']), placement('h1', 'b', ['10.1.2.1/24']))).toEqual(['the subnets of bridge a and bridge b overlap on h1']);
  });
  it.each([
    ['two hosts', [placement('h1', 'a', ['10.1.0.1/16']), placement('h2', 'b', ['10.1.2.1/24'])]],
    ['the same bridge twice', [placement('h1', 'a', ['10.1.0.1/16']), placement('h1', 'a', ['10.1.0.1/16'])]],
    ['a bridge that goes', [placement('h1', 'a', ['10.1.0.1/16'], 'absent'), placement('h1', 'b', ['10.1.2.1/24'])]],
    ['a bridge in the place of another', [placement('h1', 'a', ['10.1.0.1/16']), placement('h1', 'a', [], 'absent'), placement('h1', 'b', ['10.1.2.1/24'])]],
    ['different subnets', [placement('h1', 'a', ['10.1.0.1/24']), placement('h1', 'b', ['10.1.2.1/24'])]],
  ])('accepts %s', (_, all) => {
    expect(check(...all)).toEqual([]);
  });
});
