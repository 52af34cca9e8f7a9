/** The commands of apt-get(8) and dpkg(1), as ctplay runs them: no questions, no overwritten configuration, a bounded wait for locks. */
import { createHash } from 'node:crypto';
import { joinCommands, nothing, sh, type Command } from '../../src/shell.ts';
import { recordAccounts } from './package-accounts.ts';

/**
 * Where it is written what an installation brought: a folder per installation, in it an empty file per package that ctplay installed,
 * in `.before` the names of all packages that were there when it first did, and in `.accounts` those of all users and groups.
 */
export function recordFolder(installation: string): string {
  const name = installation.replace(/[^A-Za-z0-9.+-]+/g, '_');
  return `/var/lib/ctplay/packages/${name.length <= 100 ? name : `${name.slice(0, 80)}-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`}`;
}

export interface AptOptions {
  /** Seconds to wait for another apt or dpkg. */
  readonly lockTimeout: number;
}

const front = sh`DEBIAN_FRONTEND=noninteractive LC_ALL=C`;
const conffiles = ['force-confdef', 'force-confold'];

/** `apt-get` with the options that every change needs. */
export function aptGet(words: readonly (string | Command)[], { lockTimeout }: AptOptions, dpkgOptions: readonly string[] = conffiles): Command {
  const forced = dpkgOptions.map((option) => sh`-o Dpkg::Options::=${`--${option}`}`);
  return sh`${front} apt-get -qq -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=${lockTimeout} ${joinCommands(forced, ' ')} ${words} </dev/null`;
}

/** What a person would type to install or purge packages. */
export function typedApt(verb: 'install' | 'purge', names: readonly string[], options: readonly Command[] = []): Command {
  return joinCommands([sh`apt-get ${verb} -y`, ...options, sh`${names}`], ' ');
}

/** Fetches the package lists; a list that can't be fetched is a failure. Afterwards their age is 0, also when nothing was new. */
export function updateCache(options: AptOptions): Command {
  return sh`${waitingForLock(sh`LC_ALL=C apt-get -qq -o APT::Update::Error-Mode=any update`, options)}; touch /var/lib/apt/lists`;
}

/** Lets an interrupted dpkg finish, and apt fetch what is missing to that end. */
export function finishInterrupted(options: AptOptions): readonly Command[] {
  return [
    waitingForLock(sh`${front} dpkg --configure -a --force-confdef --force-confold </dev/null`, options, true),
    aptGet(['--fix-broken', 'install'], options),
  ];
}

/** Writes that ctplay is about to install these packages, and, the first time, which packages there are. */
export function writeRecord(installation: string, names: readonly string[]): Command {
  return sh`mkdir -p ${recordFolder(installation)} && cd ${recordFolder(installation)} && { [ -e .before ] || { dpkg-query -W -f '\${db:Status-Abbrev}\\t\${Package}\\n' | sed -n 's/^.i.\\t//p' >.part && mv .part .before; }; } && ${recordAccounts} && touch -- ${names}`;
}

export function removeRecord(installation: string): Command {
  return sh`rm -rf ${recordFolder(installation)}; rmdir /var/lib/ctplay/packages 2>/dev/null || :`;
}

// apt-get update and dpkg know no waiting themselves (DPkg::Lock::Timeout is for apt-get install alone).
function waitingForLock(command: Command, { lockTimeout }: AptOptions, failureIsFine = false): Command {
  const giveUp = failureIsFine ? sh`break` : sh`exit 100`;
  return sh`t=0; until out=$(${command} 2>&1); do
  case $out in *[Cc]'ould not get lock'*|*'locked by another process'*) [ "$t" -ge ${lockTimeout} ] || { t=$((t + 1)); sleep 1; continue; } ;; esac
  printf '%s\\n' "$out" >&2; ${giveUp}
done`;
}

/** `--no-install-recommends` unless wanted; apt's own setting where it isn't said. */
export function recommends(wanted: boolean | undefined): Command {
  return wanted === undefined ? nothing : wanted ? sh`--install-recommends` : sh`--no-install-recommends`;
}
