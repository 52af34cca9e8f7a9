/** Open vSwitch's bridges and ports: one `ovs-vsctl list` for all of them (ovs-vsctl(8), ovs-vswitchd.conf.db(5)). */
import type { Fact, Reading, ReadResult } from '../../src/module.ts';
import { sh, type Command } from '../../src/shell.ts';
import { absent, parseJson, present, unavailable } from './reading.ts';

export interface OvsBridge {
  readonly name: string;
  /** `netdev` is the user-space datapath; `system` and the empty text are the kernel's. */
  readonly datapathType: string;
  readonly stp: boolean;
  readonly externalIds: Readonly<Record<string, string>>;
  readonly ports: Readonly<Record<string, OvsPort>>;
}

export interface OvsPort {
  readonly name: string;
  readonly bridge: string;
  /** The VLAN of an access port. */
  readonly tag?: number;
  readonly externalIds: Readonly<Record<string, string>>;
  /** The type of its interface: empty for a system one, `internal`, `gre`, `vxlan`, … */
  readonly type: string;
  readonly options: Readonly<Record<string, string>>;
  readonly mtu?: number;
  /** Why the switch could not open the interface. */
  readonly error?: string;
}

/** Whether this kernel has Open vSwitch's datapath. */
export const kernelDatapath: Fact<boolean> = {
  kind: 'ovs-datapath',
  key: '',
  read: sh`test -d /sys/module/openvswitch && echo kernel || echo user`,
  domains: ['ovs', 'package'],
  parse: (result) => result.stdout.trim() === 'kernel',
};

// The database alone answers even when the switch itself is down, and a change would then wait for it in vain.
export const ovsRead: Command = sh`if p=/run/openvswitch/ovs-vswitchd.pid; [ -r "$p" ] && read -r pid <"$p" && [ -d "/proc/$pid" ]; then echo up; else echo down; fi
LC_ALL=C ovs-vsctl --timeout=5 --format=json --columns=name,datapath_type,stp_enable,external_ids,ports list Bridge -- --columns=_uuid,name,tag,interfaces,external_ids list Port -- --columns=_uuid,type,options,mtu,error list Interface`;

export function ovsBridge(name: string): Fact<Reading<OvsBridge>> {
  return {
    kind: 'ovs-bridge',
    key: name,
    read: ovsRead,
    domains: ['ovs'],
    parse(result) {
      const bridges = parseOvs(result);
      if (bridges.state !== 'present') return bridges;
      const found = bridges.value.find((one) => one.name === name);
      return found ? present(found) : absent;
    },
  };
}

export function ovsPort(name: string): Fact<Reading<OvsPort>> {
  return {
    kind: 'ovs-port',
    key: name,
    read: ovsRead,
    domains: ['ovs'],
    parse(result) {
      const bridges = parseOvs(result);
      if (bridges.state !== 'present') return bridges;
      const found = bridges.value.map((one) => one.ports[name]).find((port) => port !== undefined);
      return found ? present(found) : absent;
    },
  };
}

/** The bridges of an answer, each with its ports. */
export function parseOvs(result: ReadResult): Reading<OvsBridge[]> {
  if (result.status !== 0) {
    const down = /database connection failed|Alarm clock/.test(result.stderr) && !/permission denied/i.test(result.stderr);
    return unavailable(result, down ? 'not-running' : undefined);
  }
  const [up, ...tables] = result.stdout.trim().split('\n');
  const [bridges, ports, interfaces] = tables.map(rowsOf);
  if (!bridges || !ports || !interfaces) return unavailable(result, 'unreadable');
  if (up !== 'up') return { state: 'unavailable', reason: 'not-running', detail: 'ovs-vswitchd is not running' };

  const portRows = new Map(ports.map((row) => [uuids(row['_uuid'])[0], row]));
  const interfaceRows = new Map(interfaces.map((row) => [uuids(row['_uuid'])[0], row]));
  return present(bridges.map((row) => {
    const bridge = String(row['name']);
    const own = uuids(row['ports']).map((id) => portRows.get(id)).filter((port) => port !== undefined).map((port) => toPort(bridge, port, interfaceRows.get(uuids(port['interfaces'])[0]) ?? {}));
    return {
      name: bridge,
      datapathType: String(row['datapath_type']),
      stp: row['stp_enable'] === true,
      externalIds: mapOf(row['external_ids']),
      ports: Object.fromEntries(own.map((port) => [port.name, port])),
    };
  }));
}

function toPort(bridge: string, port: Row, iface: Row): OvsPort {
  return {
    name: String(port['name']),
    bridge,
    ...(typeof port['tag'] === 'number' ? { tag: port['tag'] } : {}),
    externalIds: mapOf(port['external_ids']),
    type: String(iface['type'] ?? ''),
    options: mapOf(iface['options']),
    ...(typeof iface['mtu'] === 'number' ? { mtu: iface['mtu'] } : {}),
    ...(typeof iface['error'] === 'string' && iface['error'] !== '' ? { error: iface['error'] } : {}),
  };
}

/** A row of a table, by column. */
export type Row = Readonly<Record<string, unknown>>;

/** A table of `ovs-vsctl --format=json` (RFC 7047, 5.1): headings and rows of atoms, `["set", …]`, `["map", …]`, `["uuid", …]`. */
export function rowsOf(text: string): Row[] | undefined {
  const table = parseJson(text) as { headings?: string[]; data?: unknown[][] } | undefined;
  if (!table?.headings || !table.data) return undefined;
  const { headings, data } = table;
  return data.map((row) => Object.fromEntries(headings.map((heading, index) => [heading, row[index]])));
}

/** The identities that a column refers to. */
export function uuids(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  const [tag, content] = value as [string, unknown];
  if (tag === 'uuid') return [content as string];
  return Array.isArray(content) ? content.flatMap(uuids) : [];
}

/** A column that maps texts to texts. */
export function mapOf(value: unknown): Record<string, string> {
  const [tag, content] = Array.isArray(value) ? (value as [string, unknown]) : ['', undefined];
  return tag === 'map' ? Object.fromEntries(content as [string, string][]) : {};
}
