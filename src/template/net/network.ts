/** Networks: an address with the length of its prefix (RFC 4632). The address may be that of a host in the network. */
import { bitsOf, formatAddress, parseAddress } from './address.ts';
import type { Address } from './address.ts';

export class Network {
  readonly version: 4 | 6;
  /** The address as written. */
  readonly value: bigint;
  readonly prefix: number;

  constructor(version: 4 | 6, value: bigint, prefix: number) {
    this.version = version;
    this.value = value;
    this.prefix = prefix;
  }

  /** '10.0.0.3/24', '10.0.0.0/255.255.255.0' or an address alone; undefined for what is none of these. */
  static parse(written: string): Network | undefined {
    const [host = '', mask, ...more] = written.split('/');
    if (more.length > 0) return undefined;
    const address = parseAddress(shortForm(host));
    if (address === undefined) return undefined;
    const prefix = mask === undefined ? bitsOf(address.version) : parsePrefix(mask, address.version);
    return prefix === undefined ? undefined : new Network(address.version, address.value, prefix);
  }

  get bits(): number {
    return bitsOf(this.version);
  }
  /** The number of addresses. */
  get size(): bigint {
    return 1n << BigInt(this.bits - this.prefix);
  }
  get hostmask(): bigint {
    return this.size - 1n;
  }
  get netmask(): bigint {
    return ((1n << BigInt(this.bits)) - 1n) ^ this.hostmask;
  }
  get first(): bigint {
    return this.value & this.netmask;
  }
  get last(): bigint {
    return this.first | this.hostmask;
  }
  /** The broadcast address; networks of one or two addresses have none. */
  get broadcast(): bigint | undefined {
    return this.version === 4 && this.bits - this.prefix <= 1 ? undefined : this.last;
  }
  /** The first and last address that hosts can have. */
  get usable(): readonly [bigint, bigint] {
    return this.size === 2n ? [this.first, this.last] : [this.first + 1n, this.last - 1n];
  }

  contains(other: Network): boolean {
    return other.version === this.version && this.first <= other.first && other.last <= this.last;
  }

  /** An address of this version, as text. */
  text(value: bigint): string {
    return formatAddress({ version: this.version, value });
  }
  get address(): string {
    return this.text(this.value);
  }
  /** The network itself, without a host's part. */
  get cidr(): Network {
    return new Network(this.version, this.first, this.prefix);
  }
  toString(): string {
    return `${this.address}/${this.prefix}`;
  }
}

/** IPv4 addresses may leave out zeros at the end: 10/8. */
function shortForm(host: string): string {
  if (!/^\d+(?:\.\d+){0,2}$/.test(host)) return host;
  return [...host.split('.'), '0', '0', '0'].slice(0, 4).join('.');
}

/** The length of a prefix given as such or as a netmask or hostmask. */
function parsePrefix(mask: string, version: 4 | 6): number | undefined {
  if (/^\d+$/.test(mask)) return Number(mask) <= bitsOf(version) ? Number(mask) : undefined;
  const address = parseAddress(mask);
  if (address?.version !== version) return undefined;
  const all = (1n << BigInt(bitsOf(version))) - 1n;
  return onesThenZeros(address, all) ?? onesThenZeros({ version, value: address.value ^ all }, all);
}

function onesThenZeros({ version, value }: Address, all: bigint): number | undefined {
  const inverse = value ^ all;
  return (inverse & (inverse + 1n)) === 0n ? bitsOf(version) - inverse.toString(2).replace(/^0$/, '').length : undefined;
}

/** The fewest networks that hold exactly the same addresses, in order. */
export function mergeNetworks(networks: readonly Network[]): Network[] {
  const sorted = [...networks].map((network) => network.cidr).sort((a, b) => (a.version !== b.version ? a.version - b.version : a.first < b.first ? -1 : a.first > b.first ? 1 : a.prefix - b.prefix));
  const merged: Network[] = [];
  for (const network of sorted) {
    if (merged.at(-1)?.contains(network) === true) continue;
    merged.push(network);
    for (;;) {
      const [left, right] = merged.slice(-2);
      if (left === undefined || right === undefined || left.version !== right.version || left.prefix !== right.prefix) break;
      const parent = new Network(left.version, left.first, left.prefix - 1).cidr;
      if (left.prefix === 0 || parent.first !== left.first || !parent.contains(right)) break;
      merged.splice(-2, 2, parent);
    }
  }
  return merged;
}

/** The smallest network that holds all. */
export function spanningNetwork(networks: readonly Network[]): Network {
  const [first, ...rest] = networks as [Network, ...Network[]];
  return rest.reduce((span, network) => {
    let wider = span;
    while (!wider.contains(network)) wider = new Network(wider.version, wider.value, wider.prefix - 1).cidr;
    return wider;
  }, first.cidr);
}

const networksOf = (...written: string[]) => written.map((network) => Network.parse(network)!);

/** Address blocks with a meaning (RFC 6890). */
export const blocks = {
  private: networksOf('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '192.0.0.0/24', '198.18.0.0/15', '239.0.0.0/8', '169.254.0.0/16', 'fc00::/7', 'fec0::/10', 'fe80::/10'),
  loopback: networksOf('127.0.0.0/8', '::1/128'),
  multicast: networksOf('224.0.0.0/4', 'ff00::/8'),
  linkLocal: networksOf('169.254.0.0/16', 'fe80::/10'),
  sixToFour: networksOf('2002::/16'),
} as const;

export const isIn = (network: Network, block: readonly Network[]): boolean => block.some((part) => part.contains(network));
