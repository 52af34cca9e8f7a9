/** The iptables rules that a subnet behind a host needs, and the plan from those that are there to those. */
import { PreconditionError } from '../../src/errors.ts';
import type { Change, Reading, Values, Fact } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';
import type { MarkedRule, Rule, RuleSet } from '../facts/iptables.ts';
import { valueOf } from '../facts/reading.ts';
import { networkText } from './address.ts';
import { editCommand, rulesWriter, type RuleEdit } from './rules-writer.ts';

export interface PortForward {
  readonly port: number;
  readonly to: string;
  readonly to_port?: number;
  readonly protocol: 'tcp' | 'udp';
  readonly address?: string;
}

export interface NatArgs {
  readonly subnet: string;
  readonly bridge?: string;
  readonly masquerade: boolean;
  readonly out_interface?: string;
  readonly forward: boolean;
  readonly ip_forward: boolean;
  readonly ports: readonly PortForward[];
  readonly state: 'present' | 'absent';
}

export type NatFacts = {
  readonly rules: Fact<Reading<RuleSet>>;
  /** By role and chain, for each rule in each chain where it may stand. */
  readonly exist: Fact<Readonly<Record<string, boolean>>>;
  readonly ipForward: Fact<Reading<string>>;
};
export type NatNow = Values<NatFacts>;

export const ipForwardName = 'net.ipv4.ip_forward';
const dockerChain = 'DOCKER-USER';

export function subnetOf(args: { readonly subnet: string }): string {
  return networkText(args.subnet) ?? args.subnet;
}

export function natSubject(args: { readonly subnet: string }): string {
  return `NAT of ${subnetOf(args)}`;
}

/** The beginning of the comments of a subnet's rules. The blank at its end keeps 10.0.0.0/2 from meaning 10.0.0.0/24. */
export function natMark(args: { readonly subnet: string }): string {
  return `ctplay ${subnetOf(args)} `;
}

interface WantedRule extends Rule {
  /** What it is for: the rest of its comment, and how a person knows it. */
  readonly role: string;
  /** It has to be asked before the rules that block. */
  readonly first: boolean;
}

/** The rules that are wanted, in order; those about forwarding in the given chain. */
export function wantedRules(args: NatArgs, forwardChain: string): WantedRule[] {
  const subnet = subnetOf(args);
  const mark = natMark(args);
  const rule = (table: Rule['table'], chain: string, role: string, match: readonly string[], target: readonly string[]): WantedRule => ({
    table,
    chain,
    role,
    first: table === 'filter',
    words: [...match, '-m', 'comment', '--comment', `${mark}${role}`, '-j', ...target],
  });
  const rules: WantedRule[] = [];
  if (args.masquerade) {
    const out = args.out_interface === undefined ? [] : ['-o', args.out_interface];
    rules.push(rule('nat', 'POSTROUTING', 'masquerade', ['-s', subnet, '!', '-d', subnet, ...out], ['MASQUERADE']));
  }
  if (args.forward) {
    const [from, to] = args.bridge === undefined ? [['-s', subnet], ['-d', subnet]] : [['-i', args.bridge], ['-o', args.bridge]];
    rules.push(rule('filter', forwardChain, 'forward from', from, ['ACCEPT']));
    rules.push(rule('filter', forwardChain, 'forward answers to', [...to, '-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED'], ['ACCEPT']));
  }
  for (const forward of args.ports) {
    const { protocol, port, to } = forward;
    const toPort = String(forward.to_port ?? port);
    const name = `${forward.address === undefined ? '' : `${forward.address}:`}${port}/${protocol}`;
    // In the order of iptables-save, so that a rule is known again by its words.
    const destination = forward.address === undefined ? ['-p', protocol, '-m', 'addrtype', '--dst-type', 'LOCAL'] : ['-d', `${forward.address}/32`, '-p', protocol];
    const match = [...destination, '-m', protocol, '--dport', String(port)];
    const dnat = ['DNAT', '--to-destination', `${to}:${toPort}`];
    rules.push(rule('nat', 'PREROUTING', `port ${name}`, match, dnat));
    // What the host itself sends passes OUTPUT; to 127.0.0.1 it could not be answered.
    rules.push(rule('nat', 'OUTPUT', `own port ${name}`, forward.address === undefined ? ['!', '-d', '127.0.0.0/8', ...match] : match, dnat));
    if (args.forward) rules.push(rule('filter', forwardChain, `forward port ${name}`, ['-d', `${to}/32`, '-p', protocol, '-m', protocol, '--dport', toPort], ['ACCEPT']));
  }
  return rules;
}

/** All rules that may be wanted, by key, for reading: where forwarding rules belong depends on what is read. */
export function candidateRules(args: NatArgs): Record<string, Rule> {
  if (args.state === 'absent') return {};
  return Object.fromEntries([...wantedRules(args, 'FORWARD'), ...wantedRules(args, dockerChain)].map((rule) => [keyOf(rule), rule]));
}

function keyOf(rule: WantedRule): string {
  return `${rule.chain}: ${rule.role}`;
}

export function* natChanges(args: NatArgs, now: NatNow): Generator<Change> {
  const rules = requireRules(now.rules);
  if (args.ip_forward) yield* ipForwardChange(now, '1');
  const wanted = wantedRules(args, rules.dockerUser ? dockerChain : 'FORWARD');
  const standing = new Set<MarkedRule>();
  const missing = wanted.filter((rule) => {
    const found = now.exist[keyOf(rule)] === true ? rules.marked.find((one) => isRule(one, rule, args) && isEffective(one, rule, rules)) : undefined;
    if (found) standing.add(found);
    return !found;
  });
  for (const rule of rules.marked) if (!standing.has(rule)) yield removal(args, rule);
  for (const rule of missing) {
    yield { action: 'create', subject: `${natSubject(args)}: ${rule.role}`, to: shown(rule), ...edit(rule, rule.first ? 'insert' : 'append') };
  }
}

function isRule(standing: MarkedRule, wanted: WantedRule, args: NatArgs): boolean {
  return standing.table === wanted.table && standing.chain === wanted.chain && standing.comment === `${natMark(args)}${wanted.role}` && standing.words.at(-1) === wanted.words.at(-1);
}

function isEffective(standing: MarkedRule, wanted: WantedRule, rules: RuleSet): boolean {
  const blocked = rules.blocked[standing.chain];
  return !wanted.first || blocked === undefined || standing.index < blocked;
}

export function* natDelete(args: NatArgs, now: NatNow): Generator<Change> {
  if (now.rules.state === 'unavailable' && now.rules.reason === 'not-installed') return;
  for (const rule of requireRules(now.rules).marked) yield removal(args, rule);
}

export function* natRevert(args: NatArgs, now: NatNow, before: NatNow): Generator<Change> {
  const old = valueOf(before.rules)?.marked ?? [];
  const same = (a: MarkedRule, b: MarkedRule): boolean => a.chain === b.chain && a.table === b.table && a.words.join('\0') === b.words.join('\0');
  for (const rule of valueOf(now.rules)?.marked ?? []) if (!old.some((one) => same(one, rule))) yield removal(args, rule);
  const was = valueOf(before.ipForward);
  if (args.ip_forward && was !== undefined) yield* ipForwardChange(now, was);
}

function* ipForwardChange(now: NatNow, wanted: string): Generator<Change> {
  const current = valueOf(now.ipForward);
  if (current === undefined || current === wanted) return;
  yield { action: 'update', subject: ipForwardName, from: current, to: wanted, commands: [sh`echo ${wanted} >/proc/sys/net/ipv4/ip_forward`], touches: [`sysctl:${ipForwardName}`] };
}

function removal(args: NatArgs, rule: MarkedRule): Change {
  return { action: 'delete', subject: `${natSubject(args)}: ${rule.comment.slice(natMark(args).length)}`, from: shown(rule), ...edit(rule, 'delete') };
}

function edit(rule: Rule, how: RuleEdit['how']): Pick<Change, 'commands' | 'joint' | 'touches'> {
  const request: RuleEdit = { rule, how };
  return { commands: [editCommand(request)], joint: { writer: rulesWriter, request }, touches: ['iptables'] };
}

/** As `iptables -S` shows it, less the mark. */
function shown({ table, chain, words }: Rule): string {
  const mark = words.indexOf('--comment') - 2;
  return [table, chain, ...words.slice(0, mark), ...words.slice(mark + 4)].join(' ');
}

function requireRules(reading: Reading<RuleSet>): RuleSet {
  if (reading.state === 'present') return reading.value;
  if (reading.state === 'unavailable' && reading.reason === 'not-installed') {
    throw new PreconditionError('iptables is not installed on this host', { hint: 'Put a task `apt: {name: iptables}` before this one.' });
  }
  throw new PreconditionError('the packet filter rules of this host cannot be read', {
    ...(reading.state === 'unavailable' ? { found: reading.detail } : {}),
    ...(reading.state === 'unavailable' && reading.reason === 'denied' ? { hint: 'Run the task as root: `become: true`.' } : {}),
  });
}
