import { describe, expect, it } from 'vitest';
import { parseManagementPath } from '../../../src/guard/management-path.ts';

interface Row {
  readonly ifname: string;
  readonly [key: string]: unknown;
}

const inet = (local: string): Pick<Row, 'addr_info'> => ({ addr_info: [{ family: 'inet', local, prefixlen: 24, scope: 'global' }] });
const eth0: Row = { ifname: 'eth0' };
const kind = (info_kind: string): Record<string, unknown> => ({ linkinfo: { info_kind } });

/** What the fact's command prints, as far as it matters. */
function answer(links: readonly Row[], given: { way?: object; route?: string; neighbours?: readonly object[]; forwarding?: readonly object[]; ovs?: readonly object[]; connection?: string; units?: string } = {}): string {
  return [
    'a banner of some start-up file',
    'ctplay-path',
    given.connection ?? '10.0.5.1 40000 10.0.5.11 22',
    ' 30 20 10',
    given.units ?? 'Names=ssh.service sshd.service ActiveState=active  Names=ssh.socket ActiveState=inactive  Names=dropbear.service ActiveState=failed ',
    JSON.stringify([given.way ?? { dst: '10.0.5.1', dev: links[0]!.ifname }]),
    given.route ?? '10.0.5.0/24 dev eth0 proto kernel scope link src 10.0.5.11',
    JSON.stringify(links),
    JSON.stringify(given.neighbours ?? []),
    JSON.stringify(given.forwarding ?? []),
    ...(given.ovs ? ['up', ...given.ovs.map((table) => JSON.stringify(table))] : []),
  ].join('\n');
}

const read = (stdout: string, status: number | null = 0, stderr = '') => parseManagementPath({ status, stdout, stderr });

function path(...given: Parameters<typeof answer>) {
  const reading = read(answer(...given));
  if (reading.state !== 'present') throw new Error(`not read: ${JSON.stringify(reading)}`);
  return reading.value;
}

/** Tables of ovs-vsctl for bridges of ports of types. */
function ovs(bridges: Readonly<Record<string, Readonly<Record<string, { type: string; peer?: string }>>>>): readonly object[] {
  const ports = Object.entries(bridges).flatMap(([bridge, own]) => Object.entries(own).map(([name, port]) => ({ bridge, name, ...port })));
  return [
    { headings: ['name', 'datapath_type', 'stp_enable', 'external_ids', 'ports'], data: Object.keys(bridges).map((name) => [name, '', false, ['map', []], ['set', ports.filter((port) => port.bridge === name).map((port) => ['uuid', `p-${port.name}`])]]) },
    { headings: ['_uuid', 'name', 'tag', 'interfaces', 'external_ids'], data: ports.map(({ name }) => [['uuid', `p-${name}`], name, ['set', []], ['uuid', `i-${name}`], ['map', []]]) },
    { headings: ['_uuid', 'type', 'options', 'mtu', 'error'], data: ports.map(({ name, type, peer }) => [['uuid', `i-${name}`], type, ['map', peer === undefined ? [] : [['peer', peer]]], 1500, ['set', []]]) },
  ];
}

describe('the management path', () => {
  it('is read from an answer', () => {
    expect(path([{ ...eth0, ...inet('10.0.5.11') }])).toEqual({
      clientAddress: '10.0.5.1',
      clientPort: 40000,
      serverAddress: '10.0.5.11',
      serverPort: 22,
      links: ['eth0'],
      route: '10.0.5.0/24 dev eth0 proto kernel scope link src 10.0.5.11',
      services: ['ssh.service', 'sshd.service'],
      processes: [30, 20, 10],
    });
  });

  it.each([
    ['a gateway', { dst: '192.0.2.9', gateway: '10.0.5.254', dev: 'eth0' }, '10.0.5.254'],
    ['a gateway of the other family', { dst: '192.0.2.9', via: { family: 'inet6', host: 'fe80::1' }, dev: 'eth0' }, 'fe80::1'],
    ['no gateway', { dst: '192.0.2.9', dev: 'eth0' }, undefined],
  ])('knows %s', (_name, way, gateway) => {
    expect(path([eth0], { way, connection: '192.0.2.9 40000 10.0.5.11 22' }).gateway).toBe(gateway);
  });

  it.each([
    ['10.0.5.1 dev eth0 src 10.0.5.11 uid 0 \\ cache', '10.0.5.1 dev eth0 src 10.0.5.11'],
    ['default via 10.0.5.254 dev eth0 proto dhcp metric 100', 'default via 10.0.5.254 dev eth0 proto dhcp metric 100'],
  ])('has the route %s without what only `get` says', (route, plain) => {
    expect(path([eth0], { route }).route).toBe(plain);
  });

  it.each<[string, Parameters<typeof answer>, string[]]>([
    ['an interface by itself', [[eth0, { ifname: 'eth1' }]], ['eth0']],
    ['a veth whose other end is elsewhere', [[{ ...eth0, link: 'eth7', link_netnsid: 0, ...kind('veth') }, { ifname: 'eth7' }]], ['eth0']],
    ['a VLAN and what it is on', [[{ ifname: 'eth0.5', link: 'eth0', ...kind('vlan') }, eth0]], ['eth0.5', 'eth0']],
    ['a bond of two', [[{ ifname: 'bond0', ...kind('bond') }, { ...eth0, master: 'bond0' }, { ifname: 'eth1', master: 'bond0' }, { ifname: 'eth2' }]], ['bond0', 'eth0', 'eth1']],
    ['a bridge and its uplink, not its containers', [[{ ifname: 'br0', ...kind('bridge') }, { ...eth0, master: 'br0' }, { ifname: 'veth1', master: 'br0', ...kind('veth') }]], ['br0', 'eth0']],
    ['a bridge and the only ports that it has', [[{ ifname: 'br0', ...kind('bridge') }, { ...eth0, master: 'br0', ...kind('veth') }]], ['br0', 'eth0']],
    [
      'of a bridge only the port where the next hop was seen',
      [
        [{ ifname: 'br0', ...kind('bridge') }, { ...eth0, master: 'br0', ...kind('veth') }, { ifname: 'veth1', master: 'br0', ...kind('veth') }],
        { neighbours: [{ dst: '10.0.5.1', dev: 'br0', lladdr: '02:00:00:00:00:01' }], forwarding: [{ mac: '02:00:00:00:00:01', ifname: 'eth0', master: 'br0', state: '' }, { mac: '02:00:00:00:00:02', ifname: 'veth1', master: 'br0', state: '' }] },
      ],
      ['br0', 'eth0'],
    ],
    ['an interface in a VRF', [[{ ...eth0, master: 'blue' }, { ifname: 'blue', ...kind('vrf') }]], ['eth0', 'blue']],
    ['the interface that has the address, where answers leave by another', [[eth0, { ifname: 'eth1', ...inet('10.0.5.11') }]], ['eth0', 'eth1']],
    ['an address on the loopback', [[eth0, { ifname: 'lo', ...inet('10.0.5.11') }]], ['eth0']],
    ['a bridge of Open vSwitch', [[{ ifname: 'br-ex', ...kind('openvswitch') }, { ...eth0, master: 'ovs-system' }], { ovs: ovs({ 'br-ex': { 'br-ex': { type: 'internal' }, eth0: { type: '' }, gre0: { type: 'gre' } } }) }], ['br-ex', 'eth0']],
    ['an internal port of a switch', [[{ ifname: 'mgmt0', ...kind('openvswitch') }, eth0], { ovs: ovs({ br0: { br0: { type: 'internal' }, mgmt0: { type: 'internal' }, eth0: { type: '' } } }) }], ['mgmt0', 'br0', 'eth0']],
    [
      'switches patched together',
      [[{ ifname: 'br-int' }, eth0], { ovs: ovs({ 'br-int': { 'br-int': { type: 'internal' }, a: { type: 'patch', peer: 'b' } }, 'br-ex': { b: { type: 'patch', peer: 'a' }, eth0: { type: '' } } }) }],
      ['br-int', 'br-ex', 'eth0'],
    ],
  ])('goes over %s', (_name, given, links) => {
    expect(path(...given).links).toEqual(links);
  });

  it.each<[string, readonly [string, number | null, string], object]>([
    ['no SSH session', ['', 3, ''], { state: 'absent' }],
    ['no iproute2', ['ctplay-path\n10.0.5.1 1 10.0.5.11 22\n', 127, 'sh: ip: not found'], { state: 'unavailable', reason: 'not-installed' }],
    ['no route', ['ctplay-path\n10.0.5.1 1 10.0.5.11 22\n1\n\n', 2, 'RTNETLINK answers: Network is unreachable'], { state: 'unavailable', reason: 'unreadable' }],
    ['nothing at all', ['', null, ''], { state: 'unavailable', reason: 'unreadable' }],
    ['what is no answer', ['Welcome!', 0, ''], { state: 'unavailable' }],
  ])('is not made up from %s', (_name, given, expected) => {
    expect(read(...given)).toMatchObject(expected);
  });
});
