import { present, unavailable } from '../../../modules/facts/reading.ts';
import type { Fact, Reading, ReadResult } from '../../module.ts';
import { sh } from '../../shell.ts';
import { defineKind, type Items, type Restoration } from '../kind.ts';
import { clauses, sortOut } from './differing.ts';
import { surplus } from './words.ts';

/** A table as nft(8) prints it, without counters. */
const tables: Fact<Reading<Items<string>>> = {
  kind: 'nft-tables',
  key: '',
  read: sh`LC_ALL=C; export LC_ALL; command -v nft >/dev/null || exit 127; iptables --version 2>/dev/null; nft -s list ruleset`,
  domains: ['iptables'],
  parse: parseTables,
};

/** The tables that iptables, ip6tables, arptables and ebtables keep where nf_tables serves them. */
const compatible = /^(ip6? (filter|nat|mangle|raw|security)|arp filter|bridge (filter|nat|broute))$/;

export function parseTables(result: ReadResult): Reading<Items<string>> {
  if (result.status === 127) return present({});
  if (result.status !== 0) return unavailable(result);
  const shared = /^iptables .*\(nf_tables\)/m.test(result.stdout);
  const found = [...result.stdout.matchAll(/^table (\S+ \S+) \{\n([\s\S]*?)^\}/gm)];
  const own = found.filter(([, name]) => !(shared && compatible.test(name!)));
  // Elements that time out tell when.
  return present(Object.fromEntries(own.map(([, name, body]) => [name!, body!.replaceAll(/ expires \w+/g, '')])));
}

/** Tables of nf_tables; those of iptables are told as such. */
export const nftablesKind = defineKind<string, { tables: typeof tables }>({
  name: 'nftables',
  summary: 'Tables of nft, without those that iptables keeps there, and without counters',
  facts: { tables },
  items: (values) => values.tables,
  subject: ({ key }) => `nft table ${key}`,
  words: (difference) =>
    clauses(difference, (before, now) => {
      const lines = (text: string): readonly string[] => text.split('\n').map((line) => line.trim());
      const [more, less] = [surplus(lines(now), lines(before)), surplus(lines(before), lines(now))];
      return more.length + less.length === 0 ? ['has its lines in another order'] : [...more.map((line) => `has '${line}' more`), ...less.map((line) => `lacks '${line}'`)];
    }),
  marked: (text) => text.includes('"ctplay'),
  *restore(differences) {
    const { added, gone, changed } = sortOut(differences);
    for (const { key, now } of added) {
      const words = key.split(' ');
      yield { stage: 'firewall', keys: [key], change: { action: 'delete', subject: `nft table ${key}`, from: now, commands: [sh`! nft list table ${words} >/dev/null 2>&1 || nft delete table ${words}`], typed: [sh`nft delete table ${words}`] } };
    }
    for (const { key, before } of gone) yield tableBack(key, before, undefined);
    for (const { key, before, now } of changed) yield tableBack(key, before, now);
  },
});

/** nft takes a file as one transaction: the old table goes in the moment in which the new one comes. */
function tableBack(key: string, before: string, now: string | undefined): Restoration {
  const text = `table ${key}\ndelete table ${key}\ntable ${key} {\n${before}}\n`;
  return { stage: 'firewall', keys: [key], change: { action: now === undefined ? 'create' : 'update', subject: `nft table ${key}`, ...(now === undefined ? {} : { from: now }), to: before, commands: [sh`nft -f -`.withInput(text)] } };
}
