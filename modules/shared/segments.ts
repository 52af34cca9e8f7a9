/**
 * Which bridges of a fleet form one Ethernet segment: bridges joined on a host by being each other's ports, and across hosts by
 * tunnels. What is said on one segment is heard on all of it, so addresses on it must be unique and subnets agree.
 */
import type { Placement } from '../../src/module.ts';
import { parseCidr, sameAddress, type Cidr } from './address.ts';

/** A tunnel's end: a port of a bridge on a host. */
export interface TunnelEnd {
  readonly placement: Placement;
  readonly bridge: string;
  readonly own: string | undefined;
  readonly remote: string;
  readonly name: string;
  readonly key: number | undefined;
}

/** An address that a task gives to something on a segment. */
export interface GivenAddress {
  readonly placement: Placement;
  readonly text: string;
  readonly cidr: Cidr;
  /** Whose it is: `bridge docker0 on host1`. */
  readonly of: string;
}

/** The two ends of tunnels that belong together: each other's remote, and of the same name, or the only ones between the two. */
export function* pairs(ends: readonly TunnelEnd[]): Generator<[TunnelEnd, TunnelEnd]> {
  for (const [index, a] of ends.entries()) {
    const facing = (b: TunnelEnd): boolean => b.placement.host !== a.placement.host && a.remote === b.own && b.remote === a.own;
    const candidates = ends.filter(facing);
    const b = candidates.find((one) => one.name === a.name) ?? (candidates.length === 1 ? candidates[0] : undefined);
    if (b && ends.indexOf(b) > index) yield [a, b];
  }
}

/** The addresses on each segment that a tunnel is part of. */
export function segments(ends: readonly TunnelEnd[], all: readonly Placement[]): GivenAddress[][] {
  const sets = new DisjointSets();
  for (const end of ends) sets.find(node(end.placement.host, end.bridge));
  for (const [a, b] of pairs(ends)) sets.join(node(a.placement.host, a.bridge), node(b.placement.host, b.bridge));
  for (const { host, name, ports } of bridges(all)) for (const port of ports) sets.join(node(host, name), node(host, port));

  const bySegment = new Map<string, GivenAddress[]>(ends.map((end) => [sets.find(node(end.placement.host, end.bridge)), []]));
  for (const placement of all) {
    for (const { bridge, text, of } of given(placement)) {
      const cidr = parseCidr(text);
      if (cidr) bySegment.get(sets.find(node(placement.host, bridge)))?.push({ placement, text, cidr, of: `${of} on ${placement.host}` });
    }
  }
  return [...bySegment.values()];
}

/** Pairs of things with the same address. */
export function* duplicates(addresses: readonly GivenAddress[]): Generator<[GivenAddress, GivenAddress]> {
  for (const [index, b] of addresses.entries()) {
    const a = addresses.slice(0, index).find((one) => one.of !== b.of && sameAddress(one.cidr.address, b.cidr.address));
    if (a) yield [a, b];
  }
}

function* bridges(all: readonly Placement[]): Generator<{ host: string; name: string; ports: string[] }> {
  for (const { host, module, args } of all) {
    if (module !== 'create_bridge' || args['state'] === 'absent' || !Array.isArray(args['ports'])) continue;
    const ports = args['ports'].map((port: unknown) => (typeof port === 'string' ? port : String((port as { name?: unknown }).name)));
    yield { host, name: String(args['name']), ports };
  }
}

function given({ module, args }: Placement): { bridge: string; text: string; of: string }[] {
  if (args['state'] === 'absent') return [];
  const list = (value: unknown): string[] => (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string');
  switch (module) {
    case 'create_bridge':
      return list(args['addresses']).map((text) => ({ bridge: String(args['name']), text, of: `bridge ${String(args['name'])}` }));
    case 'attach_veth': {
      const target = args['container'] ?? args['lxc'] ?? args['netns'] ?? args['pid'];
      return list(args['address']).map((text) => ({ bridge: String(args['bridge']), text, of: `container ${String(target)}` }));
    }
    case 'install_docker':
      return list((args['daemon'] as { bip?: unknown } | undefined)?.bip).map((text) => ({ bridge: 'docker0', text, of: 'bridge docker0' }));
    default:
      return [];
  }
}

function node(host: string, bridge: string): string {
  return `${host}\0${bridge}`;
}

class DisjointSets {
  readonly #parent = new Map<string, string>();

  find(one: string): string {
    const parent = this.#parent.get(one);
    if (parent === undefined || parent === one) {
      this.#parent.set(one, one);
      return one;
    }
    const root = this.find(parent);
    this.#parent.set(one, root);
    return root;
  }

  join(a: string, b: string): void {
    this.#parent.set(this.find(a), this.find(b));
  }
}
