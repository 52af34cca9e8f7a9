/** Routes as a baseline records them: `ip -o -d route show table all`, whose words `ip route add` takes again (ip-route(8)). */
import { sh, type Command } from '../../shell.ts';
import type { Difference, Items, Remainder, Restoration } from '../kind.ts';
import { sortOut } from './differing.ts';
import type { LinkPlace } from './link-restore.ts';

export type RouteState = {
  readonly family: 4 | 6;
  /** `unicast`, `blackhole`, `unreachable`, … */
  readonly type: string;
  /** `default`, an address, or a network. */
  readonly destination: string;
  /** `main` or another one. */
  readonly table: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly metric?: string;
  /** Several ways at once, each as its words: `via 10.0.0.9 dev eth1 weight 1`. */
  readonly ways?: readonly string[];
  /** The other words: protocol, scope, source, MTU, … */
  readonly words: string;
};

// What follows from the state of interfaces, or is an answer rather than a setting.
const passing = /^(linkdown|dead|pervasive|offload|trap|rt_offload|rt_trap|offload_failed|cache)$/;
// Routers and redirects change theirs.
const foreign = /^(ra|redirect)$/;

/** Routes that somebody set, by what tells them apart; `isPassing` names interfaces that come and go with containers. */
export function routeItems(lines: readonly string[], family: 4 | 6, isPassing: (dev: string) => boolean = () => false): Items<RouteState> {
  return Object.fromEntries(
    lines.flatMap((line) => {
      const route = parseRoute(line, family);
      const devs = route === undefined ? [] : [route.dev, ...(route.ways ?? []).map((way) => /\bdev (\S+)/.exec(way)?.[1])];
      return route === undefined || devs.some((dev) => dev !== undefined && isPassing(dev)) ? [] : [[routeKey(route), route] as const];
    }),
  );
}

/** One line; undefined for what routers announce, and for what the kernel keeps for itself. */
export function parseRoute(line: string, family: 4 | 6): RouteState | undefined {
  const [first = '', ...ways] = line.split('\\').map((part) => part.trim().split(/\s+/).filter((word) => !passing.test(word)));
  const [type, destination, ...rest] = first;
  if (type === undefined || destination === undefined) return undefined;
  const fields = new Map<string, string>();
  const words: string[] = [];
  for (let index = 0; index < rest.length; index++) {
    const word = rest[index]!;
    const value = rest[index + 1];
    if (['table', 'via', 'dev', 'metric', 'proto', 'expires', 'error'].includes(word) && value !== undefined) {
      const isInet6 = word === 'via' && value === 'inet6';
      fields.set(word, isInet6 ? `inet6 ${rest[index + 2] ?? ''}` : value);
      index += isInet6 ? 2 : 1;
      if (word === 'proto') words.push(word, value);
    } else words.push(word);
  }
  const protocol = fields.get('proto') ?? '';
  if (foreign.test(protocol) || fields.has('expires')) return undefined;
  // Of what the kernel makes together with addresses, only routes to networks can be missed.
  if (protocol === 'kernel' && (type !== 'unicast' || destination.startsWith('fe80:') || destination.startsWith('ff'))) return undefined;
  const [gateway, dev, metric] = [fields.get('via'), fields.get('dev'), fields.get('metric')];
  // A lease may be another one the next time.
  const source = protocol === 'dhcp' ? words.indexOf('src') : -1;
  if (source !== -1) words.splice(source, 2);
  return {
    family,
    type,
    destination,
    table: fields.get('table') ?? 'main',
    ...(gateway === undefined ? {} : { gateway }),
    ...(dev === undefined ? {} : { dev }),
    ...(metric === undefined ? {} : { metric }),
    ...(ways.length === 0 ? {} : { ways: ways.map((way) => way.filter((word) => word !== 'nexthop').join(' ')).sort() }),
    words: words.join(' '),
  };
}

/** Whether the kernel made a route together with an address of its interface. */
export function isConnected({ words }: RouteState): boolean {
  return /(^| )proto kernel( |$)/.test(words);
}

/** As a person would write it: `default via 10.0.0.1 dev eth0 table 100`. */
export function routeKey({ family, type, destination, table, gateway, dev, metric, ways = [] }: RouteState): string {
  return [
    ...(family === 6 && !destination.includes(':') ? ['IPv6'] : []),
    ...(type === 'unicast' ? [] : [type]),
    destination,
    ...(gateway === undefined ? [] : ['via', gateway]),
    ...(dev === undefined ? [] : ['dev', dev]),
    ...(table === 'main' ? [] : ['table', table]),
    ...(metric === undefined ? [] : ['metric', metric]),
    ...ways.map((way) => `nexthop ${way}`),
  ].join(' ');
}

/** New ways come before old ones go, so that a destination is never without one. `fixed` says why one can't be touched. */
export function* restoreRoutes(differences: readonly Difference<RouteState>[], place: LinkPlace, fixed: (state: RouteState) => string | undefined = () => undefined): Generator<Restoration | Remainder> {
  const { added, gone, changed } = sortOut(differences);
  for (const { key, before } of gone) {
    yield { stage: 'routes', keys: [key], change: { action: 'create', subject: `route ${key}${place.where}`, to: before, commands: [addition(before, place)], typed: [adding(before, 'add', place)] } };
  }
  for (const { key, before, now } of changed) {
    const why = fixed(now);
    if (why !== undefined) yield { key, why };
    else yield { stage: 'routes', keys: [key], change: { action: 'update', subject: `route ${key}${place.where}`, from: now, to: before, commands: [removal(now, place), addition(before, place)], typed: [adding(before, 'replace', place)] } };
  }
  for (const { key, now } of added) {
    const why = fixed(now);
    if (why !== undefined) yield { key, why };
    else yield { stage: 'routes', keys: [key], change: { action: 'delete', subject: `route ${key}${place.where}`, from: now, commands: [removal(now, place)], typed: [deleting(now, place)] } };
  }
}

/** Without several ways: to delete them all the kernel wants either none of them named, or their order of old. */
function selector({ destination, table, gateway, dev, metric }: RouteState): readonly string[] {
  return [
    destination,
    ...(gateway === undefined ? [] : ['via', ...gateway.split(' ')]),
    ...(dev === undefined ? [] : ['dev', dev]),
    'table',
    table,
    ...(metric === undefined ? [] : ['metric', metric]),
  ];
}

const family = ({ ip }: LinkPlace, state: RouteState): Command => sh`${ip} ${`-${state.family}`} route`;

function adding(state: RouteState, verb: 'add' | 'append' | 'replace', place: LinkPlace): Command {
  // Ways come last, or the words after them would be about the last one.
  const { ways = [] } = state;
  const rest = state.words === '' ? [] : state.words.split(' ');
  return sh`${family(place, state)} ${verb} ${state.type} ${[...selector(state), ...rest, ...ways.flatMap((way) => ['nexthop', ...way.split(' ')])]}`;
}

function deleting(state: RouteState, place: LinkPlace): Command {
  return sh`${family(place, state)} del ${state.type} ${selector(state)}`;
}

/** Whether there is such a route, as text: nothing printed means none. */
function listing(state: RouteState, place: LinkPlace): Command {
  const { destination, table, gateway, dev, metric } = state;
  const words = [...(gateway === undefined ? [] : ['via', gateway.replace(/^inet6 /, '')]), ...(dev === undefined ? [] : ['dev', dev]), ...(metric === undefined ? [] : ['metric', metric])];
  return sh`"$(${family(place, state)} show table ${table} type ${state.type} exact ${destination} ${words} 2>/dev/null)"`;
}

/** Nothing where an interface of the way is missing or down: then that is what is told. `append` leaves another route to the same destination alone. */
function addition(state: RouteState, place: LinkPlace): Command {
  const missing = state.dev === undefined ? sh`false` : sh`[ -z "$(${place.ip} link show dev ${state.dev} up 2>/dev/null)" ]`;
  return sh`${missing} || [ -n ${listing(state, place)} ] || ${adding(state, 'append', place)}`;
}

/** It may have gone with its interface or its source address. */
function removal(state: RouteState, place: LinkPlace): Command {
  return sh`[ -z ${listing(state, place)} ] || ${deleting(state, place)}`;
}
