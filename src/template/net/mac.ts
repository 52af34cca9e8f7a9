/** Hardware addresses (EUI-48) and the ways to write them. */

/** The number that an address in any of the usual notations stands for; undefined for what is none. */
export function parseMac(written: string): bigint | undefined {
  const grouped = /^([0-9a-f]{1,2})([:-])([0-9a-f]{1,2}\2){4}[0-9a-f]{1,2}$/i.test(written);
  if (grouped) return BigInt(`0x${written.split(/[:-]/).map((byte) => byte.padStart(2, '0')).join('')}`);
  const isCisco = /^[0-9a-f]{1,4}([.:-])[0-9a-f]{1,4}\1[0-9a-f]{1,4}$/i.test(written);
  if (isCisco) return BigInt(`0x${written.split(/[.:-]/).map((word) => word.padStart(4, '0')).join('')}`);
  const isHalves = /^[0-9a-f]{5,6}[:-][0-9a-f]{5,6}$/i.test(written);
  if (isHalves) return BigInt(`0x${written.split(/[:-]/).map((half) => half.padStart(6, '0')).join('')}`);
  return /^[0-9a-f]{12}$/i.test(written) ? BigInt(`0x${written}`) : undefined;
}

interface MacStyle {
  /** Hexadecimal digits in a group. */
  readonly digits: number;
  readonly separator: string;
  readonly upper?: boolean;
  /** Groups without zeros at their start. */
  readonly short?: boolean;
}

const pgsql: MacStyle = { digits: 6, separator: ':' };
const eui48: MacStyle = { digits: 2, separator: '-', upper: true };

export const macStyles: Readonly<Record<string, MacStyle>> = {
  bare: { digits: 12, separator: '', upper: true },
  cisco: { digits: 4, separator: '.' },
  eui48,
  linux: { digits: 2, separator: ':' },
  pgsql,
  postgresql: pgsql,
  psql: pgsql,
  unix: { digits: 2, separator: ':', short: true },
  win: eui48,
};

/** The address in one of the styles. */
export function formatMac(mac: bigint, styleName: string): string {
  const style = macStyles[styleName]!;
  const groups = mac.toString(16).padStart(12, '0').match(new RegExp(`.{${style.digits}}`, 'g'))!;
  const written = groups.map((group) => (style.short === true ? group.replace(/^0(?=.)/, '') : group)).join(style.separator);
  return style.upper === true ? written.toUpperCase() : written;
}
