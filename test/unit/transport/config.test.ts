import { describe, expect, it } from 'vitest';
import { hostConfig } from '../../../src/transport/ssh/config.ts';
import type { ConfigWorld } from '../../../src/transport/ssh/config.ts';
import { matchesPattern } from '../../../src/transport/ssh/pattern.ts';

function world(files: Readonly<Record<string, string>>): ConfigWorld {
  return {
    home: '/home/me',
    localUser: 'me',
    files: ['/home/me/.ssh/config', '/etc/ssh/ssh_config'],
    read: (path) => files[path],
    glob: (pattern) => Object.keys(files).filter((path) => matchesPattern(path, pattern)).sort(),
  };
}

/** What the user's file alone says. */
const of = (text: string, host = 'web1', user?: string, port?: number): ReturnType<typeof hostConfig> => hostConfig(world({ '/home/me/.ssh/config': text }), host, user, port);

const nothing = { identityFiles: [], identitiesOnly: false, hashKnownHosts: false, sharing: {} };

describe('the values for a host', () => {
  it.each([
    ['an empty file', '', {}],
    ['comments and blank lines', '# Host web1\n\n  \t\n#Port 1', {}],
    ['lines before any Host', 'Port 2200', { port: 2200 }],
    ['keywords in any case', 'hOST WEB1\n pORT 2200', { port: 2200 }],
    ['an equals sign', 'Host = web1\nPort=2200\nUser = root', { port: 2200, user: 'root' }],
    ['quotes and trailing comments', 'User "a b" # c', { user: 'a b' }],
    ['a line with a carriage return', 'Host web1\r\n  User root\r\n', { user: 'root' }],
    ['the first value', 'Host web1\n User a\nHost *\n User b', { user: 'a' }],
    ['another host', 'Host db*\n User a', {}],
    ['wildcards', 'Host w?b*\n User a', { user: 'a' }],
    ['a negated pattern', 'Host * !web1\n User a', {}],
    ['only negated patterns', 'Host !db\n User a', {}],
    ['several patterns', 'Host db1 web1\n User a', { user: 'a' }],
    ['all identity files', 'IdentityFile ~/.ssh/a\nHost web1\n IdentityFile ~/.ssh/b', { identityFiles: ['/home/me/.ssh/a', '/home/me/.ssh/b'] }],
    ['no identity file', 'IdentityFile none', {}],
    ['IdentitiesOnly', 'IdentitiesOnly yes', { identitiesOnly: true }],
    ['tokens of a name', 'HostName %h.example.org', { hostName: 'web1.example.org' }],
    ['tokens of a file', 'HostName 10.0.0.1\nUser root\nPort 22\nIdentityFile %d/%u/%r@%h-%n:%p%%', { hostName: '10.0.0.1', user: 'root', port: 22, identityFiles: ['/home/me/me/root@10.0.0.1-web1:22%'] }],
    ['several known_hosts files', 'UserKnownHostsFile ~/.ssh/a /dev/null', { userKnownHostsFiles: ['/home/me/.ssh/a', '/dev/null'] }],
    ['StrictHostKeyChecking no', 'StrictHostKeyChecking no', { strictHostKeyChecking: 'off' }],
    ['StrictHostKeyChecking ask', 'StrictHostKeyChecking ask', { strictHostKeyChecking: 'strict' }],
    ['StrictHostKeyChecking accept-new', 'StrictHostKeyChecking accept-new', { strictHostKeyChecking: 'accept-new' }],
    ['a timeout', 'ConnectTimeout 7', { connectTimeoutMs: 7000 }],
    ['a connection to share', 'ControlMaster auto\nControlPersist 10m', { sharing: { master: true, persistMs: 600_000 } }],
    ['an agent', 'IdentityAgent ~/agent', { identityAgent: '/home/me/agent' }],
    ['no agent', 'IdentityAgent none', { identityAgent: 'none' }],
    ['a jump host', 'ProxyJump a@b:22,c', { proxyJump: 'a@b:22,c' }],
    ['no jump host', 'Host web1\n ProxyJump none\nHost *\n ProxyJump b', {}],
    ['a command with quotes', `ProxyCommand sh -c "nc %h %p" # kept`, { proxyCommand: 'sh -c "nc web1 22" # kept' }],
    ['a jump host before a command', 'ProxyJump b\nProxyCommand nc %h %p', { proxyJump: 'b' }],
    ['a command before a jump host', 'ProxyCommand nc %h %p\nProxyJump b', { proxyCommand: 'nc web1 22' }],
    ['an alias for the key', 'HostKeyAlias lab', { hostKeyAlias: 'lab' }],
    ['keywords that do not matter here', 'ForwardAgent yes\nLocalForward 1 localhost:1', {}],
    ['Match all', 'Match all\n User a', { user: 'a' }],
    ['Match host after HostName', 'HostName 10.1.2.3\nMatch host 10.1.*\n User a', { hostName: '10.1.2.3', user: 'a' }],
    ['Match originalhost', 'HostName 10.1.2.3\nMatch originalhost web*\n User a', { hostName: '10.1.2.3', user: 'a' }],
    ['a negated criterion', 'Match !host web1\n User a', {}],
    ['two criteria', 'Match host web1 localuser me\n User a', { user: 'a' }],
    ['two criteria of which one fails', 'Match host web1 localuser you\n User a', {}],
    ['a criterion that is not followed', 'Match final all\n User a\nMatch exec "true"\n User b', {}],
  ])('%s', (_name, text, expected) => {
    expect(of(text)).toEqual({ ...nothing, ...expected });
  });

  it('come from the user before the system', () => {
    const files = { '/home/me/.ssh/config': 'Host web1\n User mine', '/etc/ssh/ssh_config': 'User theirs\nPort 2222\nHashKnownHosts yes' };
    expect(hostConfig(world(files), 'web1')).toEqual({ ...nothing, user: 'mine', port: 2222, hashKnownHosts: true });
  });

  it('come from included files where the Include stands', () => {
    const files = {
      '/home/me/.ssh/config': 'Include lab/*\nHost db\n Include other\nHost web1\n Include ~/third\nUser late',
      '/home/me/.ssh/lab/a': 'Host web1\n Port 1001\nHost x\n',
      '/home/me/.ssh/lab/b': 'Port 1002',
      '/home/me/.ssh/other': 'User wrong',
      '/home/me/third': 'HostName third\n',
      '/etc/ssh/ssh_config': 'Include ssh_config.d/*.conf',
      '/etc/ssh/ssh_config.d/a.conf': 'ConnectTimeout 3',
    };
    expect(hostConfig(world(files), 'web1')).toEqual({ ...nothing, port: 1001, user: 'late', hostName: 'third', connectTimeoutMs: 3000 });
  });

  it('are matched against the user and the port that are given elsewhere', () => {
    expect(of('Match user root\n IdentityFile /k-%r-%p', 'web1', 'root', 99)).toEqual({ ...nothing, identityFiles: ['/k-root-99'] });
  });
});

describe('a broken file', () => {
  it.each([
    ['a keyword without a value', 'Host a\n\n  Port', 'Port needs a value', 3, 3],
    ['an open quote', 'User "a', 'a quote is not closed', 1, 1],
    ['a port that is none', 'Port ssh', 'Port is no port number', 1, 1],
    ['no keyword', '= 3', 'this line is no ssh_config directive', 1, 1],
  ])('%s', (_name, text, message, line, column) => {
    expect(() => of(text)).toThrow(expect.objectContaining({ code: 'ssh.config', message, details: expect.objectContaining({ span: { file: '/home/me/.ssh/config', line, column } }) }));
  });

  it('includes itself', () => {
    expect(() => of('Include config')).toThrow(expect.objectContaining({ code: 'ssh.config', message: expect.stringContaining('included in itself') }));
  });
});
