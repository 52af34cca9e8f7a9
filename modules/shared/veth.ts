/** A veth pair (veth(4)): one end plugged in a bridge of the host, the other inside a container's namespace. */
import { createHash } from 'node:crypto';
import { PreconditionError } from '../../src/errors.ts';
import type { Fact, Reading, Values } from '../../src/module.ts';
import type { Link } from '../facts/link.ts';
import type { Namespace, Namespaces } from '../facts/netns.ts';
import type { OvsBridge, OvsPort } from '../facts/ovs.ts';
import { valueOf, type Unrecorded } from '../facts/reading.ts';
import { macFor, parseAddress, sameAddress, withoutPrefix } from './address.ts';
import { requireLinks } from './link-plan.ts';
import { linkMark } from './mark.ts';
import { requireOvs } from './ovs-plan.ts';
import { targetName, type TargetArgs, type TargetProcess } from './target.ts';

export const vethModule = 'attach_veth';
export const vethMark = linkMark(vethModule);

export interface VethArgs extends TargetArgs {
  readonly bridge?: string;
  readonly tag?: number;
  readonly interface: string;
  readonly address?: string | readonly string[];
  readonly gateway?: string;
  readonly mtu?: number;
  readonly mac?: string;
  readonly up: boolean;
  readonly host_interface?: string;
  readonly state: 'present' | 'absent';
  readonly force: boolean;
}

export type VethFacts = {
  readonly process: Fact<Reading<TargetProcess>>;
  readonly namespaces: Fact<Namespaces>;
  /** The host's end. */
  readonly host: Fact<Reading<Link>>;
  readonly veths: Fact<Unrecorded<readonly Link[]>>;
  readonly bridge: Fact<Reading<Link>>;
  /** Ports of a Linux bridge. */
  readonly ports: Fact<Reading<Record<string, Link>>>;
  readonly ovsBridge: Fact<Reading<OvsBridge>>;
  readonly ovsPort: Fact<Reading<OvsPort>>;
  readonly ethtool: Fact<boolean>;
};
export type VethNow = Values<VethFacts>;

export function vethSubject(args: VethArgs): string {
  return `${args.interface} of ${targetName(args)}`;
}

/** The name of the host's end: what the task says, else the target's and the inside name, shortened by a digest where they are too long. */
export function hostInterface(args: VethArgs): string {
  if (args.host_interface !== undefined) return args.host_interface;
  const target = String(args.container ?? args.lxc ?? args.lxd ?? args.netns ?? args.pid ?? '');
  const plain = `${target}-${args.interface}`;
  if (plain.length <= 15 && /^[\w.-]+$/.test(plain)) return plain;
  const digest = createHash('sha256').update(plain).digest('hex').slice(0, 8);
  return `${target.replace(/[^\w-]/g, '').slice(0, 6)}-${digest}`;
}

export function addressesOf(args: VethArgs): readonly string[] {
  if (args.address === undefined) return [];
  return typeof args.address === 'string' ? [args.address] : args.address;
}

/** The hardware address inside: what the task says, else one that follows from the address. */
export function macInside(args: VethArgs): string | undefined {
  return args.mac?.toLowerCase() ?? macFor(addressesOf(args)[0]);
}

/** Whether two links are the ends of one pair, the first on the host and the second inside. */
export function paired(host: Link, inside: Link): boolean {
  return host.kind === 'veth' && inside.kind === 'veth' && host.peerElsewhere === true && host.peerIndex === inside.index && inside.peerIndex === host.index;
}

/** The bridge to plug in. */
export interface Plug {
  readonly name: string;
  readonly kind: 'linux' | 'ovs';
  /** Packets pass through a process, which does not fill in checksums that a veth leaves out. */
  readonly userSpace: boolean;
  /** The largest packet that passes. */
  readonly mtu: number;
  /** Interface indexes of what is plugged in, as far as known. */
  readonly ports: ReadonlySet<number>;
}

/** Throws PreconditionError when there is no such bridge. */
export function requireBridge(args: VethArgs, now: VethNow): Plug {
  const name = args.bridge!;
  const link = requireLinks(now.bridge);
  if (link?.kind === 'bridge') {
    if (args.tag !== undefined) throw new PreconditionError(`the Linux bridge ${name} has no VLANs by tag`, { hint: 'Leave out `tag`, or plug in a bridge of Open vSwitch.' });
    const ports = Object.values(valueOf(now.ports) ?? {});
    // A bridge that Docker or a person gave an MTU keeps it, even when a tunnel among its ports carries less.
    const narrowest = Math.min(link.mtu, ...ports.filter((port) => port.kind !== 'veth').map((port) => port.mtu));
    return { name, kind: 'linux', userSpace: false, mtu: narrowest, ports: new Set(ports.map((port) => port.index)) };
  }
  const bridge = now.ovsBridge.state === 'unavailable' && now.ovsBridge.reason === 'not-installed' ? undefined : requireOvs(now.ovsBridge);
  if (!bridge) {
    throw new PreconditionError(link ? `${name} on this host is no bridge` : `there is no bridge ${name} on this host`, {
      ...(link ? { found: `an interface of kind ${link.kind || 'network card'}` } : {}),
      hint: `Put a task \`create_bridge: {name: ${name}}\` before this one, or correct the name.`,
    });
  }
  const ports = now.veths.value.filter((one) => bridge.ports[one.name]).map((one) => one.index);
  return { name, kind: 'ovs', userSpace: bridge.datapathType === 'netdev', mtu: link?.mtu ?? 1500, ports: new Set(ports) };
}

/** `process 4711`, `network namespace blue`. */
export function nameOfNamespace(namespace: Namespace): string {
  return namespace.path.replace(/^\/proc\/(\d+)\/.*/, 'process $1').replace('/run/netns/', 'network namespace ');
}

/** Refuses addresses that the host, or another container on the same bridge, has already. */
export function refuseTakenInside(args: VethArgs, now: VethNow, plug: Plug, target: Namespace): void {
  for (const cidr of addressesOf(args)) {
    const address = parseAddress(withoutPrefix(cidr));
    if (!address) continue;
    const has = (link: Link): boolean => link.addresses.some((one) => sameAddress(parseAddress(withoutPrefix(one))!, address));
    // The inside end under another name is about to be replaced.
    const ownPeer = valueOf(now.host)?.index;
    const elsewhere = target.links.find((one) => one.name !== args.interface && (ownPeer === undefined || one.peerIndex !== ownPeer) && has(one));
    const bridge = valueOf(now.bridge);
    const neighbour = now.namespaces.all().filter((one) => one.id !== target.id).flatMap((one) => one.links.filter((link) => link.peerIndex !== undefined && plug.ports.has(link.peerIndex) && has(link)).map(() => one))[0];
    const holder = elsewhere ? `its own interface ${elsewhere.name}` : bridge && has(bridge) ? `the bridge ${bridge.name} itself` : neighbour ? `another container on ${plug.name} (${nameOfNamespace(neighbour)})` : undefined;
    if (holder === undefined) continue;
    throw new PreconditionError(`the address ${withoutPrefix(cidr)} for ${targetName(args)} is taken`, { found: `${holder} has it`, hint: 'Give each its own address.' });
  }
}
