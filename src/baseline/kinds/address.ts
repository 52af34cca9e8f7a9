import { present } from '../../../modules/facts/reading.ts';
import { defineKind, type Items, type KindStates } from '../kind.ts';
import { addressItems, restoreAddresses, type AddressState } from './address-state.ts';
import { clauses } from './differing.ts';
import { host } from './link-restore.ts';
import { hostLinkFacts, hostLinks } from './link-surroundings.ts';
import { valueWords } from './words.ts';

/** Addresses of the host's interfaces, those of Open vSwitch's included. */
export const addressKind = defineKind<AddressState, typeof hostLinkFacts>({
  name: 'address',
  summary: 'Addresses that were set on interfaces, IPv4 and IPv6; not leases, nor what routers hand out, nor link-local ones',
  facts: hostLinkFacts,
  items(values) {
    const rows = hostLinks(values, { switches: true });
    return rows.state === 'present' ? present(addressItems(rows.value)) : rows;
  },
  subject: ({ key }) => `address ${key}`,
  words: (difference) => clauses(difference, addressWords),
  follows: ({ before, now }, states) => before === undefined && now !== undefined && isAddedLink(now.dev, states),
  *restore(differences, { now, management }) {
    const reading = now['address'];
    const carries = ({ local, dev }: AddressState): string | undefined => (local === management.serverAddress && management.links.includes(dev) ? 'it carries the management session' : undefined);
    yield* restoreAddresses(differences, reading?.state === 'present' ? (reading.value as Items<AddressState>) : {}, host, carries);
  },
});

/** How an address changed. */
export function addressWords(before: AddressState, now: AddressState): readonly string[] {
  return [
    ...(['broadcast', 'scope', 'label'] as const).flatMap((field) => valueWords(field, before[field], now[field])),
    ...(before.noprefixroute === now.noprefixroute ? [] : [now.noprefixroute ? 'brings no route to its network' : 'brings a route to its network']),
  ];
}

/** Whether an interface, or a port of Open vSwitch, was added since the baseline: what hangs on it goes with it. */
export function isAddedLink(name: string, { baseline, now }: { readonly baseline: KindStates; readonly now: KindStates }): boolean {
  const has = (states: KindStates, kind: string, key: string): boolean => {
    const reading = states[kind];
    return reading?.state === 'present' && key in reading.value;
  };
  return [['link', name], ['openvswitch', `port ${name}`]].some(([kind, key]) => has(now, kind!, key!) && !has(baseline, kind!, key!) && !has(baseline, 'link', name));
}
