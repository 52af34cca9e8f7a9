import { present, unavailable } from '../../../modules/facts/reading.ts';
import { contains, parseAddress, parseCidr } from '../../../modules/shared/address.ts';
import type { Fact, Reading } from '../../module.ts';
import { sh, type Command } from '../../shell.ts';
import { defineKind, type KindStates, type ManagementPath } from '../kind.ts';
import { clauses, sortOut } from './differing.ts';
import type { RouteState } from './route-state.ts';

export type RuleState = {
  readonly family: 4 | 6;
  readonly priority: number;
  /** As ip-rule(8) prints it after the priority and takes it again: `from 10.0.0.0/8 lookup 100`. */
  readonly words: string;
};

/** The lines of all policy rules, by family. */
const rules: Fact<Reading<readonly RuleState[]>> = {
  kind: 'rules',
  key: '',
  read: sh`LC_ALL=C; export LC_ALL; ip -4 rule show || exit; echo IPv6; ip -6 rule show 2>/dev/null; :`,
  domains: ['route'],
  parse(result) {
    if (result.status !== 0) return unavailable(result);
    const [four = '', six = ''] = result.stdout.split(/^IPv6$/m);
    return present([...parseRules(four, 4), ...parseRules(six, 6)]);
  },
};

/** The lines of `ip rule`. */
export function parseRules(text: string, family: 4 | 6): RuleState[] {
  return [...text.matchAll(/^(\d+):\s+(.*)$/gm)].map(([, priority, words]) => ({ family, priority: Number(priority), words: words!.replaceAll(/\[detached\]/g, '').trim().replaceAll(/\s+/g, ' ') }));
}

/** Policy rules, which say in what table a route is looked for. */
export const ruleKind = defineKind<RuleState, { rules: typeof rules }>({
  name: 'rule',
  summary: 'Policy rules of routing, IPv4 and IPv6',
  facts: { rules },
  items({ rules: reading }) {
    return reading.state === 'present' ? present(Object.fromEntries(reading.value.map((rule) => [ruleKey(rule), rule]))) : reading;
  },
  subject: ({ key }) => `policy rule ${key}`,
  words: (difference) => clauses(difference, () => []),
  *restore(differences, { now, management }) {
    const { added, gone } = sortOut(differences);
    for (const { key, before } of gone) {
      yield { stage: 'routes', keys: [key], change: { action: 'create', subject: `policy rule ${key}`, to: before, commands: [sh`${isThere(before)} || ${command(before, 'add')}`], typed: [command(before, 'add')] } };
    }
    for (const { key, now: rule } of added) {
      if (carries(rule, management, now)) yield { key, why: 'it carries the management session' };
      else yield { stage: 'routes', keys: [key], change: { action: 'delete', subject: `policy rule ${key}`, from: rule, commands: [sh`! ${isThere(rule)} || ${command(rule, 'del')}`], typed: [command(rule, 'del')] } };
    }
  },
});

function ruleKey({ family, priority, words }: RuleState): string {
  return `${family === 6 ? 'IPv6 ' : ''}${priority}: ${words}`;
}

function command({ family, priority, words }: RuleState, verb: 'add' | 'del'): Command {
  return sh`ip ${`-${family}`} rule ${verb} pref ${priority} ${words.split(' ')}`;
}

function isThere({ family, priority, words }: RuleState): Command {
  return sh`ip ${`-${family}`} rule show | tr -s '\\t ' ' ' | sed 's/ $//; s/ \\[detached\\]//g' | grep -qxF -e ${`${priority}: ${words}`}`;
}

/** Whether answers of the session may take their way by this rule: it is about them, and its table knows a way to the client. */
export function carries({ family, words }: RuleState, { serverAddress, clientAddress }: ManagementPath, now: KindStates): boolean {
  const list = words.split(' ');
  const after = (word: string): string | undefined => (list.includes(word) ? list[list.indexOf(word) + 1] : undefined);
  const covers = (selector: string | undefined, address: string): boolean => selector === undefined || selector === 'all' || isWithin(selector, address);
  const ofFamily = (family === 6) === clientAddress.includes(':');
  if (clientAddress === '' || !ofFamily || list[0] === 'not' || after('fwmark') !== undefined || after('iif') !== undefined) return false;
  if (!covers(after('from'), serverAddress) || !covers(after('to'), clientAddress)) return false;
  const table = after('lookup');
  const routes = now['route'];
  if (table === undefined || table === 'main' || routes?.state !== 'present') return table !== undefined;
  return Object.values(routes.value as Readonly<Record<string, RouteState>>).some((route) => route.table === table && route.family === family && (route.destination === 'default' || isWithin(route.destination, clientAddress)));
}

/** `network` is an address or a CIDR. */
function isWithin(network: string, address: string): boolean {
  const cidr = parseCidr(network.includes('/') ? network : `${network}/${network.includes(':') ? 128 : 32}`);
  const one = parseAddress(address);
  return cidr !== undefined && one !== undefined && contains(cidr, one);
}
