/** The way back of Open vSwitch: one transaction for each bridge and each port that differs (ovs-vsctl(8)), flows as a whole (ovs-ofctl(8)). */
import { joinCommands, sh, type Command } from '../../shell.ts';
import type { Difference, Json, Remainder, Restoration, RestoreContext } from '../kind.ts';
import { sortOut } from './differing.ts';
import { itemsOf, type SwitchItem } from './openvswitch-items.ts';
import type { BridgeRecord, Columns, PortRecord } from './openvswitch-read.ts';

type Port = Extract<SwitchItem, { what: 'port' }>;
type Bridge = Extract<SwitchItem, { what: 'bridge' }>;

const touches = ['ovs', 'link'];

/** A transaction that happens as a whole or not at all. It waits for the switch, but not for ever. */
function transaction(parts: readonly Command[]): Command {
  return sh`ovs-vsctl --timeout=15 ${joinCommands(parts, ' -- ')}`;
}

/** What was added goes first, ports before bridges; then what is gone comes back, bridges before ports. */
export function* restoreSwitch(differences: readonly Difference<SwitchItem>[], context: RestoreContext): Generator<Restoration | Remainder> {
  const { added, gone, changed } = sortOut(differences);
  for (const { key, now } of added) {
    const why = sessionOn(nameIn(key), context);
    if (why !== undefined) yield { key, why };
    else if (now.what === 'port') yield step(key, 'delete', now, undefined, [sh`ovs-vsctl --timeout=15 --if-exists del-port ${now.bridge} ${nameIn(key)}`]);
    else if (now.what === 'bridge') yield step(key, 'delete', now, undefined, [sh`ovs-vsctl --timeout=15 --if-exists del-br ${nameIn(key)}`]);
    else yield step(key, 'update', now, undefined, [switchCommand([], {}, now.columns)]);
  }
  for (const { key, before } of gone) {
    if (before.what === 'bridge') yield* bridgeAgain(key, before, context);
    else if (before.what === 'port') yield* portAgain(key, before);
    else yield step(key, 'update', undefined, before, [switchCommand(before.managers, before.columns, {})]);
  }
  for (const { key, before, now } of changed) {
    const why = sessionOn(nameIn(key), context);
    if (why !== undefined) yield { key, why };
    else if (before.what === 'bridge' && now.what === 'bridge') yield bridgeBack(key, before, now);
    else if (before.what === 'port' && now.what === 'port') yield* portBack(key, before, now);
    else if (before.what === 'switch' && now.what === 'switch') yield step(key, 'update', now, before, [switchCommand(before.managers, before.columns, now.columns)]);
  }
}

function nameIn(key: string): string {
  return key.replace(/^(bridge|port) /, '');
}

/** The management session may run over a bridge or a port of the switch. */
function sessionOn(name: string, { protects }: RestoreContext): string | undefined {
  return protects('link', name);
}

function step(key: string, action: 'create' | 'update' | 'delete', from: unknown, to: unknown, commands: readonly Command[], stage: Restoration['stage'] = 'switches'): Restoration {
  const subject = key === 'switch' ? 'Open vSwitch' : `${key} of Open vSwitch`;
  return { stage, keys: [key], change: { action, subject, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }), commands, touches } };
}

function switchCommand(managers: readonly string[], columns: Columns, present: Columns): Command {
  return transaction([managers.length === 0 ? sh`del-manager` : sh`set-manager ${managers}`, ...columnParts('Open_vSwitch', '.', columns, present)]);
}

/** The settings of a record, those it should not have cleared. */
function columnParts(table: string, record: string, before: Columns, now: Columns): Command[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((column) => JSON.stringify(before[column]) !== JSON.stringify(now[column]));
  const cleared = names.filter((column) => before[column] === undefined);
  const set = names.filter((column) => before[column] !== undefined);
  return [
    ...cleared.map((column) => (scalars[column] === undefined ? sh`clear ${table} ${record} ${column}` : sh`set ${table} ${record} ${`${column}=${scalars[column]}`}`)),
    ...(set.length === 0 ? [] : [sh`set ${table} ${record} ${set.map((column) => `${column}=${columnText(before[column]!)}`)}`]),
  ];
}

/** Columns that always hold one value, with their defaults, which is what 'cleared' means there. */
const scalars: Readonly<Record<string, string>> = {
  datapath_type: '""',
  stp_enable: 'false',
  rstp_enable: 'false',
  mcast_snooping_enable: 'false',
  protected: 'false',
  type: '""',
  ingress_policing_rate: '0',
  ingress_policing_burst: '0',
  select_all: 'false',
};

/** A value in the database's own notation: `[1,2]`, `{key="value"}`. */
export function columnText(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(columnText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? JSON.stringify(value) : String(value);
  return `{${Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}=${columnText(one as Json)}`).join(',')}}`;
}

/** The flows of a bridge as a whole; the switch changes only those that differ. */
function flowsCommand(name: string, flows: readonly string[]): Command {
  return sh`ovs-ofctl --timeout=15 -O OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15 --names replace-flows ${name} -`.withInput(`${flows.map((flow) => flow.replace(/^priority=\d+(?= actions)/, '$&,')).join('\n')}\n`);
}

/** Mirrors are made by one transaction, which can name what it makes and what it refers to. */
function mirrorParts(bridge: string, mirrors: BridgeRecord['mirrors']): Command[] {
  const parts: Command[] = [sh`clear Bridge ${bridge} mirrors`];
  const ports = [...new Set(Object.values(mirrors).flatMap((mirror) => referringColumns.flatMap((column) => (mirror[column] as readonly string[] | undefined) ?? [])))];
  for (const [index, port] of ports.entries()) parts.push(sh`${`--id=@port${index}`} get Port ${port}`);
  for (const [index, [name, mirror]] of Object.entries(mirrors).entries()) {
    const settings = Object.entries(mirror).map(([column, value]) => {
      const refers = (referringColumns as readonly string[]).includes(column);
      return `${column}=${refers ? (value as readonly string[]).map((port) => `@port${ports.indexOf(port)}`).join(',') : columnText(value)}`;
    });
    parts.push(sh`${`--id=@mirror${index}`} create Mirror ${`name=${JSON.stringify(name)}`} ${settings}`, sh`add Bridge ${bridge} mirrors ${`@mirror${index}`}`);
  }
  return parts;
}
const referringColumns = ['select_dst_port', 'select_src_port', 'output_port'] as const;

function controllerPart(name: string, targets: readonly string[]): Command {
  return targets.length === 0 ? sh`del-controller ${name}` : sh`set-controller ${name} ${targets}`;
}

/** A bridge with its ports in one transaction; what its own port was like is set afterwards. */
function* bridgeAgain(key: string, before: Bridge, { baseline }: RestoreContext): Generator<Restoration> {
  const name = nameIn(key);
  const ports = Object.entries(itemsOf(baseline)).flatMap(([port, item]): [string, Port][] => (item.what === 'port' && item.bridge === name ? [[nameIn(port), item]] : []));
  const others = ports.filter(([port]) => port !== name);
  const parts = [
    sh`--may-exist add-br ${name}`,
    ...columnParts('Bridge', name, before.columns, {}),
    ...(before.controllers.length === 0 ? [] : [controllerPart(name, before.controllers)]),
    ...others.flatMap(([port, item]) => portParts(port, item)),
  ];
  const own = ports.find(([port]) => port === name)?.[1];
  yield step(key, 'create', undefined, before, [
    transaction([...parts, ...(own === undefined ? [] : [...columnParts('Port', name, own.columns, {}), ...columnParts('Interface', name, withoutType(own.interfaces[name] ?? {}), {})])]),
    ...(Object.keys(before.mirrors).length === 0 ? [] : [transaction(mirrorParts(name, before.mirrors))]),
    flowsCommand(name, before.flows),
  ]);
  for (const [port, { link }] of ports) if (link !== undefined) yield linkBack(key, port, link);
}

/** The switch knows the type of a bridge's own interface by itself. */
function withoutType({ type: _type, ...columns }: Columns): Columns {
  return columns;
}

/** Plugs a port in, whatever port of its name there is. */
function portParts(name: string, { bridge, columns, interfaces }: PortRecord): Command[] {
  const names = Object.keys(interfaces);
  return [
    sh`--if-exists del-port ${name}`,
    names.length > 1 ? sh`add-bond ${bridge} ${name} ${names}` : sh`add-port ${bridge} ${name}`,
    ...columnParts('Port', name, columns, {}),
    ...names.flatMap((one) => columnParts('Interface', one, interfaces[one]!, {})),
  ];
}

function* portAgain(key: string, before: Port): Generator<Restoration> {
  const name = nameIn(key);
  yield step(key, 'create', undefined, before, [transaction(portParts(name, before))], 'links-up');
  if (before.link !== undefined) yield linkBack(key, name, before.link);
}

function* portBack(key: string, before: Port, now: Port): Generator<Restoration> {
  const name = nameIn(key);
  const sameInterfaces = Object.keys(before.interfaces).join() === Object.keys(now.interfaces).join();
  if (before.bridge !== now.bridge || !sameInterfaces) {
    yield* portAgain(key, before);
    return;
  }
  const parts = [...columnParts('Port', name, before.columns, now.columns), ...Object.entries(before.interfaces).flatMap(([one, columns]) => columnParts('Interface', one, columns, now.interfaces[one] ?? {}))];
  if (parts.length > 0) yield step(key, 'update', now, before, [transaction(parts)]);
  if (before.link !== undefined && JSON.stringify(before.link) !== JSON.stringify(now.link)) yield linkBack(key, name, before.link);
}

/** Interfaces that the switch makes; it sets an MTU that was asked of it back by itself. */
function linkBack(key: string, name: string, link: { readonly up: boolean; readonly mtu: number }): Restoration {
  const set = sh`ip link set dev ${name}`;
  return step(key, 'update', undefined, link, [sh`${set} mtu ${link.mtu} ${link.up ? 'up' : 'down'}`], 'links-up');
}

function bridgeBack(key: string, before: Bridge, now: Bridge): Restoration {
  const name = nameIn(key);
  const parts = [
    ...columnParts('Bridge', name, before.columns, now.columns),
    ...(JSON.stringify(before.controllers) === JSON.stringify(now.controllers) ? [] : [controllerPart(name, before.controllers)]),
    ...(JSON.stringify(before.mirrors) === JSON.stringify(now.mirrors) ? [] : mirrorParts(name, before.mirrors)),
  ];
  // Changing the failure mode or the controllers makes the switch set its flows anew, so that they are always put back.
  return step(key, 'update', now, before, [...(parts.length === 0 ? [] : [transaction(parts)]), flowsCommand(name, before.flows)]);
}
