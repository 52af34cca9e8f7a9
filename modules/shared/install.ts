/** Software as a whole: its packages, its services running and enabled, and the way back to a host that never had it. */
import { Type } from 'typebox';
import { PreconditionError } from '../../src/errors.ts';
import type { Change, FactMap, Values } from '../../src/module.ts';
import { joinCommands, sh, type Command } from '../../src/shell.ts';
import { aptCache, installRecord, packages, removal, type PackageState, type Removal } from '../facts/package.ts';
import { valueOf } from '../facts/reading.ts';
import { services } from '../facts/service.ts';
import { unread } from '../facts/unread.ts';
import { aptGet, finishInterrupted, recommends, removeRecord, typedApt, updateCache, writeRecord } from './apt.ts';
import { accountsOf, removeAccounts } from './package-accounts.ts';
import { planService, revertService, serviceCommand } from './service.ts';
import { forceArgument } from './schema.ts';

/** What an install module installs. */
export interface Software {
  /** As people call it: `Docker`. */
  readonly title: string;
  /** Must run and be enabled, under every init system. */
  readonly services: readonly string[];
  /** Units that systemd starts with them and that must run, too. */
  readonly units?: readonly string[];
}

/** Arguments that the install modules share. */
export function installArguments(defaultPackages: readonly string[]) {
  return {
    state: Type.Enum(['present', 'absent'], { default: 'present', description: '`present` installs it and has it run, now and after a boot; `absent` removes what ctplay installed.' }),
    packages: Type.Array(Type.String({ minLength: 1 }), { default: [...defaultPackages], description: 'The packages by their names in the distribution.' }),
    install_recommends: Type.Boolean({ default: false, description: 'Also install what the packages recommend.' }),
    cache_valid_time: Type.Integer({ default: 3600, minimum: 0, description: 'Fetch the package lists again when they are older than this many seconds and something is to be installed.' }),
    lock_timeout: Type.Integer({ default: 300, minimum: 0, description: 'Seconds to wait for another apt or dpkg on the host.' }),
    force: forceArgument,
  };
}

export interface InstallArgs {
  readonly state: 'present' | 'absent';
  readonly packages: readonly string[];
  readonly install_recommends: boolean;
  readonly cache_valid_time: number;
  readonly lock_timeout: number;
  readonly force: boolean;
}

export type InstallFacts = ReturnType<typeof installFacts>;
export type InstallValues = Values<InstallFacts>;

/** `removing`: the way back is asked for, by the user or by reset. */
export function installFacts(software: Software, args: InstallArgs, removing: boolean) {
  return {
    packages: packages(args.packages),
    cache: aptCache(),
    services: services([...software.services, ...(software.units ?? [])]),
    removal: removing ? removal(software.title, args.packages) : unread<Removal>(),
    record: removing ? installRecord(software.title) : unread<readonly string[]>(),
  } satisfies FactMap;
}

/** Packages that are missing or half there, and services that don't run. */
export function* planInstall(software: Software, args: InstallArgs, now: InstallValues): Generator<Change> {
  const { packages: known, interrupted } = database(now.packages);
  const manager = valueOf(now.services)?.manager ?? 'systemd';
  const wanting = args.packages.filter((name) => known[name]?.status !== 'installed');
  if (wanting.length > 0) {
    yield {
      action: 'create',
      subject: `packages of ${software.title}`,
      from: statesOf(known, wanting),
      to: wanting,
      commands: [
        ...(interrupted ? finishInterrupted({ lockTimeout: args.lock_timeout }) : []),
        ...(isStale(now, args) ? [updateCache({ lockTimeout: args.lock_timeout })] : []),
        writeRecord(software.title, wanting),
        aptGet(['install', recommends(args.install_recommends), '--', ...wanting], { lockTimeout: args.lock_timeout }),
        ...software.services.flatMap((name) => startCommands(now, name)),
      ],
      typed: [
        ...(isStale(now, args) ? [sh`apt-get update`] : []),
        typedApt('install', wanting, [recommends(args.install_recommends)]),
        ...software.services.map((name) => (manager === 'systemd' ? sh`systemctl enable --now ${name}` : sh`service ${name} start`)),
      ],
      ...(interrupted ? { why: 'dpkg was interrupted and has to finish first' } : {}),
    };
    return;
  }
  yield* planServices(software, now);
}

/** Services of installed software that don't run or aren't enabled. */
function* planServices(software: Software, now: InstallValues): Generator<Change> {
  const read = valueOf(now.services);
  if (!read) throw new PreconditionError(`the services of ${software.title} can not be read`, { found: now.services.state === 'unavailable' ? now.services.detail : undefined });
  for (const name of [...software.services, ...(read.manager === 'systemd' ? (software.units ?? []) : [])]) {
    const unit = read.units[name];
    const isMain = software.services.includes(name);
    if (unit?.state === 'present') yield* planService(name, { state: 'started', ...(isMain ? { enabled: true, masked: false } : {}) }, read.manager, unit.value);
    else if (isMain) throw new PreconditionError(`the packages of ${software.title} are installed, but there is no service '${name}'`, { hint: 'Look at `packages`: the package that holds the service is missing.' });
  }
}

/** What removing does beside the packages. */
export interface Cleanup {
  /** What would be left behind, in words. */
  readonly leftovers: readonly string[];
  /** Runs while the services still run: what they themselves must take down. */
  readonly running?: readonly Command[];
  /** Runs once the services have stopped, while the tools are still there. */
  readonly before?: readonly Command[];
  /** Runs when the packages are gone. */
  readonly after?: readonly Command[];
}

/** Removes what ctplay's own record says it installed, with all that came along. Plans nothing without a record. */
export function* planRemoval(software: Software, args: InstallArgs, now: InstallValues, cleanup: Cleanup): Generator<Change> {
  const ours = oursToRemove(args.packages, now.removal, now.record);
  if (ours === undefined) return;
  const after = [...(cleanup.after ?? []), removeRecord(software.title)];
  if (ours.length === 0) {
    yield { action: 'delete', subject: `traces of ${software.title}`, ...(cleanup.leftovers.length === 0 ? {} : { from: cleanup.leftovers }), commands: [...(cleanup.before ?? []), ...after] };
    return;
  }
  const accounts = accountsOf(valueOf(now.removal), ours);
  const purge = [aptGet(['purge', '--', ...ours], { lockTimeout: args.lock_timeout }), ...(accounts.length === 0 ? [] : [removeAccounts(accounts)])];
  yield {
    action: 'delete',
    subject: `packages of ${software.title}`,
    from: [...ours, ...accounts.map((name) => `account ${name}`), ...cleanup.leftovers],
    commands: [...(cleanup.running ?? []), ...stopCommands(software, now), ...(cleanup.before ?? []), ...purge, ...after],
    why: 'ctplay installed them, and nothing else on the host needs them',
  };
}

/**
 * Of what apt would remove with these packages, that which came with them by ctplay's own record. Undefined: ctplay did not install
 * them, or a person has installed something since that builds on them, so that they are no longer ours to remove.
 */
export function oursToRemove(names: readonly string[], removable: InstallValues['removal'], record: InstallValues['record']): readonly string[] | undefined {
  const before = valueOf(record);
  if (before === undefined) return undefined;
  const { packages: going, manual } = valueOf(removable) ?? { packages: [], manual: [] };
  const ours = going.filter((name) => !before.includes(name.replace(/:.*/, '')));
  return manual.some((name) => ours.includes(name) && !names.includes(name)) ? undefined : ours;
}

/** `state: absent`, as the user asks for it. Throws PreconditionError where somebody else installed it, unless forced. */
export function* planAbsent(software: Software, args: InstallArgs, now: InstallValues, cleanup: Cleanup): Generator<Change> {
  const { packages: known } = database(now.packages);
  const there = args.packages.filter((name) => known[name] !== undefined && known[name].providedBy === undefined);
  if (now.record.state === 'present') yield* planRemoval(software, args, now, cleanup);
  else if (there.length > 0 && !args.force) {
    throw new PreconditionError(`${software.title} was not installed by ctplay, so it is not removed`, { found: there.join(', '), hint: 'Add `force: true` to the task to remove it all the same.' });
  } else if (there.length > 0) {
    yield {
      action: 'delete',
      subject: `packages of ${software.title}`,
      from: there,
      commands: [...stopCommands(software, now), aptGet(['purge', '--', ...there], { lockTimeout: args.lock_timeout })],
    };
  }
}

/** The way back: packages that ctplay installed, or the services' old state where the packages had been there. */
export function* revertInstall(software: Software, args: InstallArgs, now: InstallValues, before: InstallValues, cleanup: Cleanup): Generator<Change> {
  for (const name of software.services) yield* revertService(name, { state: 'started', enabled: true, masked: false }, now.services, before.services);
  yield* planRemoval(software, args, now, cleanup);
}

/** What dpkg says. Throws PreconditionError on a host without dpkg. */
export function database(reading: InstallValues['packages']) {
  const value = valueOf(reading);
  if (value) return value;
  throw new PreconditionError('the host has no dpkg, so its packages can not be managed', {
    found: reading.state === 'unavailable' ? reading.detail : undefined,
    hint: 'Debian and its descendants are supported.',
  });
}

function isStale(now: InstallValues, args: InstallArgs): boolean {
  const age = valueOf(now.cache)?.age ?? null;
  return age === null || age > args.cache_valid_time;
}

function statesOf(known: Readonly<Record<string, PackageState>>, names: readonly string[]): Record<string, string> | undefined {
  const entries = names.flatMap((name) => (known[name] === undefined ? [] : [[name, known[name].status] as const]));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** An installation need not start anything (policy-rc.d), and what it starts under sysvinit need not be ready. */
function startCommands(now: InstallValues, name: string): Command[] {
  const manager = valueOf(now.services)?.manager ?? 'systemd';
  if (manager === 'systemd') return [sh`systemctl --quiet enable --now -- ${name}`];
  return [serviceCommand(manager, 'enable', name), sh`service ${name} status >/dev/null 2>&1 || ${serviceCommand(manager, 'start', name)}`];
}

function stopCommands(software: Software, now: InstallValues): Command[] {
  const read = valueOf(now.services);
  if (!read) return [];
  const active = [...software.services, ...(software.units ?? [])].filter((name) => {
    const unit = read.units[name];
    return unit?.state === 'present' && unit.value.active;
  });
  if (active.length === 0) return [];
  return [read.manager === 'systemd' ? sh`systemctl stop -- ${active}` : joinCommands(active.map((name) => serviceCommand('sysv', 'stop', name)), ' && ')];
}
