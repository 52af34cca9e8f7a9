/** Network interfaces: one `ip -j -d addr show` for all of them (ip-link(8), ip-address(8)). */
import type { Fact, Reading, ReadResult } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';
import { absent, parseJson, present, unavailable, Unrecorded } from './reading.ts';

export interface Link {
  readonly name: string;
  readonly index: number;
  /** `bridge`, `veth`, `gretap`, `tun`, `openvswitch`, …; empty for hardware and loopback. */
  readonly kind: string;
  /** Set up by the administrator (IFF_UP). */
  readonly up: boolean;
  /** It can carry packets (IFF_LOWER_UP): cable, or the other end of a veth pair, is there. */
  readonly carrier: boolean;
  readonly mtu: number;
  readonly mac: string;
  /** A free text on the interface (IFLA_IFALIAS): where ctplay puts its mark. */
  readonly alias?: string;
  /** The bridge or other interface that it is a port of. */
  readonly master?: string;
  /** The index of a veth's other end, in that end's namespace. */
  readonly peerIndex?: number;
  /** The other end is in another network namespace. */
  readonly peerElsewhere?: boolean;
  /** Addresses of global scope, as CIDR. */
  readonly addresses: readonly string[];
  /** Of bridges. */
  readonly stp?: boolean;
  /** Of tunnels. */
  readonly tunnel?: { readonly remote?: string; readonly local?: string; readonly key?: number };
}

/** All interfaces with their addresses, as JSON; facts that use it share one execution. */
export const linksRead = sh`LC_ALL=C ip -j -d addr show`;

/** One interface by name. */
export function link(name: string): Fact<Reading<Link>> {
  return {
    kind: 'link',
    key: name,
    read: linksRead,
    domains: ['link'],
    parse: (result) => pick(parseLinks(result), (links) => links.find((one) => one.name === name)),
  };
}

/** The interfaces of these names that exist, by name. */
export function linksNamed(names: readonly string[]): Fact<Reading<Record<string, Link>>> {
  return linksWhere('links', names.join(' '), (one) => names.includes(one.name));
}

/** The ports of a Linux bridge, by name. */
export function portsOf(bridge: string): Fact<Reading<Record<string, Link>>> {
  return linksWhere('ports', bridge, (one) => one.master === bridge);
}

/** All ends of veth pairs in the host's own namespace. */
export const veths: Fact<Unrecorded<readonly Link[]>> = {
  kind: 'veths',
  key: '',
  read: linksRead,
  domains: ['link'],
  parse(result) {
    const links = parseLinks(result);
    return new Unrecorded(links.state === 'present' ? links.value.filter((one) => one.kind === 'veth') : []);
  },
};

/** Which interfaces hold any of these addresses (without their prefix length), by address. */
export function holdersOf(addresses: readonly string[]): Fact<Readonly<Record<string, string>>> {
  return {
    kind: 'address',
    key: addresses.join(' '),
    read: linksRead,
    domains: ['link'],
    parse(result) {
      const links = parseLinks(result);
      if (links.state !== 'present') return {};
      const held = links.value.flatMap((one) => one.addresses.map((cidr) => [cidr.split('/')[0]!, one.name] as const));
      return Object.fromEntries(held.filter(([address]) => addresses.includes(address)));
    },
  };
}

function linksWhere(kind: string, key: string, wanted: (one: Link) => boolean): Fact<Reading<Record<string, Link>>> {
  return {
    kind,
    key,
    read: linksRead,
    domains: ['link'],
    parse: (result) => pick(parseLinks(result), (links) => Object.fromEntries(links.filter(wanted).map((one) => [one.name, one]))),
  };
}

function pick<T, U>(reading: Reading<T>, choose: (value: T) => U | undefined): Reading<U> {
  if (reading.state !== 'present') return reading;
  const chosen = choose(reading.value);
  return chosen === undefined ? absent : present(chosen);
}

/** All interfaces of an `ip -j -d addr show`. */
export function parseLinks(result: ReadResult): Reading<Link[]> {
  const rows = parseJson(result.stdout);
  if (!Array.isArray(rows)) return unavailable(result);
  return present(toLinks(rows as RawLink[]));
}

/** What is used of iproute2's JSON. */
export interface RawLink {
  readonly ifname: string;
  readonly ifindex: number;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly address?: string;
  readonly ifalias?: string;
  readonly master?: string;
  readonly link?: string | null;
  readonly link_index?: number;
  readonly link_netnsid?: number;
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: Readonly<Record<string, unknown>> };
  readonly addr_info?: readonly { readonly family?: string; readonly dynamic?: boolean; readonly local?: string; readonly prefixlen?: number; readonly scope?: string }[];
}

/** iproute2's rows as links; rows that it leaves empty are passed over. */
export function toLinks(rows: readonly RawLink[]): Link[] {
  const named = rows.filter((row) => typeof row.ifname === 'string');
  const indexes = new Map(named.map((row) => [row.ifname, row.ifindex]));
  return named.map((row) => toLink(row, row.link_index ?? (row.link == null ? undefined : indexes.get(row.link))));
}

function toLink(raw: RawLink, peerIndex: number | undefined): Link {
  const kind = raw.linkinfo?.info_kind ?? '';
  const data = raw.linkinfo?.info_data ?? {};
  return {
    name: raw.ifname,
    index: raw.ifindex,
    kind,
    up: raw.flags.includes('UP'),
    carrier: raw.flags.includes('LOWER_UP'),
    mtu: raw.mtu,
    mac: raw.address ?? '',
    ...(raw.ifalias === undefined ? {} : { alias: raw.ifalias }),
    ...(raw.master === undefined ? {} : { master: raw.master }),
    ...(peerIndex === undefined ? {} : { peerIndex }),
    ...(raw.link_netnsid === undefined ? {} : { peerElsewhere: true }),
    // Addresses that routers hand out (RFC 4862) come and go by themselves.
    addresses: (raw.addr_info ?? []).filter((one) => one.scope === 'global' && one.local !== undefined && !(one.family === 'inet6' && one.dynamic === true)).map((one) => `${one.local!}/${one.prefixlen ?? 32}`),
    ...(kind === 'bridge' ? { stp: Number(data['stp_state'] ?? 0) !== 0 } : {}),
    ...(kind === 'gretap' ? { tunnel: tunnelOf(data) } : {}),
  };
}

function tunnelOf(data: Readonly<Record<string, unknown>>): NonNullable<Link['tunnel']> {
  const key = keyOf(data['okey'] ?? data['ikey']);
  return {
    ...(typeof data['remote'] === 'string' && data['remote'] !== 'any' ? { remote: data['remote'] } : {}),
    ...(typeof data['local'] === 'string' && data['local'] !== 'any' ? { local: data['local'] } : {}),
    ...(key === undefined ? {} : { key }),
  };
}

/** iproute2 prints GRE keys in dotted form (0.0.0.5). */
function keyOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  return value.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
