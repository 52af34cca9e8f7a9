/** Records of Open vSwitch's database as parts of a transaction of ovs-vsctl(8). */
import { sh, type Command } from '../../shell.ts';
import type { Json } from '../kind.ts';
import type { BridgeRecord, Columns } from './openvswitch-read.ts';

/** The settings of a record, those it should not have cleared. */
export function columnParts(table: string, record: string, before: Columns, now: Columns): Command[] {
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

/** Mirrors of a bridge, made anew. They are made by one transaction, which can name what it makes and what it refers to. */
export function mirrorParts(bridge: string, mirrors: BridgeRecord['mirrors']): Command[] {
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
