/** IPv4 packet filter and NAT rules (iptables(8), iptables-save(8)). */
import type { Fact, Reading } from '../../src/module.ts';
import { splitWords } from '../shared/shlex.ts';
import { parseStanding, rulesReader, type Rule } from './iptables-read.ts';
import { present, unavailable } from './reading.ts';

export type { Rule } from './iptables-read.ts';

/** A rule that stands in a chain, with its mark. */
export interface MarkedRule extends Rule {
  readonly comment: string;
  /** How many rules stand before it. */
  readonly index: number;
}

export interface RuleSet {
  /** The rules whose comment begins with the mark that was asked for. */
  readonly marked: readonly MarkedRule[];
  /** Packets pass the chain DOCKER-USER, which Docker leaves to others, before Docker's own rules. */
  readonly dockerUser: boolean;
  /** By chain of the table filter: the index of the first rule that no packet gets past, if there is one. */
  readonly blocked: Readonly<Record<string, number>>;
}

/** The rules marked by a comment that begins with `mark`, and what stands in their way. */
export function ruleSet(mark: string): Fact<Reading<RuleSet>> {
  return {
    kind: 'iptables',
    key: mark,
    read: rulesReader.command([[]]),
    joint: { reader: rulesReader, question: [] },
    domains: ['iptables'],
    parse: (result) => (result.status === 0 ? present(parseRules(result.stdout, mark)) : unavailable(result)),
  };
}

/** Whether each of the rules stands, by its key. */
export function rulesExist(rules: Readonly<Record<string, Rule>>): Fact<Readonly<Record<string, boolean>>> {
  const keys = Object.keys(rules);
  const question = Object.values(rules);
  return {
    kind: 'iptables-rules',
    key: keys.join(' '),
    read: rulesReader.command([question]),
    joint: { reader: rulesReader, question },
    domains: ['iptables'],
    parse(result) {
      const stand = parseStanding(result.stdout);
      return Object.fromEntries(keys.map((key, index) => [key, stand[index] === true]));
    },
  };
}

function parseRules(text: string, mark: string): RuleSet {
  const marked: MarkedRule[] = [];
  const blocked: Record<string, number> = {};
  const counts = new Map<string, number>();
  let table = '';
  let dockerUser = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    const match = /^-A (\S+) (.*)$/.exec(line);
    if (!match || (table !== 'filter' && table !== 'nat')) continue;
    const [, chain, rest] = match as unknown as [string, string, string];
    const position = `${table} ${chain}`;
    const index = counts.get(position) ?? 0;
    counts.set(position, index + 1);
    if (table === 'filter' && /^-j (DROP|REJECT|RETURN)\b/.test(rest)) blocked[chain] ??= index;
    if (table === 'filter' && chain === 'FORWARD' && rest === '-j DOCKER-USER') dockerUser = true;
    const split = splitWords(rest);
    const words = 'words' in split ? split.words : [];
    const comment = words[words.indexOf('--comment') + 1];
    if (words.includes('--comment') && comment?.startsWith(mark)) marked.push({ table, chain, words, comment, index });
  }
  return { marked, dockerUser, blocked };
}
