import { describe, expect, it } from 'vitest';
import { hostKeyAlgorithms } from '../../../src/transport/ssh/host-key.ts';
import { fingerprint, hashName, judge, keyType, KnownHosts, knownHostsLine, knownTypes, parseKnownHosts, recordedName } from '../../../src/transport/ssh/known-hosts.ts';

/** A public key's blob; `seed` tells keys apart. */
function blob(type: string, seed: number): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  return Buffer.concat([length, Buffer.from(type), Buffer.alloc(36, seed)]);
}

const ed = blob('ssh-ed25519', 1);
const otherEd = blob('ssh-ed25519', 2);
const rsa = blob('ssh-rsa', 3);
const written = (key: Buffer): string => `${keyType(key)} ${key.toString('base64')}`;
const verdict = (text: string, host: string, port: number, key: Buffer): string => {
  const result = judge(new KnownHosts(parseKnownHosts(text, 'f')).of(host, port), key);
  if (result.kind === 'unknown') return result.authority ? 'unknown, authority' : 'unknown';
  return `${result.kind} ${result.entry.line}${result.kind === 'changed' && !result.sameType ? ' other type' : ''}`;
};

describe('the verdict on a key', () => {
  it.each([
    ['an exact name', `web ${written(ed)}`, 'web', 22, ed, 'known 1'],
    ['a name in capitals', `Web ${written(ed)}`, 'WEB', 22, ed, 'known 1'],
    ['one of several names', `a,web,10.0.0.1 ${written(ed)} comment`, '10.0.0.1', 22, ed, 'known 1'],
    ['a wildcard', `*.example.org ${written(ed)}`, 'a.example.org', 22, ed, 'known 1'],
    ['a wildcard that does not match', `*.example.org ${written(ed)}`, 'example.org', 22, ed, 'unknown'],
    ['a negated name', `*.lab,!x.lab ${written(ed)}`, 'x.lab', 22, ed, 'unknown'],
    ['a hashed name', `${hashName('web', Buffer.alloc(20, 9))} ${written(ed)}`, 'web', 22, ed, 'known 1'],
    ['another hashed name', `${hashName('web2', Buffer.alloc(20, 9))} ${written(ed)}`, 'web', 22, ed, 'unknown'],
    ['a port', `[web]:2222 ${written(ed)}`, 'web', 2222, ed, 'known 1'],
    ['another port', `[web]:2222 ${written(ed)}`, 'web', 22, ed, 'unknown'],
    ['a hashed name with a port', `${hashName('[web]:2222', Buffer.alloc(20, 9))} ${written(ed)}`, 'web', 2222, ed, 'known 1'],
    ['a bare name for another port', `web ${written(ed)}`, 'web', 2222, ed, 'known 1'],
    ['a bare name that a port overrides', `web ${written(ed)}\n[web]:2222 ${written(otherEd)}`, 'web', 2222, ed, 'changed 2'],
    ['an IPv6 address', `[fe80::1]:2222 ${written(ed)}`, 'fe80::1', 2222, ed, 'known 1'],
    ['another key of the type', `web ${written(otherEd)}`, 'web', 22, ed, 'changed 1'],
    ['a second key of the type', `web ${written(otherEd)}\nweb ${written(ed)}`, 'web', 22, ed, 'known 2'],
    ['a key of another type alone', `web ${written(rsa)}`, 'web', 22, ed, 'changed 1 other type'],
    ['a revoked key', `web ${written(ed)}\n@revoked * ${written(ed)}`, 'web', 22, ed, 'revoked 2'],
    ['another revoked key', `web ${written(ed)}\n@revoked * ${written(otherEd)}`, 'web', 22, ed, 'known 1'],
    ['an authority', `@cert-authority *.lab ${written(otherEd)}`, 'a.lab', 22, ed, 'unknown, authority'],
    ['an authority with the very key', `@cert-authority * ${written(ed)}`, 'a', 22, ed, 'unknown, authority'],
    ['comments and broken lines', `# x\n\nbroken\nweb ssh-rsa\n  web   ${written(ed)}  `, 'web', 22, ed, 'known 5'],
    ['an unknown version of hashing', `|2|AAAA|BBBB ${written(ed)}`, 'web', 22, ed, 'unknown'],
    ['an empty file', '', 'web', 22, ed, 'unknown'],
  ])('%s', (_name, text, host, port, key, expected) => {
    expect(verdict(text, host, port, key)).toBe(expected);
  });
});

it('hashes as OpenSSH does', () => {
  // An entry that ssh-keygen -H wrote.
  const salt = Buffer.from('F1E1KeoE/eEWhi10WpGv4OdiO6Y=', 'base64');
  expect(hashName('192.168.1.61', salt)).toBe('|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg=');
});

it.each([
  ['web', 22, 'web'],
  ['Web', 2222, '[web]:2222'],
])('records %s:%i as %s', (host, port, name) => {
  expect(recordedName(host, port)).toBe(name);
});

it('writes lines that it finds again', () => {
  for (const hashed of [false, true]) expect(verdict(knownHostsLine('web', 2222, ed, hashed), 'web', 2222, ed)).toBe('known 1');
  expect(knownHostsLine('web', 2222, ed, true)).not.toContain('web');
});

it('offers known types first', () => {
  const types = knownTypes(parseKnownHosts(`web ${written(rsa)}\nweb ${written(ed)}\n@revoked web ${written(blob('ecdsa-sha2-nistp256', 1))}`, 'f'));
  expect(types).toEqual(['ssh-rsa', 'ssh-ed25519']);
  expect(hostKeyAlgorithms(types)).toEqual(['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa', 'ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521']);
  expect(hostKeyAlgorithms(['sk-ssh-ed25519@openssh.com'])[0]).toBe('ssh-ed25519');
});

it('prints fingerprints as ssh-keygen does', () => {
  // GitHub's published ed25519 key and fingerprint.
  const key = Buffer.from('AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl', 'base64');
  expect(fingerprint(key)).toBe('SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU');
});
