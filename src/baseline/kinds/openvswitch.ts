import { linksRead, type RawLink } from '../../../modules/facts/link.ts';
import { parseJson, present } from '../../../modules/facts/reading.ts';
import type { Fact } from '../../module.ts';
import { defineKind } from '../kind.ts';
import { clauses } from './differing.ts';
import { itemsOf, type PortLink, type SwitchItem } from './openvswitch-items.ts';
import { openSwitch, type PortRecord } from './openvswitch-read.ts';
import { restoreSwitch } from './openvswitch-restore.ts';
import { mapWords, surplus, valueWords } from './words.ts';

const links: Fact<Readonly<Record<string, PortLink>>> = {
  kind: 'port-links',
  key: '',
  read: linksRead,
  domains: ['link'],
  parse(result) {
    const rows = parseJson(result.stdout);
    return Array.isArray(rows) ? Object.fromEntries((rows as readonly RawLink[]).filter((row) => typeof row.ifname === 'string').map((row) => [row.ifname, { up: row.flags.includes('UP'), mtu: row.mtu }])) : {};
  },
};

/** Open vSwitch: bridges with their flows, ports, interfaces, controllers and mirrors. */
export const openvswitchKind = defineKind<SwitchItem, { readonly open: typeof openSwitch; readonly links: typeof links }>({
  name: 'openvswitch',
  summary: 'Open vSwitch: bridges with their settings, flows, controllers and mirrors, and ports with their interfaces and options',
  facts: { open: openSwitch, links },
  items(values) {
    if (values.open.state === 'unavailable') return values.open;
    if (values.open.state === 'absent') return present({});
    const { managers, columns, bridges, ports } = values.open.value;
    const own = managers.length + Object.keys(columns).length;
    const lasting = Object.entries(ports).filter(([name, port]) => !isContainerPort(name, port));
    return present({
      ...(own === 0 ? {} : { switch: { what: 'switch', managers, columns } }),
      ...Object.fromEntries(Object.entries(bridges).map(([name, bridge]): [string, SwitchItem] => [`bridge ${name}`, { what: 'bridge', ...bridge }])),
      ...Object.fromEntries(
        lasting.map(([name, port]): [string, SwitchItem] => {
          const link = port.interfaces[name]?.['type'] === 'internal' ? values.links[name] : undefined;
          return [`port ${name}`, { what: 'port', ...port, ...(link === undefined ? {} : { link }) }];
        }),
      ),
    });
  },
  subject: ({ key }) => (key === 'switch' ? 'Open vSwitch' : `${key} of Open vSwitch`),
  words: (difference) => clauses(difference, switchWords),
  follows: ({ key, before, now }, states) => {
    const port = [before, now].find((item) => item?.what === 'port');
    if (port?.what !== 'port') return false;
    // A bridge comes and goes with the ports that it was seen with.
    const [was, is] = [states.baseline, states.now].map((state) => `bridge ${port.bridge}` in itemsOf(state));
    return (before === undefined && was === false) || (now === undefined && is === false) || (key === `port ${port.bridge}` && (before === undefined || now === undefined));
  },
  marked: (item) => [item.what === 'switch' ? undefined : item.columns['external_ids']].some((ids) => typeof ids === 'object' && ids !== null && 'ctplay' in ids),
  ledgerSubjects: (key) => [key, key.replace('port ', 'GRE tunnel ')],
  *restore(differences, context) {
    yield* restoreSwitch(differences, context);
  },
});

/** What a container's start script plugged in, under a random name. */
function isContainerPort(name: string, { interfaces }: PortRecord): boolean {
  return /^veth([0-9a-f]{7,8}|[0-9A-Za-z]{6})$/.test(name) && interfaces[name]?.['type'] === undefined;
}

function switchWords(before: SwitchItem, now: SwitchItem): readonly string[] {
  const settings = mapWords((column) => column.replaceAll('_', ' '), before.columns, now.columns);
  if (before.what === 'switch' && now.what === 'switch') return [...settings, ...valueWords('managers', before.managers, now.managers)];
  if (before.what === 'bridge' && now.what === 'bridge') {
    return [
      ...settings,
      ...valueWords('controllers', before.controllers, now.controllers),
      ...mapWords((name) => `mirror ${name}`, before.mirrors, now.mirrors),
      ...surplus(now.flows, before.flows).map((flow) => `has the flow '${flow}' more`),
      ...surplus(before.flows, now.flows).map((flow) => `lacks the flow '${flow}'`),
    ];
  }
  if (before.what !== 'port' || now.what !== 'port') return ['is something else'];
  return [
    ...(before.bridge === now.bridge ? [] : [`is on bridge ${now.bridge}, not ${before.bridge}`]),
    ...settings,
    ...interfaceWords(before, now),
    ...(before.link && now.link && before.link.up !== now.link.up ? [now.link.up ? 'is up' : 'is down'] : []),
    ...(before.link && now.link ? valueWords('mtu', before.link.mtu, now.link.mtu) : []),
  ];
}

/** A port mostly has one interface, of its own name; a bond has several. */
function interfaceWords(before: PortRecord, now: PortRecord): readonly string[] {
  const names = [...new Set([...Object.keys(before.interfaces), ...Object.keys(now.interfaces)])].sort();
  return names.flatMap((name) => {
    const [was, is] = [before.interfaces[name], now.interfaces[name]];
    if (was === undefined) return [`has interface ${name}`];
    if (is === undefined) return [`has no interface ${name}`];
    return mapWords((column) => `${column.replaceAll('_', ' ')}${names.length === 1 ? '' : ` of ${name}`}`, was, is);
  });
}
