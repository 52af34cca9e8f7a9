import { Type, type Static } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule, type Change, type Reading } from '../src/module.ts';
import { joinCommands, nothing, sh, type Command } from '../src/shell.ts';
import { iptablesRule, type IptablesRule } from './facts/iptables-rule.ts';

const text = (description: string) => Type.Optional(Type.String({ minLength: 1, description }));
const list = (description: string) => Type.Optional(Type.Array(Type.String(), { description }));

const args = Type.Object({
  table: Type.Enum(['filter', 'nat', 'mangle', 'raw', 'security'], { default: 'filter', description: 'The table.' }),
  chain: text('The chain.'),
  state: Type.Enum(['present', 'absent'], { default: 'present', description: 'Whether there should be such a rule.' }),
  action: Type.Enum(['append', 'insert'], { default: 'append', description: 'Where a new rule goes: to the end of the chain, or to `rule_num`.' }),
  rule_num: Type.Optional(Type.Integer({ minimum: 1, description: 'The position for `insert`; the beginning when left out.' })),
  ip_version: Type.Enum(['ipv4', 'ipv6'], { default: 'ipv4', description: 'iptables or ip6tables.' }),
  policy: Type.Optional(Type.Enum(['ACCEPT', 'DROP', 'QUEUE', 'RETURN'], { description: 'The policy of the chain, instead of a rule.' })),
  flush: Type.Boolean({ default: false, description: 'Remove all rules of the chain, or of the table.' }),
  chain_management: Type.Boolean({ default: false, description: 'The task is about the chain itself when it has no rule.' }),
  protocol: text('The protocol; `!` in front negates it, as everywhere below.'),
  source: text('The source address or network.'),
  destination: text('The destination address or network.'),
  src_range: text('A range of source addresses.'),
  dst_range: text('A range of destination addresses.'),
  match: Type.Array(Type.String(), { default: [], description: 'Extensions to load.' }),
  in_interface: text('The interface a packet came in by.'),
  out_interface: text('The interface a packet goes out by.'),
  fragment: text('As in iptables(8).'),
  source_port: text('The source port, or a range `first:last`.'),
  destination_port: text('The destination port, or a range `first:last`.'),
  destination_ports: list('Several destination ports.'),
  ctstate: Type.Array(Type.String(), { default: [], description: 'States of connection tracking.' }),
  tcp_flags: Type.Optional(Type.Object({ flags: Type.Array(Type.String(), { description: 'Those looked at.' }), flags_set: Type.Array(Type.String(), { description: 'Those that must be set.' }) }, { description: 'TCP flags.' })),
  syn: Type.Enum(['ignore', 'match', 'negate'], { default: 'ignore', description: 'Whether a packet opens a TCP connection.' }),
  icmp_type: text('The type of ICMP.'),
  limit: text('The mean rate, such as `10/minute`.'),
  limit_burst: text('The burst above the rate.'),
  uid_owner: text('The user whose process sent the packet.'),
  gid_owner: text('The group whose process sent the packet.'),
  match_set: text('A set of ipset(8).'),
  match_set_flags: Type.Optional(Type.Enum(['src', 'dst', 'src,dst', 'dst,src'], { description: 'What of the packet is looked up in the set.' })),
  comment: text('A comment, which also makes the rule another one.'),
  jump: text('The target.'),
  goto: text('The chain to go on in.'),
  gateway: text('For TEE.'),
  reject_with: text('For REJECT: the answer.'),
  to_destination: text('For DNAT.'),
  to_source: text('For SNAT.'),
  to_ports: text('For REDIRECT and MASQUERADE.'),
  set_dscp_mark: text('For DSCP.'),
  set_dscp_mark_class: text('For DSCP.'),
  log_prefix: text('For LOG.'),
  log_level: text('For LOG.'),
  wait: text('As in Ansible; ctplay waits 5 s for the lock.'),
});
type Args = Static<typeof args>;

/** One rule of the packet filter. */
export default defineModule({
  summary: 'Have a rule of iptables, or not',
  description: 'Rules hold until a reboot. For what a bridge with containers needs in one go see `iptables_nat`.',
  args,
  refuses: { set_counters: 'Counters start at zero; `command: iptables -R … -c PACKETS BYTES` sets them.' },
  returnValues: { table: 'the argument', chain: 'the argument', state: 'the argument', ip_version: 'the argument', flush: 'the argument', rule: 'the rule as iptables takes it' },
  examples: `
- iptables:
    chain: INPUT
    protocol: tcp
    destination_port: '8080'
    source: 172.15.42.0/24
    jump: ACCEPT
`,
  *validate(given) {
    if (given.chain === undefined && !given.flush) yield { path: ['chain'], message: 'chain is needed' };
    if (given.policy !== undefined && ruleOf(given) !== undefined) yield { path: ['policy'], message: 'policy is about a chain and excludes a rule' };
    if (given.rule_num !== undefined && given.action !== 'insert') yield { path: ['rule_num'], message: 'rule_num goes with action: insert' };
    if (given.jump !== undefined && given.goto !== undefined) yield { path: ['goto'], message: 'jump and goto exclude each other' };
    if (given.match_set !== undefined && given.match_set_flags === undefined) yield { path: ['match_set_flags'], message: 'match_set needs match_set_flags' };
  },
  subject: (given) => `rule ${given.table} ${given.chain ?? ''} ${given.policy ?? ruleOf(given)?.display ?? ''}`.trim(),
  facts: (given) => ({ rule: iptablesRule(toolOf(given), given.table, given.chain ?? '[A-Z]+', ruleOf(given)) }),
  *plan(given, now) {
    const found = knownRule(now.rule, given);
    const { table, chain, state, policy, flush, chain_management } = given;
    const rule = ruleOf(given);
    const subject = `chain ${chain} of ${table}`;
    if (flush) {
      if (found.rules > 0) yield { action: 'delete', subject: chain === undefined ? `rules of ${table}` : `rules of ${subject}`, from: `${found.rules} rules`, commands: [sh`${start(given)} -F${chain === undefined ? nothing : sh` ${chain}`}`], touches };
    } else if (policy !== undefined) {
      if (found.policy !== policy) yield { action: 'update', subject: `${subject}: policy`, from: found.policy, to: policy, commands: [sh`${start(given)} -P ${chain!} ${policy}`], touches };
    } else if (rule === undefined && chain_management) {
      if (state === 'present' && !found.chain) yield { action: 'create', subject, commands: [sh`${start(given)} -N ${chain!}`], touches };
      if (state === 'absent' && found.chain) yield { action: 'delete', subject, commands: [sh`${start(given)} -X ${chain!}`], touches };
    } else {
      if (!found.chain && state === 'present' && !chain_management) throw new PreconditionError(`the table ${table} has no chain '${chain}'`, { hint: 'chain_management: true makes it.' });
      if (!found.chain && state === 'present') yield { action: 'create', subject, commands: [sh`${start(given)} -N ${chain!}`], touches };
      yield* ruleChange(given, found.rule, state === 'present');
    }
  },
  *revert(given, now, before): Generator<Change> {
    if (now.rule.state !== 'present' || before.rule.state !== 'present') return;
    const [is, was] = [now.rule.value, before.rule.value];
    // The rules that a flush removed are not known any more.
    if (given.flush || given.chain === undefined) return;
    if (given.policy !== undefined) {
      if (was.policy !== undefined && is.policy !== was.policy) yield { action: 'update', subject: `chain ${given.chain} of ${given.table}: policy`, from: is.policy, to: was.policy, commands: [sh`${start(given)} -P ${given.chain} ${was.policy}`], touches };
      return;
    }
    if (ruleOf(given) !== undefined && is.chain && was.rule !== is.rule) yield* ruleChange(given, is.rule, was.rule);
    if (is.chain && !was.chain && is.rules - (is.rule ? 1 : 0) <= 0) yield { action: 'delete', subject: `chain ${given.chain} of ${given.table}`, commands: [sh`${start(given)} -X ${given.chain}`], touches };
  },
  returns: (given) => ({ table: given.table, chain: given.chain ?? null, state: given.state, ip_version: given.ip_version, flush: given.flush, rule: ruleOf(given)?.display ?? '' }),
});

const touches = ['iptables'];
const toolOf = ({ ip_version }: Args): string => (ip_version === 'ipv4' ? 'iptables' : 'ip6tables');
const start = (given: Args): Command => sh`${toolOf(given)} -w 5 -t ${given.table}`;

function knownRule(reading: Reading<IptablesRule>, given: Args): IptablesRule {
  if (reading.state === 'present') return reading.value;
  const found = reading.state === 'unavailable' ? reading : undefined;
  if (found?.reason === 'not-installed') throw new PreconditionError(`${toolOf(given)} is not installed`, { hint: 'Install the package iptables.' });
  throw new PreconditionError(`the rules of the table ${given.table} cannot be read`, { found: found?.detail, hint: found?.reason === 'denied' ? 'Use become.' : undefined });
}

function* ruleChange(given: Args, has: boolean, wanted: boolean): Generator<Change> {
  if (has === wanted) return;
  const rule = ruleOf(given) ?? nothing;
  const where = given.action === 'insert' ? sh`-I ${given.chain!}${given.rule_num === undefined ? nothing : sh` ${given.rule_num}`}` : sh`-A ${given.chain!}`;
  const command = sh`${start(given)} ${wanted ? where : sh`-D ${given.chain!}`} ${rule}`;
  yield { action: wanted ? 'create' : 'delete', subject: `rule of ${given.chain} in ${given.table}`, [wanted ? 'to' : 'from']: rule.display, commands: [command], touches };
}

/** The words of the rule in the order of Ansible, or undefined when nothing of a rule is given. */
function ruleOf(given: Args): Command | undefined {
  const matches = new Set<string>();
  const words: Command[] = [];
  const add = (flag: string, value: string | undefined, match?: string): void => {
    if (value === undefined) return;
    if (match !== undefined && !matches.has(match) && !given.match.includes(match)) {
      matches.add(match);
      words.push(sh`-m ${match}`);
    }
    const negated = value.startsWith('!');
    words.push(sh`${negated ? sh`! ` : nothing}${flag} ${negated ? value.slice(1).trim() : value}`);
  };
  add('-p', given.protocol);
  add('-s', given.source);
  add('-d', given.destination);
  for (const match of given.match) add('-m', match);
  if (given.tcp_flags) words.push(sh`--tcp-flags ${given.tcp_flags.flags.join(',')} ${given.tcp_flags.flags_set.join(',')}`);
  add('-i', given.in_interface);
  add('-o', given.out_interface);
  if (given.fragment !== undefined) words.push(sh`-f`);
  add('--src-range', given.src_range, 'iprange');
  add('--dst-range', given.dst_range, 'iprange');
  add('--match-set', given.match_set, 'set');
  if (given.match_set !== undefined) words.push(sh`${given.match_set_flags ?? 'src'}`);
  add('--source-port', given.source_port);
  add('--destination-port', given.destination_port);
  add('--dports', given.destination_ports?.join(','), 'multiport');
  if (given.syn !== 'ignore') words.push(given.syn === 'match' ? sh`--syn` : sh`! --syn`);
  add('--ctstate', given.ctstate.length === 0 ? undefined : given.ctstate.join(','), 'conntrack');
  add('--limit', given.limit, 'limit');
  add('--limit-burst', given.limit_burst, 'limit');
  add('--uid-owner', given.uid_owner, 'owner');
  add('--gid-owner', given.gid_owner, 'owner');
  add(given.ip_version === 'ipv4' ? '--icmp-type' : '--icmpv6-type', given.icmp_type);
  add('--comment', given.comment, 'comment');
  add('-j', given.jump);
  add('-g', given.goto);
  for (const [flag, value] of Object.entries({ '--log-prefix': given.log_prefix, '--log-level': given.log_level, '--to-destination': given.to_destination, '--to-source': given.to_source, '--to-ports': given.to_ports, '--gateway': given.gateway, '--set-dscp': given.set_dscp_mark, '--set-dscp-class': given.set_dscp_mark_class, '--reject-with': given.reject_with })) add(flag, value);
  return words.length === 0 ? undefined : joinCommands(words, ' ');
}
