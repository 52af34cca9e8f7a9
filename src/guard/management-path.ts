/**
 * What carries the SSH session that ctplay came in by: read from the host itself, since what is to be kept is the way of the answers. Also
 * behind sudo, which drops SSH_CONNECTION: then a parent's environment has it.
 */
import type { ManagementPath } from '../baseline/kind.ts';
import type { Fact, Reading, ReadResult } from '../module.ts';
import { sh, type Command } from '../shell.ts';
import { parseOvs, ovsRead } from '../../modules/facts/ovs.ts';
import { absent, parseJson, present, unavailable } from '../../modules/facts/reading.ts';
import { linksOfPath, type PathLink } from './path-links.ts';

/** Where the answer begins; all before it is noise of start-up files. */
const head = 'ctplay-path';

// proc_pid_environ(5) and proc_pid_stat(5): a process's name may hold blanks and parentheses, so its parent is the second word after the last one.
const session: Command = sh`c=$SSH_CONNECTION p=$$ all= sshd= unit=
while [ "$p" -gt 1 ] && IFS= read -r s </proc/$p/stat; do
  all="$all $p"
  [ -n "$c" ] || c=$( { tr '\\0' '\\n' </proc/$p/environ | sed -n 's/^SSH_CONNECTION=//p'; } 2>/dev/null)
  [ -n "$sshd" ] || case $s in *'(sshd'*) sshd=1 ;; *'(dropbear'*) sshd=1 ;; esac
  [ -z "$sshd" ] || { unit=; while IFS= read -r g; do case $g in 0::*/*.service) unit=\${g##*/} ;; esac; done </proc/$p/cgroup; }
  set -- \${s##*) }
  p=$2
done
[ -n "$c" ] || exit 3
set -- $c`;

const units: Command = sh`if [ -d /run/systemd/system ]; then
  systemctl show -p Names,ActiveState -- ssh.service sshd.service ssh.socket sshd.socket dropbear.service $unit
else
  for s in ssh sshd dropbear; do [ ! -x /etc/init.d/$s ] || printf 'Names=%s.service\\nActiveState=active\\n\\n' $s; done
fi`;

/**
 * The path of the session that reads it. `absent` on a connection that isn't SSH. A host without iproute2 is `unavailable`.
 * ssh(1), ip-route(8): `get … from` asks for the way that answers take, policy rules considered; `fibmatch` gives the route as it was set.
 */
export const managementPath: Fact<Reading<ManagementPath>> = {
  kind: 'management-path',
  key: '',
  read: sh`export LC_ALL=C
${session}
client=\${1%%%*} zone= oif=
case $1 in *%*) zone=\${1#*%} oif="oif $zone" ;; esac
echo ${head}; echo "$c"; echo "$all"
set -f
printf '%s ' $( { ${units}; } 2>/dev/null); echo
way=$(ip -j route get "$client" from "\${3%%%*}" $oif 2>/dev/null || ip -j route get "$client" $oif) || exit
printf '%s\\n' "$way"
set -- $(ip -o route get fibmatch "$client" from "\${3%%%*}" $oif 2>/dev/null || ip -o route get "$client" $oif)
echo "$*"
printf '%s\\n' "$(ip -j -d addr show)" "$(ip -j neigh show)" "$(bridge -j fdb show 2>/dev/null)"
[ ! -S /run/openvswitch/db.sock ] || { ${ovsRead}; }`,
  domains: ['link', 'route', 'ovs', 'service:ssh'],
  parse: parseManagementPath,
};

/** Pure and total. Exit status 3 is 'no SSH session'. */
export function parseManagementPath(result: ReadResult): Reading<ManagementPath> {
  if (result.status === 3) return absent;
  const lines = result.stdout.split('\n');
  const [connection, processes, units, way, route, links, neighbours, forwarding, ...ovs] = lines.slice(lines.indexOf(head) + 1);
  const [clientAddress, clientPort, serverAddress, serverPort] = (connection ?? '').split(' ');
  const [hop] = (parseJson(way ?? '') ?? []) as Hop[];
  const all = parseJson(links ?? '');
  if (!lines.includes(head) || serverPort === undefined || !hop?.dev || !Array.isArray(all)) return unavailable(result, result.status === 127 || result.status === 0 ? undefined : 'unreadable');
  const switches = parseOvs({ status: 0, stdout: ovs.join('\n'), stderr: '' });
  const nextHop = hop.gateway ?? hop.via?.host ?? clientAddress!;
  return present({
    clientAddress: clientAddress!,
    clientPort: Number(clientPort),
    serverAddress: serverAddress!,
    serverPort: Number(serverPort),
    links: linksOfPath(hop.dev, serverAddress!, {
      links: all as PathLink[],
      bridges: switches.state === 'present' ? switches.value : [],
      portTowards: portTowards(nextHop, parseJson(neighbours ?? ''), parseJson(forwarding ?? '')),
    }),
    ...(nextHop === clientAddress ? {} : { gateway: nextHop }),
    route: plainRoute(route ?? ''),
    services: unitNames(units ?? ''),
    processes: (processes ?? '').trim().split(/\s+/).map(Number),
  });
}

interface Hop {
  readonly dev?: string;
  readonly gateway?: string;
  /** A gateway of the other family. */
  readonly via?: { readonly host?: string };
}

/** Bridge → the port behind which it has seen the next hop's hardware address. */
function portTowards(nextHop: string, neighbours: unknown, forwarding: unknown): (bridge: string) => string | undefined {
  const known = (Array.isArray(neighbours) ? neighbours : []) as { dst?: string; lladdr?: string }[];
  const macs = new Set(known.filter(({ dst, lladdr }) => dst === nextHop && lladdr !== undefined).map(({ lladdr }) => lladdr));
  const entries = (Array.isArray(forwarding) ? forwarding : []) as { mac?: string; ifname?: string; master?: string; state?: string }[];
  return (bridge) => entries.find((one) => one.master === bridge && one.state !== 'permanent' && macs.has(one.mac))?.ifname;
}

/** What `ip route` would print: without the cache, the asking user and, for `get`, its own words. */
function plainRoute(text: string): string {
  return text.replace(/\\/g, ' ').replace(/ (?:cache|uid \d+)(?= |$)/g, '').replace(/\s+/g, ' ').trim();
}

/** The names of active units, aliases included, from `systemctl show -p Names,ActiveState` with its lines joined. */
function unitNames(text: string): readonly string[] {
  const names = [...text.matchAll(/Names=([^=]*?) +ActiveState=(\w+)/g)].filter(([, , state]) => state !== 'inactive' && state !== 'failed').flatMap(([, list]) => list!.trim().split(' '));
  return [...new Set(names)].sort();
}
