/** All packages that dpkg has installed, and which of them somebody asked for: dpkg-query(1), apt-mark(8). */
import type { Fact, Reading } from '../../module.ts';
import { sh } from '../../shell.ts';
import { present, unavailable } from '../../../modules/facts/reading.ts';

export type InstalledPackage = {
  readonly version: string;
  /** Somebody asked for it by name; otherwise it came along with another. */
  readonly manual: boolean;
  readonly held: boolean;
  /** Unpacked or half configured: the trace of an interrupted dpkg. */
  readonly partial: boolean;
};

// `apt-mark showauto` reads apt's whole cache to answer from this one file.
const autoInstalled = sh`awk '/^Package:/ { p = $2 } /^Architecture:/ { a = $2 } /^Auto-Installed: 1/ { print "auto\\t" p "\\t" a }' /var/lib/apt/extended_states 2>/dev/null`;

/** Packages by name, with their architecture where it isn't the host's own: `gcc-12-base:i386`. */
export const installedPackages: Fact<Reading<Readonly<Record<string, InstalledPackage>>>> = {
  kind: 'packages',
  key: '',
  read: sh`export LC_ALL=C; dpkg --print-architecture && dpkg-query -W -f '\${db:Status-Abbrev}\\t\${Package}\\t\${Architecture}\\t\${Version}\\n' || exit; ${autoInstalled}; :`,
  domains: ['package'],
  parse: (result) => {
    if (result.status === 127) return present({});
    return result.status === 0 ? present(parsePackages(result.stdout)) : unavailable(result);
  },
};

function parsePackages(text: string): Record<string, InstalledPackage> {
  const [native, ...lines] = text.split('\n');
  const keyOf = (name: string, architecture: string): string => (architecture === native || architecture === 'all' ? name : `${name}:${architecture}`);
  const fields = lines.map((line) => line.split('\t'));
  const automatic = new Set(fields.flatMap(([first, name, architecture]) => (first === 'auto' ? [keyOf(name!, architecture!)] : [])));
  const packages: Record<string, InstalledPackage> = {};
  for (const [status, name, architecture, version] of fields) {
    // dpkg-query(1), db:Status-Abbrev: what is wanted, what is, and a third letter where it has to be installed anew.
    if (version === undefined || status![1] === 'n' || status![1] === 'c') continue;
    const key = keyOf(name!, architecture!);
    packages[key] = { version, manual: !automatic.has(key), held: status!.startsWith('h'), partial: status![1] !== 'i' };
  }
  return packages;
}
