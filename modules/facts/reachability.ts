/**
 * Whether addresses answer, asked again until they do or a deadline passes; and for those that don't, what a person would look at
 * next, from the interface inside to the tunnel's other end. By the host's own tools, in the namespace of the asker.
 */
import type { Fact, Reading } from '../../src/module.ts';
import { sh, type Command } from '../../src/shell.ts';
import { targetName, targetProcess, type TargetArgs, type TargetProcess } from '../shared/target.ts';
import { containerProcess } from './docker-api.ts';
import { toLinks, type Link, type RawLink } from './link.ts';
import { ovsRead, parseOvs, type OvsBridge } from './ovs.ts';
import { parseJson, valueOf } from './reading.ts';

export interface ReachQuestion {
  readonly from: TargetArgs;
  readonly to: readonly string[];
  readonly port?: number;
  readonly expected: boolean;
  /** Seconds. */
  readonly timeout: number;
}

/** One address's last answer. */
export interface Answer {
  readonly to: string;
  readonly reached: boolean;
  /** What the tool said, where it was not reached. */
  readonly message: string;
  /** The address that a name stands for; empty when it stands for none. */
  readonly address: string;
  /** `ip route get`, where it was not reached. */
  readonly route?: { readonly interface: string; readonly gateway?: string; readonly own: boolean };
}

export interface Neighbour {
  readonly address: string;
  readonly interface: string;
  /** Somebody answered for the address, now or a while ago, and isn't being asked in vain (ip-neighbour(8): PROBE, FAILED). */
  readonly known: boolean;
}

/** What the asker's surroundings look like, where something was not reached. */
export interface Surroundings {
  readonly links: readonly Link[];
  readonly neighbours: readonly Neighbour[];
  /** Of the host, when the asker is not the host itself. */
  readonly hostLinks: readonly Link[];
  readonly bridges: readonly OvsBridge[];
  readonly ipForward: boolean;
  /** The policy of the chain FORWARD. */
  readonly forwardDrops: boolean;
  /** Other ends of tunnels → whether they answer. */
  readonly underlay: Readonly<Record<string, boolean>>;
}

export interface Reachability {
  /** The asker is not there: what its runtime says of it. */
  readonly missing?: Reading<TargetProcess>;
  /** The program that would ask is not there. */
  readonly lacks?: string;
  readonly answers: readonly Answer[];
  readonly surroundings?: Surroundings;
}

/** Asks all addresses at the same time. Any change may make the answer another one. */
export function reachability(question: ReachQuestion): Fact<Reachability> {
  const { from, to, port, expected, timeout } = question;
  return {
    kind: 'reachability',
    key: `${targetName(from)} ${to.join(' ')} ${port ?? 'icmp'} ${String(expected)} ${timeout}`,
    read: sh`LC_ALL=C; export LC_ALL
${enterCommand(from)}
${uptime}
${port === undefined ? pingProbe(expected) : tcpProbe(port)}
ask() {
  address=$2
  case $2 in *[!0-9a-fA-F.:]*) address=$(getent ahosts "$2" | { read -r first rest; echo "$first"; }) ;; esac
  uptime; end=$((seconds + ${timeout}))
  while :; do
    if [ -z "$address" ]; then message='name not found'; status=2
    else message=$(probe "$address" 2>&1); status=$?; fi
    [ "$status" -eq 0 ] && reached=yes || reached=no
    [ "$reached" = ${expected ? 'yes' : 'no'} ] || { uptime; [ "$seconds" -ge "$end" ]; } && break
    sleep 0.5
  done
  [ "$reached" = no ] || { printf '%s\\tyes\\t%s\\n' "$1" "\${address:--}"; return; }
  route=$([ -z "$address" ] || enter ip -j route get "$address" 2>/dev/null)
  printf '%s\\tno\\t%s\\t%s\\t%s\\n' "$1" "\${address:--}" "$route" "$(printf '%s' "$message" | tr '\\t\\n' '  ')"
}
answers=$(${to.map((address, index) => sh`ask ${index} ${address} & `)}wait)
echo "$answers"
case $answers in *"$(printf '\\tno\\t')"*) ${expected ? look : sh`:`} ;; esac`,
    domains: ['*'],
    parse: (result) => (result.stdout.startsWith(missing) ? { missing: targetProcess(from).parse({ ...result, stdout: result.stdout.slice(missing.length) }), answers: [] } : parseReachability(to, result.stdout)),
  };
}

/** Before what the runtime says of an asker that is not there. */
const missing = 'missing\n';

// proc_uptime(5): nobody sets this clock, and no process has to be started to read it.
const uptime: Command = sh`uptime() { IFS='. ' read -r seconds rest </proc/uptime; }`;

/** Defines `enter`, which runs a command where the question is asked. */
function enterCommand(from: TargetArgs): Command {
  const { container, lxc, netns, pid } = from;
  const byProcess = (find: Command): Command => sh`pid=${find}
[ "\${pid:-0}" -gt 0 ] 2>/dev/null && [ -e "/proc/$pid/ns/net" ] || { echo missing; ${targetProcess(from).read}
exit; }
enter() { nsenter -t "$pid" -n "$@"; }`;
  if (container !== undefined) return byProcess(sh`$(${containerProcess(container)})`);
  if (lxc !== undefined) return byProcess(sh`$(lxc-info -n ${lxc} -p -H 2>/dev/null)`);
  if (pid !== undefined) return byProcess(sh`${pid}`);
  if (netns === undefined) return sh`enter() { "$@"; }`;
  return sh`[ -e ${`/run/netns/${netns}`} ] || { echo missing; exit 0; }
enter() { ip netns exec ${netns} "$@"; }`;
}

// One lost packet is no proof that nothing answers.
function pingProbe(expected: boolean): Command {
  return sh`command -v ping >/dev/null || { echo lacks ping; exit 0; }
probe() { enter ping -n ${expected ? sh`-c 1` : sh`-c 3 -i 0.2`} -W 1 "$1"; }`;
}

function tcpProbe(port: number): Command {
  return sh`command -v bash >/dev/null || { echo lacks bash; exit 0; }
probe() { enter timeout 2 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" ${port}; }`;
}

// What ARP learnt earlier says nothing of now: the next hops are asked for anew.
const look: Command = sh`
tab=$(printf '\\t')
printf '%s\\n' "$answers" | { while IFS=$tab read -r index reached address rest; do
  [ "$reached" = no ] && [ "$address" != - ] || continue
  next=$(enter ip route get "$address" 2>/dev/null | sed -n 's/.* via \\([^ ]*\\) .*/\\1/p')
  enter ip neigh flush to "\${next:-$address}" >/dev/null 2>&1
  probe "\${next:-$address}" >/dev/null 2>&1 </dev/null &
done; wait; }
echo ==links; enter ip -j -d addr show
echo ==neighbours; enter ip -j neigh show
echo ==host; ip -j -d addr show
echo ==ovs; ( ${ovsRead} ) 2>/dev/null
echo ==forward; cat /proc/sys/net/ipv4/ip_forward; iptables -w 5 -S FORWARD 2>/dev/null | sed -n 1p
echo ==underlay
{ ovs-vsctl --timeout=5 --bare --columns=options list Interface 2>/dev/null | sed -n 's/.*remote_ip=\\([^ ]*\\).*/\\1/p'; ip -d link show type gretap 2>/dev/null | sed -n 's/.* remote \\([^ ]*\\) .*/\\1/p'; } | sort -u | while read -r remote; do
  ping -n -c 1 -W 1 "$remote" >/dev/null 2>&1 </dev/null && echo "$remote yes" || echo "$remote no"
done`;

function parseReachability(to: readonly string[], stdout: string): Reachability {
  const [head = '', ...rest] = stdout.split(/^==/m);
  const first = head.trim();
  if (first.startsWith('lacks ')) return { lacks: first.slice('lacks '.length), answers: [] };
  const answers = new Map(first.split('\n').map((line) => line.split('\t')).map(([index, reached, address = '', route = '', message = '']) => [Number(index), { reached: reached === 'yes', address: address === '-' ? '' : address, route: toRoute(route), message: reached === 'yes' ? '' : summary(message) }]));
  const sections = new Map(rest.map((section) => [section.slice(0, section.indexOf('\n')), section.slice(section.indexOf('\n') + 1)]));
  return {
    answers: to.map((name, index) => {
      const { route, ...answer } = answers.get(index) ?? { reached: false, address: '', route: undefined, message: 'no answer from the host' };
      return { to: name, ...answer, ...(route === undefined ? {} : { route }) };
    }),
    ...(sections.size === 0 ? {} : { surroundings: toSurroundings(sections) }),
  };
}

/** The one thing worth reading in what ping or bash said. */
function summary(message: string): string {
  const unreachable = /From (\S+).*?(Destination [\w ]*?Unreachable|Time to live exceeded)/i.exec(message);
  if (unreachable) return `${unreachable[1]!}: ${unreachable[2]!}`;
  const error = /(?:connect|ping|\d+): ((?:[A-Z][a-z]+ )[\w ]+?)\s*(?:bash:.*)?$/.exec(message);
  if (error) return error[1]!;
  return /100% packet loss/.test(message) ? 'no reply to ping' : message.trim() || 'no answer';
}

function toRoute(text: string): Answer['route'] {
  const [row] = (parseJson(text) ?? []) as { dev?: string; gateway?: string; type?: string }[];
  return row?.dev === undefined ? undefined : { interface: row.dev, own: row.type === 'local', ...(row.gateway === undefined ? {} : { gateway: row.gateway }) };
}

function toSurroundings(sections: ReadonlyMap<string, string>): Surroundings {
  const rows = (name: string): readonly unknown[] => {
    const parsed = parseJson(sections.get(name) ?? '');
    return Array.isArray(parsed) ? parsed : [];
  };
  const neighbours = rows('neighbours') as { dst?: string; dev?: string; lladdr?: string; state?: readonly string[] }[];
  const [ipForward, policy] = (sections.get('forward') ?? '').split('\n');
  const underlay = (sections.get('underlay') ?? '').trim().split('\n').filter((line) => line !== '').map((line) => line.split(' '));
  return {
    links: toLinks(rows('links') as RawLink[]),
    neighbours: neighbours.map((one) => ({ address: one.dst ?? '', interface: one.dev ?? '', known: one.lladdr !== undefined && !one.state?.some((state) => state === 'FAILED' || state === 'PROBE') })),
    hostLinks: toLinks(rows('host') as RawLink[]),
    bridges: valueOf(parseOvs({ status: 0, stdout: sections.get('ovs') ?? '', stderr: '' })) ?? [],
    ipForward: ipForward === '1',
    forwardDrops: policy === '-P FORWARD DROP',
    underlay: Object.fromEntries(underlay.map(([remote, answers]) => [remote!, answers === 'yes'])),
  };
}
