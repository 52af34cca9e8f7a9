/** A Docker network's arguments: what may be said, what is wrong with it, and the settings that it means. */
import { Type } from 'typebox';
import type { ArgumentProblem } from '../../src/module.ts';
import { contains, networkText, parseAddress, parseCidr } from './address.ts';
import { configMark, digestOf, dockerMark } from './docker.ts';
import type { NetworkSettings } from './docker-network.ts';
import { addressProblems, cidrProblems } from './schema.ts';

export const poolProperties = {
  subnet: Type.Optional(Type.String({ description: 'The subnet, such as `172.28.0.0/16`. Docker chooses one when it is left out.' })),
  gateway: Type.Optional(Type.String({ description: "The host's (or router's) address in it; the first one when left out." })),
};

export interface NetworkArgs {
  readonly name: string;
  readonly driver?: string;
  readonly subnet?: string;
  readonly gateway?: string;
  readonly ip_range?: string;
  readonly aux_addresses?: Readonly<Record<string, string>>;
  readonly ipam_config?: readonly { readonly subnet?: string; readonly gateway?: string; readonly iprange?: string; readonly aux_addresses?: Readonly<Record<string, string>> }[];
  readonly internal?: boolean;
  readonly attachable?: boolean;
  readonly enable_ipv6?: boolean;
  readonly driver_options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** What can't be the addresses of a network. */
export function* poolProblems(path: ArgumentProblem['path'], subnet: string | undefined, gateway: string | undefined, range: string | undefined, rangeName: string): Generator<ArgumentProblem> {
  yield* cidrProblems([...path, 'subnet'], subnet);
  yield* addressProblems([...path, 'gateway'], gateway);
  yield* cidrProblems([...path, rangeName], range);
  const [network, address, part] = [subnet === undefined ? undefined : parseCidr(subnet), gateway === undefined ? undefined : parseAddress(gateway), range === undefined ? undefined : parseCidr(range)];
  if (subnet === undefined && (gateway !== undefined || range !== undefined)) yield { path: [...path, gateway === undefined ? rangeName : 'gateway'], message: `\`gateway\` and \`${rangeName}\` need a \`subnet\`` };
  const exact = subnet === undefined ? undefined : networkText(subnet);
  if (exact !== undefined && exact !== subnet) yield { path: [...path, 'subnet'], message: `${subnet} is an address in a subnet, not a subnet`, hint: `The subnet is '${exact}'.` };
  if (network && address && !contains(network, address)) yield { path: [...path, 'gateway'], message: `the gateway ${gateway} is not in the subnet ${subnet}` };
  if (network && part && !(contains(network, part.address) && part.prefix >= network.prefix)) yield { path: [...path, rangeName], message: `the range ${range} is not in the subnet ${subnet}` };
}

/** The settings that the task names. */
export function namedSettings(args: NetworkArgs): Partial<NetworkSettings> {
  const flat = args.subnet === undefined ? [] : [{ subnet: args.subnet, gateway: args.gateway, iprange: args.ip_range, aux_addresses: args.aux_addresses }];
  const pools = (args.ipam_config ?? flat).map((pool) => ({
    ...(pool.subnet === undefined ? {} : { subnet: pool.subnet }),
    ...(pool.gateway === undefined ? {} : { gateway: pool.gateway }),
    ...(pool.iprange === undefined ? {} : { range: pool.iprange }),
    auxiliary: pool.aux_addresses ?? {},
  }));
  return {
    ...(args.driver === undefined ? {} : { driver: args.driver }),
    ...(args.internal === undefined ? {} : { internal: args.internal }),
    ...(args.attachable === undefined ? {} : { attachable: args.attachable }),
    ...(args.enable_ipv6 === undefined ? {} : { ipv6: args.enable_ipv6 }),
    pools,
    options: args.driver_options,
    labels: args.labels,
  };
}

/** The settings of a new network, marked as ours. */
export function settingsFor(args: NetworkArgs): NetworkSettings {
  const settings = { driver: 'bridge', internal: false, attachable: false, ipv6: false, pools: [], options: {}, labels: {}, ...namedSettings(args) };
  return { ...settings, labels: { ...settings.labels, [dockerMark]: 'docker_network', [configMark]: digestOf(settings) } };
}

/** Settings as they are shown to people: without defaults and marks. */
export function shown({ driver, pools, internal, attachable, ipv6, options, labels }: NetworkSettings): Record<string, unknown> {
  const own = Object.entries(labels).filter(([key]) => key !== dockerMark && key !== configMark);
  return {
    driver,
    ...(pools.length === 0 ? {} : { pools: pools.map(({ auxiliary, ...pool }) => ({ ...pool, ...(Object.keys(auxiliary).length === 0 ? {} : { auxiliary }) })) }),
    ...(internal ? { internal } : {}),
    ...(attachable ? { attachable } : {}),
    ...(ipv6 ? { ipv6 } : {}),
    ...(Object.keys(options).length === 0 ? {} : { options }),
    ...(own.length === 0 ? {} : { labels: Object.fromEntries(own) }),
  };
}
