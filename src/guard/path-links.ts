/** Which interfaces a path hangs on: the one that it leaves by, and from there masters, lower interfaces, bridge ports. */
import type { OvsBridge } from '../../modules/facts/ovs.ts';
import type { RawLink } from '../../modules/facts/link.ts';

/** A row of `ip -j -d addr show`, as far as it is used here. */
export type PathLink = Pick<RawLink, 'ifname' | 'master' | 'link' | 'link_netnsid' | 'linkinfo' | 'addr_info'>;

export interface PathWorld {
  readonly links: readonly PathLink[];
  readonly bridges: readonly OvsBridge[];
  /** The port behind which a Linux bridge has seen the next hop, where it has. */
  portTowards(bridge: string): string | undefined;
}

/** Names, the interface of the way first, then in the order in which they are found. Pure. */
export function linksOfPath(device: string, serverAddress: string, world: PathWorld): readonly string[] {
  const holder = world.links.find((one) => one.addr_info?.some((address) => address.local === serverAddress.replace(/%.*/, '')))?.ifname;
  const found = new Set<string>([device, ...(holder === undefined || holder === 'lo' ? [] : [holder])]);
  // A set is walked in the order of insertion, what is added meanwhile included.
  for (const name of found) for (const next of neighboursOf(name, world)) found.add(next);
  return [...found];
}

function neighboursOf(name: string, world: PathWorld): readonly string[] {
  const own = world.links.find((one) => one.ifname === name);
  const above = own?.master === undefined || own.master === 'ovs-system' ? [] : [own.master];
  // An interface in another namespace, such as the other end of a veth pair, is not this host's.
  const below = own?.link != null && own.link_netnsid === undefined ? [own.link] : [];
  return [...above, ...below, ...portsBelow(name, world), ...switchesOf(name, world)].filter((one) => one !== name);
}

/** Of a bridge only the port towards the next hop, where that is known: its other ports are none of ours. */
function portsBelow(name: string, world: PathWorld): readonly string[] {
  const ports = world.links.filter((one) => one.master === name);
  const towards = world.portTowards(name);
  if (towards !== undefined) return [towards];
  return uplinks(ports.map((one) => one.ifname), world);
}

/** The Open vSwitch bridge that an interface is a port of, or is itself, and what the bridge is connected by. */
function switchesOf(name: string, { bridges, ...world }: PathWorld): readonly string[] {
  return bridges.flatMap((bridge) => {
    const ports = Object.values(bridge.ports);
    if (bridge.name !== name) return ports.some((port) => port.name === name) ? [bridge.name] : [];
    const patches = ports.filter((port) => port.type === 'patch').map((port) => port.options['peer'] ?? '');
    const peers = bridges.filter((other) => patches.some((peer) => other.ports[peer] !== undefined)).map((other) => other.name);
    const plain = ports.filter((port) => port.type === '' && port.name !== name).map((port) => port.name);
    return [...uplinks(plain, { bridges, ...world }), ...peers];
  });
}

/** Ports that may lead outside: not those of containers and machines (veth, tap), unless there are no others. */
function uplinks(ports: readonly string[], { links }: PathWorld): readonly string[] {
  const inner = ports.filter((port) => ['veth', 'tun'].includes(links.find((one) => one.ifname === port)?.linkinfo?.info_kind ?? ''));
  return inner.length < ports.length ? ports.filter((port) => !inner.includes(port)) : ports;
}
