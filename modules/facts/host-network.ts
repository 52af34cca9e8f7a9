/** Facts of interfaces, addresses, default routes and name servers, from ip-address(8), ip-route(8) and resolv.conf(5). */

type Fields = ReadonlyMap<string, string>;

interface Address {
  readonly family: string;
  readonly local: string;
  readonly prefixlen: number;
  readonly broadcast?: string;
  readonly scope: string;
}

interface Link {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly address?: string;
  readonly link_type: string;
  readonly master?: string;
  readonly promiscuity?: number;
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: { readonly stp_state?: number; readonly bridge_id?: string } };
  readonly addr_info: readonly Address[];
}

export function networkFacts(fields: Fields): Record<string, unknown> {
  const links = (parseJson(fields.get('addresses')) as Partial<Link>[]).filter((link): link is Link => link.ifname !== undefined);
  const addresses = (family: string): string[] => links.flatMap((link) => link.addr_info.filter((one) => one.family === family && one.local !== undefined).map((one) => one.local));
  return {
    interfaces: links.map((link) => link.ifname),
    all_ipv4_addresses: addresses('inet').filter((address) => !address.startsWith('127.')),
    all_ipv6_addresses: addresses('inet6').filter((address) => address !== '::1'),
    ...Object.fromEntries(links.map((link) => [link.ifname.replace(/[-:]/g, '_'), interfaceFacts(link, links)])),
    default_ipv4: defaultFacts(fields.get('route4'), links, 'inet'),
    default_ipv6: defaultFacts(fields.get('route6'), links, 'inet6'),
    dns: nameServers(fields.get('resolv') ?? ''),
  };
}

function interfaceFacts(link: Link, links: readonly Link[]): Record<string, unknown> {
  const [first, ...secondaries] = link.addr_info.filter((one) => one.family === 'inet').map(ipv4Facts);
  const ipv6 = link.addr_info.filter((one) => one.family === 'inet6').map(ipv6Facts);
  const kind = link.linkinfo?.info_kind;
  const ports = links.filter((other) => other.master === link.ifname).map((other) => other.ifname);
  return {
    device: link.ifname,
    active: link.flags.includes('UP'),
    type: typeOf(link),
    mtu: link.mtu,
    promisc: (link.promiscuity ?? 0) > 0 || link.flags.includes('PROMISC'),
    ...(link.address === undefined || link.link_type === 'loopback' ? {} : { macaddress: link.address }),
    ...(first ? { ipv4: first } : {}),
    ...(secondaries.length > 0 ? { ipv4_secondaries: secondaries } : {}),
    ...(ipv6.length > 0 ? { ipv6 } : {}),
    ...(kind === 'bridge' ? { interfaces: ports, stp: link.linkinfo?.info_data?.stp_state === 1, id: link.linkinfo?.info_data?.bridge_id } : {}),
  };
}

function typeOf({ link_type, linkinfo }: Link): string {
  const kind = linkinfo?.info_kind;
  if (kind === 'bridge') return 'bridge';
  if (kind === 'bond') return 'bonding';
  if (link_type === 'loopback') return 'loopback';
  return link_type === 'ether' ? 'ether' : link_type === 'none' ? 'tunnel' : link_type;
}

function ipv4Facts({ local, prefixlen, broadcast }: Address): Record<string, unknown> {
  const mask = prefixlen === 0 ? 0 : (0xffffffff << (32 - prefixlen)) >>> 0;
  return { address: local, broadcast: broadcast ?? '', netmask: dotted(mask), network: dotted((numeric(local) & mask) >>> 0), prefix: String(prefixlen) };
}

function ipv6Facts({ local, prefixlen, scope }: Address): Record<string, unknown> {
  return { address: local, prefix: String(prefixlen), scope };
}

function defaultFacts(route: string | undefined, links: readonly Link[], family: 'inet' | 'inet6'): Record<string, unknown> {
  const [found] = parseJson(route) as { dev?: string; gateway?: string; prefsrc?: string }[];
  const link = links.find((candidate) => candidate.ifname === found?.dev);
  if (!found?.gateway || !link) return {};
  const own = link.addr_info.filter((one) => one.family === family);
  const address = own.find((one) => one.local === found.prefsrc) ?? own[0];
  return {
    interface: link.ifname,
    gateway: found.gateway,
    mtu: link.mtu,
    type: typeOf(link),
    ...(link.address === undefined ? {} : { macaddress: link.address }),
    ...(address ? (family === 'inet' ? { alias: link.ifname, ...ipv4Facts(address) } : ipv6Facts(address)) : {}),
  };
}

function nameServers(content: string): Record<string, unknown> {
  const all: { nameservers?: string[]; search?: string[]; domain?: string; options?: Record<string, string | true> } = {};
  for (const line of content.split('\n')) {
    const [key, ...words] = line.replace(/[#;].*/, '').trim().split(/\s+/);
    if (key === 'nameserver') (all.nameservers ??= []).push(...words);
    if (key === 'search') all.search = words;
    if (key === 'domain' && words[0] !== undefined) all.domain = words[0];
    if (key === 'options') all.options = Object.fromEntries(words.map((word): [string, string | true] => [word.split(':')[0]!, word.split(':')[1] ?? true]));
  }
  return all;
}

/** The list that `ip -j` printed; empty where it printed none. */
function parseJson(content: string | undefined): unknown[] {
  try {
    const value: unknown = JSON.parse(content ?? '[]');
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

const numeric = (address: string): number => address.split('.').reduce((sum, part) => ((sum << 8) | Number(part)) >>> 0, 0);
const dotted = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
