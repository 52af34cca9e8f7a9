import { describe, expect, it } from 'vitest';
import type { Items } from '../../../src/baseline/kind.ts';
import { addressKind } from '../../../src/baseline/kinds/address.ts';
import { addressItems, type AddressState } from '../../../src/baseline/kinds/address-state.ts';
import { routeKind } from '../../../src/baseline/kinds/route.ts';
import { routeItems, type RouteState } from '../../../src/baseline/kinds/route-state.ts';
import { parseRules, ruleKind, type RuleState } from '../../../src/baseline/kinds/rule.ts';
import { contextOf, row, told, wayBack } from './network.ts';

const addresses = (...all: readonly object[]): Items<AddressState> => addressItems([row('eth1', '', { addr_info: all })]);
const v4 = (local: string, prefixlen: number, more: object = {}): object => ({ family: 'inet', local, prefixlen, scope: 'global', label: 'eth1', ...more });
const routes = (...lines: readonly string[]): Items<RouteState> => routeItems(lines, 4);

describe('addresses', () => {
  it.each<[string, object, Items]>([
    ['one that was set', v4('10.0.0.3', 24, { broadcast: '10.0.0.255' }), { '10.0.0.3/24 on eth1': { dev: 'eth1', local: '10.0.0.3', prefix: 24, broadcast: '10.0.0.255', scope: 'global' } }],
    ['one with another end', v4('10.9.9.1', 32, { address: '10.9.9.2', label: 'eth1:x', noprefixroute: true }), { '10.9.9.1 peer 10.9.9.2/32 on eth1': { dev: 'eth1', local: '10.9.9.1', peer: '10.9.9.2', prefix: 32, label: 'eth1:x', noprefixroute: true, scope: 'global' } }],
    ['a lease', v4('10.0.0.3', 24, { dynamic: true }), {}],
    ['what a router handed out', { family: 'inet6', local: '2001:db8::1', prefixlen: 64, scope: 'global', dynamic: true, mngtmpaddr: true }, {}],
    ['a link-local one of IPv6', { family: 'inet6', local: 'fe80::1', prefixlen: 64, scope: 'link' }, {}],
  ])('records %s or not', (_, raw, expected) => expect(addresses(raw)).toEqual(expected));

  it.each<[string, Items<AddressState>, Items<AddressState>, string[], string[]]>([
    ['added and gone', addresses(v4('10.0.0.3', 24)), addresses(v4('10.0.0.3', 25)), ['address 10.0.0.3/24 on eth1 is gone', 'address 10.0.0.3/25 on eth1 was added'], ['addresses: ip addr del 10.0.0.3/25 dev eth1', 'addresses: ip addr replace 10.0.0.3/24 dev eth1 scope global']],
    ['changed', addresses(v4('10.9.9.1', 32, { address: '10.9.9.2', broadcast: '10.9.9.3' })), addresses(v4('10.9.9.1', 32, { address: '10.9.9.2', label: 'eth1:x', noprefixroute: true })),
      ['address 10.9.9.1 peer 10.9.9.2/32 on eth1 has no broadcast, it was 10.9.9.3, has label eth1:x, brings no route to its network'], ['addresses: ip addr replace 10.9.9.1 peer 10.9.9.2/32 broadcast 10.9.9.3 dev eth1 scope global']],
  ])('%s', (_, before, now, words, way) => {
    expect(told(addressKind as never, before, now)).toEqual(words);
    expect(wayBack(addressKind as never, before, now)).toEqual(way);
  });

  it('of an interface that was added go with it, those of the session stay', () => {
    const here = addressItems([row('br1', 'bridge', { addr_info: [v4('10.1.1.1', 24)] })]);
    expect(told(addressKind as never, {}, here, { link: [{}, { br1: {} }] })).toEqual([]);
    expect(told(addressKind as never, {}, here, { link: [{ br1: {} }, { br1: {} }] })).toHaveLength(1);
    const session = addressItems([row('eth0', '', { addr_info: [v4('198.51.100.5', 24)] })]);
    expect(wayBack(addressKind as never, {}, session)).toEqual(['left 198.51.100.5/24 on eth0: it carries the management session']);
  });

  it('take no neighbours with them when they go', () => {
    const now = addressItems([row('eth0', '', { addr_info: [v4('198.51.100.5', 24), v4('198.51.100.9', 24)] })]);
    const key = '198.51.100.9/24 on eth0';
    const commands = [...(addressKind.restore?.([{ key, now: now[key]! }], contextOf('address', {}, now)) ?? [])].map((one) => ('change' in one ? one.change.commands[0]!.text : ''));
    expect(commands[0]).toMatch(/echo 1 >\/proc\/sys\/net\/ipv4\/conf\/eth0\/promote_secondaries.*ip addr del 198\.51\.100\.9\/24 dev eth0.*echo "\$promote" >/);
  });
});

describe('routes', () => {
  it.each<[string, string, string | undefined]>([
    ['a default route', 'unicast default via 10.0.0.1 dev eth0 table main proto boot scope global ', 'default via 10.0.0.1 dev eth0'],
    ['one of another table', 'unicast 10.1.0.0/16 dev va table 100 proto static scope link metric 5 linkdown', '10.1.0.0/16 dev va table 100 metric 5'],
    ['one that leads nowhere', 'blackhole 10.78.0.0/16 table main proto boot scope global', 'blackhole 10.78.0.0/16'],
    ['several ways', 'unicast 10.79.0.0/16 table main proto boot scope global \\\tnexthop via 10.9.9.2 dev va weight 2 \\\tnexthop via 10.0.0.9 dev eth1 weight 1 ', '10.79.0.0/16 nexthop via 10.0.0.9 dev eth1 weight 1 nexthop via 10.9.9.2 dev va weight 2'],
    ['one over the other family', 'unicast 10.5.0.0/16 via inet6 fe80::1 dev eth1 table main proto boot scope global', '10.5.0.0/16 via inet6 fe80::1 dev eth1'],
    ['one to a network of its own', 'unicast 10.0.0.0/24 dev eth1 table main proto kernel scope link src 10.0.0.3', '10.0.0.0/24 dev eth1'],
    ["the kernel's for itself", 'local 10.0.0.3 dev eth1 table local proto kernel scope host src 10.0.0.3', undefined],
    ["a router's", 'unicast 10.9.0.0/16 via 10.0.0.1 dev eth0 table main proto ra scope global', undefined],
    ['one that ends', 'unicast 10.9.0.0/16 via 10.0.0.1 dev eth0 table main proto static scope global expires 90sec', undefined],
  ])('records %s or not', (_, line, key) => expect(Object.keys(routes(line))).toEqual(key === undefined ? [] : [key]));

  it('are the same whatever the lease', () => {
    const leased = (source: string) => routes(`unicast default via 10.0.0.1 dev eth0 table main proto dhcp scope global src ${source} metric 100`);
    expect(leased('10.0.0.7')).toEqual(leased('10.0.0.8'));
    expect(routeItems(['unicast 10.2.0.0/16 dev veth31157ff table main proto boot scope link'], 4, (dev) => dev.startsWith('veth'))).toEqual({});
  });

  const own = 'unicast default via 198.51.100.1 dev eth0 table main proto boot scope global';
  it.each<[string, Items<RouteState>, Items<RouteState>, string[]]>([
    ['new ways before old ones go', routes('unicast default via 10.0.0.1 dev eth1 table main proto boot scope global mtu 1300'), routes('unicast default via 10.0.0.9 dev eth1 table main proto boot scope global'), [
      'routes: ip -4 route add unicast default via 10.0.0.1 dev eth1 table main proto boot scope global mtu 1300', 'routes: ip -4 route del unicast default via 10.0.0.9 dev eth1 table main',
    ]],
    ['several ways at once', routes('unicast 10.79.0.0/16 table main proto boot scope global \\\tnexthop via 10.9.9.2 dev va weight 2 '), {}, ['routes: ip -4 route add unicast 10.79.0.0/16 table main proto boot scope global nexthop via 10.9.9.2 dev va weight 2']],
    ['a way where there were none', {}, routes('unicast 10.79.0.0/16 table 7 proto boot scope global metric 5 \\\tnexthop via 10.9.9.2 dev va weight 2 \\\tnexthop via 10.9.9.3 dev va weight 1 '), ['routes: ip -4 route del unicast 10.79.0.0/16 table 7 metric 5']],
    ['settings', routes('unreachable 10.9.0.0/16 table main proto boot scope global metric 7'), routes('unreachable 10.9.0.0/16 table main proto static scope global metric 7'), ['routes: ip -4 route replace unreachable 10.9.0.0/16 table main metric 7 proto boot scope global']],
    ['all but the way of the session', {}, routes(own, 'unicast default via 198.51.100.9 dev eth0 table main proto boot scope global'), ['routes: ip -4 route del unicast default via 198.51.100.9 dev eth0 table main', 'left default via 198.51.100.1 dev eth0: it carries the management session']],
  ])('puts back %s', (_, before, now, expected) => expect(wayBack(routeKind as never, before, now)).toEqual(expected));

  it.each<[string, Items, Items, string[]]>([
    ['while the address is there', { a: { dev: 'eth1', local: '10.0.0.3', prefix: 24 } }, { eth1: { up: true } }, ['route 10.0.0.0/24 dev eth1 is gone']],
    ['with the address', {}, { eth1: { up: true } }, []],
    ['while the interface is down', { a: { dev: 'eth1', local: '10.0.0.3', prefix: 24 } }, { eth1: { up: false } }, []],
  ])('to a network of its own is missed %s', (_, address, link, expected) => {
    const connected = routes('unicast 10.0.0.0/24 dev eth1 table main proto kernel scope link src 10.0.0.3');
    expect(told(routeKind as never, connected, {}, { address: [{}, address], link: [{}, link] })).toEqual(expected);
    expect(told(routeKind as never, {}, connected, { address: [{}, address], link: [{}, link] })).toEqual([]);
  });
});

describe('policy rules', () => {
  const rules = (...lines: readonly string[]): Items<RuleState> => Object.fromEntries(parseRules(lines.join('\n'), 4).map((rule) => [`${rule.priority}: ${rule.words}`, rule]));
  it('are read as they are written', () => {
    expect(parseRules('0:\tfrom all lookup local\n100:\tnot from 10.0.0.0/8 iif tap0 [detached] lookup 100 \n', 6)).toEqual([
      { family: 6, priority: 0, words: 'from all lookup local' },
      { family: 6, priority: 100, words: 'not from 10.0.0.0/8 iif tap0 lookup 100' },
    ]);
  });
  const way = { route: [{}, { r: { table: '100', family: 4, destination: 'default' } }] as const };
  it.each<[string, string[], string[], string[]]>([
    ['gone ones', ['32766: from all lookup main'], [], ['routes: ip -4 rule add pref 32766 from all lookup main']],
    ['added ones', [], ['5: from 10.0.0.0/8 lookup 100', '6: from all fwmark 0x5 lookup 100', '7: from all lookup 200'], ['routes: ip -4 rule del pref 5 from 10.0.0.0/8 lookup 100', 'routes: ip -4 rule del pref 6 from all fwmark 0x5 lookup 100', 'routes: ip -4 rule del pref 7 from all lookup 200']],
    ['all but one that the session goes by', [], ['5: from 198.51.100.0/24 lookup 100', '6: from all to 192.0.2.7 lookup main'], ['left 5: from 198.51.100.0/24 lookup 100: it carries the management session', 'left 6: from all to 192.0.2.7 lookup main: it carries the management session']],
  ])('put back %s', (_, before, now, expected) => expect(wayBack(ruleKind as never, rules(...before), rules(...now), { others: way })).toEqual(expected));
});
