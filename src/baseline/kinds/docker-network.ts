import { dockerNetworks, type DockerNetwork, type DockerPool } from '../../../modules/facts/docker.ts';
import { parseAddress, parseCidr, withoutPrefix } from '../../../modules/shared/address.ts';
import { createNetwork } from '../../../modules/shared/docker-network.ts';
import { dockerMark } from '../../../modules/shared/docker.ts';
import { sh, type Command } from '../../shell.ts';
import { defineKind, type Items, type Restoration, type RestoreContext } from '../kind.ts';
import type { AddressState } from './address-state.ts';
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

/** Networks of Docker. Of those that the daemon itself makes only the subnet of `bridge`, docker0's, is recorded. */
export const dockerNetworkKind = defineKind<NetworkItem, typeof facts>({
  name: 'docker-network',
  summary: 'Networks of Docker: driver, subnets, options, labels',
  facts,
  items({ networks, store }) {
    const reading = orNothing(networks, store.networks);
    if (reading.state !== 'present') return reading;
    return { state: 'present', value: Object.fromEntries(reading.value.filter(({ name, scope }) => !['host', 'none'].includes(name) && scope === 'local').map((one) => [one.name, one.name === 'bridge' ? defaultBridge(one) : itemOf(one)])) };
  },
  // It comes and goes with the daemon.
  follows: ({ key, before, now }) => key === 'bridge' && (before === undefined || now === undefined),
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
      if (key === 'bridge') yield* readdress(before, now, baseline);
      else yield { stage, keys: [key], change: { action: 'replace', subject: `network ${key} of Docker`, from: now, to: before, commands: [removal(key), creation(key, before), ...members(key, baseline)] } };
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

function defaultBridge(network: DockerNetwork): NetworkItem {
  return { ...itemOf(network), pools: network.pools.flatMap(({ subnet }) => (subnet === undefined ? [] : [{ subnet, auxiliary: {} }])), options: {}, labels: {} };
}

/**
 * Without a `bip` the daemon keeps the address that docker0 had at its last end, whatever became of the link. So it is started once with the
 * old one in its configuration.
 */
function* readdress(before: NetworkItem, now: NetworkItem, baseline: RestoreContext['baseline']): Generator<Restoration> {
  const addresses = Object.values((baseline['address']?.state === 'present' ? baseline['address'].value : {}) as Items<AddressState>);
  const own = addresses.find(({ dev, local }) => dev === 'docker0' && !local.includes(':'));
  const subnet = before.pools[0]?.subnet;
  const bip = own ? `${own.local}/${own.prefix}` : subnet?.replace(/\d+\//, (last) => `${Number.parseInt(last, 10) + 1}/`);
  if (bip === undefined) return;
  const restart = sh`{ [ ! -d /run/systemd/system ] || systemctl reset-failed -- docker; service docker restart </dev/null; }`;
  const command = sh`f=/etc/docker/daemon.json; made=; [ -d /etc/docker ] || { mkdir /etc/docker && made=1; }
! grep -qs '"bip"' "$f" || { ${restart}; exit; }
if [ -s "$f" ]; then cp -p "$f" "$f.before" && sed -e ${`0,/{/s|{|{"bip":"${bip}",|`} "$f.before" | sed -z 's/,[[:space:]]*}[[:space:]]*$/}/' >"$f"; else echo ${`{"bip":"${bip}"}`} >"$f"; fi
${restart}; s=$?
if [ -e "$f.before" ]; then mv -f "$f.before" "$f"; else rm -f "$f"; [ -z "$made" ] || rmdir /etc/docker; fi
exit "$s"`;
  yield { stage: 'services', keys: ['bridge'], change: { action: 'update', subject: 'network bridge of Docker: subnet', from: now.pools, to: before.pools, commands: [command], why: 'the daemon would keep the address that docker0 has' } };
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
