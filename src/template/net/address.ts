/** IPv4 and IPv6 addresses as numbers, read and written (RFC 791, RFC 4291, RFC 5952). */

export interface Address {
  readonly version: 4 | 6;
  readonly value: bigint;
}

export const bitsOf = (version: 4 | 6): number => (version === 4 ? 32 : 128);

function parse4(written: string): bigint | undefined {
  const parts = written.split('.');
  if (parts.length !== 4 || parts.some((part) => !/^\d+$/.test(part))) return undefined;
  const numbers = parts.map(Number);
  if (numbers.some((number) => number > 255)) return undefined;
  return numbers.reduce((total, number) => total * 256n + BigInt(number), 0n);
}

function parse6(written: string): bigint | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(written);
  if (dotted !== null) {
    const low = parse4(dotted[2]!);
    return low === undefined ? undefined : parse6(`${dotted[1]!}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`);
  }
  const halves = written.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  if (groups.flat().some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  const [head = [], tail] = groups;
  const missing = 8 - groups.flat().length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = tail === undefined ? head : [...head, ...Array.from({ length: missing }, () => '0'), ...tail];
  return all.reduce((total, group) => total * 65536n + BigInt(`0x${group}`), 0n);
}

/** The address, or undefined for text that is none. */
export function parseAddress(written: string): Address | undefined {
  const version = written.includes(':') ? 6 : 4;
  const value = version === 6 ? parse6(written) : parse4(written);
  return value === undefined ? undefined : { version, value };
}

/** Dotted decimal, or RFC 5952: lower case, the longest run of two or more zero groups as '::'. */
export function formatAddress({ version, value }: Address): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  // IPv4-mapped and IPv4-compatible addresses keep their dotted part.
  const isMapped = value >> 32n === 0xffffn;
  const isCompatible = value >> 32n === 0n && value >> 16n !== 0n;
  if (isMapped || isCompatible) return `${isMapped ? '::ffff:' : '::'}${formatAddress({ version: 4, value: value & 0xffff_ffffn })}`;
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  let best = { start: 0, size: 0 };
  for (let start = 0; start < 8; start++) {
    let size = 0;
    while (groups[start + size] === '0') size++;
    if (size > best.size) best = { start, size };
  }
  if (best.size < 2) return groups.join(':');
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.size).join(':')}`;
}

/** The name under in-addr.arpa or ip6.arpa, with its final dot. */
export function reverseName(address: Address): string {
  if (address.version === 4) return `${formatAddress(address).split('.').reverse().join('.')}.in-addr.arpa.`;
  return `${[...address.value.toString(16).padStart(32, '0')].reverse().join('.')}.ip6.arpa.`;
}
