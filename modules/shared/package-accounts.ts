/**
 * The users and groups that packages make when they are installed. Debian's packages leave them behind when they are purged, so that no files
 * fall to whoever gets the number next (Debian Policy 9.2.2); a host that never had the package has none of them.
 */
import { sh, type Command } from '../../src/shell.ts';
import type { Removal } from '../facts/package.ts';

/** Writes, the first time, which accounts there are. Runs in the record's folder. */
export const recordAccounts: Command = sh`{ [ -e .accounts ] || { cut -d: -f1 /etc/passwd /etc/group | sort -u >.part && mv .part .accounts; }; }`;

/**
 * Prints `Account NAME PACKAGE…` for each account of the system (its number below 1000, login.defs(5)) that came since, with the packages whose
 * scripts or sysusers.d(5) name it. Runs in the record's folder.
 */
export const listNewAccounts: Command = sh`[ ! -e .accounts ] || cat /etc/passwd /etc/group | while IFS=: read -r a x i x; do [ "$i" -lt 1 ] || [ "$i" -gt 999 ] || echo "$a"; done | sort -u | grep -Fvxf .accounts | while read -r a; do
set -- $(grep -lswe "$a" /usr/lib/sysusers.d/*.conf)
echo Account "$a" $(cd /var/lib/dpkg/info && grep -lswe "$a" *.preinst *.postinst *.config | sed 's/\\.[a-z]*$//; s/:.*//') $([ $# = 0 ] || dpkg -S "$@" 2>/dev/null | sed 's/: .*//; s/,//g')
done`;

/** The answer of `listNewAccounts`, by account. */
export function parseAccounts(lines: readonly string[]): Record<string, string[]> {
  return Object.fromEntries(lines.filter((line) => line.startsWith('Account ')).map((line) => [line.split(' ')[1]!, line.split(' ').slice(2)]));
}

/** The accounts that nothing but these packages asked for. */
export function accountsOf(removable: Removal | undefined, packages: readonly string[]): string[] {
  const going = new Set(packages.map((name) => name.replace(/:.*/, '')));
  return Object.entries(removable?.accounts ?? {}).flatMap(([account, wanted]) => (wanted.length > 0 && wanted.every((name) => going.has(name)) ? [account] : []));
}

/** Removes accounts, but none that something still runs as or that owns a file where daemons keep theirs. */
export function removeAccounts(names: readonly string[]): Command {
  return sh`for a in ${names}; do
! getent passwd "$a" >/dev/null || [ -n "$(find /etc /var /run -xdev -user "$a" -print -quit)" ] || userdel -- "$a" || :
! getent group "$a" >/dev/null || [ -n "$(find /etc /var /run -xdev -group "$a" -print -quit)" ] || groupdel -- "$a" || :
done 2>/dev/null`;
}
