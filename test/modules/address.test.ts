import { expect, it } from 'vitest';
import { contains, macFor, networksOverlap, networkText, parseAddress, parseCidr, sameCidr, withoutPrefix } from '../../modules/shared/address.ts';

it.each([
  ['10.0.0.3', 4, 0x0a000003n],
  ['255.255.255.255', 4, 0xffffffffn],
  ['::', 6, 0n],
  ['::1', 6, 1n],
  ['fd00::2', 6, 0xfd000000000000000000000000000002n],
  ['1:2:3:4:5:6:7:8', 6, 0x00010002000300040005000600070008n],
  ['1::', 6, 0x00010000000000000000000000000000n],
  ['::ffff:10.0.0.3', 6, 0xffff0a000003n],
])('%s is %d bits family and a number', (text, family, value) => {
  expect(parseAddress(text)).toEqual({ family, value });
});

it.each(['', '10.0.0', '10.0.0.256', '10.0.0.1/24', 'host', 'fe80::1%eth0', ':::'])('%j is no address', (text) => {
  expect(parseAddress(text)).toBeUndefined();
});

it.each(['10.0.0.1', '10.0.0.1/33', '10.0.0.1/', 'fd00::/129', '/24', '10.0.0.1/24/8', '10.0.0.1/a'])('%j is no address with a prefix length', (text) => {
  expect(parseCidr(text)).toBeUndefined();
});

it.each([
  ['10.0.0.1/24', '10.0.0.1/24', true],
  ['fd00::1/64', 'fd00:0:0:0::1/64', true],
  ['10.0.0.1/24', '10.0.0.1/16', false],
  ['10.0.0.1/24', 'x', false],
])('%s and %s are the same: %s', (a, b, same) => {
  expect(sameCidr(a, b)).toBe(same);
});

it.each([
  ['10.0.0.0/8', '10.1.2.0/24', true],
  ['10.1.2.0/24', '10.0.0.0/8', true],
  ['10.1.0.0/24', '10.1.1.0/24', false],
  ['0.0.0.0/0', '192.0.2.1/32', true],
  ['::/0', '10.0.0.0/8', false],
])('%s and %s overlap: %s', (a, b, overlap) => {
  expect(networksOverlap(parseCidr(a)!, parseCidr(b)!)).toBe(overlap);
});

it.each([
  ['172.15.42.0/24', '172.15.42.255', true],
  ['172.15.42.0/24', '172.15.43.0', false],
  ['172.15.42.9/32', '172.15.42.9', true],
  ['fd00::/64', 'fd00::f', true],
  ['fd00::/64', '10.0.0.1', false],
])('%s contains %s: %s', (network, address, inside) => {
  expect(contains(parseCidr(network)!, parseAddress(address)!)).toBe(inside);
});

it.each([
  ['172.15.42.1/24', '172.15.42.0/24'],
  ['10.255.255.255/9', '10.128.0.0/9'],
  ['192.0.2.1/32', '192.0.2.1/32'],
  ['192.0.2.1/0', '0.0.0.0/0'],
  ['fd00::1/64', undefined],
  ['192.0.2.1', undefined],
])('%s is in %s', (cidr, network) => {
  expect(networkText(cidr)).toBe(network);
});

it.each([
  ['172.15.42.100/24', '02:42:ac:0f:2a:64'],
  ['0.0.0.1', '02:42:00:00:00:01'],
  ['fd00::1/64', undefined],
  [undefined, undefined],
])('%s makes the hardware address %s', (address, mac) => {
  expect(macFor(address)).toBe(mac);
});

it('strips prefix lengths', () => {
  expect(['10.0.0.1/24', '10.0.0.1'].map(withoutPrefix)).toEqual(['10.0.0.1', '10.0.0.1']);
});
