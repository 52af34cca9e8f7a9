/** What is recorded of each type of interface, and the words of ip-link(8) that set it. */
import { sh, nothing, joinCommands, type Command } from '../../shell.ts';

export type LinkOptions = { readonly [name: string]: string | number | boolean };

interface LinkOption {
  /** The key in iproute2's JSON. */
  readonly json: string;
  /** The word before the value on the command line, where it isn't the same. */
  readonly word?: string;
  /** Words for true and false, where the option is a flag. */
  readonly flags?: readonly [string, string];
  /** What it is unless somebody sets it: not recorded, and not set on a new interface, since not every kernel knows every option. */
  readonly initial?: number;
}

interface LinkType {
  readonly options: readonly LinkOption[];
  /** Options can be set later; otherwise the interface is made anew. */
  readonly changeable?: true;
  /** Where the interface that it rests on is said: before the type, or among its options. */
  readonly parent?: 'link' | 'dev';
}

const named = (...names: readonly string[]): readonly LinkOption[] => names.map((json) => ({ json }));
const tunnel: LinkType = { options: named('remote', 'local', 'ikey', 'okey', 'ttl'), parent: 'dev' };

/** The types that can be made again from what is recorded. */
const linkTypes: Readonly<Record<string, LinkType>> = {
  bridge: {
    options: [
      { json: 'stp_state', initial: 0 },
      { json: 'forward_delay', initial: 1500 },
      { json: 'priority', initial: 32768 },
      { json: 'ageing_time', initial: 30000 },
      { json: 'vlan_filtering', initial: 0 },
      { json: 'mcast_snooping', initial: 1 },
    ],
    changeable: true,
  },
  veth: { options: [] },
  dummy: { options: [] },
  ifb: { options: [] },
  vlan: { options: named('protocol', 'id'), parent: 'link' },
  vxlan: { options: [...named('id', 'remote', 'group', 'local'), { json: 'port', word: 'dstport' }, { json: 'learning', flags: ['learning', 'nolearning'] }], parent: 'dev' },
  geneve: { options: [...named('id', 'remote'), { json: 'port', word: 'dstport' }] },
  gre: tunnel,
  gretap: tunnel,
  ipip: { ...tunnel, options: named('remote', 'local', 'ttl') },
  sit: { ...tunnel, options: named('remote', 'local', 'ttl') },
  ip6gre: tunnel,
  ip6gretap: tunnel,
  macvlan: { options: named('mode'), parent: 'link' },
  macvtap: { options: named('mode'), parent: 'link' },
  ipvlan: { options: named('mode'), parent: 'link' },
  bond: { options: named('mode', 'miimon') },
  vrf: { options: named('table') },
  tun: { options: [{ json: 'type' }, { json: 'user' }, { json: 'group' }] },
};

/** The recorded options among what `ip -d -j link` says of a type. */
export function linkOptions(type: string, data: Readonly<Record<string, unknown>>): LinkOptions {
  const options = linkTypes[type]?.options ?? [];
  const found = options.flatMap(({ json, initial }) => {
    const value = data[json];
    if (initial !== undefined && value === initial) return [];
    const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return plain && value !== 'any' ? [[json, value] as const] : [];
  });
  // A bridge with spanning tree takes its delay from the root of the tree, and forgets addresses early when the tree changes.
  const unsteady = type === 'bridge' && data['stp_state'] !== 0 ? ['forward_delay', 'ageing_time'] : [];
  return Object.fromEntries(found.filter(([json]) => !unsteady.includes(json)));
}

/** Whether the interface can be made from its type and options alone; a veth needs its other end as well. */
export function makeable(type: string): boolean {
  return type in linkTypes;
}

/** Whether the options of the type can be set on one that exists. */
export function changeable(type: string): boolean {
  return linkTypes[type]?.changeable === true;
}

/** `type vxlan id 42 …`, and before it the interface that it rests on. */
export function typeWords(type: string, options: LinkOptions, parent: string | undefined): { readonly before: Command; readonly after: Command } {
  const place = parent === undefined ? undefined : linkTypes[type]?.parent;
  const set = optionWords(type, options);
  return {
    before: place === 'link' ? sh`link ${parent!}` : nothing,
    after: joinCommands([sh`type ${type}`, set, place === 'dev' ? sh`dev ${parent!}` : nothing], ' '),
  };
}

/** The options as `ip link add` takes them after the type. */
function optionWords(type: string, options: LinkOptions): Command {
  const words = (linkTypes[type]?.options ?? []).flatMap(({ json, word = json, flags }): readonly (string | number)[] => {
    const value = options[json];
    if (value === undefined) return [];
    if (flags) return [flags[value === true ? 0 : 1]];
    return [word, typeof value === 'boolean' ? Number(value) : value];
  });
  return words.length === 0 ? nothing : sh`${words}`;
}

/** The options that lead from one state to another, as `ip link set` takes them after the type. */
export function changedOptionWords(type: string, before: LinkOptions, now: LinkOptions): Command {
  const options = (linkTypes[type]?.options ?? []).filter(({ json }) => before[json] !== now[json]);
  return optionWords(type, Object.fromEntries(options.flatMap(({ json, initial }) => {
    const value = before[json] ?? initial;
    return value === undefined ? [] : [[json, value]];
  })));
}
