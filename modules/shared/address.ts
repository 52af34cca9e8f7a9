/** IPv4 and IPv6 addresses and networks as numbers (RFC 4632, RFC 4291). Pure. */
import { isIP } from 'node:net';

export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** A network, or an address with the prefix length of its network. */
export interface Cidr {
  readonly address: Address;
  readonly prefix: number;
}

/** The address that a text stands for, or undefined. */
export function parseAddress(text: string): Address | undefined {
  const family = isIP(text);
  if (family === 4) return { family, value: fromParts(text.split('.').map(Number), 8n) };
  if (family === 6 && !text.includes('%')) return { family, value: fromParts(groups(text), 16n) };
  return undefined;
}

/** `10.0.0.1/24`, or undefined when the text is none; the prefix length must be there. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const address = match ? parseAddress(match[1]!) : undefined;
  const prefix = Number(match?.[2]);
  return address === undefined || prefix > bits(address) ? undefined : { address, prefix };
}

/** Whether two texts stand for the same address and prefix length, however they are written. */
export function sameCidr(a: string, b: string): boolean {
  const [left, right] = [parseCidr(a), parseCidr(b)];
  return left !== undefined && right !== undefined && left.prefix === right.prefix && sameAddress(left.address, right.address);
}

export function sameAddress(a: Address, b: Address): boolean {
  return a.family === b.family && a.value === b.value;
}

/** Whether an address lies in a network. */
export function contains(network: Cidr, address: Address): boolean {
  return network.address.family === address.family && networkValue(network.address, network.prefix) === networkValue(address, network.prefix);
}

/** Whether two networks share any address. */
export function networksOverlap(a: Cidr, b: Cidr): boolean {
  return contains(a.prefix <= b.prefix ? a : b, (a.prefix <= b.prefix ? b : a).address);
}

/** `172.15.42.1/24` → `172.15.42.0/24`; undefined when the text is no CIDR. IPv4 alone. */
export function networkText(text: string): string | undefined {
  const cidr = parseCidr(text);
  if (cidr?.address.family !== 4) return undefined;
  const value = networkValue(cidr.address, cidr.prefix) << BigInt(32 - cidr.prefix);
  return `${[24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.')}/${cidr.prefix}`;
}

/** `10.0.0.1/24` → `10.0.0.1`. */
export function withoutPrefix(cidr: string): string {
  return cidr.replace(/\/.*$/, '');
}

/**
 * A hardware address that follows from an IPv4 address, as Docker makes them: 02:42 and its four bytes. An interface that is made again with
 * it is found at once, where neighbours would send to its old one for half a minute. Undefined for what is no IPv4 address.
 */
export function macFor(cidr: string | undefined): string | undefined {
  const address = cidr === undefined ? undefined : parseAddress(withoutPrefix(cidr));
  if (address?.family !== 4) return undefined;
  return `02:42:${address.value.toString(16).padStart(8, '0').replace(/..(?=.)/g, '$&:')}`;
}

function networkValue(address: Address, prefix: number): bigint {
  return address.value >> BigInt(bits(address) - prefix);
}

function bits(address: Address): number {
  return address.family === 4 ? 32 : 128;
}

function fromParts(parts: readonly number[], width: bigint): bigint {
  return parts.reduce((sum, part) => (sum << width) | BigInt(part), 0n);
}

/** The eight groups of an IPv6 address that isIP accepts. */
function groups(text: string): number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const plain = dotted ? `${dotted[1]!}${hex(dotted[2]!, dotted[3]!)}:${hex(dotted[4]!, dotted[5]!)}` : text;
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros: string[] = tail === undefined ? [] : Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16));
}

function hex(high: string, low: string): string {
  return (Number(high) * 256 + Number(low)).toString(16);
}
