import { Type } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule, type Change, type Values } from '../src/module.ts';
import { debFile, simulated, type DebFile } from './facts/apt-upgrade.ts';
import { packages, type Packages } from './facts/package.ts';
import { valueOf } from './facts/reading.ts';
import { unread } from './facts/unread.ts';
import { aptGet, finishInterrupted, updateCache, writeRecord } from './shared/apt.ts';
import { cacheIsStale, installationOf, nameProblems, packageFacts, planPackages, requireApt, revertPackages, type PackageArgs } from './shared/packages.ts';
import { pathWord } from './shared/path.ts';

type Args = Omit<PackageArgs, 'state'> & { readonly state: PackageArgs['state'] | 'fixed' | 'build-dep'; readonly clean: boolean; readonly deb?: string; readonly upgrade: 'no' | 'yes' | 'safe' | 'full' | 'dist' };
type Now = Values<ReturnType<typeof factsOf>>;

const upgradeVerbs = { yes: ['upgrade'], safe: ['upgrade', '--with-new-pkgs'], full: ['dist-upgrade'], dist: ['dist-upgrade'] } as const;

/** Packages of Debian and its descendants. */
export default defineModule({
  summary: 'Install, upgrade and remove packages with apt',
  description: `Waits for another apt or dpkg on the host, lets an interrupted dpkg finish, asks no questions, and keeps configuration files that were edited.

Package lists are fetched only when something needs them: with \`update_cache\` and a \`name\` whose packages are all there, nothing is done.

Reset removes what the installation brought, dependencies included, and installs again what was removed. Upgrades stay.`,
  args: Type.Object({
    name: Type.Array(Type.String({ minLength: 1 }), { default: [], aliases: ['package', 'pkg'], description: 'Packages, with a version if wanted: `iperf3`, `docker.io=20.10*`.' }),
    state: Type.Enum(['present', 'absent', 'latest', 'fixed', 'build-dep'], { default: 'present', description: '`latest` upgrades packages that are there. `fixed` is `present`, with broken dependencies mended before. `build-dep` installs what building the packages needs.' }),
    update_cache: Type.Boolean({ default: false, aliases: ['update-cache'], description: 'Fetch the package lists first, if they are older than `cache_valid_time`.' }),
    cache_valid_time: Type.Optional(Type.Integer({ minimum: 0, description: 'Seconds. Says `update_cache`, too. Left out, lists younger than a minute are not fetched again.' })),
    deb: Type.Optional(Type.String({ minLength: 1, description: 'A .deb file of the host to install, with what it depends on.' })),
    upgrade: Type.Enum(['no', 'yes', 'safe', 'full', 'dist'], { default: 'no', description: 'Upgrade everything: `yes` and `safe` remove nothing, `full` and `dist` remove what is in the way.' }),
    purge: Type.Boolean({ default: false, description: 'Remove configuration files, too.' }),
    autoremove: Type.Boolean({ default: false, description: 'Remove what nothing needs any more. Alone, that is all the task does.' }),
    install_recommends: Type.Optional(Type.Boolean({ aliases: ['install-recommends'], description: "Install what packages recommend; the host's own setting when left out." })),
    default_release: Type.Optional(Type.String({ aliases: ['default-release'], description: 'The release to take packages from: `bookworm-backports`.' })),
    allow_downgrade: Type.Boolean({ default: false, aliases: ['allow-downgrade', 'allow_downgrades', 'allow-downgrades'], description: 'Install a version that is older than the one that is there.' }),
    only_upgrade: Type.Boolean({ default: false, description: 'Install no package that is not there.' }),
    dpkg_options: Type.String({ default: 'force-confdef,force-confold', description: 'Options of dpkg, with commas between them.' }),
    allow_unauthenticated: Type.Boolean({ default: false, aliases: ['allow-unauthenticated'], description: 'Install packages whose signature can not be checked.' }),
    allow_change_held_packages: Type.Boolean({ default: false, description: 'Change packages that are on hold, too.' }),
    fail_on_autoremove: Type.Boolean({ default: false, description: 'Fail when an installation would remove packages.' }),
    clean: Type.Boolean({ default: false, description: 'Delete the package files that apt keeps, at every run.' }),
    force_apt_get: Type.Boolean({ default: false, description: 'As in Ansible; apt-get is always used.' }),
    update_cache_retries: Type.Integer({ default: 5, description: 'As in Ansible; apt tries again by itself.' }),
    update_cache_retry_max_delay: Type.Integer({ default: 12, description: 'As in Ansible; apt tries again by itself.' }),
    lock_timeout: Type.Integer({ default: 60, minimum: 0, description: 'Seconds to wait for another apt or dpkg on the host.' }),
  }),
  refuses: {
    force: 'Say what is meant: `allow_unauthenticated`, `allow_downgrade`, `allow_change_held_packages`.',
    autoclean: 'Use `clean: true`, or `command: apt-get autoclean`.',
    policy_rc_d: 'Mask the service with `systemd` before, or stop it after.',
  },
  returnValues: { packages: 'name → `version`, `status` (installed, config-files, …) and `held` of the packages named', cache_updated: 'whether the package lists were fetched', cache_update_time: 'when they were fetched, in seconds since the epoch', stdout: 'what apt printed', stderr: 'what apt printed to standard error' },
  examples: `- name: tools
  apt:
    name: [tcpdump, iperf3]
    update_cache: true
    cache_valid_time: 3600

- name: no mail server
  apt:
    name: exim4-base
    state: absent
    purge: true
    autoremove: true
`,
  *validate(args) {
    yield* nameProblems(args.name);
    if (args.name.length === 0 && !args.update_cache && args.cache_valid_time === undefined && args.deb === undefined && args.upgrade === 'no' && !args.autoremove && !args.clean && args.state !== 'fixed') {
      yield { path: [], message: 'the task says nothing to do', hint: 'Give a `name`, `deb`, `upgrade`, `update_cache` or `autoremove`.' };
    }
    if (args.deb !== undefined && /^https?:/.test(args.deb)) yield { path: ['deb'], message: '`deb` is a file of the host, not an address', hint: 'Fetch it with `get_url` first.' };
  },
  subject: (args) => (args.deb !== undefined ? `package ${args.deb}` : args.name.length > 0 ? `packages ${[...args.name].sort().join(' ')}` : 'packages'),
  facts: (args) => factsOf(args, false),
  *plan(args, now) {
    requireApt(now);
    if (args.clean) yield { action: 'run', subject: 'kept package files', commands: [aptGet(['clean'], { lockTimeout: args.lock_timeout })], touches: [] };
    if (args.state === 'fixed') yield* planMending(args, now);
    if (args.state === 'build-dep') yield* planBuildDependencies(args, now);
    else yield* planPackages(plain(args), now);
    if (args.deb !== undefined) yield* planDeb(args, now);
    if (args.upgrade !== 'no') yield* planUpgrade(args, upgradeVerbs[args.upgrade], now);
    const isAlone = args.name.length === 0 && args.deb === undefined && args.upgrade === 'no';
    if (isAlone && cacheIsStale(args, now)) {
      const age = valueOf(now.cache)?.age ?? null;
      yield { action: 'update', subject: 'package lists', from: age === null ? 'none' : `${age} s old`, to: 'fetched', commands: [updateCache({ lockTimeout: args.lock_timeout })], touches: ['apt-cache'] };
    }
    const orphans = valueOf(now.orphans) ?? [];
    if (isAlone && args.autoremove && orphans.length > 0) {
      yield { action: 'delete', subject: 'packages that nothing needs', from: orphans, commands: [aptGet([args.purge ? 'purge' : 'remove', '--', ...orphans], { lockTimeout: args.lock_timeout })] };
    }
  },
  revertFacts: (args) => factsOf(withDeb(args), true),
  *revert(args, now, before) {
    yield* revertPackages(plain(withDeb(args)), now, before);
  },
  returns: (_args, { before, now, results }) => ({
    stdout: results.map(({ stdout }) => stdout).join(''),
    stderr: results.map(({ stderr }) => stderr).join(''),
    cache_update_time: valueOf(now.cache)?.updated ?? 0,
    cache_updated: (valueOf(now.cache)?.age ?? Infinity) < (valueOf(before.cache)?.age ?? Infinity),
    packages: valueOf(now.packages)?.packages ?? {},
  }),
});

/** The same for what knows packages by name alone. */
function plain({ state, ...args }: Args): PackageArgs {
  return { ...args, state: state === 'fixed' ? 'present' : state === 'build-dep' ? 'latest' : state, ...(state === 'build-dep' ? { name: [] } : {}) };
}

function factsOf(args: Args, reverting: boolean) {
  return {
    ...packageFacts(plain(args), reverting),
    mending: args.state === 'fixed' && !reverting ? simulated(['--fix-broken', 'install']) : unread<readonly string[]>(),
    buildDependencies: args.state === 'build-dep' && !reverting ? simulated(['build-dep', ...args.name]) : unread<readonly string[]>(),
    deb: args.deb === undefined ? unread<DebFile>() : debFile(args.deb),
    installed: args.deb === undefined ? unread<Packages>() : packages(debNames(args.deb)),
    upgrades: args.upgrade === 'no' || reverting ? unread<readonly string[]>() : simulated(upgradeVerbs[args.upgrade]),
    orphans: args.autoremove && !reverting ? simulated(['autoremove']) : unread<readonly string[]>(),
  };
}

/** A .deb file's name starts with the package's (`NAME_VERSION_ARCHITECTURE.deb`); the file itself is asked for the version. */
function debNames(path: string): string[] {
  return [path.replace(/^.*\//, '').replace(/_.*$|\.deb$/, '')];
}

function withDeb(args: Args): Args {
  return args.deb === undefined ? args : { ...args, name: [...args.name, ...debNames(args.deb)] };
}

function* planDeb(args: Args, now: Now): Generator<Change> {
  const file = valueOf(now.deb);
  if (file === undefined) {
    throw new PreconditionError(`there is no package file ${args.deb} on the host`, { found: now.deb.state === 'unavailable' ? now.deb.detail : undefined, hint: 'Bring it there first, with `copy` or `get_url`.' });
  }
  const installed = valueOf(now.installed)?.packages[file.package];
  if (installed?.status === 'installed' && installed.version === file.version) return;
  yield {
    action: installed === undefined ? 'create' : 'update',
    subject: `package ${file.package}`,
    ...(installed === undefined ? {} : { from: installed.version }),
    to: file.version,
    commands: [...(installed === undefined ? [writeRecord(installationOf(withDeb(args).name), [file.package])] : []), aptGet(['install', ...(args.allow_downgrade ? ['--allow-downgrades'] : []), pathWord(args.deb!.includes('/') ? args.deb! : `./${args.deb!}`)], { lockTimeout: args.lock_timeout })],
  };
}

function* planMending(args: Args, now: Now): Generator<Change> {
  const broken = valueOf(now.mending) ?? [];
  if (broken.length === 0 && valueOf(now.packages)?.interrupted !== true) return;
  yield { action: 'update', subject: 'broken dependencies', ...(broken.length === 0 ? {} : { from: broken }), commands: finishInterrupted({ lockTimeout: args.lock_timeout }) };
}

function* planBuildDependencies(args: Args, now: Now): Generator<Change> {
  if (now.buildDependencies.state === 'unavailable') throw new PreconditionError(`apt knows no sources of ${args.name.join(', ')}`, { found: now.buildDependencies.detail, hint: 'Add a `deb-src` line with `apt_repository`.' });
  const missing = valueOf(now.buildDependencies) ?? [];
  if (missing.length > 0) yield { action: 'create', subject: `what building ${args.name.join(' ')} needs`, to: missing, commands: [aptGet(['build-dep', '--', ...args.name], { lockTimeout: args.lock_timeout })] };
}

function* planUpgrade(args: Args, verb: readonly string[], now: Now): Generator<Change> {
  const upgrades = valueOf(now.upgrades) ?? [];
  const isStale = cacheIsStale(args, now);
  if (upgrades.length === 0 && !isStale) return;
  yield {
    action: isStale ? 'run' : 'update',
    subject: 'all packages',
    to: isStale ? 'the newest' : upgrades,
    commands: [...(isStale ? [updateCache({ lockTimeout: args.lock_timeout })] : []), aptGet([...verb, ...(args.autoremove ? ['--auto-remove'] : [])], { lockTimeout: args.lock_timeout })],
  };
}
