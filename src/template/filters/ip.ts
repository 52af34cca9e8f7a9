/** Filters on addresses and networks: those of ansible.utils that a network's playbook needs. */
import { define } from '../define.ts';
import { didYouMean } from '../../errors.ts';
import { parseAddress } from '../net/address.ts';
import { ipaddr, queries, subjectOf } from '../net/ipaddr.ts';
import { Network, mergeNetworks, spanningNetwork } from '../net/network.ts';
import { formatMac, macStyles, parseMac } from '../net/mac.ts';
import { int, toInt } from '../python/number.ts';
import { iterate } from '../python/iterate.ts';
import { truthy } from '../python/compare.ts';
import { text } from '../python/text.ts';
import { isInt, isString, valueError } from '../python/values.ts';
import type { Definition } from '../define.ts';

/** The query over a value or each item of a list; of a list only those that fit are kept. */
function query(value: unknown, asked: unknown, version: unknown): unknown {
  const wanted = version === 4 || version === 6 ? version : undefined;
  if (Array.isArray(value)) return value.map((item) => query(item, asked, version)).filter(truthy);
  if (!truthy(value) || value === true) return false;
  const name = text(asked);
  try {
    return ipaddr(text(value), name, wanted);
  } catch (error) {
    if (error instanceof Error && error.message.includes('unknown filter type')) throw valueError(error.message, didYouMean(name, Object.keys(queries)));
    throw error;
  }
}

function network(value: unknown, filter: string): Network {
  const subject = isString(value) || isInt(value) ? subjectOf(text(value)) : undefined;
  if (subject === undefined) throw valueError(`${filter}: '${text(value)}' is no address or network`);
  return subject.network;
}

function ipsubnet(value: unknown, asked: unknown, index: unknown): unknown {
  const subject = isString(value) ? subjectOf(text(value)) : undefined;
  if (subject === undefined) return false;
  const isAddress = subject.network.size === 1n || subject.network.value !== subject.network.first;
  const own = isAddress && subject.network.size === 1n ? subject.network : subject.network.cidr;
  const single = own.size === 1n;
  if (asked === '' || asked === null) return String(own);
  if (!/^\d+$/.test(text(asked))) return positionIn(own, text(asked));
  const size = Number(text(asked));
  if (size < 0 || size > own.bits) return false;
  const at = index === null ? undefined : toInt(index);
  return single ? supernet(own, size, at) : subnet(own, size, at);
}

/** The networks that hold an address, the widest first from the asked size on. */
function supernet(own: Network, size: number, index = 0): unknown {
  const holders = Array.from({ length: own.prefix - size }, (_, step) => new Network(own.version, own.value, size + step).cidr);
  const found = holders.at(index);
  return found === undefined ? false : String(found);
}

/** How many subnets of a size there are, or one of them. */
function subnet(own: Network, size: number, index: number | undefined): unknown {
  if (size < own.prefix) throw valueError(`Requested subnet size of ${size} is invalid`);
  const count = 1n << BigInt(size - own.prefix);
  if (index === undefined) return String(count);
  const at = BigInt(index) < 0n ? BigInt(index) + count : BigInt(index);
  if (at < 0n || at >= count) return false;
  return String(new Network(own.version, own.first + (at << BigInt(own.bits - size)), size));
}

/** Which subnet (from 1) of its size a network is in another. */
function positionIn(own: Network, around: string): string {
  const outer = network(around, 'ipsubnet');
  if (!outer.contains(own)) throw valueError(`${String(own.cidr)} is not in the subnet ${String(outer.cidr)}`);
  return String(((own.first - outer.first) >> BigInt(own.bits - own.prefix)) + 1n);
}

function ipmath(value: unknown, amount: unknown): string {
  const host = text(value).split('/')[0]!;
  const address = parseAddress(host);
  if (address === undefined) throw valueError(`You must pass a valid IP address; ${text(value)} is invalid`);
  if (!isInt(amount)) throw valueError(`You must pass an integer for arithmetic; ${text(amount)} is not a valid integer`);
  const result = address.value + BigInt(amount);
  const own = new Network(address.version, result, address.version === 4 ? 32 : 128);
  if (result < 0n || result >= 1n << BigInt(own.bits)) throw valueError(`ipmath: ${text(value)} plus ${text(amount)} is no address`);
  return own.address;
}

function step(value: unknown, offset: unknown, sign: 1n | -1n): unknown {
  const own = network(value, 'next_nth_usable');
  if (!isInt(offset)) throw valueError('Must pass in an integer');
  if (own.size <= 1n) return null;
  const [first, last] = own.usable;
  const result = own.value + sign * BigInt(offset);
  return result >= first && result <= last ? own.text(result) : null;
}

function merge(value: unknown, action: unknown): unknown {
  const all = iterate(value).map((item) => network(item, 'cidr_merge'));
  if (action === 'merge') return mergeNetworks(all).map(String);
  if (action !== 'span') throw valueError(`cidr_merge: invalid action '${text(action)}'`, "Known are 'merge' and 'span'.");
  if (all.length === 0) return null;
  return all.length === 1 ? String(all[0]) : String(spanningNetwork(all));
}

function hwaddr(value: unknown, style: unknown): unknown {
  const mac = isString(value) ? parseMac(text(value)) : isInt(value) ? BigInt(value) : undefined;
  const name = text(style);
  if (mac === undefined) {
    if (name === '' || name === 'bool') return name === '' ? null : false;
    throw valueError(`hwaddr: not a hardware address: ${text(value)}`);
  }
  if (name === '') return value;
  if (name === 'bool') return true;
  if (name === 'int') return int(mac);
  if (!Object.hasOwn(macStyles, name)) throw valueError(`hwaddr: unknown filter type: ${name}`, didYouMean(name, Object.keys(macStyles)));
  return formatMac(mac, name);
}

/** The address that a host makes for itself in an IPv6 network from its hardware address (RFC 4291, appendix A). */
function slaac(value: unknown, mac: unknown): unknown {
  const own = isString(value) ? Network.parse(text(value)) : undefined;
  const hardware = isString(mac) ? parseMac(text(mac)) : undefined;
  if (own?.version !== 6 || hardware === undefined) return false;
  const identifier = (((hardware >> 24n) << 40n) | (0xfffen << 24n) | (hardware & 0xffffffn)) ^ (1n << 57n);
  return own.text(own.first + identifier);
}

const inside = (outer: unknown, inner: unknown, usable: boolean): boolean => {
  const [around, own] = [network(outer, 'network_in_network'), network(inner, 'network_in_network')];
  const [first, last] = usable && around.size > 1n ? around.usable : [around.first, around.last];
  const single = own.value !== own.first;
  return around.version === own.version && (single ? own.value : own.first) >= first && (single ? own.value : own.last) <= last;
};

export const ipFilters: Readonly<Record<string, Definition>> = {
  cidr_merge: define('action="merge"', (_, value, action) => merge(value, action)),
  hwaddr: define('query=""', (_, value, style) => hwaddr(value, style)),
  ip4_hex: define('delimiter=""', (_, value, delimiter) => {
    const address = parseAddress(text(value));
    if (address?.version !== 4) throw valueError(`ip4_hex: '${text(value)}' is no IPv4 address`);
    return address.value.toString(16).padStart(8, '0').match(/../g)!.join(text(delimiter));
  }),
  ipaddr: define('query="", version=False', (_, value, asked, version) => query(value, asked, version)),
  ipmath: define('amount', (_, value, amount) => ipmath(value, amount)),
  ipsubnet: define('query="", index=None', (_, value, asked, index) => ipsubnet(value, asked, index)),
  ipv4: define('query=""', (_, value, asked) => query(value, asked, 4)),
  ipv6: define('query=""', (_, value, asked) => query(value, asked, 6)),
  ipwrap: define('query=""', (_, value, asked) => {
    const wrap = (item: unknown): unknown => {
      const found = query(item, asked, false);
      return truthy(found) ? query(found, 'wrap', false) : item;
    };
    return Array.isArray(value) ? value.map(wrap) : wrap(value);
  }),
  macaddr: define('query=""', (_, value, style) => hwaddr(value, style)),
  network_in_network: define('test', (_, value, test) => inside(value, test, false)),
  network_in_usable: define('test', (_, value, test) => inside(value, test, true)),
  next_nth_usable: define('offset', (_, value, offset) => step(value, offset, 1n)),
  nthhost: define('query=""', (_, value, asked) => {
    const own = isString(value) ? subjectOf(text(value))?.network : undefined;
    const index = isInt(asked) ? BigInt(asked) : /^-?\d+$/.test(text(asked)) ? BigInt(text(asked)) : undefined;
    if (own === undefined || index === undefined || index === 0n || index >= own.size) return false;
    const at = index < 0n ? index + own.size : index;
    return at < 0n ? false : own.text(own.first + at);
  }),
  previous_nth_usable: define('offset', (_, value, offset) => step(value, offset, -1n)),
  reduce_on_network: define('network', (_, value, around) => iterate(value).filter((item) => inside(around, item, false))),
  slaac: define('query=""', (_, value, mac) => slaac(value, mac)),
  usable_range: define('', (_, value) => {
    const own = network(value, 'usable_range');
    if (own.size > 65_536n) throw valueError(`usable_range: ${text(value)} is too large to list`);
    const all = Array.from({ length: Number(own.size) }, (_item, index) => own.text(own.first + BigInt(index)));
    return new Map<string, unknown>([['number_of_ips', all.length], ['usable_ips', all]]);
  }),
};

