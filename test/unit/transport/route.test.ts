import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/shell.ts';
import type { ConfigWorld } from '../../../src/transport/ssh/config.ts';
import { globPaths } from '../../../src/transport/ssh/glob.ts';
import { retryDelay } from '../../../src/transport/ssh/retry.ts';
import { jumpTarget, routeTo } from '../../../src/transport/ssh/route.ts';
import type { HostTarget } from '../../../src/transport/types.ts';

const target: HostTarget = { name: 'web', connection: 'ssh', address: 'web', hostKeyChecking: 'strict', connectTimeoutMs: 10_000 };
const world = (text: string): ConfigWorld => ({ home: '/home/me', localUser: 'me', files: ['/c'], read: () => text, glob: () => [] });

describe('the route to a host', () => {
  it.each([
    ['nothing is said', {}, '', { host: 'web', port: 22, address: 'web:22', user: 'me', keyFiles: [], agentSocket: '/agent', jumps: [], connectTimeoutMs: 10_000 }],
    ['ssh_config speaks', {}, 'HostName 10.0.0.1\nPort 99\nUser you\nIdentityFile /k\nConnectTimeout 3', { host: '10.0.0.1', port: 99, user: 'you', keyFiles: ['/k'], connectTimeoutMs: 3_000 }],
    ['the inventory wins', { port: 1, user: 'root', privateKeyFile: '/i' }, 'Port 99\nUser you\nIdentityFile /k', { port: 1, user: 'root', keyFiles: ['/i', '/k'] }],
    ['the address is of IPv6', { address: 'fe80::1' }, '', { host: 'fe80::1', address: '[fe80::1]:22' }],
    ['no agent is wanted', {}, 'IdentityAgent none', { agentSocket: undefined }],
    ['a jump is switched off', { proxyJump: 'none' }, 'ProxyJump b', { jumps: [], proxyCommand: undefined }],
    ['a jump wins over a command', { proxyJump: 'b' }, 'ProxyCommand nc', { jumps: [expect.objectContaining({ address: 'b' })], proxyCommand: undefined }],
  ])('when %s', (_name, changes, text, expected) => {
    expect(routeTo({ ...target, ...changes }, world(text), '/agent')).toMatchObject(expected);
  });

  it.each([
    ['by default', {}, '', { name: 'web', port: 22, checking: 'strict', files: ['/home/me/.ssh/known_hosts', '/home/me/.ssh/known_hosts2', '/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'] }],
    ['in a file of its own', { knownHostsFile: '/k' }, 'UserKnownHostsFile /u\nGlobalKnownHostsFile /g', { files: ['/k', '/g'] }],
    ['as ssh_config says', {}, 'StrictHostKeyChecking accept-new\nUserKnownHostsFile /u\nHashKnownHosts yes', { checking: 'accept-new', files: expect.arrayContaining(['/u']), hashNames: true }],
    ['as the command line says', { hostKeyChecking: 'accept-new' as const }, 'StrictHostKeyChecking no', { checking: 'accept-new' }],
    ['under an alias, without the port', { port: 2222 }, 'HostKeyAlias lab', { name: 'lab', port: 22 }],
  ])('looks host keys up %s', (_name, changes, text, expected) => {
    expect(routeTo({ ...target, ...changes }, world(text), undefined).hostKey).toMatchObject(expected);
  });
});

describe('a jump host', () => {
  const from: HostTarget = { ...target, password: new Secret('x'), privateKeyFile: '/k', proxyJump: 'b' };

  it.each([
    ['b', { address: 'b' }],
    ['u@b', { address: 'b', user: 'u' }],
    ['u@b:22', { address: 'b', user: 'u', port: 22 }],
    ['[fe80::1]:2222', { address: 'fe80::1', port: 2222 }],
    ['a@b@c', { address: 'c', user: 'a@b' }],
    ['b:99999', undefined],
    ['ssh://u@b:22/', { address: 'b', user: 'u', port: 22 }],
    ['', undefined],
  ])('%s', (hop, expected) => {
    if (expected === undefined) {
      expect(() => jumpTarget(hop, from)).toThrow(expect.objectContaining({ code: 'ssh.config' }));
    } else {
      expect(jumpTarget(hop, from)).toEqual({ name: expected.address, connection: 'ssh', hostKeyChecking: 'strict', connectTimeoutMs: 10_000, privateKeyFile: '/k', ...expected });
    }
  });
});

describe('trying again', () => {
  it.each([
    ['final', 1, undefined],
    ['refused', 1, [75, 150]],
    ['refused', 4, [600, 1200]],
    ['refused', 5, undefined],
    ['dropped', 1, [50, 100]],
    ['dropped', 12, [1000, 2000]],
    ['dropped', 13, undefined],
  ] as const)('after %s number %i', (kind, failures, range) => {
    const delays = [0, 0.999_999].map((random) => retryDelay(kind, failures, random));
    if (range === undefined) expect(delays).toEqual([undefined, undefined]);
    else expect(delays.map((delay) => Math.round(delay!))).toEqual(range);
  });
});

it('finds paths with wildcards in any component', () => {
  expect(globPaths('/etc/pass?d')).toEqual(expect.arrayContaining(['/etc/passwd']));
  expect(globPaths('/e*/passwd')).toEqual(['/etc/passwd']);
  expect(globPaths('/no/such/*')).toEqual([]);
  expect(globPaths('/no/such/file')).toEqual(['/no/such/file']);
});
