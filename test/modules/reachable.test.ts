import { describe, expect, it } from 'vitest';
import reachable from '../../modules/reachable.ts';
import type { Link } from '../../modules/facts/link.ts';
import { reachability, type Answer, type Reachability, type Surroundings } from '../../modules/facts/reachability.ts';
import { absent, present } from '../../modules/facts/reading.ts';
import { diagnose } from '../../modules/shared/diagnosis.ts';
import { planOf } from '../harness/module.ts';

const link = (name: string, over: Partial<Link> = {}): Link => ({ name, index: 2, kind: 'veth', up: true, carrier: true, mtu: 1500, mac: '', addresses: [], ...over });
const eth0 = (over: Partial<Link> = {}): Link => link('eth0', { index: 2, peerIndex: 9, peerElsewhere: true, addresses: ['172.20.0.100/24'], ...over });
const hostEnd = (over: Partial<Link> = {}): Link => link('web-eth0', { index: 9, peerIndex: 2, peerElsewhere: true, master: 'br0', ...over });
const bridge = (over: Partial<Link> = {}): Link => link('br0', { index: 5, kind: 'bridge', addresses: ['172.20.0.1/24'], ...over });
const around = (over: Partial<Surroundings> = {}): Surroundings => ({ links: [eth0()], neighbours: [], hostLinks: [hostEnd(), bridge()], bridges: [], ipForward: true, forwardDrops: false, underlay: {}, ...over });
const near: Answer = { to: '172.20.0.101', reached: false, message: 'no reply to ping', address: '172.20.0.101', route: { interface: 'eth0', own: false } };
const far: Answer = { ...near, to: '192.0.2.9', address: '192.0.2.9', route: { interface: 'eth0', own: false, gateway: '172.20.0.1' } };
const known = (address: string) => [{ address, interface: 'eth0', known: true }];
const port = (name: string, over = {}) => ({ name, bridge: 'sw0', externalIds: {}, type: '', options: {}, ...over });
const onSwitch = (ports: ReturnType<typeof port>[]): Partial<Surroundings> => ({
  hostLinks: [{ ...hostEnd(), master: 'ovs-system' }, link('sw0', { index: 6, kind: 'openvswitch', master: 'ovs-system' })],
  bridges: [{ name: 'sw0', datapathType: 'system', stp: false, externalIds: {}, ports: Object.fromEntries(ports.map((one) => [one.name, one])) }],
});

it.each<[string, Answer, Partial<Surroundings>, RegExp]>([
  ['a name without an address', { ...near, address: '' }, {}, /the name 172\.20\.0\.101 stands for no address/],
  ['no interface', { ...far, route: undefined as never }, { links: [link('lo')] }, /web has no network interface/],
  ['no address', { ...far, route: undefined as never }, { links: [eth0({ addresses: [] })] }, /web has no address/],
  ['no route', { ...far, route: undefined as never }, {}, /web has no route to 192\.0\.2\.9/],
  ['an interface that is down', { ...near, route: undefined as never }, { links: [eth0({ up: false })] }, /the interface eth0 of web is down/],
  ['an interface that is down, with a way around it', { ...near, route: { interface: 'eth1', own: false, gateway: '10.0.0.1' } }, { links: [eth0({ up: false }), link('eth1')] }, /the interface eth0 of web is down/],
  ['a missing carrier', near, { links: [link('eth0', { carrier: false, addresses: ['172.20.0.100/24'] })] }, /eth0 of web has no carrier/],
  ['a host end that is down', near, { links: [eth0({ carrier: false })], hostLinks: [hostEnd({ up: false })] }, /the other end of eth0, web-eth0 on the host, is down/],
  ['a host end in no bridge', near, { hostLinks: [link('web-eth0', { index: 9, peerIndex: 2, peerElsewhere: true })] }, /web-eth0 on the host, is in no bridge/],
  ['a bridge that is down', near, { hostLinks: [hostEnd(), bridge({ up: false })] }, /the bridge br0 of the host is down/],
  ['a port that the switch cannot use', near, onSwitch([port('web-eth0'), port('gre0', { error: 'File exists' })]), /can't use the port gre0 of sw0: File exists/],
  ['a tunnel that is silent', near, { ...onSwitch([port('web-eth0'), port('gre0', { options: { remote_ip: '10.0.0.4' } })]), underlay: { '10.0.0.4': false } }, /the other end of the tunnel gre0, 10\.0\.0\.4, does not answer on the underlay/],
  ['a tunnel of the kernel that is silent', near, { hostLinks: [hostEnd(), bridge(), link('gre1', { kind: 'gretap', master: 'br0', tunnel: { remote: '10.0.0.4' } })], underlay: { '10.0.0.4': false } }, /the tunnel gre1, 10\.0\.0\.4/],
  ['a silent tunnel of a bridge that is joined to that of the asker', near, {
    hostLinks: [hostEnd(), bridge(), link('sw0', { index: 6, kind: 'tun', master: 'br0' })],
    bridges: onSwitch([port('gre0', { options: { remote_ip: '10.0.0.4' } })]).bridges!,
    underlay: { '10.0.0.4': false },
  }, /the tunnel gre0, 10\.0\.0\.4/],
  ['nobody behind the tunnel', near, { ...onSwitch([port('web-eth0'), port('gre0', { options: { remote_ip: '10.0.0.4' } })]), underlay: { '10.0.0.4': true } }, /nobody answers ARP for 172\.20\.0\.101, on eth0 of web/],
  ['a gateway that is not there', far, {}, /nobody answers ARP for 172\.20\.0\.1, the gateway, on eth0/],
  ['somebody who drops ping', near, { neighbours: known('172.20.0.101') }, /172\.20\.0\.101 is there \(it answers ARP\), but does not answer ping/],
  ['a port that is closed', { ...near, message: 'Connection refused' }, { neighbours: known('172.20.0.101') }, /nothing listens on its port/],
  ['forwarding that is off', far, { neighbours: known('172.20.0.1'), ipForward: false }, /the gateway 172\.20\.0\.1 is this host, and ip_forward is off/],
  ['a policy that drops', far, { neighbours: known('172.20.0.1'), forwardDrops: true }, /nothing comes back from 192\.0\.2\.9 through it/],
  ['nothing behind the gateway', far, { neighbours: known('172.20.0.1') }, /the gateway 172\.20\.0\.1 answers, but nothing comes back from 192\.0\.2\.9 behind it/],
])('finds %s', (_, answer, facts, cause) => {
  expect(diagnose('web', answer, undefined, around(facts)).cause).toMatch(cause);
});

describe('the plan', () => {
  const plan = (reach: Partial<Reachability>, args = {}) => planOf(reachable, { to: ['a', 'b'], expected: true, timeout: 5, ...args } as never, { reach: { answers: [], ...reach } });
  const yes: Answer = { ...near, reached: true };
  it('is empty when all is as expected', () => {
    expect(plan({ answers: [yes, yes] })).toEqual([]);
    expect(plan({ answers: [near] }, { expected: false })).toEqual([]);
  });
  it.each<[string, Partial<Reachability>, Record<string, unknown>, RegExp]>([
    ['an address that is not reached', { answers: [yes, near], surroundings: around() }, {}, /this host does not reach 172\.20\.0\.101: nobody answers ARP/],
    ['a port that is not reached', { answers: [near] }, { port: 80 }, /does not reach 172\.20\.0\.101 port 80/],
    ['an address that is reached', { answers: [yes] }, { expected: false }, /this host reaches 172\.20\.0\.101, and should not/],
    ['no ping', { lacks: 'ping' }, {}, /the host has no ping/],
    ['no container', { missing: absent }, { container: 'web' }, /there is no container web/],
    ['no namespace', { missing: absent }, { netns: 'blue' }, /there is no network namespace blue/],
  ])('fails for %s', (_, reach, args, message) => {
    expect(() => plan(reach, args)).toThrow(message);
  });
  it('says that a container is stopped', () => {
    expect(() => plan({ missing: present({ pid: 0, networkMode: 'none' }) }, { container: 'web' })).toThrow(/container web is not running/);
  });
});

describe('the fact', () => {
  const fact = reachability({ from: {}, to: ['10.0.0.4', 'x', '10.0.0.5'], expected: true, timeout: 1 });
  const parse = (stdout: string) => fact.parse({ status: 0, stdout, stderr: '' });
  it.each([
    ['PING 10.0.0.4 (10.0.0.4) 56(84) bytes of data.  --- 10.0.0.4 ping statistics --- 1 packets transmitted, 0 received, 100% packet loss, time 0ms', 'no reply to ping'],
    ['PING 10.0.0.4 (10.0.0.4) 56(84) bytes of data. From 10.0.0.3 icmp_seq=1 Destination Host Unreachable  --- 10.0.0.4 ping statistics --- 1 packets transmitted, 0 received, +1 errors, 100% packet loss', '10.0.0.3: Destination Host Unreachable'],
    ['ping: connect: Network is unreachable', 'Network is unreachable'],
    ['bash: connect: Connection refused bash: line 1: /dev/tcp/10.0.0.4/80: Connection refused', 'Connection refused'],
    ['', 'no answer'],
  ])('reads what was said: %s', (message, read) => {
    expect(parse(`0\tno\t10.0.0.4\t\t${message}\n`).answers[0]).toEqual({ to: '10.0.0.4', reached: false, address: '10.0.0.4', message: read });
  });
  it('reads answers in any order, and the surroundings', () => {
    const stdout = `1\tno\t-\t\tname not found
0\tno\t10.0.0.4\t[{"dst":"10.0.0.4","gateway":"10.0.0.1","dev":"eth1","prefsrc":"10.0.0.3","flags":[],"uid":0,"cache":[]}]\tno reply
2\tyes\t10.0.0.5
==links
[]
==neighbours
[{"dst":"10.0.0.1","dev":"eth1","lladdr":"02:00:00:00:00:01","state":["REACHABLE"]},{"dst":"10.0.0.9","dev":"eth1","state":["FAILED"]},{"dst":"10.0.0.8","dev":"eth1","lladdr":"02:00:00:00:00:08","state":["PROBE"]}]
==host
[]
==ovs
down
==forward
1
-P FORWARD DROP
==underlay
10.0.0.4 no
`;
    expect(parse(stdout)).toEqual({
      answers: [
        { to: '10.0.0.4', reached: false, address: '10.0.0.4', message: 'no reply', route: { interface: 'eth1', gateway: '10.0.0.1', own: false } },
        { to: 'x', reached: false, address: '', message: 'name not found' },
        { to: '10.0.0.5', reached: true, address: '10.0.0.5', message: '' },
      ],
      surroundings: { links: [], neighbours: [{ address: '10.0.0.1', interface: 'eth1', known: true }, { address: '10.0.0.9', interface: 'eth1', known: false }, { address: '10.0.0.8', interface: 'eth1', known: false }], hostLinks: [], bridges: [], ipForward: true, forwardDrops: true, underlay: { '10.0.0.4': false } },
    });
  });
  it('reads that it could not be asked', () => {
    expect(parse('missing\n')).toEqual({ missing: absent, answers: [] });
    expect(parse('lacks ping\n')).toEqual({ lacks: 'ping', answers: [] });
  });
  it('reads what the runtime says of a container that is not there', () => {
    const inside = reachability({ from: { container: 'web' }, to: ['10.0.0.4'], expected: true, timeout: 1 });
    expect(inside.parse({ status: 127, stdout: 'missing\n', stderr: 'sh: docker: not found' })).toMatchObject({ missing: { state: 'unavailable', reason: 'not-installed' } });
    expect(inside.parse({ status: 0, stdout: 'missing\n', stderr: '' })).toEqual({ missing: absent, answers: [] });
  });
  it('is stale after any change', () => {
    expect(fact.domains).toEqual(['*']);
  });
});
