import { chmodSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig, type AnsibleConfig } from '../../../src/load/config.ts';
import { folderWith } from './files.ts';

function load(text: string, env: Record<string, string> = {}): { config: AnsibleConfig; folder: string } {
  const folder = folderWith({ 'ansible.cfg': text });
  return { config: loadConfig({ env, folder, home: '/home/bob' }), folder };
}

describe('ansible.cfg', () => {
  it.each<[string, string, Partial<AnsibleConfig>]>([
    ['numbers and words', '[defaults]\nforks = 7\nremote_user=bob\ntimeout: 20\n', { forks: 7, remoteUser: 'bob', timeoutSeconds: 20 }],
    ['tags', '[tags]\nrun = a, b\nskip = c\n[diff]\nalways = yes\n', { tags: ['a', 'b'], skipTags: ['c'], diff: true }],
    ['failures', '[defaults]\nforce_handlers = True\nany_errors_fatal = yes\n', { forceHandlers: true, anyErrorsFatal: true }],
    ['what means nothing else', '[defaults]\nhash_behaviour = replace\nstrategy = free\njinja2_native = False\n', { warnings: [] }],
    ['collections', '[defaults]\ncollections_path = /a:/b\n', { collectionsPath: ['/a', '/b'] }],
    ['booleans', '[defaults]\nhost_key_checking = False\n[privilege_escalation]\nbecome = yes\nbecome_ask_pass = on\n', { hostKeyChecking: false, become: true, becomeAskPass: true }],
    ['comments', '# a\n; b\n[defaults]\nforks = 3 ; three\nremote_user = a#b\n', { forks: 3, remoteUser: 'a#b' }],
    ['values over several lines', '[ssh_connection]\nssh_args = -o A=b\n  -o C=d\n', { sshArgs: '-o A=b -o C=d' }],
    ['both kinds of ssh arguments', '[ssh_connection]\nssh_args = -C\nssh_common_args = -J x\n', { sshArgs: '-C -J x' }],
    ['home', '[defaults]\nprivate_key_file = ~/.ssh/k\n', { privateKeyFile: '/home/bob/.ssh/k' }],
    ['other sections', '[colors]\nverbose = blue\n', { inventory: [] }],
  ])('%s', (_name, text, expected) => {
    expect(load(text).config).toMatchObject(expected);
  });

  it.each<[string, string, Record<string, string>, number | undefined]>([
    ['as usual', '[ssh_connection]\nssh_common_args = -J x\n', {}, 60_000],
    ['not where ssh_args are one\'s own', '[ssh_connection]\nssh_args = -C\n', {}, undefined],
    ['not where ssh_args are nothing', '[ssh_connection]\nssh_args =\n', {}, undefined],
    ['not where the environment says others', '', { ANSIBLE_SSH_ARGS: '-C' }, undefined],
  ])('keeps connections %s', (_name, text, env, expected) => expect(load(text, env).config.usualPersistMs).toBe(expected));

  it('says what it passes over', () => {
    const { config, folder } = load('[defaults]\nhash_behaviour = merge\nstrategy = linear\n');
    expect(config.warnings).toEqual([`${folder}/ansible.cfg:2: 'hash_behaviour = merge' is passed over`, `${folder}/ansible.cfg:3: 'strategy = linear' is passed over; plays may say 'strategy: linear'`]);
  });

  it('takes paths from where the file is', () => {
    const { config, folder } = load('[defaults]\ninventory = inventories/lab\nroles_path = roles:/usr/roles\nvault_password_file = .vault\n');
    expect(config).toMatchObject({ inventory: [path.join(folder, 'inventories/lab')], rolesPath: [path.join(folder, 'roles'), '/usr/roles'], vaultPasswordFile: path.join(folder, '.vault') });
  });

  it('lets the environment win', () => {
    const { config, folder } = load('[defaults]\nforks = 7\ninventory = a\n', { ANSIBLE_FORKS: '9', ANSIBLE_INVENTORY: 'h1,h2', ANSIBLE_ROLES_PATH: 'r' });
    expect(config).toMatchObject({ forks: 9, inventory: ['h1,h2'], rolesPath: [path.join(folder, 'r')] });
  });

  it('takes several inventories', () => {
    const folder = folderWith({ 'ansible.cfg': '[defaults]\ninventory = one, two\n', one: 'a\n', two: 'b\n' });
    expect(loadConfig({ env: {}, folder, home: '/nowhere' }).inventory).toEqual([path.join(folder, 'one'), path.join(folder, 'two')]);
  });

  it('takes $ANSIBLE_CONFIG first', () => {
    const folder = folderWith({ 'ansible.cfg': '[defaults]\nforks = 1\n', 'other.cfg': '[defaults]\nforks = 2\n' });
    expect(loadConfig({ env: { ANSIBLE_CONFIG: path.join(folder, 'other.cfg') }, folder, home: '/nowhere' }).forks).toBe(2);
  });

  it('leaves out a file that anybody could have put there', () => {
    const folder = folderWith({ 'ansible.cfg': '[defaults]\nforks = 1\n' });
    chmodSync(folder, 0o777);
    const config = loadConfig({ env: {}, folder, home: '/nowhere' });
    expect(config.forks).toBeUndefined();
    expect(config.warnings[0]).toMatch(/everybody may write/);
  });

  it.each<[string, string, RegExp, number]>([
    ['no number', '[defaults]\nforks = many\n', /'forks' must be a number/, 2],
    ['no boolean', '[defaults]\nhost_key_checking = perhaps\n', /'hostKeyChecking' must be true or false/, 2],
    ['no setting', '[defaults]\nforks\n', /this is no setting/, 2],
  ])('%s', (_name, text, message, line) => {
    expect(() => load(text)).toThrow(expect.objectContaining({ code: 'usage.option', message: expect.stringMatching(message) as string, details: expect.objectContaining({ span: expect.objectContaining({ line }) as object }) as object }));
  });
});
