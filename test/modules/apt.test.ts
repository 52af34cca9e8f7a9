import { describe, expect, it } from 'vitest';
import apt from '../../modules/apt.ts';
import type { PackageState, Removal } from '../../modules/facts/package.ts';
import { absent, present } from '../../modules/facts/reading.ts';
import type { Reading } from '../../src/module.ts';
import { commandsOf, planOf } from '../harness/module.ts';

type Args = Parameters<typeof apt.plan>[0];
type Now = Parameters<typeof apt.plan>[1];
const base: Args = { name: ['ed'], state: 'present', update_cache: false, upgrade: 'no', purge: false, autoremove: false, allow_downgrade: false, only_upgrade: false, dpkg_options: 'force-confdef,force-confold', lock_timeout: 60, clean: false, allow_unauthenticated: false, allow_change_held_packages: false, fail_on_autoremove: false, force_apt_get: false, update_cache_retries: 5, update_cache_retry_max_delay: 12 };
const state = (over: Partial<PackageState> = {}): PackageState => ({ version: '1.19-1', status: 'installed', held: false, ...over });
const packages = (found: Record<string, PackageState>, interrupted = false) => present({ packages: found, interrupted });
const none: Now = { packages: packages({}), cache: present({ age: 10 }), candidates: absent, removal: absent, record: absent, deb: absent, installed: absent, upgrades: absent, orphans: absent, mending: absent, buildDependencies: absent };
const there: Partial<Now> = { packages: packages({ ed: state() }) };
const plan = (args: Partial<Args>, now: Partial<Now> = {}) => planOf(apt, { ...base, ...args }, { ...none, ...now });

/** What apt-get is told to do, and by their names what else is done. */
const told = (commands: readonly string[]) =>
  commands.flatMap((line) => {
    if (line.includes('Error-Mode')) return ['update'];
    if (line.includes('dpkg --configure')) return ['configure'];
    if (line.startsWith('mkdir -p /var/lib/ctplay/packages')) return [];
    if (line.includes('rmdir /var/lib/ctplay/packages')) return ['forget'];
    return [/confold (.*) <\/dev\/null$/.exec(line)?.[1] ?? line];
  });

describe('packages', () => {
  it.each<[string, Partial<Args>, Partial<Now>, string[]]>([
    ['that are missing are installed', {}, {}, ['install -- ed']],
    ['that are there are left alone', {}, there, []],
    ['that are there are left alone, with old package lists, too', { update_cache: true, cache_valid_time: 5 }, there, []],
    ['of which some are missing: those are installed', { name: ['ed', 'vim'] }, there, ['install -- vim']],
    ['that another one provides are there', {}, { packages: packages({ ed: state({ providedBy: 'other' }) }) }, []],
    ['that were removed, but not purged, are missing', {}, { packages: packages({ ed: state({ status: 'config-files' }) }) }, ['install -- ed']],
    ['that are half there are finished first', {}, { packages: packages({ ed: state({ status: 'partial' }) }, true) }, ['configure', '--fix-broken install', 'install -- ed']],
    ['are looked up in young lists', { update_cache: true, cache_valid_time: 5 }, {}, ['update', 'install -- ed']],
    ['are looked up in lists that are young enough', { update_cache: true, cache_valid_time: 60 }, {}, ['install -- ed']],
    ['are looked up in lists, where there are none', {}, { cache: present({ age: null }) }, ['update', 'install -- ed']],
    ['have the version that fits a pattern', { name: ['ed=1.19*'] }, there, []],
    ['get the version that is asked for', { name: ['ed=1.20-1'], allow_downgrade: true }, there, ['install --allow-downgrades -- ed=1.20-1']],
    ['are taken from a release', { default_release: 'backports', install_recommends: true }, {}, ['install --install-recommends -t backports -- ed']],
    ['are only upgraded', { only_upgrade: true }, {}, []],
    ['are the newest', { state: 'latest' }, { ...there, candidates: present({ ed: '1.19-1' }) }, []],
    ['become the newest', { state: 'latest' }, { ...there, candidates: present({ ed: '1.20-1' }) }, ['install -- ed']],
    ['become the newest of lists that are fetched first', { state: 'latest', update_cache: true }, { ...there, candidates: present({ ed: '1.19-1' }), cache: present({ age: 61 }) }, ['update', 'install -- ed']],
    ['are held', { state: 'latest' }, { packages: packages({ ed: state({ held: true }) }), candidates: present({ ed: '1.20-1' }) }, []],
    ['are removed', { state: 'absent' }, there, ['remove -- ed']],
    ['are removed with all that is theirs', { state: 'absent', purge: true, autoremove: true }, there, ['--auto-remove purge -- ed']],
    ['are purged when they were only removed', { state: 'absent', purge: true }, { packages: packages({ ed: state({ status: 'config-files' }) }) }, ['purge -- ed']],
    ['are not removed twice', { state: 'absent' }, { packages: packages({ ed: state({ status: 'config-files' }) }) }, []],
    ['on hold are changed when told so', { state: 'latest', allow_change_held_packages: true }, { packages: packages({ ed: state({ held: true }) }), candidates: present({ ed: '2' }) }, ['install --allow-change-held-packages -- ed']],
    ['are not installed at the cost of others', { fail_on_autoremove: true, allow_unauthenticated: true }, {}, ['install --allow-unauthenticated --no-remove -- ed']],
    ['that building needs are installed', { state: 'build-dep' }, { buildDependencies: present(['gcc']) }, ['build-dep -- ed']],
    ['that building needs are there', { state: 'build-dep' }, { buildDependencies: present([]) }, []],
    ['that are broken are mended first', { state: 'fixed' }, { mending: present(['libc6']) }, ['configure', '--fix-broken install', 'install -- ed']],
    ['come from a file', { name: [], deb: '/tmp/ed.deb' }, { deb: present({ package: 'ed', version: '1.19-1' }), installed: packages({}) }, ['install /tmp/ed.deb']],
    ['came from a file', { name: [], deb: '/tmp/ed.deb' }, { deb: present({ package: 'ed', version: '1.19-1' }), installed: packages({ ed: state() }) }, []],
    ['are upgraded all', { name: [], upgrade: 'dist' }, { upgrades: present(['curl']) }, ['dist-upgrade']],
    ['need no upgrade', { name: [], upgrade: 'yes' }, { upgrades: present([]) }, []],
    ['that nothing needs go', { name: [], autoremove: true }, { orphans: present(['libx']) }, ['remove -- libx']],
  ])('%s', (_, args, now, commands) => {
    expect(told(commandsOf(plan(args, now)))).toEqual(commands);
  });

  it.each<[string, Partial<Now>, RegExp]>([
    ['a host without apt', { cache: { state: 'unavailable', reason: 'not-installed', detail: '' } }, /no apt/],
    ['a file that is not there', {}, /no package file/],
  ])('refuses %s', (_, now, message) => {
    expect(() => plan({ name: [], deb: '/tmp/x.deb' }, now)).toThrow(message);
  });

  it('shows versions', () => {
    expect(plan({ state: 'latest' }, { ...there, candidates: present({ ed: '1.20-1' }) })).toMatchObject([{ action: 'update', from: { ed: '1.19-1' }, to: { ed: '1.20-1' } }]);
  });
});

it.each<[Partial<Args>, Partial<Now>, number]>([
  [{ update_cache: true }, { cache: present({ age: 61 }) }, 1],
  [{ update_cache: true }, { cache: present({ age: 60 }) }, 0],
  [{ cache_valid_time: 3600 }, { cache: present({ age: null }) }, 1],
])('package lists alone: %j %j', (args, now, count) => {
  expect(plan({ name: [], ...args }, now)).toHaveLength(count);
});

const gone = (names: string[], manual: string[] = []): Reading<Removal> => present({ packages: names, manual, accounts: {} });

it.each<[string, Partial<Args>, Partial<Now>, Partial<Now>, string[]]>([
  ['purges what came', {}, { ...there, record: present(['apt']), removal: gone(['ed', 'libx']) }, {}, ['purge -- ed libx', 'forget']],
  ['keeps what was there', {}, { ...there, record: present(['apt', 'libx']), removal: gone(['ed', 'libx']) }, {}, ['purge -- ed', 'forget']],
  ['leaves what somebody else installed', {}, { ...there, removal: gone(['ed']) }, {}, []],
  ['forgets an installation that never came to be', {}, { record: present(['apt']), removal: gone([]) }, {}, ['forget']],
  ['installs again what was removed', { state: 'absent' }, {}, there, ['install --no-install-recommends -- ed']],
  ['leaves what had not been there', { state: 'absent' }, {}, {}, []],
  ['does nothing without dpkg', {}, { packages: { state: 'unavailable', reason: 'not-installed', detail: '' } }, {}, []],
])('the way back %s', (_, args, is, was, commands) => {
  expect(told(commandsOf([...apt.revert!({ ...base, ...args }, { ...none, ...is }, { ...none, ...was })]))).toEqual(commands);
});

it.each<[Partial<Args>, RegExp]>([
  [{ name: ['Ed'] }, /can't be the name/],
  [{ name: [] }, /nothing to do/],
  [{ name: [], deb: 'https://example.org/x.deb' }, /not an address/],
])('finds %j', (args, message) => {
  expect([...apt.validate!({ ...base, ...args })].map((problem) => problem.message)).toEqual([expect.stringMatching(message)]);
});
