import { dockerNetworks, type DockerNetwork, type DockerPool } from '../../../modules/facts/docker.ts';
import { parseAddress, parseCidr, withoutPrefix } from '../../../modules/shared/address.ts';
import { createNetwork } from '../../../modules/shared/docker-network.ts';
import { dockerMark } from '../../../modules/shared/docker.ts';
import { sh, type Command } from '../../shell.ts';
import { defineKind, type Items, type RestoreContext } from '../kind.ts';
import { clauses, differingFields, shownValue, sortOut } from './differing.ts';
import type { ContainerItem } from './docker-container-read.ts';
import { dockerStore, orNothing } from './docker-store.ts';

export type NetworkItem = {
  readonly driver: string;
  readonly pools: readonly PoolItem[];
  readonly internal: boolean;
  readonly attachable: boolean;
  readonly ipv6: boolean;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
};
type PoolItem = { readonly subnet?: string; readonly gateway?: string; readonly range?: string; readonly auxiliary: Readonly<Record<string, string>> };

const facts = { networks: dockerNetworks(), store: dockerStore };

/** Networks of Docker, less those that the daemon itself makes. */
export const dockerNetworkKind = defineKind<NetworkItem, typeof facts>({
  name: 'docker-network',
  summary: 'Networks of Docker: driver, subnets, options, labels',
  facts,
  items({ networks, store }) {
    const reading = orNothing(networks, store.networks);
    if (reading.state !== 'present') return reading;
    return { state: 'present', value: Object.fromEntries(reading.value.filter(({ name, scope }) => !['bridge', 'host', 'none'].includes(name) && scope === 'local').map((one) => [one.name, itemOf(one)])) };
  },
  subject: ({ key }) => `network ${key} of Docker`,
  words: (difference) =>
    clauses(difference, (before, now) => [
      ...(poolWords(before.pools) === poolWords(now.pools) ? [] : [`has subnet ${poolWords(now.pools)}, not ${poolWords(before.pools)}`]),
      ...differingFields(before, now, ['driver', 'internal', 'attachable', 'ipv6', 'options', 'labels']).map((name) => `has ${name} ${shownValue(now[name])}, not ${shownValue(before[name])}`),
    ]),
  marked: ({ labels }) => dockerMark in labels,
  ledgerSubjects: (key) => [`network ${key}`],
  *restore(differences, { baseline }) {
    const { added, gone, changed } = sortOut(differences);
    const stage = 'container-networks';
    for (const { key, now } of added) {
      yield { stage, keys: [key], change: { action: 'delete', subject: `network ${key} of Docker`, from: now, commands: [removal(key)], typed: [sh`docker network rm ${key}`] } };
    }
    for (const { key, before } of gone) {
      yield { stage, keys: [key], change: { action: 'create', subject: `network ${key} of Docker`, to: before, commands: [creation(key, before), ...members(key, baseline)], typed: [createNetwork(key, before)] } };
    }
    for (const { key, before, now } of changed) {
      yield { stage, keys: [key], change: { action: 'replace', subject: `network ${key} of Docker`, from: now, to: before, commands: [removal(key), creation(key, before), ...members(key, baseline)] } };
    }
  },
});

function itemOf({ driver, pools, internal, attachable, ipv6, options, labels }: DockerNetwork): NetworkItem {
  return { driver, pools: pools.map(withoutDefault), internal, attachable, ipv6, options, labels };
}

/** Docker takes the first address of a pool as its gateway where none was given, and says so only once the daemon was started again. */
function withoutDefault({ gateway, ...pool }: DockerPool): PoolItem {
  const address = parseAddress(withoutPrefix(gateway ?? ''));
  const isFirst = [pool.subnet, pool.range].some((cidr) => {
    const start = parseCidr(cidr ?? '')?.address;
    return start !== undefined && address !== undefined && (address.value === start.value || address.value === start.value + 1n);
  });
  return gateway === undefined || isFirst ? pool : { ...pool, gateway };
}

function poolWords(pools: readonly PoolItem[]): string {
  const words = pools.map(({ subnet, gateway, range, auxiliary }) => [subnet, gateway && `gateway ${gateway}`, range && `range ${range}`, ...Object.entries(auxiliary).map(([name, address]) => `${name}=${address}`)].filter(Boolean).join(' '));
  return words.join(', ') || 'none';
}

function exists(name: string): Command {
  return sh`docker network inspect ${name} >/dev/null 2>&1`;
}

/** With the containers in it taken out. */
function removal(name: string): Command {
  return sh`! ${exists(name)} || { for c in $(docker network inspect -f '{{range $id, $one := .Containers}}{{$id}} {{end}}' ${name}); do docker network disconnect -f ${name} "$c" 2>/dev/null; done; docker network rm ${name} >/dev/null; }`;
}

function creation(name: string, network: NetworkItem): Command {
  return sh`${exists(name)} || ${createNetwork(name, network)}`;
}

/** The containers of the baseline that are still there go into it again. */
function members(network: string, baseline: RestoreContext['baseline']): Command[] {
  const containers = baseline['docker-container']?.state === 'present' ? (baseline['docker-container'].value as Items<ContainerItem>) : {};
  return Object.entries(containers).flatMap(([name, { networks }]) => {
    const endpoint = networks[network];
    if (endpoint === undefined) return [];
    const words = [...(endpoint.address === undefined ? [] : [sh`--ip ${endpoint.address}`]), ...endpoint.aliases.map((alias) => sh`--alias ${alias}`)];
    return [sh`! docker container inspect ${name} >/dev/null 2>&1 || docker network connect ${words} ${network} ${name}`];
  });
}
