/** A Docker network's settings: as a task asks for them, as Docker has them, and what differs. */
import { isDeepStrictEqual } from 'node:util';
import { joinCommands, nothing, sh, type Command } from '../../src/shell.ts';
import type { DockerContainer, DockerNetwork, DockerPool } from '../facts/docker.ts';
import { contains, networksOverlap, parseAddress, parseCidr, sameAddress, sameCidr } from './address.ts';

/** All that is fixed when a network is created. */
export interface NetworkSettings {
  readonly driver: string;
  readonly pools: readonly DockerPool[];
  readonly internal: boolean;
  readonly attachable: boolean;
  readonly ipv6: boolean;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** `from` and `to` of one setting. */
export type Differences = Readonly<Record<string, readonly [from: unknown, to: unknown]>>;

/** Where a network differs from the settings that the user named; the others are left as they are. */
export function differencesOf(network: DockerNetwork, wanted: Partial<NetworkSettings>): Differences {
  const differences: Record<string, [unknown, unknown]> = {};
  for (const key of ['driver', 'internal', 'attachable', 'ipv6'] as const) {
    if (wanted[key] !== undefined && network[key] !== wanted[key]) differences[key] = [network[key], wanted[key]];
  }
  for (const key of ['options', 'labels'] as const) {
    const entries = Object.entries(wanted[key] ?? {});
    const old = Object.fromEntries(entries.map(([name]) => [name, network[key][name]]));
    if (!isDeepStrictEqual(old, Object.fromEntries(entries))) differences[key] = [old, wanted[key]];
  }
  if (wanted.pools !== undefined && wanted.pools.length > 0 && !samePools(network.pools, wanted.pools)) differences.subnet = [network.pools, wanted.pools];
  return differences;
}

/** A pool may have more than was asked for: Docker chooses gateways. */
function samePools(now: readonly DockerPool[], wanted: readonly DockerPool[]): boolean {
  return now.length === wanted.length && wanted.every((pool) => now.some((one) => samePool(one, pool)));
}

function samePool(now: DockerPool, wanted: DockerPool): boolean {
  return (
    (wanted.subnet === undefined || (now.subnet !== undefined && sameCidr(now.subnet, wanted.subnet))) &&
    (wanted.range === undefined || (now.range !== undefined && sameCidr(now.range, wanted.range))) &&
    (wanted.gateway === undefined || sameText(now.gateway, wanted.gateway)) &&
    Object.entries(wanted.auxiliary).every(([name, address]) => sameText(now.auxiliary[name], address))
  );
}

function sameText(a: string | undefined, b: string): boolean {
  const [left, right] = [a === undefined ? undefined : parseAddress(a), parseAddress(b)];
  return left !== undefined && right !== undefined && sameAddress(left, right);
}

/** The settings of a network that is there, to make it again. */
export function settingsOf(network: DockerNetwork): NetworkSettings {
  const { driver, pools, internal, attachable, ipv6, options, labels } = network;
  return { driver, pools, internal, attachable, ipv6, options, labels };
}

/** `docker network create`. */
export function createNetwork(name: string, settings: NetworkSettings): Command {
  const option = (flag: string, value: string | undefined): Command => (value === undefined ? nothing : sh`${flag} ${value}`);
  const words = [
    option('--driver', settings.driver),
    ...settings.pools.flatMap((pool) => [
      option('--subnet', pool.subnet),
      option('--gateway', pool.gateway),
      option('--ip-range', pool.range),
      ...Object.entries(pool.auxiliary).map(([host, address]) => option('--aux-address', `${host}=${address}`)),
    ]),
    ...(settings.internal ? [sh`--internal`] : []),
    ...(settings.attachable ? [sh`--attachable`] : []),
    ...(settings.ipv6 ? [sh`--ipv6`] : []),
    ...Object.entries(settings.options).map(([key, value]) => option('--opt', `${key}=${value}`)),
    ...Object.entries(settings.labels).map(([key, value]) => option('--label', `${key}=${value}`)),
  ];
  return sh`docker network create ${joinCommands(words, ' ')} ${name} >/dev/null`;
}

export function connectContainer(network: string, container: DockerContainer, settings: NetworkSettings | undefined): Command {
  const endpoint = container.networks[network];
  const address = endpoint?.requestedAddress;
  const parsed = address === undefined ? undefined : parseAddress(address);
  const fits = parsed !== undefined && settings?.pools.some((pool) => pool.subnet !== undefined && contains(parseCidr(pool.subnet)!, parsed));
  // Docker adds the beginning of the id as an alias by itself.
  const aliases = (endpoint?.aliases ?? []).filter((alias) => !container.id.startsWith(alias));
  const words = [...(fits ? [sh`--ip ${address!}`] : []), ...aliases.map((alias) => sh`--alias ${alias}`)];
  return sh`docker network connect ${words.length === 0 ? nothing : sh`${words} `}${network} ${container.name}`;
}

export function disconnectContainer(network: string, container: string): Command {
  return sh`docker network disconnect -f ${network} ${container}`;
}

/** The first network of the same scope whose subnet overlaps with one of these. */
export function overlappingNetwork(pools: readonly DockerPool[], others: readonly DockerNetwork[]): { readonly network: DockerNetwork; readonly subnet: string; readonly theirs: string } | undefined {
  for (const { subnet } of pools) {
    const mine = subnet === undefined ? undefined : parseCidr(subnet);
    if (mine === undefined) continue;
    for (const network of others) {
      const theirs = network.pools.find((pool) => pool.subnet !== undefined && networksOverlap(mine, parseCidr(pool.subnet)!))?.subnet;
      if (theirs !== undefined && network.scope === 'local') return { network, subnet: subnet!, theirs };
    }
  }
  return undefined;
}
