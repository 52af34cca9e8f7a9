import { describe, expect, it } from 'vitest';
import { freeNumber } from '../../../src/lab/network.ts';
import { hostNameServers } from '../../../src/lab/resolver.ts';
import { markedRules } from '../../../src/lab/rules.ts';

describe('freeNumber', () => {
  it.each<[string, number[], string[], number]>([
    ['the first when nothing is taken', [], [], 0],
    ['the lowest gap between other labs', [0, 1, 3], [], 2],
    ['past a route to the subnet', [], ['10.200.0.0/24'], 1],
    ['past an address in the subnet', [], ['10.200.0.7'], 1],
    ['past a wider route over several subnets', [], ['10.200.0.0/22'], 4],
    ['past both', [1], ['10.200.0.0/24', '10.200.2.128/25'], 3],
    ['in the next block when one is routed away', [], ['10.200.0.0/16'], 256],
    ['under the default route and a VPN over all of 10/8', [], ['default', '10.0.0.0/8', '0.0.0.0/1'], 0],
    ['beside unrelated networks', [], ['192.168.1.0/24', '172.17.0.0/16', '127.0.0.0/8'], 0],
  ])('is %s', (_, taken, routes, expected) => {
    expect(freeNumber(taken, routes)).toBe(expected);
  });

  it('says so when all are taken', () => {
    const routes = Array.from({ length: 20 }, (_, i) => `10.${200 + i}.0.0/16`);
    expect(() => freeNumber([], routes)).toThrow('there is no free subnet for another lab');
  });
});

describe('markedRules', () => {
  const listing = [
    '-P POSTROUTING ACCEPT',
    '-A POSTROUTING -s 10.200.0.0/24 ! -d 10.200.0.0/24 -m comment --comment "ctplay-lab:lab" -j MASQUERADE',
    '-A POSTROUTING -s 10.200.1.0/24 ! -d 10.200.1.0/24 -m comment --comment ctplay-lab:lab2 -j MASQUERADE',
    '-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE',
    '-A POSTROUTING -s 10.9.0.0/24 -m comment --comment "about ctplay-lab:lab" -j ACCEPT',
  ].join('\n');
  it.each([
    ['ctplay-lab:lab', '10.200.0.0/24'],
    ['ctplay-lab:lab2', '10.200.1.0/24'],
  ])('are those of %s alone', (comment, subnet) => {
    const rule = ['POSTROUTING', '-s', subnet, '!', '-d', subnet, '-m', 'comment', '--comment', comment, '-j', 'MASQUERADE'];
    expect(markedRules(listing, comment)).toEqual([rule]);
  });
  it('are none for a lab without rules', () => {
    expect(markedRules(listing, 'ctplay-lab:la')).toEqual([]);
  });
});

describe('hostNameServers', () => {
  const publicServers = ['9.9.9.9', '1.1.1.1'];
  it.each<[string, (string | undefined)[], string[]]>([
    ["the machine's own", ['search x\nnameserver 10.1.1.1\nnameserver 10.1.1.2\n'], ['10.1.1.1', '10.1.1.2']],
    ['those behind the stub of systemd-resolved', ['nameserver 127.0.0.53\n', 'nameserver 10.1.1.1\n'], ['10.1.1.1']],
    ['the reachable ones', ['nameserver ::1\nnameserver 127.0.0.1\nnameserver 10.1.1.1\n', undefined], ['10.1.1.1']],
    ['public ones behind a local resolver', ['nameserver 127.0.0.1\n', undefined], publicServers],
    ['public ones without any', ['# nameserver 10.1.1.1\n', undefined], publicServers],
    ['public ones without a file', [undefined, undefined], publicServers],
  ])('are %s', (_, files, expected) => {
    expect(hostNameServers(...files)).toEqual(expected);
  });
});
