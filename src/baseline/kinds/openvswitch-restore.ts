/** The way back of Open vSwitch: one transaction for each bridge and each port that differs (ovs-vsctl(8)), flows as a whole (ovs-ofctl(8)). */
import { joinCommands, sh, type Command } from '../../shell.ts';
import type { Difference, Remainder, Restoration, RestoreContext } from '../kind.ts';
import { sortOut } from './differing.ts';
import { itemsOf, type SwitchItem } from './openvswitch-items.ts';
import { columnParts, mirrorParts } from './openvswitch-records.ts';
import { openflowVersions, type Columns, type PortRecord } from './openvswitch-read.ts';

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
    else if (before.what === 'bridge' && now.what === 'bridge') yield* bridgeBack(key, before, now);
    else if (before.what === 'port' && now.what === 'port') yield* portBack(key, before, now);
    else if (before.what === 'switch' && now.what === 'switch') yield step(key, 'update', now, before, [switchCommand(before.managers, before.columns, now.columns)]);
  }
  // Flows name ports. Settings of a bridge make the switch set its flows anew, so that they come back with any of them.
  for (const { key, before, now } of differences) {
    if (before?.what === 'bridge' && sessionOn(nameIn(key), context) === undefined) yield flowsBack(key, before.flows, now?.what === 'bridge' ? now.flows : undefined);
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

/** The flows of a bridge as a whole; the switch changes only those that differ. */
function flowsBack(key: string, flows: readonly string[], now: readonly string[] | undefined): Restoration {
  const name = nameIn(key);
  const command = sh`ovs-ofctl --timeout=15 -O ${openflowVersions} --names replace-flows ${name} -`.withInput(`${flows.join('\n')}\n`);
  return {
    stage: 'links-up',
    keys: [key],
    change: { action: 'update', subject: `${key} of Open vSwitch: flows`, ...(now === undefined ? {} : { from: now }), to: flows, commands: [command], touches },
  };
}

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

function settingsOf({ what: _what, flows: _flows, ...settings }: Bridge): unknown {
  return settings;
}

function* bridgeBack(key: string, before: Bridge, now: Bridge): Generator<Restoration> {
  const name = nameIn(key);
  const parts = [
    ...columnParts('Bridge', name, before.columns, now.columns),
    ...(JSON.stringify(before.controllers) === JSON.stringify(now.controllers) ? [] : [controllerPart(name, before.controllers)]),
    ...(JSON.stringify(before.mirrors) === JSON.stringify(now.mirrors) ? [] : mirrorParts(name, before.mirrors)),
  ];
  if (parts.length > 0) yield step(key, 'update', settingsOf(now), settingsOf(before), [transaction(parts)]);
}
