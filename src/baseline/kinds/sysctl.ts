import { present, unavailable } from '../../../modules/facts/reading.ts';
import type { Fact, Reading } from '../../module.ts';
import { normalValue } from '../../../modules/facts/sysctl.ts';
import { sh } from '../../shell.ts';
import { defineKind, type Difference, type Items, type KindStates } from '../kind.ts';
import { clauses, sortOut } from './differing.ts';
import { hostLinkFacts, hostLinks } from './link-surroundings.ts';
import { valueWords } from './words.ts';

/** Lines of `PATH:VALUE`, paths below /proc/sys; of parameters that root may set. */
const parameters: Fact<Reading<readonly (readonly [string, string])[]>> = {
  kind: 'net-sysctls',
  key: '',
  // Containers' ends come and go; what can only be written has no value, and some tell none before they are set.
  read: sh`cd /proc/sys && LC_ALL=C find net kernel/hostname kernel/domainname -type d -name 'veth[0-9a-f]*' -prune -o -type f -perm -600 -exec grep -Hs '' /dev/null {} +; :`,
  domains: ['sysctl', 'link'],
  parse({ status, stdout, stderr }) {
    const lines = [...stdout.matchAll(/^((?:net|kernel)\/[^:]+):(.*)$/gm)].map(([, path, value]) => [path!, normalValue(value!)] as const);
    return status === 0 && lines.length > 0 ? present(lines) : unavailable({ status, stdout, stderr });
  },
};

/** What the kernel changes by itself: together with links, with routers' advertisements, with modules, at random; and keys. */
const passing = /\/(flush|stable_secret|tcp_fastopen_key|mtu|hop_limit)$|^net\/ipv6\/neigh\/.*\/(base_reachable_time|retrans_time)|^net\/netfilter\/(nf_log\/|nf_conntrack_(count|helper))|^net\/core\/(netdev_rss_key|flow_limit_cpu_bitmap)|random/;

/** Parameters of the network, by path below /proc/sys, since names of interfaces can have dots. */
export const sysctlKind = defineKind<string, typeof hostLinkFacts & { parameters: typeof parameters }>({
  name: 'sysctl',
  summary: 'Kernel parameters of the network (net.*) that can be set, those of interfaces included, and the name of the host',
  facts: { ...hostLinkFacts, parameters },
  items(values) {
    if (values.parameters.state !== 'present') return values.parameters;
    const links = hostLinks(values, { switches: true });
    if (links.state !== 'present') return links;
    const interfaces = new Set(['all', 'default', ...links.value.map((row) => row.ifname)]);
    const lasting = values.parameters.value.filter(([path]) => !passing.test(path) && interfaces.has(interfaceOf(path) ?? 'all'));
    return present(Object.fromEntries(lasting.map(([path, value]) => [sysctlName(path), value])));
  },
  subject: ({ key }) => `kernel parameter ${key}`,
  words: (difference) => clauses(difference, (before, now) => valueWords('value', before || '(empty)', now || '(empty)')),
  follows,
  *restore(differences) {
    // Those for all interfaces set those of each, so that they come first.
    const changed = [...sortOut(differences).changed].sort((a, b) => rank(a.key) - rank(b.key));
    for (const { key, before, now } of changed) {
      const path = `/proc/sys/${sysctlFile(key)}`;
      yield { stage: 'sysctls', keys: [key], change: { action: 'update', subject: `kernel parameter ${key}`, from: now, to: before, commands: [sh`[ ! -e ${path} ] || printf '%s\\n' ${before} >${path}`], typed: [sh`sysctl -w ${`${key}=${before}`}`] } };
    }
  },
});

/** The interface that a parameter is of; undefined for others. */
function interfaceOf(path: string): string | undefined {
  return /^net\/[^/]+\/(?:conf|neigh)\/([^/]+)\//.exec(path)?.[1];
}

/** The name as sysctl(8) takes it: dots separate, and dots in the name of an interface are slashes. */
export function sysctlName(path: string): string {
  return path.replaceAll(/[./]/g, (character) => (character === '/' ? '.' : '/'));
}
const sysctlFile = sysctlName;

function rank(name: string): number {
  if (/\.(conf|neigh)\.all\./.test(name)) return 1;
  return /\.(conf|neigh)\./.test(name) ? 2 : 0;
}

const forward = 'net.ipv4.ip_forward';

/** Interfaces and kernel modules bring parameters with them; and a parameter for all interfaces sets those of each. */
function follows({ key, before, now }: Difference<string>, states: { readonly baseline: KindStates; readonly now: KindStates }): boolean {
  if (before === undefined || now === undefined) return true;
  const [was, is] = [states.baseline, states.now].map((state): Items<string> => {
    const reading = state['sysctl'];
    return reading?.state === 'present' ? (reading.value as Items<string>) : {};
  });
  // ip_sysctl: forwarding and the acceptance of redirects exclude each other.
  if (key === 'net.ipv4.conf.all.accept_redirects' && was?.[forward] !== is?.[forward] && now !== is?.[forward]) return true;
  const causes = [key.replace(/^(net\.ipv[46]\.(?:conf|neigh))\.[^.]+\./, '$1.all.'), /^net\.ipv4\.conf\.[^.]+\.forwarding$/.test(key) ? forward : key];
  return causes.some((cause) => cause !== key && was?.[cause] === before && is?.[cause] === now);
}
