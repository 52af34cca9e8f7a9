import { describe, expect, it } from 'vitest';
import { present, valueOf } from '../../../modules/facts/reading.ts';
import type { Items } from '../../../src/baseline/kind.ts';
import { namespaceKind, type NamespaceState } from '../../../src/baseline/kinds/namespace.ts';
import { parseNamedNamespaces, surroundingNamespaces } from '../../../src/baseline/kinds/namespace-read.ts';
import { nftablesKind, parseTables } from '../../../src/baseline/kinds/nftables.ts';
import { parseSockets, socketKind } from '../../../src/baseline/kinds/socket.ts';
import { sysctlKind, sysctlName } from '../../../src/baseline/kinds/sysctl.ts';
import { answer, row, told, wayBack } from './network.ts';

describe('named namespaces', () => {
  const links = JSON.stringify([row('lo', '', { flags: [], mtu: 65536 }), row('eth0', 'veth', { ifindex: 2, link_index: 9, link_netnsid: 0, addr_info: [{ family: 'inet', local: '10.5.5.5', prefixlen: 24, scope: 'global' }] })]);
  const read = ['ids [{"name":"blue","id":3},{"name":"itself"}]', 'namespace blue', links, '', 'routes 4', 'unicast default via 10.5.5.1 dev eth0 table main proto boot scope global', 'unicast 10.5.5.0/24 dev eth0 table main proto kernel scope link src 10.5.5.5', 'routes 6', 'process sleep', 'process Web Content', 'own itself', ''].join('\n');
  const items = valueOf(namespaceKind.items({ namespaces: parseNamedNamespaces(answer(read)) })) ?? {};
  const state: NamespaceState = {
    links: { lo: { type: '', up: false, mtu: 65536, options: {} }, eth0: { type: 'veth', up: true, mtu: 1500, options: {} } },
    addresses: { '10.5.5.5/24 on eth0': { dev: 'eth0', local: '10.5.5.5', prefix: 24, scope: 'global' } },
    routes: { 'default via 10.5.5.1 dev eth0': { family: 4, type: 'unicast', destination: 'default', gateway: '10.5.5.1', dev: 'eth0', table: 'main', words: 'proto boot scope global' } },
    processes: ['Web Content', 'sleep'],
  };
  const change = (more: Partial<NamespaceState>): Items<NamespaceState> => ({ blue: { ...state, ...more } });

  it('are recorded with what is in them, unless they are the host itself', () => {
    expect(items).toEqual({ blue: state, itself: { links: {}, addresses: {}, routes: {}, processes: [] } });
    expect(parseNamedNamespaces(answer('', 127, 'sh: ip: not found'))).toMatchObject({ state: 'unavailable', reason: 'not-installed' });
  });

  it('tell where the other ends of pairs are', () => {
    expect(surroundingNamespaces(parseNamedNamespaces(answer(read))).get(3)).toEqual({ name: 'blue', links: new Map([[9, 'lo'], [2, 'eth0']]) });
    expect(surroundingNamespaces({ state: 'unavailable', reason: 'unreadable', detail: '' }).size).toBe(0);
  });

  it.each<[string, Items<NamespaceState>, Items<NamespaceState>, string[], string[]]>([
    ['added', {}, { green: { ...state, processes: [] } }, ['network namespace green was added'], ['namespaces: ip netns del green']],
    ['added, with programs', {}, { green: state }, ['network namespace green was added'], ['processes: kill $(ip netns pids green)', 'namespaces: ip netns del green']],
    ['gone', change({}), {}, ['network namespace blue is gone'], [
      'namespaces: ip netns add blue', 'addresses: ip -n blue addr replace 10.5.5.5/24 dev eth0 scope global', 'routes: ip -n blue -4 route add unicast default via 10.5.5.1 dev eth0 table main proto boot scope global',
      'left blue: Web Content, sleep, which ran in it, is not started again',
    ]],
    ['changed', change({ processes: ['sleep'] }), change({ links: { ...state.links, eth0: { type: 'veth', up: false, mtu: 1500, options: {} } }, routes: {}, processes: ['sleep', 'nc', 'top'] }),
      ['network namespace blue interface eth0 in it is down, route default via 10.5.5.1 dev eth0 in it is gone, program nc runs in it, program top runs in it'],
      ['processes: kill $(ip netns pids blue)', 'links-up: ip -n blue link set dev eth0 up', 'routes: ip -n blue -4 route add unicast default via 10.5.5.1 dev eth0 table main proto boot scope global']],
  ])('%s', (_, before, now, words, way) => {
    expect(told(namespaceKind as never, before, now)).toEqual(words);
    expect(wayBack(namespaceKind as never, before, now)).toEqual(way);
  });
});

describe('tables of nft', () => {
  const list = 'iptables v1.8.9 (nf_tables)\ntable ip filter {\n\tchain INPUT {\n\t}\n}\ntable inet t1 {\n\tset s {\n\t\telements = { 1.1.1.1 timeout 1h expires 59m3s, 2.2.2.2 }\n\t}\n\n\tchain c {\n\t\ttcp dport 99 counter drop\n\t}\n}\n';
  const body = '\tset s {\n\t\telements = { 1.1.1.1 timeout 1h, 2.2.2.2 }\n\t}\n\n\tchain c {\n\t\ttcp dport 99 counter drop\n\t}\n';
  it.each([
    ['with iptables beside them', answer(list), present({ 'inet t1': body })],
    ['with iptables elsewhere', answer(list.replace('nf_tables', 'legacy')), present({ 'ip filter': '\tchain INPUT {\n\t}\n', 'inet t1': body })],
    ['without nft', answer('', 127), present({})],
    ['without leave', answer('', 1, 'Operation not permitted (you must be root)'), { state: 'unavailable', reason: 'denied', detail: 'Operation not permitted (you must be root)' }],
  ])('are read %s', (_, result, expected) => expect(parseTables(result)).toEqual(expected));

  it.each<[string, Items<string>, Items<string>, string[], string[]]>([
    ['added', {}, { 'inet t1': body }, ['nft table inet t1 was added'], ['firewall: nft delete table inet t1']],
    ['changed', { 'inet t1': '\tchain a {\n\t}\n' }, { 'inet t1': '\tchain a {\n\t\tdrop\n\t}\n' }, ["nft table inet t1 has 'drop' more"], ['firewall: nft -f -']],
    ['in another order', { 'ip x': 'a\nb\n' }, { 'ip x': 'b\na\n' }, ['nft table ip x has its lines in another order'], ['firewall: nft -f -']],
  ])('%s', (_, before, now, words, way) => {
    expect(told(nftablesKind as never, before, now)).toEqual(words);
    expect(wayBack(nftablesKind as never, before, now)).toEqual(way);
  });

  it('come back as one transaction', () => {
    const [step] = [...(nftablesKind.restore?.([{ key: 'inet t1', before: '\tchain a {\n\t}\n' }], undefined as never) ?? [])];
    expect(step !== undefined && 'change' in step ? step.change.commands[0]!.input : undefined).toEqual({ kind: 'text', text: 'table inet t1\ndelete table inet t1\ntable inet t1 {\n\tchain a {\n\t}\n}\n' });
  });
});

describe('kernel parameters', () => {
  const rows = present([row('eth0', ''), row('veth31157ff', 'veth'), row('eth0.7', 'vlan')]);
  const items = (lines: string): Items<string> => valueOf(sysctlKind.items({ rows, namespaces: present([]), switchPorts: [], dockerNetworks: { state: 'absent' }, parameters: sysctlKind.facts.parameters.parse(answer(lines)) })) ?? {};
  it.each([
    ['net/ipv4/ip_forward:1', { 'net.ipv4.ip_forward': '1' }],
    ['net/ipv4/ip_local_port_range:32768\t60999', { 'net.ipv4.ip_local_port_range': '32768 60999' }],
    ['net/ipv4/conf/eth0.7/rp_filter:2', { 'net.ipv4.conf.eth0/7.rp_filter': '2' }],
    ['net/ipv4/conf/all/rp_filter:2', { 'net.ipv4.conf.all.rp_filter': '2' }],
    ['net/ipv4/conf/veth31157ff/rp_filter:2', {}],
    ['net/ipv4/conf/br-0123456789ab/rp_filter:2', {}],
    ['net/ipv6/conf/eth0/stable_secret:fe80::1', {}],
    ['net/ipv6/conf/eth0/mtu:1400', {}],
    ['net/ipv4/tcp_fastopen_key:57eae88d-2a7f0d08', {}],
    ['net/netfilter/nf_conntrack_count:4', {}],
    ['kernel/hostname:seat7', { 'kernel.hostname': 'seat7' }],
  ])('%s', (line, expected) => expect(items(line)).toEqual(expected));

  it.each([['net/ipv4/conf/eth0.7/rp_filter', 'net.ipv4.conf.eth0/7.rp_filter'], ['net/core/somaxconn', 'net.core.somaxconn']])('%s is %s, and back', (file, name) => {
    expect(sysctlName(file)).toBe(name);
    expect(sysctlName(name)).toBe(file);
  });

  it.each<[string, Items<string>, Items<string>, string[]]>([
    ['a value', { 'net.core.somaxconn': '4096' }, { 'net.core.somaxconn': '' }, ['kernel parameter net.core.somaxconn has value (empty), not 4096']],
    ['what came with a module or an interface', { a: '1' }, { b: '1' }, []],
    ['what one for all interfaces sets', { 'net.ipv6.conf.all.forwarding': '0', 'net.ipv6.conf.eth0.forwarding': '0' }, { 'net.ipv6.conf.all.forwarding': '1', 'net.ipv6.conf.eth0.forwarding': '1' }, ['kernel parameter net.ipv6.conf.all.forwarding has value 1, not 0']],
    ['what ip_forward sets', { 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.all.forwarding': '1', 'net.ipv4.conf.all.accept_redirects': '0' }, { 'net.ipv4.ip_forward': '0', 'net.ipv4.conf.all.forwarding': '0', 'net.ipv4.conf.all.accept_redirects': '1' }, ['kernel parameter net.ipv4.ip_forward has value 0, not 1']],
    ['one of an interface alone', { 'net.ipv4.conf.all.rp_filter': '0', 'net.ipv4.conf.eth0.rp_filter': '0' }, { 'net.ipv4.conf.all.rp_filter': '0', 'net.ipv4.conf.eth0.rp_filter': '1' }, ['kernel parameter net.ipv4.conf.eth0.rp_filter has value 1, not 0']],
  ])('tell %s', (_, before, now, expected) => expect(told(sysctlKind as never, before, now)).toEqual(expected));

  it('come back with those for all interfaces first', () => {
    const names = ['net.ipv4.conf.eth0.rp_filter', 'net.ipv4.conf.all.forwarding', 'net.ipv4.ip_forward'];
    const all = (value: string): Items<string> => Object.fromEntries(names.map((name, index) => [name, `${value}${index}`]));
    expect(wayBack(sysctlKind as never, all('1'), all('2'))).toEqual(['sysctls: sysctl -w net.ipv4.ip_forward=12', 'sysctls: sysctl -w net.ipv4.conf.all.forwarding=11', 'sysctls: sysctl -w net.ipv4.conf.eth0.rp_filter=10']);
  });
});

describe('listening sockets', () => {
  const line = (protocol: string, local: string, users = ''): string => `${protocol} LISTEN 0 128 ${local} 0.0.0.0:*${users}\n`;
  it.each([
    ['a service', line('tcp', '0.0.0.0:22', ' users:(("sshd",pid=163,fd=3))'), { 'tcp 0.0.0.0:22': { programs: ['sshd'] } }],
    ['several programs', line('tcp', '[::]:80', ' users:(("nginx",pid=9,fd=3),("nginx",pid=10,fd=3),("a b",pid=1,fd=1))'), { 'tcp [::]:80': { programs: ['a b', 'nginx'] } }],
    ["the kernel's own", line('udp', '0.0.0.0:4789'), { 'udp 0.0.0.0:4789': { programs: [] } }],
    ['a port that the kernel chose', line('tcp', '127.0.0.1:36383', ' users:(("containerd",pid=133,fd=10))') + line('tcp', '127.0.0.1:20001', ' users:(("containerd",pid=133,fd=11))'), { 'tcp 127.0.0.1 of containerd': { programs: ['containerd'] } }],
    ["a client's", line('udp', '0.0.0.0:45000', ' users:(("dig",pid=1,fd=1))'), {}],
    ['what a login forwards', line('tcp', '127.0.0.1:6010', ' users:(("sshd",pid=1,fd=1))'), {}],
    ['an address of an interface', line('udp', '0.0.0.0%lxcbr0:67', ' users:(("dnsmasq",pid=1,fd=1))') + line('udp', '[fe80::1]%eth0:546', ' users:(("dhclient",pid=1,fd=1))'), { 'udp 0.0.0.0%lxcbr0:67': { programs: ['dnsmasq'] } }],
  ])('%s', (_, lines, expected) => expect(parseSockets(answer(`20000\t21000\n${lines}`))).toEqual(present(expected)));

  it('are none without ss, and unknown without leave', () => {
    expect(parseSockets(answer('', 127))).toEqual(present({}));
    expect(parseSockets(answer('', 1, 'Permission denied'))).toMatchObject({ state: 'unavailable', reason: 'denied' });
  });

  it('read as ports with their programs', () => {
    const sockets = { 'tcp 0.0.0.0:8000': { programs: ['python3'] }, 'tcp 127.0.0.1 of x': { programs: ['x'] } };
    expect(told(socketKind as never, {}, sockets)).toEqual(['listening socket tcp 0.0.0.0:8000 (python3) was added', 'listening socket tcp 127.0.0.1 of x was added']);
    expect(told(socketKind as never, sockets, { ...sockets, 'tcp 0.0.0.0:8000': { programs: [] } })).toEqual(["listening socket tcp 0.0.0.0:8000 is nobody's, not python3's"]);
  });
});
