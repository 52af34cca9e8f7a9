/** Base trees: what is in them, where they are cached, and whether the cached one is still the right one. */
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CtplayError } from '../errors.ts';
import { ignoring } from './files.ts';
import type { BaseKind, LabPaths } from './layout.ts';
import { run } from './run.ts';
import { customiseScript } from './scripts/base.ts';

const bare = [
  'ca-certificates',
  'dbus',
  'iproute2',
  'iputils-ping',
  'kmod',
  'netbase',
  'openssh-server',
  'procps',
  'sudo',
  'systemd-sysv',
];

/** The Debian packages of each kind of base; their dependencies come with them, recommendations don't. */
export const basePackages: Readonly<Record<BaseKind, readonly string[]>> = {
  minimal: bare,
  full: [
    ...bare,
    'bridge-utils',
    'busybox-static',
    'dnsmasq-base',
    'docker.io',
    'ethtool',
    'iperf3',
    'iptables',
    'lxc',
    'lxc-templates',
    'netcat-openbsd',
    'openvswitch-switch',
    'socat',
    'tcpdump',
  ],
};

/** A Debian archive as this machine's apt uses it. */
export interface AptSource {
  readonly site: string;
  readonly suite: string;
  /** Absolute path of the keyring that signs it, when the source names one. */
  readonly signedBy?: string;
}

/**
 * The sources of Debian itself for `codename`, from `apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)
 * $(CREATED_BY) $(SIGNED_BY)'` (apt-get(8)): third parties' suites and components have other names.
 */
export function parseAptSources(targets: string, codename: string): AptSource[] {
  const suites = [codename, `${codename}-updates`, `${codename}-security`];
  const sources: AptSource[] = [];
  for (const line of targets.split('\n')) {
    const [site, suite, component, creator, signedBy] = line.split(' ');
    if (creator !== 'Packages' || component !== 'main' || !suites.includes(suite!)) continue;
    sources.push({ site: site!, suite: suite!, ...(signedBy?.startsWith('/') && { signedBy }) });
  }
  return sources;
}

/** A line of sources.list(5). */
export function sourceLine({ site, suite, signedBy }: AptSource): string {
  return `deb ${signedBy === undefined ? '' : `[signed-by=${signedBy}] `}${site} ${suite} main`;
}

/** This machine's Debian sources. Throws CtplayError `lab.build` when it has none. */
export async function aptSources(codename: string): Promise<AptSource[]> {
  const format = '$(SITE) $(RELEASE) $(COMPONENT) $(CREATED_BY) $(SIGNED_BY)';
  const sources = parseAptSources(await run('apt-get', ['indextargets', '--format', format]), codename);
  if (sources.some(({ suite }) => suite === codename)) return sources;
  throw new CtplayError('lab.build', "this machine's apt has no Debian archive to build the hosts from", {
    expected: `a source with the suite '${codename}' and the component 'main' in /etc/apt`,
  });
}

/**
 * The settings of this machine's apt without which it would not reach its archive, as lines of apt.conf(5), from the
 * output of `apt-config dump --format '%F "%v";%n'`.
 */
export function parseAptSettings(dump: string): string[] {
  const wanted = /^Acquire::(.*::)?(Proxy|Proxy-Auto-Detect|CaInfo|Verify-Peer|Check-Valid-Until|Check-Date|ForceIPv[46])\b.*"[^"]+";$/i;
  return dump.split('\n').filter((line) => wanted.test(line));
}

/** This machine's; see parseAptSettings. */
export async function aptSettings(): Promise<string[]> {
  return parseAptSettings(await run('apt-config', ['dump', '--format', '%F "%v";%n']));
}

/** Absolute path of the folder that holds the tree of this kind as `tree`; it exists when it has been built whole. */
export async function baseTree(paths: LabPaths, kind: BaseKind): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([basePackages[kind], customiseScript, await aptSettings()]));
  // Hosts use this machine's mirror and trust its CAs; other ones make another tree.
  for (const folder of ['/etc/apt/sources.list.d', certificateFolder]) {
    for (const file of ((await ignoring(['ENOENT'], readdir(folder))) ?? []).sort()) hash.update(await readFile(join(folder, file)));
  }
  hash.update((await ignoring(['ENOENT'], readFile('/etc/apt/sources.list'))) ?? '');
  return join(paths.cache, `${basePrefix(kind)}${hash.digest('hex').slice(0, 12)}`);
}

/** How the names of all trees of this kind begin, older ones included. */
export function basePrefix(kind: BaseKind): string {
  return `base-${kind}-`;
}

/** Where an administrator puts CA certificates of his own; see update-ca-certificates(8). */
export const certificateFolder = '/usr/local/share/ca-certificates';
