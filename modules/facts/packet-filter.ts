/** The tables of iptables as iptables-save(8) writes them, whichever of nf_tables and legacy serves them. */
import type { Fact, Reading } from '../../src/module.ts';
import { rulesReader } from './iptables-read.ts';
import { present, unavailable } from './reading.ts';

export interface FilterTable {
  /** Built-in chain → ACCEPT or DROP. */
  readonly policies: Readonly<Record<string, string>>;
  /** Chains that somebody made. */
  readonly chains: readonly string[];
  /** `-A CHAIN …` in order. */
  readonly rules: readonly string[];
}

/** Table → what it holds. A table that nobody used yet is missing. */
export type PacketFilter = Readonly<Record<string, FilterTable>>;

/** All IPv4 tables. */
export function packetFilter(): Fact<Reading<PacketFilter>> {
  return {
    kind: 'packet-filter',
    key: '',
    read: rulesReader.command([[]]),
    joint: { reader: rulesReader, question: [] },
    domains: ['iptables'],
    parse: (result) => (result.status === 0 ? present(parsePacketFilter(result.stdout)) : unavailable(result)),
  };
}

export function parsePacketFilter(text: string): PacketFilter {
  const tables: Record<string, { policies: Record<string, string>; chains: string[]; rules: string[] }> = {};
  let table: (typeof tables)[string] | undefined;
  for (const line of text.split('\n')) {
    const name = /^\*(\w+)$/.exec(line)?.[1];
    if (name !== undefined) table = tables[name] = { policies: {}, chains: [], rules: [] };
    const chain = /^:(\S+) (\S+)/.exec(line);
    if (chain?.[2] === '-') table?.chains.push(chain[1]!);
    else if (chain) table!.policies[chain[1]!] = chain[2]!;
    if (line.startsWith('-A ')) table?.rules.push(line);
  }
  return tables;
}
