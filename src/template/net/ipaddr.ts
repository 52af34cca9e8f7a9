/** The queries of Ansible's `ipaddr` (collection ansible.utils). A query that doesn't fit gives false or nothing. */
import { reverseName } from './address.ts';
import { Network, blocks, isIn } from './network.ts';
import { int } from '../python/number.ts';
import { valueError } from '../python/values.ts';

/** What a query works on. */
export interface Subject {
  readonly network: Network;
  /** Whether it was written with a prefix. */
  readonly kind: 'address' | 'network';
  /** As it was given, or in normal form if it was a number. */
  readonly written: string;
}

type Query = (subject: Subject) => unknown;

const isHost = ({ network }: Subject) => network.value !== network.first || network.broadcast === undefined;
const withPrefix = ({ network }: Subject) => (network.size > 2n && (network.value === network.first || network.value === network.broadcast) ? false : String(network));
const pick = (block: keyof typeof blocks): Query => ({ network, written }) => (isIn(new Network(network.version, network.value, network.bits), blocks[block]) ? written : null);

function onlyNetworks(body: (network: Network) => unknown): Query {
  return ({ network, kind }) => {
    if (kind === 'address') throw valueError('Not a network address');
    return network.size > 1n ? body(network) : null;
  };
}

const address: Query = (subject) => {
  const { network } = subject;
  if (network.size === 1n || isHost(subject) || network.version === 6) return network.address;
  return null;
};

const host: Query = (subject) => (subject.network.size === 1n || isHost(subject) ? String(subject.network) : null);

const unlessNetwork = (body: (network: Network) => string): Query => ({ network }) =>
  network.size === 2n || (network.size > 1n && network.value !== network.first) ? body(network) : null;

function neighbour(step: bigint): Query {
  return onlyNetworks((network) => {
    const [first, last] = network.usable;
    const next = network.value + step;
    return next >= first && next <= last ? network.text(next) : null;
  });
}

const peer: Query = ({ network, kind }) => {
  if (kind === 'address') throw valueError('Not a network address');
  if (network.size === 2n) return network.text(network.value ^ 1n);
  if (network.size !== 4n) throw valueError('Not a point-to-point network');
  if ((network.value & 3n) === 0n) throw valueError('Network address of /30 has no peer');
  if ((network.value & 3n) === 3n) throw valueError('Broadcast address of /30 has no peer');
  return network.text(network.value ^ 3n);
};

const isPublic = (network: Network): boolean => {
  const own = new Network(network.version, network.value, network.bits);
  const inverse = network.value ^ ((1n << BigInt(network.bits)) - 1n);
  const isMask = (value: bigint) => (value & (value + 1n)) === 0n;
  const reserved = isIn(own, blocks.private) || isIn(own, blocks.loopback) || isIn(own, blocks.multicast);
  return !reserved && !isMask(inverse) && !isMask(network.value);
};

const sixToFour: Query = (subject) => {
  const { network, written } = subject;
  if (network.version === 6) return isIn(network, blocks.sixToFour) ? written : false;
  if (network.size > 1n && network.value === network.first) return false;
  const hex = network.value.toString(16).padStart(8, '0');
  return `2002:${hex.slice(0, 4)}:${hex.slice(4)}::1/48`;
};

/** An IPv4 network within IPv6 (RFC 4291, 2.5.5.2). */
const toIpv6: Query = ({ network, written }) => (network.version === 6 ? written : String(new Network(6, (0xffffn << 32n) | network.value, network.prefix + 96)));
const toIpv4: Query = ({ network, written }) => {
  if (network.version === 4) return written;
  const high = network.value >> 32n;
  return (high === 0n || high === 0xffffn) && network.prefix >= 96 ? String(new Network(4, network.value & 0xffff_ffffn, network.prefix - 96)) : false;
};

const type: Query = ({ network }) => (network.size === 1n || network.value !== network.first ? 'address' : 'network');
const usableSize = ({ network }: Subject) => (network.size === 1n ? 0 : network.size === 2n ? 2 : int(network.size - 2n));
const plainOrFull: Query = ({ network, kind }) => (kind === 'address' ? network.address : String(network));

const firstUsable = onlyNetworks((network) => network.text(network.usable[0]));
const lastUsable = onlyNetworks((network) => network.text(network.usable[1]));

export const queries: Readonly<Record<string, Query>> = {
  '': plainOrFull,
  '6to4': sixToFour,
  address,
  'address/prefix': withPrefix,
  bool: () => true,
  broadcast: ({ network }) => (network.size > 2n ? network.text(network.last) : null),
  cidr: ({ network }) => String(network),
  first_usable: firstUsable,
  gateway: withPrefix,
  gw: withPrefix,
  host,
  'host/prefix': withPrefix,
  hostmask: ({ network }) => network.text(network.hostmask),
  hostnet: withPrefix,
  int: ({ network, kind }) => (kind === 'address' ? int(network.value) : `${network.value}/${network.prefix}`),
  ip: address,
  'ip/prefix': unlessNetwork(String),
  ip_netmask: unlessNetwork((network) => `${network.address} ${network.text(network.netmask)}`),
  ipv4: toIpv4,
  ipv6: toIpv6,
  last_usable: lastUsable,
  'link-local': pick('linkLocal'),
  lo: pick('loopback'),
  loopback: pick('loopback'),
  multicast: pick('multicast'),
  net: ({ network }) => (network.size > 1n && network.value === network.first ? String(network) : null),
  netmask: ({ network }) => network.text(network.netmask),
  network: ({ network }) => network.text(network.first),
  network_id: ({ network }) => network.text(network.first),
  'network/prefix': ({ network }) => String(network.cidr),
  network_netmask: ({ network }) => `${network.text(network.first)} ${network.text(network.netmask)}`,
  network_wildcard: ({ network }) => `${network.text(network.first)} ${network.text(network.hostmask)}`,
  next_usable: neighbour(1n),
  peer,
  prefix: ({ network }) => network.prefix,
  previous_usable: neighbour(-1n),
  private: pick('private'),
  public: ({ network, written }) => (isPublic(network) ? written : null),
  range_usable: onlyNetworks((network) => network.usable.map((value) => network.text(value)).join('-')),
  revdns: ({ network }) => reverseName(network),
  router: withPrefix,
  size: ({ network }) => int(network.size),
  size_usable: usableSize,
  subnet: ({ network }) => String(network.cidr),
  type,
  unicast: ({ network, written }) => (isIn(new Network(network.version, network.value, network.bits), blocks.multicast) ? null : written),
  v4: toIpv4,
  v6: toIpv6,
  version: ({ network }) => network.version,
  wildcard: ({ network }) => network.text(network.hostmask),
  wrap: ({ network, kind, written }) => (network.version === 4 ? written : kind === 'address' ? `[${network.address}]` : `[${network.address}]/${network.prefix}`),
};

/** What a value says: an address, a network, or a number that stands for one; undefined for anything else. */
export function subjectOf(value: string, version?: 4 | 6): Subject | undefined {
  if (/^\d+$/.test(value)) {
    const number = BigInt(value);
    const kind = version ?? (number < 1n << 32n ? 4 : 6);
    if (number >= 1n << (kind === 4 ? 32n : 128n)) return undefined;
    const network = new Network(kind, number, kind === 4 ? 32 : 128);
    return { network, kind: 'address', written: String(network) };
  }
  const numeric = /^(\d+)\/(\d+)$/.exec(value);
  const isShort = numeric !== null && Number(numeric[1]) <= 255;
  if (numeric !== null && !isShort) {
    const number = BigInt(numeric[1]!);
    const kind = number < 1n << 32n && Number(numeric[2]) <= 32 ? 4 : 6;
    if (Number(numeric[2]) > 128) return undefined;
    const network = new Network(kind, number, Number(numeric[2]));
    return { network, kind: 'network', written: String(network) };
  }
  const network = Network.parse(value);
  return network === undefined ? undefined : { network, kind: value.includes('/') ? 'network' : 'address', written: value };
}

/** The query's answer; `false` for what is no address, or not of the wanted version. */
export function ipaddr(value: string, query: string, version?: 4 | 6): unknown {
  const subject = subjectOf(value, version);
  if (subject === undefined || (version !== undefined && subject.network.version !== version)) return false;
  if (Object.hasOwn(queries, query)) return queries[query]!(subject);
  if (/^-?\d+$/.test(query)) return nth(subject, BigInt(query));
  const around = Network.parse(query);
  if (around === undefined) throw valueError(`ipaddr: unknown filter type: ${query}`);
  return around.contains(subject.network) ? subject.written : null;
}

/** The address at an index of the network, counted from its end when negative, with the network's prefix. */
function nth({ network, kind }: Subject, index: bigint): unknown {
  if (network.size === 1n) return kind === 'address' ? network.address : String(network);
  const at = index < 0n ? index + network.size : index;
  return at < 0n || at >= network.size ? false : `${network.text(network.first + at)}/${network.prefix}`;
}
