import { present } from '../../../modules/facts/reading.ts';
import { defineKind, type KindStates } from '../kind.ts';
import { clauses } from './differing.ts';
import { host, linkSubject, restoreLinks } from './link-restore.ts';
import { linkState, type LinkState } from './link-state.ts';
import { hostLinkFacts, hostLinks, surroundingsOf } from './link-surroundings.ts';
import { mapWords, valueWords } from './words.ts';

/** Interfaces of the host, by name, with those of Open vSwitch left to its own kind, and those of containers to theirs. */
export const linkKind = defineKind<LinkState, typeof hostLinkFacts>({
  name: 'link',
  summary: 'Interfaces: type, state, MTU, master, alias, hardware address of hardware, settings of bridges, bonds, VLANs and tunnels, ends of veth pairs',
  facts: hostLinkFacts,
  items(values) {
    const rows = hostLinks(values);
    return rows.state === 'present' ? present(Object.fromEntries(rows.value.map((row) => [row.ifname, linkState(row, surroundingsOf(values))]))) : rows;
  },
  subject: ({ key, before, now }) => linkSubject(key, (now ?? before)?.type),
  words: (difference) => clauses(difference, linkWords),
  follows: ({ key, before, now }, states) => (before === undefined && isDockersOwn(key, states.now)) || (now === undefined && isDockersOwn(key, states.baseline)),
  marked: ({ alias }) => alias?.startsWith('ctplay:') === true,
  ledgerSubjects: (key) => [`bridge ${key}`, `GRE tunnel ${key}`],
  *restore(differences) {
    yield* restoreLinks(differences, host);
  },
});

/** Whether a network of Docker has chosen this name for its bridge, which then comes and goes with the network. */
function isDockersOwn(name: string, states: KindStates): boolean {
  const networks = states['docker-network'];
  const options = (network: unknown): unknown => (network as { readonly options?: Readonly<Record<string, string>> }).options?.['com.docker.network.bridge.name'];
  return networks?.state === 'present' && Object.values(networks.value).some((network) => options(network) === name);
}

/** How an interface changed. */
export function linkWords(before: LinkState, now: LinkState): readonly string[] {
  if (before.type !== now.type) return [`is of type ${now.type || 'hardware'}, not ${before.type || 'hardware'}`];
  return [
    ...(before.up === now.up ? [] : [now.up ? 'is up' : 'is down']),
    ...masterWords(before.master, now.master),
    ...valueWords('mtu', before.mtu, now.mtu),
    ...valueWords('alias', before.alias, now.alias),
    ...(before.mac === undefined || now.mac === undefined ? [] : valueWords('hardware address', before.mac, now.mac)),
    ...(before.parent === now.parent ? [] : [`rests on ${now.parent ?? 'nothing'}, not on ${before.parent ?? 'nothing'}`]),
    ...(before.peer === now.peer && before.peerNamespace === now.peerNamespace ? [] : [`has its other end ${peerWords(now)}, not ${peerWords(before)}`]),
    ...mapWords((name) => name, before.options, now.options),
  ];
}

function masterWords(before: string | undefined, now: string | undefined): readonly string[] {
  if (before === now) return [];
  return [now === undefined ? `is no longer a port of ${before!}` : `is a port of ${now}${before === undefined ? '' : `, not of ${before}`}`];
}

function peerWords({ peer, peerNamespace }: LinkState): string {
  if (peer === undefined) return 'in a container';
  return peerNamespace === undefined ? `in ${peer}` : `in ${peer} of namespace ${peerNamespace}`;
}
