/** The subnets that tasks give to a host, for checks across tasks and hosts. */
import type { Placement } from '../../src/module.ts';
import { networksOverlap, networkText, parseCidr, type Cidr } from './address.ts';

export interface Subnet {
  /** As a person writes it: `172.20.0.0/24`. */
  readonly text: string;
  /** The address as the task gives it; equal to the network where it gives none. */
  readonly given: string;
  readonly cidr: Cidr;
  /** Whose it is: `bridge br0`. */
  readonly of: string;
}

/** What a task makes reachable by its host: a bridge's addresses, a Docker network's subnet. Arguments still unknown give none. */
export function subnetsOf(placement: Placement): Subnet[] {
  const { args, module } = placement;
  if (args['state'] === 'absent') return [];
  const addresses = module === 'create_bridge' ? args['addresses'] : module === 'docker_network' ? [args['subnet'], ...pools(args['ipam_config'])] : [];
  return strings(addresses).flatMap((address) => subnet(address, ownerOf(placement)));
}

function ownerOf({ args, module }: Placement): string {
  return `${module === 'docker_network' ? 'Docker network' : 'bridge'} ${String(args['name'])}`;
}

/** Pairs of subnets of different things on the same host that share addresses. The tasks are in the order of the run: what one deletes is no longer there. */
export function* overlapsOnHost(all: readonly { readonly placement: Placement; readonly subnets: readonly Subnet[] }[]): Generator<{ placement: Placement; a: Subnet; b: Subnet }> {
  const seen = new Map<string, Subnet[]>();
  for (const { placement, subnets } of all) {
    const gone = placement.args['state'] === 'absent' ? ownerOf(placement) : undefined;
    const earlier = (seen.get(placement.host) ?? []).filter((one) => one.of !== gone);
    for (const b of subnets) {
      const a = earlier.find((one) => one.of !== b.of && networksOverlap(one.cidr, b.cidr));
      if (a) yield { placement, a, b };
    }
    seen.set(placement.host, [...earlier, ...subnets]);
  }
}

function subnet(given: string, of: string): Subnet[] {
  const cidr = parseCidr(given);
  return cidr ? [{ text: networkText(given) ?? given, given, cidr, of }] : [];
}

function pools(value: unknown): unknown[] {
  return Array.isArray(value) ? value.map((pool: unknown) => (pool as { subnet?: unknown } | null)?.subnet) : [];
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
