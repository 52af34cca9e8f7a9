/** Addresses of interfaces as a baseline records them (ip-address(8)), and the way back of those that differ. */
import type { RawLink } from '../../../modules/facts/link.ts';
import { nothing, sh, type Command } from '../../shell.ts';
import type { Difference, Items, Remainder, Restoration } from '../kind.ts';
import { sortOut } from './differing.ts';
import type { LinkPlace } from './link-restore.ts';

export type AddressState = {
  readonly dev: string;
  readonly local: string;
  readonly prefix: number;
  /** The other end, of point-to-point interfaces. */
  readonly peer?: string;
  readonly broadcast?: string;
  readonly scope: string;
  /** Where it isn't the interface's name. */
  readonly label?: string;
  readonly noprefixroute?: true;
};

interface RawAddress {
  readonly family?: string;
  readonly local?: string;
  readonly address?: string;
  readonly prefixlen?: number;
  readonly broadcast?: string;
  readonly scope?: string;
  readonly label?: string;
  readonly dynamic?: boolean;
  readonly noprefixroute?: boolean;
}

/** Addresses that somebody set, by `10.0.0.1/24 on eth1`: without leases, those that routers hand out, and link-local ones, which all come by themselves. */
export function addressItems(rows: readonly RawLink[]): Items<AddressState> {
  return Object.fromEntries(
    rows.flatMap((row) =>
      ((row.addr_info ?? []) as readonly RawAddress[]).flatMap((raw): readonly (readonly [string, AddressState])[] => {
        const { local, prefixlen: prefix, scope, address: peer, broadcast, label } = raw;
        if (local === undefined || prefix === undefined || raw.dynamic === true || (raw.family === 'inet6' && scope === 'link')) return [];
        const state: AddressState = {
          dev: row.ifname,
          local,
          prefix,
          ...(peer === undefined ? {} : { peer }),
          ...(broadcast === undefined ? {} : { broadcast }),
          scope: scope ?? 'global',
          ...(label === undefined || label === row.ifname ? {} : { label }),
          ...(raw.noprefixroute === true ? { noprefixroute: true } : {}),
        };
        return [[`${local}${peer === undefined ? '' : ` peer ${peer}`}/${prefix} on ${row.ifname}`, state]];
      }),
    ),
  );
}

/** Those that go first: the same address may come back with another prefix length. `fixed` says why one can't be touched. */
export function* restoreAddresses(differences: readonly Difference<AddressState>[], now: Items<AddressState>, place: LinkPlace, fixed: (state: AddressState) => string | undefined = () => undefined): Generator<Restoration | Remainder> {
  const { added, gone, changed } = sortOut(differences);
  for (const { key, now: state } of added) {
    const why = fixed(state);
    if (why !== undefined) yield { key, why };
    else yield { stage: 'addresses', keys: [key], change: { action: 'delete', subject: `address ${key}${place.where}`, from: state, commands: [removal(state, now, place)], typed: [sh`${place.ip} addr del ${addressWord(state)} dev ${state.dev}`] } };
  }
  for (const { key, before, now: state } of changed) {
    const why = fixed(state);
    if (why !== undefined) yield { key, why };
    else yield { stage: 'addresses', keys: [key], change: { action: 'update', subject: `address ${key}${place.where}`, from: state, to: before, commands: [removal(state, now, place), addition(before, place)], typed: [addingTyped(before, place)] } };
  }
  for (const { key, before } of gone) yield { stage: 'addresses', keys: [key], change: { action: 'create', subject: `address ${key}${place.where}`, to: before, commands: [addition(before, place)], typed: [addingTyped(before, place)] } };
}

/** As it is written: `10.0.0.1/24`, or only the own address where there is a peer. */
function addressWord({ local, prefix, peer }: AddressState): string {
  return peer === undefined ? `${local}/${prefix}` : local;
}

/** An address may have gone with its interface; and others of its network must not go with it, as the kernel does with secondary ones. */
function removal(state: AddressState, now: Items<AddressState>, { ip, where }: LinkPlace): Command {
  const { dev, local, prefix, peer } = state;
  const word = peer === undefined ? sh`${`${local}/${prefix}`}` : sh`${local} peer ${`${peer}/${prefix}`}`;
  const there = sh`[ -z "$(${ip} -o addr show dev ${dev} to ${`${local}/${local.includes(':') ? 128 : 32}`} 2>/dev/null)" ]`;
  const remove = sh`${there} || ${ip} addr del ${word} dev ${dev} || ${there}`;
  const neighbours = Object.values(now).filter((one) => one.dev === dev && one.prefix === prefix && !one.local.includes(':'));
  // In a namespace no session hangs on it: what goes along is put back in the next pass.
  if (where !== '' || neighbours.length < 2) return remove;
  const promote = `/proc/sys/net/ipv4/conf/${dev}/promote_secondaries`;
  return sh`promote=$(cat ${promote}) && echo 1 >${promote} || exit; ${remove}; status=$?; echo "$promote" >${promote}; exit $status`;
}

/** Nothing where the interface is missing: then that is what is told. */
function addition(state: AddressState, place: LinkPlace): Command {
  return sh`! ${place.ip} link show dev ${state.dev} >/dev/null 2>&1 || ${addingTyped(state, place)}`;
}

function addingTyped({ dev, local, prefix, peer, broadcast, scope, label, noprefixroute }: AddressState, { ip }: LinkPlace): Command {
  const where = peer === undefined ? sh`${`${local}/${prefix}`}` : sh`${local} peer ${`${peer}/${prefix}`}`;
  return sh`${ip} addr replace ${where}${broadcast === undefined ? nothing : sh` broadcast ${broadcast}`} dev ${dev} scope ${scope}${label === undefined ? nothing : sh` label ${label}`}${noprefixroute ? sh` noprefixroute` : nothing}`;
}
