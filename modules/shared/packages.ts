/** Plans of packages by name: present, at their newest, absent, and back. Shared by `apt` and `package`. */
import { PreconditionError } from '../../src/errors.ts';
import type { Change, FactMap, Values } from '../../src/module.ts';
import { nothing, sh, type Command } from '../../src/shell.ts';
import { aptCache, candidates, installRecord, packages, removal, type AptCache, type PackageState, type Removal } from '../facts/package.ts';
import { valueOf } from '../facts/reading.ts';
import { unread } from '../facts/unread.ts';
import { aptGet, finishInterrupted, recommends, removeRecord, typedApt, updateCache, writeRecord } from './apt.ts';
import { database, oursToRemove } from './install.ts';
import { accountsOf, removeAccounts } from './package-accounts.ts';

export interface PackageArgs {
  readonly name: readonly string[];
  readonly state: 'present' | 'absent' | 'latest';
  readonly update_cache: boolean;
  /** Seconds; undefined: not said. */
  readonly cache_valid_time?: number;
  readonly purge: boolean;
  readonly autoremove: boolean;
  readonly install_recommends?: boolean;
  readonly default_release?: string;
  readonly allow_downgrade: boolean;
  readonly only_upgrade: boolean;
  readonly allow_unauthenticated?: boolean;
  readonly allow_change_held_packages?: boolean;
  readonly fail_on_autoremove?: boolean;
  readonly dpkg_options: string;
  readonly lock_timeout: number;
}

type Now = Values<ReturnType<typeof packageFacts>>;

/** `docker.io=20.10*` → name and version, which may hold `*`. */
export function parseName(text: string): { readonly name: string; readonly version?: string } {
  const [, name, version] = /^([^=]+)(?:=(.+))?$/.exec(text) ?? [];
  return { name: name ?? text, ...(version === undefined ? {} : { version }) };
}

export function packageFacts(args: PackageArgs, reverting = false) {
  const names = args.name.map((text) => parseName(text).name);
  const installs = args.state !== 'absent';
  return {
    packages: packages(names),
    cache: installs || args.update_cache ? aptCache() : unread<AptCache>(),
    candidates: args.state === 'latest' && names.length > 0 ? candidates(names) : unread<Readonly<Record<string, string>>>(),
    removal: reverting && installs ? removal(installationOf(names), names) : unread<Removal>(),
    record: reverting && installs ? installRecord(installationOf(names)) : unread<readonly string[]>(),
  } satisfies FactMap;
}

/** What a task with these names is called where it is written down what it installed. */
export function installationOf(names: readonly string[]): string {
  return names.map((text) => parseName(text).name).sort().join(' ');
}

/** The changes that bring packages to their state. */
export function* planPackages(args: PackageArgs, now: Now): Generator<Change> {
  const { packages: known, interrupted } = database(now.packages);
  if (args.state === 'absent') {
    const there = args.name.map((text) => parseName(text).name).filter((name) => isThere(known[name], args.purge));
    if (there.length > 0) yield removing(args, there, known);
    return;
  }
  const isStale = cacheIsStale(args, now);
  const wanted = args.name.map(parseName).filter(({ name, version }) => needsInstall(args, now, name, version, known[name]));
  const refreshFirst = args.state === 'latest' && isStale && args.name.length > 0;
  if (wanted.length === 0 && !refreshFirst) return;
  // Of lists that are too old nobody can say which version is the newest: then all are looked at again.
  const names = refreshFirst ? args.name : wanted.map(({ name, version }) => (version === undefined ? name : `${name}=${version}`));
  const missing = wanted.map(({ name }) => name).filter((name) => known[name]?.status !== 'installed');
  const hasLists = valueOf(now.cache)?.age !== null;
  yield {
    action: missing.length > 0 ? 'create' : 'update',
    subject: `packages ${names.join(' ')}`,
    from: versionsOf(known, names),
    to: args.state === 'latest' ? Object.fromEntries(names.map((name) => [name, valueOf(now.candidates)?.[name] ?? 'the newest'])) : names,
    commands: [
      ...(interrupted ? finishInterrupted({ lockTimeout: args.lock_timeout }) : []),
      ...(isStale || !hasLists ? [updateCache({ lockTimeout: args.lock_timeout })] : []),
      ...(missing.length > 0 ? [writeRecord(installationOf(args.name), missing)] : []),
      aptGet(['install', ...installOptions(args), '--', ...names], { lockTimeout: args.lock_timeout }, dpkgOptions(args)),
    ],
    typed: [...(isStale || !hasLists ? [sh`apt-get update`] : []), typedApt('install', names, installOptions(args))],
    ...(interrupted ? { why: 'dpkg was interrupted and has to finish first' } : {}),
  };
}

/** The way back: what ctplay installed goes, what it removed comes back. What was upgraded stays: older versions are rarely to be had. */
export function* revertPackages(args: PackageArgs, now: Now, before: Now): Generator<Change> {
  const [known, old] = [valueOf(now.packages)?.packages, valueOf(before.packages)?.packages];
  if (known === undefined || old === undefined) return;
  const names = args.name.map((text) => parseName(text).name);
  if (args.state === 'absent') {
    const gone = names.filter((name) => old[name]?.status === 'installed' && known[name]?.status !== 'installed');
    if (gone.length > 0) {
      yield { action: 'create', subject: `packages ${gone.join(' ')}`, to: gone, commands: [aptGet(['install', '--no-install-recommends', '--', ...gone], { lockTimeout: args.lock_timeout })], why: 'they were there before ctplay removed them' };
    }
    return;
  }
  const ours = oursToRemove(names, now.removal, now.record);
  if (ours === undefined) return;
  const accounts = accountsOf(valueOf(now.removal), ours);
  const purge = ours.length === 0 ? [] : [aptGet(['purge', '--', ...ours], { lockTimeout: args.lock_timeout }), ...(accounts.length === 0 ? [] : [removeAccounts(accounts)])];
  yield {
    action: 'delete',
    subject: `packages ${names.join(' ')}`,
    ...(ours.length === 0 ? {} : { from: [...ours, ...accounts.map((name) => `account ${name}`)] }),
    commands: [...purge, removeRecord(installationOf(names))],
    why: 'ctplay installed them, and nothing else on the host needs them',
  };
}

/** Whether the package lists are to be fetched before anything is looked up in them. */
export function cacheIsStale(args: Pick<PackageArgs, 'update_cache' | 'cache_valid_time'>, now: { readonly cache: Now['cache'] }): boolean {
  const cache = valueOf(now.cache);
  if (cache === undefined || (!args.update_cache && args.cache_valid_time === undefined)) return false;
  return cache.age === null || cache.age > (args.cache_valid_time ?? shortestAge);
}

/** Lists younger than this are never fetched again without being told so: else no task could see that its own fetching has worked. Seconds. */
const shortestAge = 60;

function needsInstall(args: PackageArgs, now: Now, name: string, version: string | undefined, state: PackageState | undefined): boolean {
  if (state === undefined || state.status !== 'installed') return !(args.only_upgrade && state === undefined);
  if (state.providedBy !== undefined) return false;
  if (version !== undefined) return !new RegExp(`^${version.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`).test(state.version);
  if (args.state !== 'latest' || (state.held && args.allow_change_held_packages !== true)) return false;
  const candidate = valueOf(now.candidates)?.[name];
  return candidate !== undefined && candidate !== state.version;
}

function isThere(state: PackageState | undefined, purge: boolean): boolean {
  if (state === undefined || state.providedBy !== undefined) return false;
  return state.status !== 'config-files' || purge;
}

function removing(args: PackageArgs, names: readonly string[], known: Readonly<Record<string, PackageState>>): Change {
  const options = [...(args.autoremove ? [sh`--auto-remove`] : []), ...(args.allow_change_held_packages === true ? [sh`--allow-change-held-packages`] : [])];
  return {
    action: 'delete',
    subject: `packages ${names.join(' ')}`,
    from: versionsOf(known, names),
    commands: [aptGet([...options, args.purge ? 'purge' : 'remove', '--', ...names], { lockTimeout: args.lock_timeout })],
  };
}

function installOptions(args: PackageArgs): Command[] {
  return [
    recommends(args.install_recommends),
    args.default_release === undefined ? nothing : sh`-t ${args.default_release}`,
    args.allow_downgrade ? sh`--allow-downgrades` : nothing,
    args.only_upgrade ? sh`--only-upgrade` : nothing,
    args.allow_unauthenticated === true ? sh`--allow-unauthenticated` : nothing,
    args.allow_change_held_packages === true ? sh`--allow-change-held-packages` : nothing,
    args.fail_on_autoremove === true ? sh`--no-remove` : nothing,
  ].filter((option) => option.text !== '');
}

function dpkgOptions(args: PackageArgs): readonly string[] {
  return args.dpkg_options.split(',').map((option) => option.trim()).filter((option) => option !== '');
}

function versionsOf(known: Readonly<Record<string, PackageState>>, names: readonly string[]): Record<string, string> | undefined {
  const entries = names.flatMap((text) => {
    const { name } = parseName(text);
    return known[name] === undefined ? [] : [[name, known[name].status === 'installed' ? known[name].version : known[name].status] as const];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** What is wrong with the names of packages. */
export function* nameProblems(names: readonly string[]) {
  for (const [index, text] of names.entries()) {
    if (/^[a-z0-9][a-z0-9+.-]*(:[a-z0-9-]+)?(=[A-Za-z0-9.+:~*-]+)?$/.test(text)) continue;
    yield { path: ['name', index], message: `'${text}' can't be the name of a package`, hint: 'Names have small letters, digits, plus, minus and dots; a version follows an equals sign.' };
  }
}

/** Throws PreconditionError when apt knows none of the names that are to be installed; used where apt's own words would be unclear. */
export function requireApt(now: Pick<Now, 'cache'>): void {
  if (now.cache.state === 'unavailable' && now.cache.reason === 'not-installed') {
    throw new PreconditionError('the host has no apt', { hint: 'Debian and its descendants are supported.' });
  }
}
