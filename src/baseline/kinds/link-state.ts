/** The interfaces of a network namespace as a baseline records them: `ip -j -d addr show` (ip-link(8), ip-address(8)). */
import type { RawLink } from '../../../modules/facts/link.ts';
import { linkOptions, type LinkOptions } from './link-types.ts';

export type LinkState = {
  /** `bridge`, `veth`, `vxlan`, …; empty for hardware. */
  readonly type: string;
  readonly up: boolean;
  readonly mtu: number;
  readonly alias?: string;
  /** The bridge or bond that it is a port of. */
  readonly master?: string;
  /** The interface that it rests on: a VLAN's, a tunnel's. */
  readonly parent?: string;
  /** The other end of a veth pair, and the named namespace that it is in unless it is the same. */
  readonly peer?: string;
  readonly peerNamespace?: string;
  /** Of hardware alone: the kernel makes up those of others. */
  readonly mac?: string;
  readonly options: LinkOptions;
};

/** What is needed to tell an interface from those that container engines make and unmake. */
export interface LinkSurroundings {
  /** Names of interfaces that Open vSwitch made itself. */
  readonly switchPorts: ReadonlySet<string>;
  /** Ids of Docker's networks; undefined where Docker does not tell. */
  readonly dockerNetworks: readonly string[] | undefined;
  /** Named namespaces by the number that the namespace in question knows them by, with the names of their interfaces by index. */
  readonly namespaces: ReadonlyMap<number, { readonly name: string; readonly links: ReadonlyMap<number, string> }>;
}

/** What the kernel or a switch makes once it is there, and keeps. */
const fallback = /^(gre|gretap|erspan|tunl|sit|ip6tnl|ip6gre|ip_vti|ip6_vti)0$|^(ovs-system|ovs-netdev|ovs-ip6?gre.*)$|^(vxlan_sys|gre_sys|ip6gre_sys|genev_sys|erspan_sys)/;

/** A bridge of a network of Docker, named by the network's random id; Docker's networks are recorded as such. One that it forgot is nobody's. */
function isDockerBridge(name: string, { dockerNetworks }: LinkSurroundings): boolean {
  const [, id] = /^br-([0-9a-f]{12})$/.exec(name) ?? [];
  return id !== undefined && (dockerNetworks?.some((network) => network.startsWith(id)) ?? true);
}

/** The host's end of a container's veth pair, with the random name that Docker, LXD or LXC gave it. The last may be a person's choice as well. */
function isContainerEnd({ ifname, link_netnsid: namespace, linkinfo }: RawLink, { namespaces }: LinkSurroundings): boolean {
  if (linkinfo?.info_kind !== 'veth') return false;
  return /^veth[0-9a-f]{7,8}$/.test(ifname) || (/^veth[0-9A-Za-z]{6}$/.test(ifname) && namespace !== undefined && !namespaces.has(namespace));
}

/** The rows of interfaces that are somebody's own: not those that come and go with containers, nor those of the kernel, nor, unless wanted, those of a switch. */
export function lastingLinks(rows: readonly RawLink[], surroundings: LinkSurroundings, { switches = false } = {}): readonly RawLink[] {
  return rows.filter(
    (row) =>
      typeof row.ifname === 'string' &&
      !fallback.test(row.ifname) &&
      !isDockerBridge(row.ifname, surroundings) &&
      (switches || (row.linkinfo?.info_kind !== 'openvswitch' && !surroundings.switchPorts.has(row.ifname))) &&
      !isContainerEnd(row, surroundings),
  );
}

/** One interface's state. */
export function linkState(row: RawLink, { namespaces }: LinkSurroundings): LinkState {
  const type = row.linkinfo?.info_kind ?? '';
  const data = row.linkinfo?.info_data ?? {};
  const below = row.link ?? (typeof data['link'] === 'string' ? data['link'] : undefined);
  const elsewhere = row.link_netnsid === undefined ? undefined : namespaces.get(row.link_netnsid);
  const peer = type === 'veth' ? (elsewhere?.links.get(row.link_index ?? -1) ?? row.link ?? undefined) : undefined;
  return {
    type,
    up: row.flags.includes('UP'),
    mtu: row.mtu,
    ...(row.ifalias === undefined ? {} : { alias: row.ifalias }),
    // The switch itself tells its ports.
    ...(row.master === undefined || row.master === 'ovs-system' ? {} : { master: row.master }),
    ...(type === 'veth' || below === undefined ? {} : { parent: below }),
    ...(peer === undefined ? {} : { peer, ...(elsewhere === undefined ? {} : { peerNamespace: elsewhere.name }) }),
    // A bond gives its ports its own.
    ...(type === '' && row.master === undefined && row.ifname !== 'lo' && row.address !== undefined ? { mac: row.address } : {}),
    options: linkOptions(type, data),
  };
}
