import type { RawLink } from '../../../modules/facts/link.ts';
import { present, unavailable } from '../../../modules/facts/reading.ts';
import { contains, parseAddress, parseCidr } from '../../../modules/shared/address.ts';
import type { Fact, Reading } from '../../module.ts';
import { sh } from '../../shell.ts';
import { defineKind, type Items, type KindStates } from '../kind.ts';
import { isAddedLink } from './address.ts';
import type { AddressState } from './address-state.ts';
import { clauses } from './differing.ts';
import { host } from './link-restore.ts';
import { hostLinkFacts, hostLinks, type HostLinkValues } from './link-surroundings.ts';
import { isConnected, parseRoute, restoreRoutes, routeItems, type RouteState } from './route-state.ts';
import { valueWords } from './words.ts';

/** The lines of all routes, by family. */
const lines: Fact<Reading<Readonly<Record<4 | 6, readonly string[]>>>> = {
  kind: 'routes',
  key: '',
  read: sh`LC_ALL=C; export LC_ALL; ip -4 -o -d route show table all || exit; echo IPv6; ip -6 -o -d route show table all 2>/dev/null; :`,
  domains: ['route', 'link'],
  parse(result) {
    if (result.status !== 0) return unavailable(result);
    const [four = '', six = ''] = result.stdout.split(/^IPv6$/m);
    const split = (text: string): readonly string[] => text.split('\n').filter((line) => line.trim() !== '');
    return present({ 4: split(four), 6: split(six) });
  },
};

/** Routes of all tables. Those that come with addresses are told only when they are missed although the address is there. */
export const routeKind = defineKind<RouteState, typeof hostLinkFacts & { lines: typeof lines }>({
  name: 'route',
  summary: 'Routes of all tables, without those that routers announce',
  facts: { ...hostLinkFacts, lines },
  items(values) {
    if (values.lines.state !== 'present') return values.lines;
    const passing = passingLinks(values);
    const isPassing = (dev: string): boolean => passing.has(dev);
    return present({ ...routeItems(values.lines.value[4], 4, isPassing), ...routeItems(values.lines.value[6], 6, isPassing) });
  },
  subject: ({ key }) => `route ${key}`,
  words: (difference) => clauses(difference, (before, now) => valueWords('settings', before.words, now.words)),
  follows: ({ before, now }, states) => {
    if (now === undefined) return before !== undefined && isConnected(before) && !isMissed(before, states.now);
    return before === undefined && (isConnected(now) || (now.dev !== undefined && isAddedLink(now.dev, states)));
  },
  *restore(differences, { management }) {
    const carrying = parseRoute(`unicast ${management.route}`, management.clientAddress.includes(':') ? 6 : 4);
    const carries = (state: RouteState): boolean => carrying !== undefined && state.destination === carrying.destination && state.dev === carrying.dev && state.gateway === carrying.gateway;
    yield* restoreRoutes(differences, host, (state) => (carries(state) ? 'it carries the management session' : undefined));
  },
});

/** Whether the address of a connected route is there, on an interface that is up. */
function isMissed({ destination, dev = '' }: RouteState, now: KindStates): boolean {
  const [addresses, links, ports] = ['address', 'link', 'openvswitch'].map((kind): Items => {
    const reading = now[kind];
    return reading?.state === 'present' ? reading.value : {};
  });
  const network = parseCidr(destination);
  const isInside = ({ local, dev: on, noprefixroute }: AddressState): boolean => {
    const address = parseAddress(local);
    return on === dev && noprefixroute !== true && network !== undefined && address !== undefined && contains(network, address);
  };
  const isUp = (links?.[dev] as { readonly up?: boolean } | undefined)?.up ?? (ports?.[`port ${dev}`] as { readonly link?: { readonly up: boolean } } | undefined)?.link?.up;
  return isUp === true && Object.values(addresses ?? {}).some((address) => isInside(address as AddressState));
}

/** Names of interfaces that come and go with containers. */
function passingLinks(values: HostLinkValues): ReadonlySet<string> {
  const all: readonly RawLink[] = values.rows.state === 'present' ? values.rows.value : [];
  const lasting = hostLinks(values, { switches: true });
  const kept = new Set(lasting.state === 'present' ? lasting.value.map((row) => row.ifname) : []);
  return new Set(all.map((row) => row.ifname).filter((name) => !kept.has(name)));
}
