/**
 * The tables of iptables(8) and ip6tables(8) as a baseline records them. Docker's own rules are kept apart: they are named by the random ids
 * and addresses of networks and containers, and their place among others depends on what started first.
 */
import { present, unavailable } from '../../../modules/facts/reading.ts';
import type { Fact, Reading } from '../../module.ts';
import { sh } from '../../shell.ts';

export const families = { IPv4: 'iptables', IPv6: 'ip6tables' } as const;
export type Family = keyof typeof families;

export interface Chain {
  readonly family: Family;
  readonly table: string;
  readonly name: string;
  /** Of built-in chains. */
  readonly policy?: string;
  /** The words after `-A CHAIN`, in order, without Docker's. */
  readonly rules: readonly string[];
}

export interface PacketFilters {
  /** Chains that somebody made or changed. */
  readonly chains: readonly Chain[];
  /** Docker's rules as they would read for any ids and addresses, sorted: `IPv4 nat: -A POSTROUTING …`. */
  readonly docker: readonly string[];
}

/** The bridge of a network of Docker that has no name of its own: an extended regular expression, for awk(1) and here alike. */
export const dockerBridge = `br-${'[0-9a-f]'.repeat(12)}`;
export const commentWord = ' --comment ';

/**
 * An extended regular expression for lines of iptables-save(8) that are Docker's own, in its own chains and beside them; `names` are of bridges
 * that its networks were told to make. A line with a comment is not Docker's. DOCKER-USER is for others' rules.
 */
export function dockerPattern(names: readonly string[]): string {
  const bridge = `(docker0|docker_gwbridge|${[dockerBridge, ...names.map((name) => name.replaceAll(/[.+*?$()[\]{}|\\]/g, '[$&]'))].join('|')})`;
  const forwarded = `-o ${bridge} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT|-i ${bridge} (! )?-o ${bridge} -j ACCEPT|-i ${bridge} -o ${bridge} -j DROP`;
  const masked = `-s [^ ]+ ! -o ${bridge} -j MASQUERADE|-o ${bridge} -m addrtype --src-type LOCAL -j MASQUERADE`;
  // A container that asks for its own published port.
  const hairpin = '-s [0-9.]+/32 -d [0-9.]+/32 -p [a-z]+ -m [a-z]+ --dport [0-9]+ -j MASQUERADE';
  return `^((:|-A )DOCKER( |-[^U])|-A DOCKER-USER -j RETURN$|-A [^ ]+ (.* )?-j DOCKER( |$|-)|-A FORWARD (${forwarded})$|-A POSTROUTING (${masked}|${hairpin})$)`;
}

const tools = Object.entries(families).map(([family, tool]) => sh`command -v ${`${tool}-save`} >/dev/null && { echo ${`family ${family}`}; ${`${tool}-save`} || exit; }`);

/** The lines of both families, each after `family IPv4` or `family IPv6`; nothing where iptables is not installed. */
export const packetFilters: Fact<Reading<string>> = {
  kind: 'packet-filters',
  key: '',
  read: sh`LC_ALL=C; export LC_ALL; ${tools[0]!}; ${tools[1]!}; :`,
  domains: ['iptables'],
  parse: (result) => (result.status === 0 ? present(result.stdout) : unavailable(result)),
};

/** What `packetFilters` read; see `dockerPattern` for `names`. */
export function parsePacketFilters(text: string, names: readonly string[] = []): PacketFilters {
  const dockers = new RegExp(dockerPattern(names));
  const chains = new Map<string, { family: Family; table: string; name: string; policy?: string; rules: string[] }>();
  const docker: string[] = [];
  let family: Family = 'IPv4';
  let table = '';
  for (const line of text.split('\n')) {
    const section = /^family (IPv[46])$/.exec(line)?.[1];
    if (section !== undefined) family = section as Family;
    else if (line.startsWith('*')) table = line.slice(1);
    else if (!line.includes(commentWord) && dockers.test(line)) {
      if (line.startsWith('-A')) docker.push(`${family} ${table}: ${anyDocker(line)}`);
    } else {
      const [, name, policy] = /^:(\S+) (\S+)/.exec(line) ?? [];
      if (name !== undefined) chains.set(`${family} ${table} ${name}`, { family, table, name, ...(policy === '-' ? {} : { policy: policy! }), rules: [] });
      const [, chain, rule] = /^-A (\S+) (.*)$/.exec(line) ?? [];
      if (chain !== undefined) chains.get(`${family} ${table} ${chain}`)?.rules.push(rule!);
    }
  }
  // A table is made by being looked at: what lets everything pass is as good as none.
  const lasting = [...chains.values()].filter(({ name, policy, rules }) => rules.length > 0 || (policy !== 'ACCEPT' && name !== 'DOCKER-USER'));
  return { chains: lasting, docker: docker.sort() };
}

/** A rule of Docker's without what is random in it. */
function anyDocker(line: string): string {
  return line.replaceAll(/\bbr-[0-9a-f]{12}\b/g, 'NETWORK').replaceAll(/\b(\d+\.){3}\d+(?=(\/32)?( |:|$))/g, 'CONTAINER').replaceAll(/(?<=-s )\S+(?= ! -o NETWORK)/g, 'SUBNET');
}
