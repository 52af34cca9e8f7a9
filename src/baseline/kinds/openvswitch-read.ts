/** What Open vSwitch has, flows included: one script for all bridges (ovs-vsctl(8), ovs-ofctl(8), ovs-vswitchd.conf.db(5)). */
import { mapOf, rowsOf, uuids, type Row } from '../../../modules/facts/ovs.ts';
import { present, unavailable } from '../../../modules/facts/reading.ts';
import type { Fact, Reading, ReadResult } from '../../module.ts';
import { sh } from '../../shell.ts';
import type { Json } from '../kind.ts';

/** Columns of a record that are settings, as the database has them: sets as lists, maps as mappings. Those at their defaults are left out. */
export type Columns = { readonly [column: string]: Json };

export type BridgeRecord = {
  readonly columns: Columns;
  /** Targets. */
  readonly controllers: readonly string[];
  readonly mirrors: { readonly [name: string]: Columns };
  /** As ovs-ofctl prints them with names, without counters and times, sorted. */
  readonly flows: readonly string[];
};

export type PortRecord = {
  readonly bridge: string;
  readonly columns: Columns;
  /** Several where the port is a bond. */
  readonly interfaces: { readonly [name: string]: Columns };
};

export interface Switch {
  readonly managers: readonly string[];
  readonly columns: Columns;
  readonly bridges: Readonly<Record<string, BridgeRecord>>;
  readonly ports: Readonly<Record<string, PortRecord>>;
}

const bridgeColumns = ['datapath_type', 'stp_enable', 'rstp_enable', 'mcast_snooping_enable', 'fail_mode', 'protocols', 'other_config', 'external_ids'];
const portColumns = ['tag', 'trunks', 'vlan_mode', 'bond_mode', 'lacp', 'protected', 'other_config', 'external_ids'];
const interfaceColumns = ['type', 'options', 'mtu_request', 'ofport_request', 'mac', 'ingress_policing_rate', 'ingress_policing_burst', 'other_config', 'external_ids'];
const mirrorColumns = ['select_all', 'select_dst_port', 'select_src_port', 'select_vlan', 'output_port', 'output_vlan', 'snaplen'];

const tables = [
  ['Open_vSwitch', ['manager_options', 'other_config']],
  ['Manager', ['_uuid', 'target']],
  ['Controller', ['_uuid', 'target']],
  ['Bridge', ['name', 'ports', 'controller', 'mirrors', ...bridgeColumns]],
  ['Port', ['_uuid', 'name', 'interfaces', ...portColumns]],
  ['Interface', ['_uuid', 'name', ...interfaceColumns]],
  ['Mirror', ['_uuid', 'name', ...mirrorColumns]],
] as const;

const lists = tables.map(([table, columns]) => sh`-- ${`--columns=${columns.join(',')}`} list ${table}`);
/** The protocols that ovs-ofctl(8) may agree on with a bridge. */
export const openflowVersions = ['10', '11', '12', '13', '14', '15'].map((version) => `OpenFlow${version}`).join(',');

// The database alone answers even when the switch itself is down; its flows are then unknown.
const read = sh`LC_ALL=C; export LC_ALL
command -v ovs-vsctl >/dev/null || exit 127
if p=/run/openvswitch/ovs-vswitchd.pid; [ -r "$p" ] && read -r pid <"$p" && [ -d "/proc/$pid" ]; then echo up; else echo down; fi
ovs-vsctl --timeout=5 --format=json ${lists} || exit
ovs-vsctl --timeout=5 list-br | while IFS= read -r bridge; do
  echo "flows $bridge"
  # A bridge that the switch could not make, for want of its datapath say, can't be asked.
  [ -S "/run/openvswitch/$bridge.mgmt" ] || continue
  timeout 5 ovs-ofctl -O ${openflowVersions} --names --no-stats dump-flows "$bridge" || echo "failed $?"
done`;

/** The whole switch; absent where Open vSwitch is not installed. */
export const openSwitch: Fact<Reading<Switch>> = { kind: 'openvswitch', key: '', read, domains: ['ovs'], parse: parseSwitch };

/** Names of the interfaces that Open vSwitch makes itself, also where only its database answers. */
export const switchPortNames: Fact<readonly string[]> = {
  kind: 'openvswitch-ports',
  key: '',
  read,
  domains: ['ovs'],
  parse(result) {
    const interfaces = rowsOf(result.stdout.split('\n')[6] ?? '') ?? [];
    return interfaces.filter((row) => row['type'] !== '').map((row) => String(row['name']));
  },
};

export function parseSwitch(result: ReadResult): Reading<Switch> {
  if (result.status === 127) return { state: 'absent' };
  const [up, ...lines] = result.stdout.split('\n');
  if (result.status !== 0) return unavailable(result, /database connection failed|Alarm clock/.test(result.stderr) ? 'not-running' : undefined);
  if (up !== 'up') return { state: 'unavailable', reason: 'not-running', detail: 'ovs-vswitchd is not running' };
  const [roots, managers, controllers, bridges, ports, interfaces, mirrors] = tables.map((_, index) => rowsOf(lines[index] ?? ''));
  if (!roots || !managers || !controllers || !bridges || !ports || !interfaces || !mirrors) return unavailable(result, 'unreadable');
  const flows = parseFlows(lines.slice(tables.length));
  if (!flows) return unavailable(result, 'unreadable');

  const byId = (rows: readonly Row[]): ReadonlyMap<string, Row> => new Map(rows.map((row) => [uuids(row['_uuid'])[0]!, row]));
  const [managerRows, controllerRows, portRows, interfaceRows, mirrorRows] = [managers, controllers, ports, interfaces, mirrors].map(byId) as [Rows, Rows, Rows, Rows, Rows];
  const names = (rows: Rows, value: unknown, column = 'name'): string[] => uuids(value).map((id) => String(rows.get(id)?.[column] ?? '')).sort();
  const referred = (rows: Rows, value: unknown): Row[] => uuids(value).map((id) => rows.get(id)).filter((row) => row !== undefined);
  return present({
    managers: names(managerRows, roots[0]?.['manager_options'], 'target'),
    columns: settings(roots[0] ?? {}, ['other_config']),
    bridges: Object.fromEntries(
      bridges.map((row) => [
        String(row['name']),
        {
          columns: settings(row, bridgeColumns),
          controllers: names(controllerRows, row['controller'], 'target'),
          mirrors: Object.fromEntries(
            referred(mirrorRows, row['mirrors']).map((mirror) => {
              const named = Object.fromEntries(['select_dst_port', 'select_src_port', 'output_port'].map((column) => [column, names(portRows, mirror[column])]));
              return [String(mirror['name']), { ...settings(mirror, mirrorColumns.filter((column) => !(column in named))), ...withoutDefaults(named) }];
            }),
          ),
          flows: flows.get(String(row['name'])) ?? [],
        },
      ]),
    ),
    ports: Object.fromEntries(
      bridges.flatMap((bridge) =>
        referred(portRows, bridge['ports']).map((port) => [
          String(port['name']),
          {
            bridge: String(bridge['name']),
            columns: settings(port, portColumns),
            interfaces: Object.fromEntries(referred(interfaceRows, port['interfaces']).map((row) => [String(row['name']), settings(row, interfaceColumns)])),
          },
        ]),
      ),
    ),
  });
}

type Rows = ReadonlyMap<string, Row>;

/** Flows by bridge; those that end by themselves are left out, as are counters. Undefined where a bridge did not answer. */
function parseFlows(lines: readonly string[]): Map<string, string[]> | undefined {
  const flows = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of lines) {
    const bridge = /^flows (.+)$/.exec(line)?.[1];
    if (bridge !== undefined) flows.set(bridge, (current = []));
    else if (line.startsWith('failed ')) return undefined;
    else if (line.includes('actions=') && !/(idle|hard)_timeout=/.test(line)) current.push(line.trim().replace(/\breset_counts /, ''));
  }
  for (const list of flows.values()) list.sort();
  return flows;
}

function settings(row: Row, columns: readonly string[]): Columns {
  return withoutDefaults(Object.fromEntries(columns.filter((column) => row[column] !== undefined).map((column) => [column, plain(row[column])])));
}

function withoutDefaults(columns: Columns): Columns {
  const isDefault = (value: Json): boolean => value === false || value === '' || value === 0 || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(columns).filter(([column, value]) => !isDefault(value) && !(column === 'datapath_type' && value === 'system')));
}

/** A value of RFC 7047 as plain data: a set as a sorted list, which for an optional value has at most one element. */
function plain(value: unknown): Json {
  if (!Array.isArray(value)) return value as Json;
  const [tag, content] = value as [string, unknown];
  if (tag === 'map') return Object.fromEntries(Object.entries(mapOf(value)).sort(([a], [b]) => (a < b ? -1 : 1)));
  return tag === 'set' ? (content as Json[]).map(plain).sort() : null;
}
