import { present } from '../../../modules/facts/reading.ts';
import { joinCommands, sh } from '../../shell.ts';
import { defineKind, type Difference, type Items, type Json, type Remainder, type Restoration } from '../kind.ts';
import { differencesOf } from '../compare.ts';
import { addressItems, restoreAddresses, type AddressState } from './address-state.ts';
import { addressWords } from './address.ts';
import { clauses, sortOut } from './differing.ts';
import { linkWords } from './link.ts';
import { linkSubject, restoreLinks, type LinkPlace } from './link-restore.ts';
import { lastingLinks, linkState, type LinkState } from './link-state.ts';
import { namedNamespaces, type NamespaceReading } from './namespace-read.ts';
import { isConnected, restoreRoutes, routeItems, type RouteState } from './route-state.ts';
import { surplus } from './words.ts';

export type NamespaceState = {
  readonly links: Items<LinkState>;
  readonly addresses: Items<AddressState>;
  readonly routes: Items<RouteState>;
  /** Programs that run in it, by name. */
  readonly processes: readonly string[];
};

/** Network namespaces with names, and what is in them. */
export const namespaceKind = defineKind<NamespaceState, { namespaces: typeof namedNamespaces }>({
  name: 'namespace',
  summary: 'Named network namespaces: their interfaces, addresses and routes, and the programs that run in them',
  facts: { namespaces: namedNamespaces },
  items: ({ namespaces }) => (namespaces.state === 'present' ? present(Object.fromEntries(namespaces.value.map((one) => [one.name, namespaceState(one)]))) : namespaces),
  subject: ({ key }) => `network namespace ${key}`,
  words: (difference) => clauses(difference, contentWords),
  *restore(differences) {
    const { added, gone, changed } = sortOut(differences);
    for (const { key, now } of added) yield* removal(key, now);
    for (const { key, before } of gone) {
      yield { stage: 'namespaces', keys: [key], change: { action: 'create', subject: `network namespace ${key}`, to: before, commands: [sh`[ -e ${path(key)} ] || ip netns add ${key}`], typed: [sh`ip netns add ${key}`] } };
      yield* contents(key, before, { ...nothingInside, links: { lo: { type: '', up: false, mtu: 65536, options: {} } } });
    }
    for (const { key, before, now } of changed) yield* contents(key, before, now);
  },
});

const nothingInside: NamespaceState = { links: {}, addresses: {}, routes: {}, processes: [] };
const path = (name: string): string => `/run/netns/${name}`;

/** The state of a namespace; nothing is told of one that is the host's own under another name. */
export function namespaceState({ own, links, routes, processes }: NamespaceReading): NamespaceState {
  if (own) return nothingInside;
  const surroundings = { switchPorts: new Set<string>(), dockerNetworks: [], namespaces: new Map<number, never>() };
  const rows = lastingLinks(links, surroundings);
  return {
    // Where the other ends are, the host's own interfaces tell.
    links: Object.fromEntries(rows.map((row) => [row.ifname, linkState(row, surroundings)])),
    addresses: addressItems(rows),
    routes: Object.fromEntries(Object.entries({ ...routeItems(routes[4], 4), ...routeItems(routes[6], 6) }).filter(([, route]) => !isConnected(route))),
    processes: [...processes].sort(),
  };
}

function contentWords(before: NamespaceState, now: NamespaceState): readonly string[] {
  const each = <T extends Json>(was: Items<T>, is: Items<T>, name: (difference: Difference<T>) => string, changed: (before: T, now: T) => readonly string[]): readonly string[] =>
    (differencesOf(was, is) as Difference<T>[]).flatMap((difference) => clauses(difference, changed).map((clause) => `${name(difference)} in it ${clause}`));
  return [
    ...each(before.links, now.links, ({ key, before: was, now: is }) => linkSubject(key, (is ?? was)?.type), linkWords),
    ...each(before.addresses, now.addresses, ({ key }) => `address ${key}`, addressWords),
    ...each(before.routes, now.routes, ({ key }) => `route ${key}`, () => ['has other settings']),
    ...surplus(now.processes, before.processes).map((program) => `program ${program} runs in it`),
    ...surplus(before.processes, now.processes).map((program) => `program ${program} no longer runs in it`),
  ];
}

/** Its interfaces go with it, unless a process keeps it alive; those of containers and of the host itself stay. */
function* removal(name: string, now: NamespaceState): Generator<Restoration> {
  if (now.processes.length > 0) yield ending(name, now.processes, undefined);
  yield {
    stage: 'namespaces',
    keys: [name],
    change: { action: 'delete', subject: `network namespace ${name}`, from: now, commands: [sh`[ ! -e ${path(name)} ] || ip netns del ${name} || [ ! -e ${path(name)} ]`], typed: [sh`ip netns del ${name}`] },
  };
}

/** Ends the programs that run in it, first kindly; undefined means all of them. */
function ending(name: string, shown: readonly string[], programs: readonly string[] | undefined): Restoration {
  const wanted = programs === undefined ? sh`:` : sh`case "$comm" in ${joinCommands(programs.map((program) => sh`${program}`), ' | ')}) ;; *) continue ;; esac`;
  return {
    stage: 'processes',
    keys: [name],
    change: {
      action: 'delete',
      subject: `programs in network namespace ${name}`,
      from: shown,
      commands: [
        sh`[ -e ${path(name)} ] && ! [ ${path(name)} -ef /proc/1/ns/net ] && ! [ ${path(name)} -ef /proc/self/ns/net ] || exit 0
own=$(readlink /proc/self/ns/pid)
inside() { for p in $(ip netns pids ${name} 2>/dev/null); do [ "$(readlink "/proc/$p/ns/pid" 2>/dev/null)" = "$own" ] || continue; comm=$(cat "/proc/$p/comm" 2>/dev/null); ${wanted}; echo "$p"; done; }
for signal in TERM KILL; do
  tries=20
  while pids=$(inside); [ -n "$pids" ] && [ $tries -gt 0 ]; do kill -$signal $pids 2>/dev/null; sleep 0.1; tries=$((tries-1)); done
done
[ -z "$(inside)" ]`,
      ],
      typed: [sh`kill $(ip netns pids ${name})`],
    },
  };
}

function* contents(name: string, before: NamespaceState, now: NamespaceState): Generator<Restoration | Remainder> {
  const place: LinkPlace = { ip: sh`ip -n ${name}`, where: ` in network namespace ${name}` };
  const all = function* (): Generator<Restoration | Remainder> {
    // What has its other end on the host comes with that one, which knows where it belongs.
    const links = differencesOf(before.links, now.links) as Difference<LinkState>[];
    yield* restoreLinks(links.filter(({ before: was, now: is }) => is !== undefined || was?.type !== 'veth' || was.peer !== undefined), place);
    yield* restoreAddresses(differencesOf(before.addresses, now.addresses) as Difference<AddressState>[], now.addresses, place);
    yield* restoreRoutes(differencesOf(before.routes, now.routes) as Difference<RouteState>[], place);
  };
  for (const step of all()) yield 'why' in step ? { key: name, why: `${step.key} in it: ${step.why}` } : { ...step, keys: [name] };
  const more = surplus(now.processes, before.processes).filter((program) => !before.processes.includes(program));
  if (more.length > 0) yield ending(name, more, more);
  const less = surplus(before.processes, now.processes);
  if (less.length > 0) yield { key: name, why: `${less.join(', ')}, which ran in it, is not started again` };
}
