import { describe, expect, it } from 'vitest';
import { holdersOf, link, linksNamed, parseLinks, portsOf, veths } from '../../modules/facts/link.ts';
import { kernelDatapath, ovsBridge, ovsPort } from '../../modules/facts/ovs.ts';
import { absent, present } from '../../modules/facts/reading.ts';
import { routeTo } from '../../modules/facts/route.ts';
import { hasTool } from '../../modules/facts/tool.ts';

const result = (stdout: string, status = 0, stderr = '') => ({ status, stdout, stderr });

// iproute2 6.1.0, less what is not read.
const ipOutput = JSON.stringify([
  { ifindex: 1, ifname: 'lo', flags: ['LOOPBACK', 'UP', 'LOWER_UP'], mtu: 65536, operstate: 'UNKNOWN', link_type: 'loopback', address: '00:00:00:00:00:00', addr_info: [{ family: 'inet', local: '127.0.0.1', prefixlen: 8, scope: 'host', label: 'lo' }] },
  { ifindex: 4, ifname: 'eth0', flags: ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'], mtu: 1500, link_type: 'ether', address: '02:fc:00:00:00:01', addr_info: [
    { family: 'inet', local: '192.0.2.2', prefixlen: 24, scope: 'global', label: 'eth0' },
    { family: 'inet6', local: 'fd00::2', prefixlen: 64, scope: 'global', nodad: true },
    { family: 'inet6', local: 'fd00::f00d', prefixlen: 64, scope: 'global', dynamic: true, mngtmpaddr: true },
    { family: 'inet6', local: 'fe80::fc:ff:fe00:1', prefixlen: 64, scope: 'link' },
  ] },
  {},
  { ifindex: 5, ifname: 'br0', flags: ['NO-CARRIER', 'BROADCAST', 'MULTICAST', 'UP'], mtu: 1462, address: '02:42:ac:14:00:01', ifalias: 'ctplay:create_bridge', linkinfo: { info_kind: 'bridge', info_data: { stp_state: 1, forward_delay: 1500 } }, addr_info: [] },
  { ifindex: 6, ifname: 'v0', link: 'v1', flags: ['BROADCAST', 'MULTICAST', 'M-DOWN'], mtu: 1500, master: 'br0', address: '02:00:00:00:00:06', linkinfo: { info_kind: 'veth', info_slave_kind: 'bridge' }, addr_info: [] },
  { ifindex: 7, ifname: 'v1', link: 'v0', flags: ['BROADCAST', 'MULTICAST', 'M-DOWN'], mtu: 1500, address: '02:00:00:00:00:07', linkinfo: { info_kind: 'veth' }, addr_info: [] },
  { ifindex: 8, link_index: 2, link_netnsid: 0, ifname: 'c1-eth0', flags: ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'], mtu: 1462, address: '02:00:00:00:00:08', linkinfo: { info_kind: 'veth' }, addr_info: [] },
  { ifindex: 9, link: null, ifname: 'gre1', flags: ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'], mtu: 1458, address: '02:00:00:00:00:09', linkinfo: { info_kind: 'gretap', info_data: { remote: '10.0.0.4', local: 'any', ttl: 0, ikey: '0.0.1.7', okey: '0.0.1.7' } }, addr_info: [] },
]);

describe('interfaces', () => {
  it.each([
    ['eth0', { index: 4, kind: '', up: true, carrier: true, mtu: 1500, mac: '02:fc:00:00:00:01', addresses: ['192.0.2.2/24', 'fd00::2/64'] }],
    ['br0', { index: 5, kind: 'bridge', up: true, carrier: false, mtu: 1462, mac: '02:42:ac:14:00:01', alias: 'ctplay:create_bridge', addresses: [], stp: true }],
    ['v0', { index: 6, kind: 'veth', up: false, carrier: false, mtu: 1500, mac: '02:00:00:00:00:06', master: 'br0', peerIndex: 7, addresses: [] }],
    ['c1-eth0', { index: 8, kind: 'veth', up: true, carrier: true, mtu: 1462, mac: '02:00:00:00:00:08', peerIndex: 2, peerElsewhere: true, addresses: [] }],
    ['gre1', { index: 9, kind: 'gretap', up: true, carrier: true, mtu: 1458, mac: '02:00:00:00:00:09', addresses: [], tunnel: { remote: '10.0.0.4', key: 263 } }],
  ])('reads %s', (name, value) => {
    expect(link(name).parse(result(ipOutput))).toEqual(present({ name, ...value }));
  });

  it('finds them by name, by bridge and by address', () => {
    expect(link('nope').parse(result(ipOutput))).toEqual(absent);
    expect(linksNamed(['lo', 'nope', 'v1']).parse(result(ipOutput))).toMatchObject({ value: { lo: { index: 1 }, v1: { index: 7 } } });
    expect(portsOf('br0').parse(result(ipOutput))).toMatchObject({ value: { v0: { index: 6 } } });
    expect(holdersOf(['192.0.2.2', '10.9.9.9']).parse(result(ipOutput))).toEqual({ '192.0.2.2': 'eth0' });
    expect(veths.parse(result(ipOutput)).value.map((one) => one.name)).toEqual(['v0', 'v1', 'c1-eth0']);
  });

  it('shares one reading', () => {
    expect(new Set([link('a'), linksNamed(['b']), portsOf('c'), holdersOf(['d']), veths].map((fact) => fact.read.text)).size).toBe(1);
  });

  it.each([
    [result('', 127, 'sh: 1: ip: not found'), 'not-installed'],
    [result('', 1, 'Cannot open netlink socket: Operation not permitted'), 'denied'],
    [result('garbage', 0), 'unreadable'],
    [{ status: null, stdout: '', stderr: '' }, 'unreadable'],
  ])('tells why it knows nothing: %j', (answer, reason) => {
    expect(parseLinks(answer)).toMatchObject({ state: 'unavailable', reason });
  });
});

describe('Open vSwitch', () => {
  // Open vSwitch 3.1.0.
  const tables = `{"data":[["br0","netdev",true,["map",[["ctplay","create_bridge"]]],["set",[["uuid","p1"],["uuid","p2"]]]],["empty","",false,["map",[]],["set",[]]],["one","system",false,["map",[]],["uuid","p3"]]],"headings":["name","datapath_type","stp_enable","external_ids","ports"]}
{"data":[[["uuid","p3"],"one",["set",[]],["uuid","i3"],["map",[]]],[["uuid","p1"],"br0",["set",[]],["uuid","i1"],["map",[]]],[["uuid","p2"],"gre0",7,["uuid","i2"],["map",[["ctplay","gre_tunnel"]]]]],"headings":["_uuid","name","tag","interfaces","external_ids"]}
{"data":[[["uuid","i1"],"internal",["map",[]],1462,["set",[]]],[["uuid","i2"],"gre",["map",[["key","5"],["remote_ip","10.0.0.4"]]],["set",[]],"could not add network device gre0 to ofproto (File exists)"],[["uuid","i3"],"internal",["map",[]],1500,["set",[]]]],"headings":["_uuid","type","options","mtu","error"]}
`;
  const gre0 = { name: 'gre0', bridge: 'br0', tag: 7, externalIds: { ctplay: 'gre_tunnel' }, type: 'gre', options: { key: '5', remote_ip: '10.0.0.4' }, error: 'could not add network device gre0 to ofproto (File exists)' };

  it('reads bridges with their ports', () => {
    expect(ovsBridge('br0').parse(result(`up\n${tables}`))).toEqual(present({
      name: 'br0',
      datapathType: 'netdev',
      stp: true,
      externalIds: { ctplay: 'create_bridge' },
      ports: { br0: { name: 'br0', bridge: 'br0', externalIds: {}, type: 'internal', options: {}, mtu: 1462 }, gre0 },
    }));
    expect(ovsBridge('empty').parse(result(`up\n${tables}`))).toMatchObject({ value: { ports: {} } });
    expect(ovsBridge('one').parse(result(`up\n${tables}`))).toMatchObject({ value: { ports: { one: { mtu: 1500 } } } });
    expect(ovsBridge('nope').parse(result(`up\n${tables}`))).toEqual(absent);
  });

  it('reads ports', () => {
    expect(ovsPort('gre0').parse(result(`up\n${tables}`))).toEqual(present(gre0));
    expect(ovsPort('nope').parse(result(`up\n${tables}`))).toEqual(absent);
  });

  it.each([
    ['the switch is down', result(`down\n${tables}`), 'not-running'],
    ['the database is down', result('down\n', 1, 'ovs-vsctl: unix:/var/run/openvswitch/db.sock: database connection failed (No such file or directory)'), 'not-running'],
    ['the database hangs', result('up\n', 142, '2026-11-21T02:00:00Z|00002|fatal_signal|WARN|terminating with signal 14 (Alarm clock)'), 'not-running'],
    ['it is not installed', result('down\n', 127, 'sh: 2: ovs-vsctl: not found'), 'not-installed'],
    ['it may not be asked', result('up\n', 1, 'ovs-vsctl: unix:/var/run/openvswitch/db.sock: database connection failed (Permission denied)'), 'denied'],
    ['the answer makes no sense', result('up\nnonsense\n'), 'unreadable'],
  ])('tells why it knows nothing: %s', (_, answer, reason) => {
    expect(ovsBridge('br0').parse(answer)).toMatchObject({ state: 'unavailable', reason });
  });

  it('knows where packets can be forwarded', () => {
    expect([kernelDatapath.parse(result('kernel\n')), kernelDatapath.parse(result('user\n'))]).toEqual([true, false]);
  });
});

it.each([
  ['another host', result('[{"dst":"10.0.0.4","dev":"eth1","prefsrc":"10.0.0.3","flags":[],"uid":0,"cache":[]}]\n1500\n'), present({ interface: 'eth1', own: false, source: '10.0.0.3', mtu: 1500 })],
  ['a route with an MTU', result('[{"dst":"10.9.0.1","gateway":"10.1.1.5","dev":"v1","prefsrc":"10.1.1.1","flags":[],"uid":0,"cache":[],"metrics":[{"mtu":1400}]}]\n1500\n'), present({ interface: 'v1', own: false, source: '10.1.1.1', gateway: '10.1.1.5', mtu: 1400 })],
  ['itself', result('[{"type":"local","dst":"10.1.1.1","dev":"lo","prefsrc":"10.1.1.1","flags":[],"uid":0,"cache":["local"]}]\n65536\n'), present({ interface: 'lo', own: true, source: '10.1.1.1', mtu: 65536 })],
  ['nowhere', result('', 2, 'RTNETLINK answers: Network is unreachable'), absent],
  ['a black hole', result('', 2, 'RTNETLINK answers: Invalid argument'), absent],
])('reads the route to %s', (_, answer, expected) => {
  expect(routeTo('x').parse(answer)).toEqual(expected);
});

it('knows which programs there are', () => {
  expect([hasTool('x').parse(result('/usr/bin/x\n')), hasTool('x').parse(result('', 127))]).toEqual([true, false]);
});
