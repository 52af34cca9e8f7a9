import { describe, expect, it } from 'vitest';
import iptablesNat from '../../modules/iptables_nat.ts';
import { ruleSet, type MarkedRule, type RuleSet } from '../../modules/facts/iptables.ts';
import { present } from '../../modules/facts/reading.ts';
import { candidateRules, wantedRules, type NatArgs, type NatNow } from '../../modules/shared/nat.ts';
import { commandsOf as jointCommandsOf } from '../../src/engine/joint-changes.ts';
import { commandsOf, planOf } from '../harness/module.ts';

const base: NatArgs = { subnet: '172.15.42.1/24', bridge: 'docker0', masquerade: true, forward: true, ip_forward: true, ports: [], state: 'present' };
const rules = (over: Partial<RuleSet> = {}): RuleSet => ({ marked: [], dockerUser: false, blocked: {}, ...over });
const now = (over: Partial<NatNow> = {}): NatNow => ({ rules: present(rules()), exist: {}, ipForward: present('1'), ...over });
const plan = (args: Partial<NatArgs>, facts: Partial<NatNow>) => planOf(iptablesNat, { ...base, ...args } as never, now(facts));
const mark = (role: string): string => `-m comment --comment 'ctplay 172.15.42.0/24 ${role}'`;

/** What the facts say when all wanted rules stand, each at its place. */
function standing(args: Partial<NatArgs> = {}, chain = 'FORWARD', over: Partial<RuleSet> = {}): Partial<NatNow> {
  const wanted = wantedRules({ ...base, ...args }, chain);
  const marked = wanted.map((rule, index): MarkedRule => ({ table: rule.table, chain: rule.chain, words: rule.words, comment: `ctplay 172.15.42.0/24 ${rule.role}`, index }));
  return { rules: present(rules({ marked, dockerUser: chain === 'DOCKER-USER', ...over })), exist: Object.fromEntries(wanted.map((rule) => [`${rule.chain}: ${rule.role}`, true])) };
}

describe('the plan', () => {
  it.each<[string, Partial<NatArgs>, Partial<NatNow>, string[]]>([
    ['masquerades and forwards', {}, { ipForward: present('0') }, [
      'echo 1 >/proc/sys/net/ipv4/ip_forward',
      `iptables -w 5 -t nat -A POSTROUTING -s 172.15.42.0/24 '!' -d 172.15.42.0/24 ${mark('masquerade')} -j MASQUERADE`,
      `iptables -w 5 -t filter -I FORWARD -i docker0 ${mark('forward from')} -j ACCEPT`,
      `iptables -w 5 -t filter -I FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED ${mark('forward answers to')} -j ACCEPT`,
    ]],
    ["uses Docker's chain for others where there is one", { masquerade: false }, { rules: present(rules({ dockerUser: true })) }, [
      `iptables -w 5 -t filter -I DOCKER-USER -i docker0 ${mark('forward from')} -j ACCEPT`,
      `iptables -w 5 -t filter -I DOCKER-USER -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED ${mark('forward answers to')} -j ACCEPT`,
    ]],
    ['tells packets by address where no bridge is named', { bridge: undefined as never, masquerade: false }, {}, [
      `iptables -w 5 -t filter -I FORWARD -s 172.15.42.0/24 ${mark('forward from')} -j ACCEPT`,
      `iptables -w 5 -t filter -I FORWARD -d 172.15.42.0/24 -m conntrack --ctstate RELATED,ESTABLISHED ${mark('forward answers to')} -j ACCEPT`,
    ]],
    ['leads ports inside', { masquerade: false, forward: false, ports: [{ port: 8080, to: '172.15.42.100', to_port: 80, protocol: 'tcp' }, { port: 53, to: '172.15.42.7', protocol: 'udp', address: '10.0.0.3' }] }, {}, [
      `iptables -w 5 -t nat -A PREROUTING -p tcp -m addrtype --dst-type LOCAL -m tcp --dport 8080 ${mark('port 8080/tcp')} -j DNAT --to-destination 172.15.42.100:80`,
      `iptables -w 5 -t nat -A OUTPUT '!' -d 127.0.0.0/8 -p tcp -m addrtype --dst-type LOCAL -m tcp --dport 8080 ${mark('own port 8080/tcp')} -j DNAT --to-destination 172.15.42.100:80`,
      `iptables -w 5 -t nat -A PREROUTING -d 10.0.0.3/32 -p udp -m udp --dport 53 ${mark('port 10.0.0.3:53/udp')} -j DNAT --to-destination 172.15.42.7:53`,
      `iptables -w 5 -t nat -A OUTPUT -d 10.0.0.3/32 -p udp -m udp --dport 53 ${mark('own port 10.0.0.3:53/udp')} -j DNAT --to-destination 172.15.42.7:53`,
    ]],
    ['leaves alone what stands', {}, standing(), []],
    ["leaves alone what stands in Docker's chain before its RETURN", {}, standing({}, 'DOCKER-USER', { blocked: { 'DOCKER-USER': 3, FORWARD: 0 } }), []],
    ['moves rules before one that blocks', { masquerade: false }, standing({ masquerade: false }, 'FORWARD', { blocked: { FORWARD: 1 } }), [
      `iptables -w 5 -t filter -D FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED ${mark('forward answers to')} -j ACCEPT`,
      `iptables -w 5 -t filter -I FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED ${mark('forward answers to')} -j ACCEPT`,
    ]],
    ['removes rules that are no longer wanted', { forward: false }, standing(), [
      `iptables -w 5 -t filter -D FORWARD -i docker0 ${mark('forward from')} -j ACCEPT`,
      `iptables -w 5 -t filter -D FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED ${mark('forward answers to')} -j ACCEPT`,
    ]],
    ['replaces a rule that iptables -C does not accept', { forward: false }, { ...standing({ forward: false }), exist: {} }, [
      `iptables -w 5 -t nat -D POSTROUTING -s 172.15.42.0/24 '!' -d 172.15.42.0/24 ${mark('masquerade')} -j MASQUERADE`,
      `iptables -w 5 -t nat -A POSTROUTING -s 172.15.42.0/24 '!' -d 172.15.42.0/24 ${mark('masquerade')} -j MASQUERADE`,
    ]],
    ['removes all of them', { state: 'absent' }, standing({ forward: false }), [`iptables -w 5 -t nat -D POSTROUTING -s 172.15.42.0/24 '!' -d 172.15.42.0/24 ${mark('masquerade')} -j MASQUERADE`]],
    ['removes nothing where there is no iptables', { state: 'absent' }, { rules: { state: 'unavailable', reason: 'not-installed', detail: '' } }, []],
    ['leaves ip_forward when told', { ip_forward: false, masquerade: false, forward: false }, { ipForward: present('0') }, []],
  ])('%s', (_, args, facts, commands) => {
    expect(commandsOf(plan(args, facts))).toEqual(commands);
  });

  it.each<[string, NatNow['rules'], RegExp]>([
    ['iptables', { state: 'unavailable', reason: 'not-installed', detail: '' }, /iptables is not installed/],
    ['the right to ask', { state: 'unavailable', reason: 'denied', detail: '' }, /cannot be read/],
  ])('refuses to go on without %s', (_, reading, message) => {
    expect(() => plan({}, { rules: reading })).toThrow(message);
  });

  it('asks for every rule in both chains', () => {
    expect(Object.keys(candidateRules(base))).toEqual(['POSTROUTING: masquerade', 'FORWARD: forward from', 'FORWARD: forward answers to', 'DOCKER-USER: forward from', 'DOCKER-USER: forward answers to']);
  });
});

it('makes rules that follow one another by one iptables-restore', () => {
  const [command, ...others] = jointCommandsOf(plan({ ports: [{ port: 53, to: '172.15.42.7', protocol: 'udp' }] }, {}));
  expect(others).toEqual([]);
  expect(command!.display).toBe('iptables-restore -w 5 --noflush');
  expect(command!.input).toEqual({
    kind: 'text',
    text: `*nat
-A POSTROUTING -s 172.15.42.0/24 ! -d 172.15.42.0/24 -m comment --comment "ctplay 172.15.42.0/24 masquerade" -j MASQUERADE
COMMIT
*filter
-I FORWARD -i docker0 -m comment --comment "ctplay 172.15.42.0/24 forward from" -j ACCEPT
-I FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -m comment --comment "ctplay 172.15.42.0/24 forward answers to" -j ACCEPT
COMMIT
*nat
-A PREROUTING -p udp -m addrtype --dst-type LOCAL -m udp --dport 53 -m comment --comment "ctplay 172.15.42.0/24 port 53/udp" -j DNAT --to-destination 172.15.42.7:53
-A OUTPUT ! -d 127.0.0.0/8 -p udp -m addrtype --dst-type LOCAL -m udp --dport 53 -m comment --comment "ctplay 172.15.42.0/24 own port 53/udp" -j DNAT --to-destination 172.15.42.7:53
COMMIT
*filter
-I FORWARD -d 172.15.42.7/32 -p udp -m udp --dport 53 -m comment --comment "ctplay 172.15.42.0/24 forward port 53/udp" -j ACCEPT
COMMIT
`,
  });
});

it('reads the rules that are marked, and what blocks', () => {
  const stdout = `# Generated by iptables-save v1.8.9 (nf_tables) on Sat Nov 21 03:24:04 2026
*filter
:FORWARD DROP [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -j REJECT --reject-with icmp-host-prohibited
-A DOCKER-USER -i docker0 -m comment --comment "ctplay 172.15.42.0/24 forward from" -j ACCEPT
-A DOCKER-USER -i x -m comment --comment "ctplay 172.15.42.0/245 forward from" -j ACCEPT
-A DOCKER-USER -j RETURN
COMMIT
*nat
-A POSTROUTING -s 172.15.42.0/24 ! -d 172.15.42.0/24 -m comment --comment "ctplay 172.15.42.0/24 masquerade" -j MASQUERADE
COMMIT
`;
  expect(ruleSet('ctplay 172.15.42.0/24 ').parse({ status: 0, stdout, stderr: '' })).toEqual(present({
    marked: [
      { table: 'filter', chain: 'DOCKER-USER', words: ['-i', 'docker0', '-m', 'comment', '--comment', 'ctplay 172.15.42.0/24 forward from', '-j', 'ACCEPT'], comment: 'ctplay 172.15.42.0/24 forward from', index: 0 },
      { table: 'nat', chain: 'POSTROUTING', words: ['-s', '172.15.42.0/24', '!', '-d', '172.15.42.0/24', '-m', 'comment', '--comment', 'ctplay 172.15.42.0/24 masquerade', '-j', 'MASQUERADE'], comment: 'ctplay 172.15.42.0/24 masquerade', index: 0 },
    ],
    dockerUser: true,
    blocked: { FORWARD: 2, 'DOCKER-USER': 2 },
  }));
});

describe('reverting', () => {
  it.each<[string, Partial<NatNow>, Partial<NatNow>, string[]]>([
    ['removes the rules and restores ip_forward', standing({ forward: false }), { ipForward: present('0') }, [`iptables -w 5 -t nat -D POSTROUTING -s 172.15.42.0/24 '!' -d 172.15.42.0/24 ${mark('masquerade')} -j MASQUERADE`, 'echo 0 >/proc/sys/net/ipv4/ip_forward']],
    ['keeps rules that were there before', standing({ forward: false }), standing({ forward: false }), []],
    ['plans nothing when iptables is gone', { rules: { state: 'unavailable', reason: 'not-installed', detail: '' } }, {}, []],
  ])('%s', (_, facts, before, commands) => {
    expect(commandsOf([...iptablesNat.revert!(base as never, now(facts), now(before))])).toEqual(commands);
  });
});

it.each<[string, Partial<NatArgs>, RegExp]>([
  ['a subnet without its length', { subnet: '172.15.42.0' }, /lacks the prefix length/],
  ['a subnet of IPv6', { subnet: 'fd00::/64' }, /IPv6 network/],
  ['a port that leads to two places', { ports: [{ port: 80, to: '10.0.0.1', protocol: 'tcp' }, { port: 80, to: '10.0.0.2', protocol: 'tcp' }] }, /leads to two places/],
  ['a port that leads nowhere', { ports: [{ port: 80, to: 'web', protocol: 'tcp' }] }, /'web' is not an IP address/],
])('refuses %s', (_, args, message) => {
  expect([...iptablesNat.validate!({ ...base, ...args } as never)].map((problem) => problem.message)).toEqual([expect.stringMatching(message)]);
});
