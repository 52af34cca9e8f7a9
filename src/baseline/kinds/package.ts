import { aptGet, finishInterrupted, typedApt, updateCache } from '../../../modules/shared/apt.ts';
import { sh, type Command } from '../../shell.ts';
import { defineKind, type Remainder, type Restoration } from '../kind.ts';
import { clauses, sortOut } from './differing.ts';
import { installedPackages, type InstalledPackage } from './package-read.ts';

const options = { lockTimeout: 120 };

/** What somebody may be logged in by. */
const lifelines = ['openssh-server', 'dropbear', 'dropbear-bin', 'tinysshd'];

/** Debian packages. */
export const packageKind = defineKind<InstalledPackage, { packages: typeof installedPackages }>({
  name: 'package',
  summary: 'Installed Debian packages: their versions, whether somebody asked for them, whether they are held',
  facts: { packages: installedPackages },
  items: ({ packages }) => packages,
  subject: ({ key }) => `package ${key}`,
  words: (difference) =>
    difference.before === undefined
      ? ['was installed']
      : clauses(difference, (before, now) => [
          ...(before.version === now.version ? [] : [`has version ${now.version}, not ${before.version}`]),
          ...(before.partial === now.partial ? [] : [now.partial ? 'is half installed' : 'is wholly installed']),
          ...(before.manual === now.manual ? [] : [now.manual ? 'counts as asked for' : 'counts as come along']),
          ...(before.held === now.held ? [] : [now.held ? 'is held' : 'is no longer held']),
        ]),
  ledgerSubjects: (key) => [`packages ${key}`],
  *restore(differences, context) {
    const { added, gone, changed } = sortOut(differences);
    const interrupted = [...added, ...changed].some(({ now }) => now.partial);
    if (interrupted) {
      yield { stage: 'packages', keys: [], change: { action: 'run', subject: 'an interrupted dpkg', commands: finishInterrupted(options), why: 'it has to finish before anything else is installed' } };
    }
    const wanted = [...gone, ...changed.filter(({ before, now }) => before.version !== now.version || (now.partial && !before.partial))];
    if (wanted.length > 0) yield installation(wanted);
    const marks = changed.filter(({ before, now }) => before.version === now.version && (before.manual !== now.manual || before.held !== now.held));
    if (marks.length > 0) yield marking(marks);
    yield* purges(added.map(({ key }) => key), context.management.services.length > 0);
  },
});

function* purges(names: readonly string[], isByServer: boolean): Generator<Restoration | Remainder> {
  const kept = isByServer ? names.filter((name) => lifelines.includes(name)) : [];
  for (const key of kept) yield { key, why: 'a login may depend on it' };
  const purged = names.filter((name) => !kept.includes(name));
  if (purged.length === 0) return;
  yield {
    stage: 'packages',
    keys: purged,
    change: { action: 'delete', subject: `packages ${purged.join(' ')}`, from: purged, commands: [purge(purged)], typed: [typedApt('purge', purged)] },
  };
}

interface Wanted {
  readonly key: string;
  readonly before: InstalledPackage;
}

function installation(wanted: readonly Wanted[]): Restoration {
  const names = wanted.map(({ key, before }) => `${key}=${before.version}`);
  return {
    stage: 'packages',
    keys: wanted.map(({ key }) => key),
    change: {
      action: 'create',
      subject: `packages ${wanted.map(({ key }) => key).join(' ')}`,
      to: names,
      commands: [install(names), ...marks(wanted)],
      typed: [typedApt('install', names, [sh`--allow-downgrades`])],
    },
  };
}

/** Installs those of these `NAME=VERSION` that are to be had, with fresh package lists where the old ones don't do, and fails when some were not. */
function install(wanted: readonly string[]): Command {
  const names = wanted.map((one) => one.slice(0, one.indexOf('=')));
  return sh`attempt() (
have=$(LC_ALL=C apt-cache madison -- ${names} | awk '{ print $1 "=" $3 }'); missing=; set --
for w in ${wanted}; do n=\${w%%=*}; if printf '%s\\n' "$have" | grep -qxF -- "\${n%%:*}=\${w#*=}"; then set -- "$@" "$w"; else missing="$missing $w"; fi; done
[ "$#" = 0 ] || ${aptGet(['install', '--purge', '--no-install-recommends', '--allow-downgrades', '--allow-change-held-packages', '--', sh`"$@"`], options)} || exit
[ -z "$missing" ] || { echo "not to be had from the host's package sources:$missing" >&2; exit 1; }
)
attempt 2>/dev/null || { ${updateCache(options)}; attempt; }`;
}

/**
 * Purges packages without taking others along: where something else needs some of them, only those go that apt would remove as
 * not needed, and the command fails with the names of the rest.
 */
function purge(names: readonly string[]): Command {
  const removed = sh`sed -n 's/^\\(Purg\\|Remv\\) \\([^ ]*\\).*/\\2/p'`;
  const strict = sh`-o APT::AutoRemove::RecommendsImportant=0 -o APT::AutoRemove::SuggestsImportant=0`;
  return sh`names=$(dpkg-query -W -f '\${db:Status-Abbrev}\\t\${binary:Package}\\n' -- ${names} 2>/dev/null | sed -n '/^.n/!{s/^[^\\t]*\\t//;s/:'"$(dpkg --print-architecture)"'$//;p}')
[ -n "$names" ] || exit 0
left=; if LC_ALL=C apt-get -s purge -- $names 2>/dev/null | ${removed} | grep -qvxF -- "$names"; then
  apt-mark -qq auto $names; loose=$(LC_ALL=C apt-get -s ${strict} autoremove --purge | ${removed} | grep -xF -- "$names")
  left=$(printf '%s\\n' $names | grep -vxF -- "$loose" | tr '\\n' ' '); names=$loose
fi
[ -z "$names" ] || ${aptGet([sh`--allow-change-held-packages`, 'purge', '--', sh`$names`], options)} || exit
[ -z "$left" ] || { echo "other packages need $left" >&2; exit 1; }`;
}

function marking(changed: readonly (Wanted & { readonly now: InstalledPackage })[]): Restoration {
  const shown = (side: 'before' | 'now') => Object.fromEntries(changed.map((one) => [one.key, { manual: one[side].manual, held: one[side].held }]));
  return {
    stage: 'packages',
    keys: changed.map(({ key }) => key),
    change: { action: 'update', subject: `marks of packages ${changed.map(({ key }) => key).join(' ')}`, from: shown('now'), to: shown('before'), commands: marks(changed) },
  };
}

function marks(wanted: readonly Wanted[]): Command[] {
  const of = (test: (one: InstalledPackage) => boolean) => wanted.filter(({ before }) => test(before)).map(({ key }) => key);
  const lists = { auto: of((one) => !one.manual), manual: of((one) => one.manual), hold: of((one) => one.held), unhold: of((one) => !one.held) };
  // What could not be installed can't be marked.
  return Object.entries(lists).flatMap(([verb, names]) => (names.length === 0 ? [] : [sh`apt-mark ${verb} -- ${names} >/dev/null 2>&1 || :`]));
}
