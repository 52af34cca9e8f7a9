import { describe, expect, it } from 'vitest';
import { linkKind } from '../../../src/baseline/kinds/link.ts';
import { lastingLinks, linkState, type LinkState, type LinkSurroundings } from '../../../src/baseline/kinds/link-state.ts';
import { told as toldOf, row, wayBack as wayBackOf } from './network.ts';

const blue = { name: 'blue', links: new Map([[2, 'eth0']]) };
const around: LinkSurroundings = { switchPorts: new Set(['br-int', 'tap1']), dockerNetworks: ['0123456789abcdef'], namespaces: new Map([[3, blue]]) };
const link = (over: Partial<LinkState> = {}): LinkState => ({ type: 'bridge', up: true, mtu: 1500, options: {}, ...over });
const told = (before: Record<string, LinkState>, now: Record<string, LinkState>, others = {}) => toldOf(linkKind as never, before, now, others);
const wayBack = (before: Record<string, LinkState>, now: Record<string, LinkState>) => wayBackOf(linkKind as never, before, now);

describe('what is recorded of interfaces', () => {
  it.each([
    ['hardware', row('eth0', ''), { type: '', up: true, mtu: 1500, mac: '52:54:00:00:00:01', options: {} }],
    ['a port of a bond, whose address is the bond\'s', row('eth1', '', { master: 'bond0' }), { type: '', up: true, mtu: 1500, master: 'bond0', options: {} }],
    ['a port of the kernel switch', row('eth1', '', { master: 'ovs-system', flags: [] }), { type: '', up: false, mtu: 1500, options: {}, mac: undefined }],
    ['a bridge with nothing special', row('br1', 'bridge', { data: { stp_state: 0, forward_delay: 1500, ageing_time: 30000, priority: 32768, gc_timer: 12.5 } }), link()],
    ['a bridge whose tree sets its timers', row('br1', 'bridge', { ifalias: 'ctplay:create_bridge', data: { stp_state: 1, forward_delay: 400, ageing_time: 400, priority: 8192 } }), link({ alias: 'ctplay:create_bridge', options: { stp_state: 1, priority: 8192 } })],
    ['a VLAN', row('eth0.7', 'vlan', { link: 'eth0', data: { protocol: '802.1Q', id: 7, flags: ['REORDER_HDR'] } }), link({ type: 'vlan', parent: 'eth0', options: { protocol: '802.1Q', id: 7 } })],
    ['a tunnel', row('gre1', 'gretap', { link: null, data: { remote: '10.0.0.4', local: 'any', ttl: 0, okey: '0.0.0.5', pmtudisc: true } }), link({ type: 'gretap', options: { remote: '10.0.0.4', ttl: 0, okey: '0.0.0.5' } })],
    ['VXLAN with its lower interface', row('vx1', 'vxlan', { data: { id: 42, link: 'eth1', port: 4789, learning: true, ageing: 300 } }), link({ type: 'vxlan', parent: 'eth1', options: { id: 42, port: 4789, learning: true } })],
    ['a pair here', row('va', 'veth', { link: 'vb' }), link({ type: 'veth', peer: 'vb' })],
    ['a pair with a named namespace', row('h0', 'veth', { link_index: 2, link_netnsid: 3 }), link({ type: 'veth', peer: 'eth0', peerNamespace: 'blue' })],
    ['a pair with a container', row('h1', 'veth', { link_index: 2, link_netnsid: 8 }), link({ type: 'veth' })],
  ])('%s', (_, raw, expected) => {
    const { mac, ...rest } = { mac: undefined, ...expected };
    expect(linkState(raw, around)).toEqual(mac === undefined ? rest : { ...rest, mac });
  });

  it.each([
    ['br1', row('br1', 'bridge'), true],
    ['a bridge of a network of Docker', row('br-0123456789ab', 'bridge'), false],
    ['a bridge that Docker forgot', row('br-ffffffffffff', 'bridge'), true],
    ["Docker's end of a container's pair", row('veth31157ff', 'veth', { link_netnsid: 8 }), false],
    ["LXC's", row('veth0O0aCE', 'veth', { link_netnsid: 8 }), false],
    ['a name like it, whose other end is known', row('vethserver', 'veth', { link_netnsid: 3 }), true],
    ['a name like it, with both ends here', row('vethserver', 'veth', { link: 'vethclient' }), true],
    ['a port that the switch made', row('tap1', 'tun'), false],
    ['a tap of somebody', row('tap2', 'tun'), true],
    ['the fallback of a kernel module', row('gretap0', 'gretap'), false],
    ['the device of the kernel switch', row('ovs-system', 'openvswitch'), false],
  ])('%s: %#', (_, raw, lasts) => expect(lastingLinks([raw], around).length === 1).toBe(lasts));
});

describe('how interfaces read', () => {
  it.each<[string, Record<string, LinkState>, Record<string, LinkState>, string[]]>([
    ['coming and going', { br0: link() }, { dum0: link({ type: 'dummy' }) }, ['bridge br0 is gone', 'interface dum0 was added']],
    ['attributes', { e: link({ type: '', mac: 'a' }) }, { e: link({ type: '', mac: 'b', up: false, mtu: 1400, alias: 'x' }) }, ['interface e is down, has mtu 1400, not 1500, has alias x, has hardware address b, not a']],
    ['masters', { a: link(), b: link({ master: 'br0' }), c: link({ master: 'br0' }) }, { a: link({ master: 'br1' }), b: link({ master: 'br1' }), c: link() }, ['bridge a is a port of br1', 'bridge b is a port of br1, not of br0', 'bridge c is no longer a port of br0']],
    ['options', { b: link({ options: { stp_state: 1 } }) }, { b: link({ options: { priority: 1 } }) }, ['bridge b has priority 1, has no stp_state, it was 1']],
    ['another type', { a: link() }, { a: link({ type: 'dummy' }) }, ['interface a is of type dummy, not bridge']],
    ['other ends', { a: link({ type: 'veth', peer: 'b' }) }, { a: link({ type: 'veth', peer: 'c', peerNamespace: 'blue' }) }, ['interface a has its other end in c of namespace blue, not in b']],
  ])('%s', (_, before, now, expected) => expect(told(before, now)).toEqual(expected));

  it('are silent about the bridge of a network that was added', () => {
    const network = { lab: { options: { 'com.docker.network.bridge.name': 'br-lab' } } };
    expect(told({}, { 'br-lab': link(), br1: link() }, { 'docker-network': [{}, network] })).toEqual(['bridge br1 was added']);
  });
});

describe('the way back of interfaces', () => {
  it.each<[string, Record<string, LinkState>, Record<string, LinkState>, string[]]>([
    ['deletes what was added', {}, { br1: link(), va: link({ type: 'veth', peer: 'vb' }) }, ['links: ip link del dev br1', 'links: ip link del dev va']],
    ['leaves hardware and the session alone', { eth0: link({ type: 'veth', mtu: 1500 }) }, { eth0: link({ type: 'veth', mtu: 1400 }), usb0: link({ type: '' }) }, ['left usb0: an interface of hardware is not deleted']],
    ['makes a pair once, and its ends what they were', { va: link({ type: 'veth', peer: 'vb', master: 'br0' }), vb: link({ type: 'veth', peer: 'va', up: false }) }, {}, [
      'links: ip link add name va type veth peer name vb',
      'links-up: ip link set dev va master br0', 'links-up: ip link set dev va mtu 1500', 'links-up: ip link set dev va up', 'links-up: ip link set dev vb mtu 1500',
    ]],
    ['makes a pair with a namespace', { h0: link({ type: 'veth', peer: 'eth0', peerNamespace: 'blue', up: false }) }, {}, ['links: ip link add name h0 type veth peer name eth0 netns blue', 'links-up: ip link set dev h0 mtu 1500']],
    ['makes what others rest on first', { 'a.7': link({ type: 'vlan', parent: 'z', up: false, options: { protocol: '802.1Q', id: 7 } }), z: link({ type: 'dummy', up: false }) }, {}, [
      'links: ip link add name z type dummy', 'links: ip link add link z name a.7 type vlan protocol 802.1Q id 7', 'links-up: ip link set dev z mtu 1500', 'links-up: ip link set dev a.7 mtu 1500',
    ]],
    ['makes tunnels and taps', { g: link({ type: 'gretap', up: false, parent: 'eth1', options: { remote: '10.0.0.4', okey: '0.0.0.5' } }), t: link({ type: 'tun', up: false, options: { type: 'tap' } }), v: link({ type: 'vxlan', up: false, options: { id: 4, port: 4789, learning: false } }) }, {}, [
      'links: ip link add name g type gretap remote 10.0.0.4 okey 0.0.0.5 dev eth1', 'links: ip tuntap add dev t mode tap', 'links: ip link add name v type vxlan id 4 dstport 4789 nolearning',
      'links-up: ip link set dev g mtu 1500', 'links-up: ip link set dev t mtu 1500', 'links-up: ip link set dev v mtu 1500',
    ]],
    ['makes anew what can not be changed', { v: link({ type: 'vlan', parent: 'eth1', options: { id: 7 } }) }, { v: link({ type: 'vlan', parent: 'eth1', options: { id: 8 } }) }, [
      'links: ip link del dev v', 'links: ip link add link eth1 name v type vlan id 7', 'links-up: ip link set dev v mtu 1500', 'links-up: ip link set dev v up',
    ]],
    ['sets only options that differ', { b: link({ options: { stp_state: 1 } }) }, { b: link({ up: false, mtu: 1400, master: 'x', options: { priority: 1 } }) }, [
      'links-up: ip link set dev b nomaster', 'links-up: ip link set dev b type bridge stp_state 1 priority 32768', 'links-up: ip link set dev b mtu 1500', 'links-up: ip link set dev b up',
    ]],
    ['says what it can not make', { w: link({ type: 'wireguard' }), n: link({ type: '' }), c: link({ type: 'veth' }) }, {}, [
      "left c: its other end was in a namespace without a name, such as that of a container", 'left n: it was hardware, which no command makes', "left w: an interface of type wireguard can't be made from what was recorded",
    ]],
  ])('%s', (_, before, now, expected) => expect(wayBack(before, now)).toEqual(expected));
});
