import { chmodSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { extraVariables } from '../../../src/cli/extra-vars.ts';
import type { HostFlags } from '../../../src/cli/host-options.ts';
import { setUp } from '../../../src/cli/settings.ts';
import type { AnsibleConfig } from '../../../src/load/config.ts';
import { folderWith } from '../load/files.ts';

const config: AnsibleConfig = { warnings: [], inventory: ['/etc/hosts.ini'], rolesPath: ['/roles'], collectionsPath: [] };

describe('setUp', () => {
  it.each<[string, HostFlags, Partial<AnsibleConfig>, object]>([
    ['nothing said', {}, {}, { settings: { forks: 50, become: { enabled: false, user: 'root', method: 'sudo' }, target: {}, rolesPath: ['/roles'], waitLockMs: 0 }, sources: ['/etc/hosts.ini'] }],
    ['ansible.cfg', {}, { forks: 7, remoteUser: 'u', privateKeyFile: '/k', hostKeyChecking: false, timeoutSeconds: 3, become: true, becomeUser: 'b', becomeMethod: 'su', sshArgs: '-J a' }, { settings: { forks: 7, become: { enabled: true, user: 'b', method: 'su' }, target: { user: 'u', privateKeyFile: '/k', hostKeyChecking: 'off', connectTimeoutMs: 3000, sshArgs: '-J a' } } }],
    ['the command line over ansible.cfg', { inventory: ['h,'], forks: '2', user: 'me', privateKey: 'key', timeout: '1.5', becomeUser: 'c', acceptNewHostKeys: true, sshCommonArgs: '-p 1', sshExtraArgs: '-p 2' }, { forks: 7, remoteUser: 'u', privateKeyFile: '/k', hostKeyChecking: false, timeoutSeconds: 3, becomeUser: 'b', sshArgs: '-J a' }, { sources: ['h,'], settings: { forks: 2, become: { enabled: false, user: 'c' }, target: { user: 'me', privateKeyFile: 'key', hostKeyChecking: 'accept-new', connectTimeoutMs: 1500, sshArgs: '-J a -p 1 -p 2' } } }],
    ['connections are kept as usual', {}, { usualPersistMs: 60_000 }, { settings: { target: { usualPersistMs: 60_000 } } }],
    ['host keys are checked where ansible.cfg says so', {}, { hostKeyChecking: true }, { settings: { target: {} } }],
  ])('%s', async (_what, flags, given, expected) => expect(await setUp(flags, { ...config, ...given })).toMatchObject(expected));

  it('keeps no connections, as usual, where threads are asked for that hold them', async () => {
    const { settings } = await setUp({ threads: '2' }, { ...config, usualPersistMs: 60_000 });
    expect(settings.threads).toBe(2);
    expect(settings.target.usualPersistMs).toBeUndefined();
  });

  it('reads passwords from files and programs', async () => {
    const folder = folderWith({ ssh: 'one\ntwo\n', become: '#!/bin/sh\necho three\n' });
    chmodSync(path.join(folder, 'become'), 0o700);
    const { settings } = await setUp({ connectionPasswordFile: path.join(folder, 'ssh'), becomePasswordFile: path.join(folder, 'become') }, config);
    expect(settings.target.password?.reveal()).toBe('one');
    expect(settings.become.password?.reveal()).toBe('three');
  });

  it.each<[HostFlags, string]>([
    [{ forks: '0' }, '--forks takes a number from 1'],
    [{ forks: 'many' }, '--forks takes a number from 1'],
    [{ timeout: '-1' }, '--timeout takes a number of seconds'],
    [{ waitLock: '' }, '--wait-lock takes a number of seconds'],
    [{ extraVars: ['nonsense'] }, '-e takes NAME=VALUE, a mapping in braces or @FILE'],
    [{ connectionPasswordFile: '/nonexistent' }, "there is no file '/nonexistent' (the SSH password)"],
  ])('%j is refused', async (flags, message) => expect(setUp(flags, config)).rejects.toThrow(message));
});

describe('extraVariables', () => {
  it.each<[readonly string[], object]>([
    [['a=1 b=two'], { a: '1', b: 'two' }],
    [['a="x y" b=\'z "w"\''], { a: 'x y', b: 'z "w"' }],
    [['a='], { a: '' }],
    [['{"a": 1, "b": [true]}'], { a: 1, b: [true] }],
    [['{a: 1, b: yes}'], { a: 1, b: true }],
  ])('%j', (given, expected) => expect(extraVariables(given)).toEqual(expected));

  it('reads files, and later ones win', () => {
    const folder = folderWith({ 'v.yaml': 'a: 1\nb: {c: two}\n' });
    expect(extraVariables([`@${folder}/v.yaml`, 'a=3'])).toEqual({ a: '3', b: { c: 'two' } });
  });
});
