import { describe, expect, it } from 'vitest';
import { debFile, simulated } from '../../modules/facts/apt-upgrade.ts';
import { aptCache, candidates, installRecord, packages, removal } from '../../modules/facts/package.ts';
import { parsePacketFilter } from '../../modules/facts/packet-filter.ts';

const answer = (stdout: string, status = 0, stderr = '') => ({ status, stdout, stderr });

describe('packages', () => {
  const list = [
    'ii \tapt\tamd64\t2.6.1\tapt-transport-https (= 2.6.1)',
    'hi \ted\tamd64\t1.19-1\t',
    'rc \texim4-base\tamd64\t4.96-15\t',
    'un \tvim\tamd64\t\t',
    'ii \tlibc6\tamd64\t2.36-9\tlibc6-2.36, libfoo (= 1)',
    'ii \tlibc6\ti386\t2.36-8\t',
    'ii \tpostfix\tamd64\t3.7\tdefault-mta, mail-transport-agent',
  ].join('\n');

  it.each<[string, string, object | undefined]>([
    ['installed', 'apt', { version: '2.6.1', status: 'installed', held: false }],
    ['held', 'ed', { version: '1.19-1', status: 'installed', held: true }],
    ['removed, but not purged', 'exim4-base', { version: '4.96-15', status: 'config-files', held: false }],
    ['known, but not installed', 'vim', undefined],
    ['of another architecture', 'libc6:i386', { version: '2.36-8', status: 'installed', held: false }],
    ['virtual', 'mail-transport-agent', { version: '3.7', status: 'installed', held: false, providedBy: 'postfix' }],
    ['unknown', 'nosuch', undefined],
  ])('that are %s', (_, name, state) => {
    expect(packages([name]).parse(answer(list))).toEqual({ state: 'present', value: { packages: state === undefined ? {} : { [name]: state }, interrupted: false } });
  });

  it.each([
    ['an unpacked package', 'iU \ted\tamd64\t1.19-1\t', { ed: { version: '1.19-1', status: 'partial', held: false } }],
    ['a half installed package', 'iHR\ted\tamd64\t1.19-1\t', { ed: { version: '1.19-1', status: 'partial', held: false } }],
    ["dpkg's journal", 'ii \ted\tamd64\t1.19-1\t\ninterrupted', { ed: { version: '1.19-1', status: 'installed', held: false } }],
  ])('that an interrupted dpkg left: %s', (_, text, found) => {
    expect(packages(['ed']).parse(answer(text))).toEqual({ state: 'present', value: { packages: found, interrupted: true } });
  });

  it('of a host without dpkg', () => {
    expect(packages(['ed']).parse(answer('', 127, 'sh: 1: dpkg-query: not found'))).toMatchObject({ state: 'unavailable', reason: 'not-installed' });
  });
});

it.each([
  ['older than an hour', '1795229515\n1795225000\n', 4515],
  ['known by the stamp of a newer success', '1795229515\n1795225000\n1795229500\n', 15],
  ['none', '', null],
  ['from the future by a wrong clock', '1795229515\n1795229999\n', 0],
])('package lists that are %s', (_, stdout, age) => {
  expect(aptCache().parse(answer(stdout))).toMatchObject({ state: 'present', value: { age } });
});

it('candidates are read by name', () => {
  const text = 'curl:\n  Installed: 7.88.1-10\n  Candidate: 7.88.1-11\n  Version table:\n *** 7.88.1-10 100\n        100 /var/lib/dpkg/status\nvirtual:\n  Installed: (none)\n  Candidate: (none)\n  Version table:\n';
  expect(candidates(['curl', 'virtual', 'nope']).parse(answer(text))).toEqual({ state: 'present', value: { curl: '7.88.1-11' } });
});

it('what would be removed is read with what a person asked for', () => {
  const text = 'Reading package lists...\nThe following packages will be REMOVED:\n  containerd* docker.io* runc*\nPurg docker.io [20.10.24]\nPurg containerd [1.6.20]\nRemv runc [1.1.5]\nAuto containerd\nAuto runcx\nAccount docker docker.io\nAccount stray\n';
  expect(removal('Docker', ['docker.io']).parse(answer(text))).toEqual({ state: 'present', value: { packages: ['docker.io', 'containerd', 'runc'], manual: ['docker.io', 'runc'], accounts: { docker: ['docker.io'], stray: [] } } });
});

it.each([
  [answer('apt\nbash\n'), { state: 'present', value: ['apt', 'bash'] }],
  [answer('', 3), { state: 'absent' }],
])('the record of an installation', (result, reading) => {
  expect(installRecord('ed').parse(result)).toEqual(reading);
});

it('an upgrade is simulated', () => {
  expect(simulated(['dist-upgrade']).parse(answer('Inst curl [7.88.1-10] (7.88.1-11 Debian:12 [amd64])\nConf curl (7.88.1-11)\nRemv old [1]\n'))).toEqual({ state: 'present', value: ['curl', 'old'] });
});

it.each([
  [answer('Package: ed\nVersion: 1.19-1\n'), { state: 'present', value: { package: 'ed', version: '1.19-1' } }],
  [answer('', 3), { state: 'absent' }],
  [answer('', 2, "dpkg-deb: error: '/tmp/x' is not a Debian format archive"), { state: 'unavailable', reason: 'unreadable', detail: "dpkg-deb: error: '/tmp/x' is not a Debian format archive" }],
])('a .deb file', (result, reading) => {
  expect(debFile('/tmp/x').parse(result)).toEqual(reading);
});

it('tables of iptables are read with policies, chains and rules', () => {
  const text = '# Generated\n*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [12:900]\n:DOCKER-USER - [0:0]\n-A FORWARD -j DOCKER-USER\n-A DOCKER-USER -j RETURN\nCOMMIT\n*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n';
  expect(parsePacketFilter(text)).toEqual({
    filter: { policies: { INPUT: 'ACCEPT', FORWARD: 'DROP' }, chains: ['DOCKER-USER'], rules: ['-A FORWARD -j DOCKER-USER', '-A DOCKER-USER -j RETURN'] },
    nat: { policies: { PREROUTING: 'ACCEPT' }, chains: [], rules: [] },
  });
  expect(parsePacketFilter('')).toEqual({});
});
