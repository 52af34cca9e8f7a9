import { dockerNetworks } from '../../../modules/facts/docker.ts';
import { present, valueOf } from '../../../modules/facts/reading.ts';
import { defineKind, type Difference, type KindStates, type Restoration, type RestoreContext } from '../kind.ts';
import { bridgesOf, dockerBack, dockerBridges, dockerDiffers, isPassing } from './iptables-docker.ts';
import { filterItemsOf, stageOf, type ChainItem, type FilterItem } from './iptables-items.ts';
import { packetFilters, parsePacketFilters, type Chain, type Family } from './iptables-read.ts';
import { tableCommand, type WantedChain } from './iptables-restore.ts';
import { surplus } from './words.ts';

const dockerKey = 'Docker';
const filterFacts = { filters: packetFilters, networks: dockerNetworks() };
const touches = ['iptables'];

/** iptables and ip6tables: policies, chains and rules with their order, and whether Docker's own rules are as they were. */
export const iptablesKind = defineKind<FilterItem, typeof filterFacts>({
  name: 'iptables',
  summary: 'iptables and ip6tables, all tables: policies, chains, and rules with their order',
  facts: filterFacts,
  items({ filters, networks }) {
    if (filters.state !== 'present') return filters;
    const { chains, docker } = parsePacketFilters(filters.value, bridgesOf(valueOf(networks) ?? []));
    return present({ ...Object.fromEntries(chains.flatMap(chainItems)), ...(docker.length === 0 ? {} : { [dockerKey]: { what: 'docker', rules: docker } }) });
  },
  subject({ key }) {
    if (key === dockerKey) return "Docker's rules of iptables";
    const { family, table, chain, rule } = parts(key);
    const where = `${table}${family === 'IPv6' ? ' (IPv6)' : ''}`;
    return rule === undefined ? `chain ${chain} of ${where}` : `rule '${rule}' of ${chain} in ${where}`;
  },
  words: filterWords,
  follows,
  marked: (item) => item.what === 'rule' && /--comment "?ctplay/.test(item.rule),
  ledgerSubjects(key) {
    const { table, chain } = parts(key);
    return key === dockerKey ? [] : [`rule of ${chain} in ${table}`, `chain ${chain} of ${table}`];
  },
  *restore(differences, context) {
    const own = differences.filter(({ key }) => key !== dockerKey);
    const tables = new Map<string, Difference<FilterItem>[]>();
    for (const difference of own) {
      const { family, table } = parts(difference.key);
      tables.set(`${family} ${table}`, [...(tables.get(`${family} ${table}`) ?? []), difference]);
    }
    for (const [name, differing] of tables) yield tableBack(name, differing, context);
    for (const difference of differences) if (difference.key === dockerKey) yield* dockerBack(difference, context);
  },
});

function chainItems({ family, table, name, policy, rules }: Chain): [string, FilterItem][] {
  const key = `${family} ${table} ${name}`;
  const seen = new Map<string, number>();
  return [
    [key, { what: 'chain', ...(policy === undefined ? {} : { policy }), rules }],
    ...rules.map((rule): [string, FilterItem] => {
      const count = (seen.get(rule) ?? 0) + 1;
      seen.set(rule, count);
      return [`${key}: ${rule}${count === 1 ? '' : ` (${count})`}`, { what: 'rule', rule }];
    }),
  ];
}

function parts(key: string): { readonly family: Family; readonly table: string; readonly chain: string; readonly rule?: string } {
  const [, family, table, chain, rule] = /^(IPv[46]) (\S+) ([^\s:]+)(?:: (.*))?$/s.exec(key) ?? [];
  return { family: (family ?? 'IPv4') as Family, table: table ?? '', chain: chain ?? '', ...(rule === undefined ? {} : { rule }) };
}

/** DOCKER-USER is there wherever Docker is, for others to fill. */
const dockerUser = 'DOCKER-USER';

/** A built-in chain that isn't recorded lets everything pass. */
function chainOf(item: FilterItem | undefined, other: FilterItem | undefined): ChainItem {
  if (item?.what === 'chain') return item;
  return { what: 'chain', ...(other?.what === 'chain' && other.policy !== undefined ? { policy: 'ACCEPT' } : {}), rules: [] };
}

/** Whether a chain stays when nobody wants it. */
function isLasting(chain: string, ...items: readonly (FilterItem | undefined)[]): boolean {
  return chain === dockerUser || items.some((item) => item?.what === 'chain' && item.policy !== undefined);
}

function filterWords(difference: Difference<FilterItem>): readonly string[] {
  const { before, now } = difference;
  const some = before ?? now;
  if (some?.what === 'docker') {
    const lists = [before, now].map((item) => (item?.what === 'docker' ? item.rules : [])) as [readonly string[], readonly string[]];
    const [more, less] = [surplus(lists[1], lists[0]).length, surplus(lists[0], lists[1]).length];
    return [...(less === 0 ? [] : [`lack ${less} of ${lists[0].length}`]), ...(more === 0 ? [] : [less === 0 ? `are ${more} more` : `have ${more} other${more === 1 ? '' : 's'}`])];
  }
  if (some?.what === 'rule' || !isLasting(parts(difference.key).chain, before, now)) {
    if (before === undefined) return ['was added'];
    if (now === undefined) return ['is gone'];
  }
  const [was, is] = [chainOf(before, now), chainOf(now, before)];
  return [...(was.policy === is.policy ? [] : [`has policy ${is.policy!}, not ${was.policy!}`]), ...(sameOrder(was.rules, is.rules) ? [] : ['has its rules in another order'])];
}

/** Whether the rules that both lists have stand in the same order. */
function sameOrder(before: readonly string[], now: readonly string[]): boolean {
  const common = (list: readonly string[], other: readonly string[]): string => JSON.stringify(list.filter((rule) => other.includes(rule)));
  return surplus(before, now).length + surplus(now, before).length > 0 ? common(before, now) === common(now, before) : JSON.stringify(before) === JSON.stringify(now);
}

/** A chain changes with its rules, rules come and go with a chain that somebody made, and Docker's with its networks and containers. */
function follows(difference: Difference<FilterItem>, states: { readonly baseline: KindStates; readonly now: KindStates }): boolean {
  const { key, before, now } = difference;
  const some = before ?? now;
  if (some?.what === 'chain') return filterWords(difference).length === 0;
  if (some?.what === 'rule') {
    const { family, table, chain } = parts(key);
    const [was, is] = [states.baseline, states.now].map((state) => filterItemsOf(state)[`${family} ${table} ${chain}`]);
    return !isLasting(chain, was, is) && (was === undefined || is === undefined);
  }
  const lists = [before, now].map((item) => (item?.what === 'docker' ? item.rules : [])) as [readonly string[], readonly string[]];
  const differing = [...surplus(lists[0], lists[1]), ...surplus(lists[1], lists[0])];
  return dockerDiffers(states) && differing.every(isPassing);
}

/** One table at once, so that there is no moment without the rules that let the session pass. */
function tableBack(name: string, differing: readonly Difference<FilterItem>[], context: RestoreContext): Restoration {
  const [family, table] = name.split(' ') as [Family, string];
  const chains = [...new Set(differing.map(({ key }) => parts(key).chain))].map((chain) => wantedChain(`${name} ${chain}`, context));
  const shown = (states: KindStates): unknown =>
    Object.fromEntries(
      chains.flatMap(({ name: chain }) => {
        const item = filterItemsOf(states)[`${name} ${chain}`];
        return item?.what === 'chain' ? [[chain, { ...(item.policy === undefined ? {} : { policy: item.policy }), rules: item.rules }]] : [];
      }),
    );
  return {
    stage: stageOf(context),
    keys: differing.map(({ key }) => key),
    change: { action: 'update', subject: `table ${table} of ${family === 'IPv4' ? 'iptables' : 'ip6tables'}`, from: shown(context.now), to: shown(context.baseline), commands: [tableCommand(family, table, chains, { bridges: dockerBridges(context) })], touches },
  };
}

/** The chain as the baseline has it, with the rules that are to be kept where they stand. */
function wantedChain(key: string, { baseline, now, protects }: RestoreContext): WantedChain {
  const { chain } = parts(key);
  const was = filterItemsOf(baseline)[key];
  const is = filterItemsOf(now)[key];
  const rules = was?.what === 'chain' ? [...was.rules] : [];
  const current = is?.what === 'chain' ? is.rules : [];
  const kept = current.filter((rule) => !rules.includes(rule) && protects('iptables', `${key}: ${rule}`) !== undefined);
  for (const rule of kept) {
    const next = current.slice(current.indexOf(rule) + 1).find((one) => rules.includes(one));
    rules.splice(next === undefined ? rules.length : rules.indexOf(next), 0, rule);
  }
  const policy = was?.what === 'chain' ? was.policy : is?.what === 'chain' && is.policy !== undefined ? 'ACCEPT' : undefined;
  if (was === undefined && policy === undefined && kept.length === 0 && chain !== dockerUser) return { name: chain, rules: undefined };
  return { name: chain, ...(policy === undefined ? {} : { policy }), rules };
}
