/** What dpkg and apt know: dpkg-query(1), the package lists' age, what apt-get would remove. */
import type { Fact, Reading, ReadResult } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';
import { recordFolder } from '../shared/apt.ts';
import { listNewAccounts, parseAccounts } from '../shared/package-accounts.ts';
import { absent, present, unavailable } from './reading.ts';

export interface PackageState {
  readonly version: string;
  /** `partial` is unpacked or half configured: the trace of an interrupted dpkg. `config-files` is removed, but not purged. */
  readonly status: 'installed' | 'partial' | 'config-files';
  readonly held: boolean;
  /** The installed package that provides this name, where it is a virtual one. */
  readonly providedBy?: string;
}

export interface Packages {
  /** Those asked for that dpkg knows. */
  readonly packages: Readonly<Record<string, PackageState>>;
  /** dpkg was interrupted and must be let finish before it installs anything. */
  readonly interrupted: boolean;
}

const format = '${db:Status-Abbrev}\\t${Package}\\t${Architecture}\\t${Version}\\t${Provides}\\n';

/** The packages of these names (`NAME`, `NAME:ARCHITECTURE`). All tasks share one reading of dpkg's database. */
export function packages(names: readonly string[]): Fact<Reading<Packages>> {
  return {
    kind: 'package',
    key: names.join(' '),
    read: sh`LC_ALL=C dpkg-query -W -f ${format} || exit; for f in /var/lib/dpkg/updates/[0-9]*; do [ ! -e "$f" ] || echo interrupted; done`,
    domains: ['package'],
    parse: (result) => (result.status === 0 ? present(parsePackages(names, result.stdout)) : unavailable(result)),
  };
}

function parsePackages(names: readonly string[], text: string): Packages {
  const found: Record<string, PackageState> = {};
  let interrupted = false;
  for (const line of text.split('\n')) {
    const [status, name, architecture, version, provides] = line.split('\t');
    if (status === 'interrupted') interrupted = true;
    if (name === undefined || architecture === undefined) continue;
    const state = stateOf(status!);
    interrupted ||= state === 'partial';
    if (state === undefined) continue;
    const value: PackageState = { version: version!, status: state, held: status!.startsWith('h') };
    for (const wanted of names) {
      if (wanted === name || wanted === `${name}:${architecture}`) found[wanted] = value;
      else if (state === 'installed' && providedNames(provides!).includes(wanted)) found[wanted] ??= { ...value, providedBy: name };
    }
  }
  return { packages: found, interrupted };
}

/** The second letter of dpkg-query's status abbreviation (dpkg-query(1), db:Status-Abbrev). */
function stateOf(abbreviation: string): PackageState['status'] | undefined {
  const letter = abbreviation[1];
  if (letter === 'i') return 'installed';
  if (letter === 'c') return 'config-files';
  return letter === 'n' ? undefined : 'partial';
}

function providedNames(provides: string): string[] {
  return provides.split(',').map((one) => one.trim().replace(/ .*/, ''));
}

export interface AptCache {
  /** Seconds since the package lists were fetched; null when there are none. */
  readonly age: number | null;
  /** When that was, in seconds since the epoch by the host's clock. */
  readonly updated?: number;
}

/** How old the package lists are. */
export function aptCache(): Fact<Reading<AptCache>> {
  return {
    kind: 'apt-cache',
    key: '',
    read: sh`command -v apt-get >/dev/null || exit 127; set -- /var/lib/apt/lists/*Release; [ -e "$1" ] || exit 0; date +%s; stat -c %Y /var/lib/apt/lists /var/lib/apt/periodic/update-success-stamp 2>/dev/null; :`,
    domains: ['apt-cache'],
    parse: (result) => {
      if (result.status !== 0) return unavailable(result);
      const [now, ...times] = result.stdout.split('\n').filter((line) => line !== '').map(Number);
      if (now === undefined || times.length === 0) return present({ age: null });
      const updated = Math.max(...times);
      return present({ age: Math.max(0, now - updated), updated });
    },
  };
}

/** The newest version that apt would install of each package; a name that apt doesn't know is missing. */
export function candidates(names: readonly string[]): Fact<Reading<Readonly<Record<string, string>>>> {
  return {
    kind: 'package-candidate',
    key: names.join(' '),
    read: sh`LC_ALL=C apt-cache policy -- ${names}`,
    domains: ['apt-cache', 'package'],
    parse: (result) => (result.status === 0 ? present(parseCandidates(result.stdout)) : unavailable(result)),
  };
}

function parseCandidates(text: string): Record<string, string> {
  const versions: Record<string, string> = {};
  let name: string | undefined;
  for (const line of text.split('\n')) {
    name = /^(\S+):$/.exec(line)?.[1] ?? name;
    const candidate = /^ {2}Candidate: (?!\(none\))(\S+)$/.exec(line)?.[1];
    if (name !== undefined && candidate !== undefined) versions[name] = candidate;
  }
  return versions;
}

export interface Removal {
  /** What would be purged: these packages as far as they are installed, and what is there for their sake alone. */
  readonly packages: readonly string[];
  /** Those of them that a person asked for by name. */
  readonly manual: readonly string[];
  /** Users and groups of the system that came since the installation, and the packages that may have made each. */
  readonly accounts: Readonly<Record<string, readonly string[]>>;
}

// What is installed says enough for a removal: reading the lists of all there is to install takes apt most of a second, and more after each
// change. Its cache must not be replaced by one without them. Only in the lists is it told that a package is no longer 'required', which apt
// never removes by itself; what was there before the installation stays anyway.
const withoutLists = sh`-o Dir::State::lists=/nonexistent -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Dir::State::status="$t"`;

/** What apt would purge with those of these packages that ctplay installed. Suggestions don't keep a package, or those that came along would stay. */
export function removal(installation: string, names: readonly string[]): Fact<Reading<Removal>> {
  return {
    kind: 'package-removal',
    key: installation,
    read: sh`cd ${recordFolder(installation)} 2>/dev/null || exit 3; set --; for p in ${names}; do [ ! -e "$p" ] || set -- "$@" "$p"; done
p=$(dpkg-query -W -f '\${db:Status-Abbrev}\\t\${Package}\\n' -- "$@" 2>/dev/null | sed -n 's/^[a-z][a-mo-zA-Z].\\t//p')
t=$(mktemp) && sed 's/^Priority: required/Priority: optional/' /var/lib/dpkg/status >"$t" && LC_ALL=C apt-get -s ${withoutLists} -o APT::AutoRemove::RecommendsImportant=0 -o APT::AutoRemove::SuggestsImportant=0 --purge --auto-remove remove -- $p; s=$?
rm -f "$t"; [ $s = 0 ] || exit $s
awk '/^Package:/ { p = $2 } /^Auto-Installed: 1/ { print "Auto", p }' /var/lib/apt/extended_states
${listNewAccounts}; :`,
    domains: ['package'],
    parse: (result) => {
      if (result.status === 3) return absent;
      return result.status === 0 ? present(parseRemoval(result.stdout)) : unavailable(result);
    },
  };
}

function parseRemoval(text: string): Removal {
  const lines = text.split('\n');
  const packages = lines.flatMap((line) => /^(?:Purg|Remv) (\S+)/.exec(line)?.[1] ?? []);
  return { packages, manual: packages.filter((name) => !lines.includes(`Auto ${name.replace(/:.*/, '')}`)), accounts: parseAccounts(lines) };
}

/** The packages that were there before an installation; absent when ctplay did not make it. */
export function installRecord(installation: string): Fact<Reading<readonly string[]>> {
  return {
    kind: 'package-record',
    key: installation,
    read: sh`cat ${`${recordFolder(installation)}/.before`} 2>/dev/null || exit 3`,
    domains: ['package'],
    parse: (result: ReadResult) => (result.status === 0 ? present(result.stdout.split('\n').filter((line) => line !== '')) : absent),
  };
}
