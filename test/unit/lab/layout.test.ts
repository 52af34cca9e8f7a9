import { describe, expect, it } from 'vitest';
import { gateway, labHosts, labName, labNumbers, labPaths, managementSubnet, maximumHosts, uplinkName } from '../../../src/lab/layout.ts';

describe('labName', () => {
  it.each(['lab', 'a', 'gre-2', 'test-123-456-1', `a${'b'.repeat(30)}`])('takes %s', (name) => {
    expect(labName(name)).toBe(name);
  });
  it.each(['', 'Lab', '2lab', 'a_b', 'a/b', '..', 'a b', '-a', `a${'b'.repeat(31)}`])('refuses %j', (name) => {
    expect(() => labName(name)).toThrow(expect.objectContaining({ code: 'usage.option' }) as Error);
  });
});

describe('the addresses of a lab', () => {
  it.each([
    [0, '10.200.0.0/24', '10.200.0.1', '10.200.0.11'],
    [255, '10.200.255.0/24', '10.200.255.1', '10.200.255.11'],
    [256, '10.201.0.0/24', '10.201.0.1', '10.201.0.11'],
    [labNumbers - 1, '10.219.255.0/24', '10.219.255.1', '10.219.255.11'],
  ])('number %d is %s', (number, subnet, router, first) => {
    expect(managementSubnet(number)).toBe(subnet);
    expect(gateway(number)).toBe(router);
    expect(labHosts({ number, hosts: 2 })[0]).toEqual({ name: 'host1', index: 1, managementAddress: first, underlayAddress: '10.0.0.3' });
  });

  it('fit into their subnets for the largest lab', () => {
    const last = labHosts({ number: 0, hosts: maximumHosts }).at(-1)!;
    expect(last).toMatchObject({ name: 'host200', managementAddress: '10.200.0.210', underlayAddress: '10.0.0.202' });
  });

  it('give links names that the kernel takes', () => {
    expect(uplinkName(labNumbers - 1).length).toBeLessThanOrEqual(15);
  });
});

describe('labPaths', () => {
  it.each([
    [{}, { state: '/var/lib/ctplay-lab', cache: '/var/cache/ctplay-lab' }],
    [{ CTPLAY_LAB_DIR: '/s', CTPLAY_LAB_CACHE: '/c' }, { state: '/s', cache: '/c' }],
  ])('of %j', (environment, paths) => {
    expect(labPaths(environment)).toEqual(paths);
  });
});
