/** How hosts are reached, from inventory variables, the command line and ssh's own options. */
import { homedir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { targetOf, type TargetOverrides } from '../../../src/load/target.ts';
import { Secret } from '../../../src/shell.ts';

const plain = { name: 'h', connection: 'ssh', address: 'h', hostKeyChecking: 'strict', connectTimeoutMs: 10_000 };

describe('targets', () => {
  it.each<[string, Record<string, unknown>, TargetOverrides, Record<string, unknown>]>([
    ['nothing said', {}, {}, plain],
    ['address, port, user', { ansible_host: '10.0.0.3', ansible_port: '2222', ansible_user: 'bob' }, {}, { ...plain, address: '10.0.0.3', port: 2222, user: 'bob' }],
    ['old names', { ansible_ssh_host: '10.0.0.3', ansible_ssh_port: 22, ansible_ssh_user: 'bob' }, {}, { ...plain, address: '10.0.0.3', port: 22, user: 'bob' }],
    ['the inventory wins over the command line', { ansible_user: 'bob', ansible_port: 1 }, { user: 'al', port: 2 }, { ...plain, user: 'bob', port: 1 }],
    ['the command line otherwise', {}, { user: 'al', connectTimeoutMs: 5, hostKeyChecking: 'accept-new' }, { ...plain, user: 'al', connectTimeoutMs: 5, hostKeyChecking: 'accept-new' }],
    ['a key from home', { ansible_ssh_private_key_file: '~/.ssh/id' }, {}, { ...plain, privateKeyFile: `${homedir()}/.ssh/id` }],
    ['a key beside the inventory', { ansible_private_key_file: 'keys/id', inventory_dir: '/inv' }, {}, { ...plain, privateKeyFile: '/inv/keys/id' }],
    ['known hosts beside the inventory', { ctplay_known_hosts_file: 'known_hosts', inventory_dir: '/inv' }, {}, { ...plain, knownHostsFile: '/inv/known_hosts' }],
    ['local', { ansible_connection: 'local' }, {}, { ...plain, connection: 'local' }],
    ['paramiko is ssh', { ansible_connection: 'paramiko_ssh' }, { connection: 'local' }, plain],
    ['no checking of keys', { ansible_host_key_checking: 'no' }, {}, { ...plain, hostKeyChecking: 'off' }],
    ['checking in spite of the command line', { ansible_ssh_host_key_checking: true }, { hostKeyChecking: 'off' }, plain],
    ['a time limit', { ansible_timeout: 3 }, {}, { ...plain, connectTimeoutMs: 3000 }],
    ['common arguments', { ansible_ssh_common_args: "-o UserKnownHostsFile=/k -o 'StrictHostKeyChecking no' -J bob@bastion:22,b2" }, {}, { ...plain, knownHostsFile: '/k', hostKeyChecking: 'off', proxyJump: 'bob@bastion:22,b2' }],
    ['extra arguments win', { ansible_ssh_common_args: '-p 1 -l al', ansible_ssh_extra_args: '-p 2 -i /key -oConnectTimeout=7' }, {}, { ...plain, port: 2, user: 'al', privateKeyFile: '/key', connectTimeoutMs: 7000 }],
    ['options without a meaning here', { ansible_ssh_args: '-C -o LogLevel=ERROR -o ControlPath=/c' }, {}, plain],
    ['a connection to keep', { ansible_ssh_args: '-C -o ControlMaster=auto -o ControlPersist=60s' }, {}, { ...plain, sharing: { master: true, persistMs: 60_000 } }],
    ['a connection not to keep', { ansible_ssh_extra_args: '-o ControlMaster=no' }, { sshArgs: '-o ControlPersist=60s' }, { ...plain, sharing: { master: false, persistMs: 60_000 } }],
    ['the usual time to keep it', { ansible_ssh_common_args: '-J b' }, { usualPersistMs: 60_000 }, { ...plain, proxyJump: 'b', sharing: { usualMs: 60_000 } }],
    ['a time that is not the usual one', {}, { usualPersistMs: 60_000, sshArgs: '-o ControlPersist=no' }, { ...plain, sharing: { persistMs: 0, usualMs: 60_000 } }],
    ['arguments in the place of the usual ones', { ansible_ssh_args: '-C' }, { usualPersistMs: 60_000 }, plain],
    ['arguments of the command line', {}, { sshArgs: '-o ProxyJump=b' }, { ...plain, proxyJump: 'b' }],
    ['empty is as if not set', { ansible_user: '', ansible_port: null }, {}, plain],
  ])('%s', (_name, variables, overrides, expected) => {
    expect(targetOf('h', variables, overrides)).toEqual(expected);
  });

  it.each([['ansible_password', 'p'], ['ansible_ssh_pass', 'p'], ['ansible_password', new Secret('p')]])('%s is a secret', (name, value) => {
    const { password } = targetOf('h', { [name]: value });
    expect(password!.reveal()).toBe('p');
    expect(JSON.stringify(password)).toBe('"***"');
  });

  it.each<[Record<string, unknown>, RegExp]>([
    [{ ansible_port: 'ssh' }, /'ansible_port' of the host 'h'/],
    [{ ansible_port: 70_000 }, /'ansible_port'/],
    [{ ansible_connection: 'docker' }, /connection 'docker'/],
    [{ ansible_host_key_checking: 'perhaps' }, /'ansible_host_key_checking'/],
    [{ ansible_ssh_common_args: '-o ProxyCommand=nc' }, /'ProxyCommand'/],
    [{ ansible_ssh_common_args: '-w 5' }, /'-w'/],
    [{ ansible_user: ['a'] }, /'ansible_user'/],
  ])('%j is refused', (variables, message) => {
    expect(() => targetOf('h', variables)).toThrow(expect.objectContaining({ code: 'ssh.config', message: expect.stringMatching(message) as string }));
  });
});
