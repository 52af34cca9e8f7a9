/** Something that is waited for on the host, polled there until it comes or a deadline passes. */
import type { Fact } from '../../src/module.ts';
import { nothing, sh, type Command } from '../../src/shell.ts';
import { pathWord } from '../shared/path.ts';

export interface Awaited {
  readonly reached: boolean;
  /** The host has not the program that would look: ss(8) of iproute2. */
  readonly lacks?: string;
  /** Whole seconds by the host's clock. */
  readonly elapsed: number;
}

export interface Wait {
  readonly state: 'started' | 'stopped' | 'present' | 'absent' | 'drained';
  readonly host: string;
  readonly port?: number | undefined;
  readonly path?: string | undefined;
  readonly search_regex?: string | undefined;
  /** For `drained`: states by their names in netstat(8), and addresses that don't count. */
  readonly connection_states?: readonly string[];
  readonly exclude_hosts?: readonly string[];
  /** All in seconds. */
  readonly timeout: number;
  readonly delay: number;
  readonly connect_timeout: number;
  readonly sleep: number;
}

export function awaited(wait: Wait): Fact<Awaited> {
  const { state, timeout, delay, sleep } = wait;
  const probe = probeOf(wait);
  const wanted = probe === undefined ? sh`false` : state === 'stopped' || state === 'absent' ? sh`! ${probe}` : probe;
  return {
    kind: 'awaited',
    key: wait.path ?? `${wait.host}:${wait.port ?? ''}`,
    read: sh`${state === 'drained' ? sh`command -v ss >/dev/null || { echo lacks ss; exit 0; }; ` : nothing}s=$(date +%s); ${delay > 0 ? sh`sleep ${delay}; ` : nothing}r=; while :; do ${wanted} && { r=1; break; }; [ $(( $(date +%s) - s )) -lt ${timeout} ] || break; sleep ${sleep}; done; echo "\${r:-0} $(( $(date +%s) - s ))"`,
    domains: ['*'],
    parse({ stdout }) {
      if (stdout.startsWith('lacks ')) return { reached: false, elapsed: 0, lacks: stdout.slice(6).trim() };
      const [reached, elapsed] = stdout.trim().split(' ').map(Number);
      return { reached: reached === 1, elapsed: elapsed ?? 0 };
    },
  };
}

/** ss(8)'s words for states. */
const socketStates: Readonly<Record<string, string>> = { FIN_WAIT1: 'fin-wait-1', FIN_WAIT2: 'fin-wait-2', SYN_RECV: 'syn-recv', SYN_SENT: 'syn-sent', TIME_WAIT: 'time-wait' };

/** A command that succeeds while the thing is there; undefined when there is nothing to look at. */
function probeOf({ state, host, port, path, search_regex, connect_timeout, connection_states = [], exclude_hosts = [] }: Wait): Command | undefined {
  if (path !== undefined) return search_regex === undefined ? sh`[ -e ${pathWord(path)} ]` : sh`grep -qsP -e ${search_regex} ${pathWord(path)}`;
  if (port === undefined) return undefined;
  if (state === 'drained') {
    const states = connection_states.flatMap((name) => ['state', socketStates[name] ?? name.toLowerCase()]);
    return sh`[ -z "$(ss -Htan ${states.length === 0 ? ['state', 'connected'] : states} ${[`sport = :${port}`, ...exclude_hosts.map((address) => `dst != ${address}`)].join(' and ')})" ]`;
  }
  // dash has no sockets; bash is essential on Debian.
  if (search_regex === undefined) return sh`timeout ${connect_timeout} bash -c ${'exec 3<>"/dev/tcp/$1/$2"'} _ ${host} ${port} 2>/dev/null`;
  return sh`timeout ${connect_timeout} bash -c ${'exec 3<>"/dev/tcp/$1/$2" && grep -qm1 -aP -e "$3" <&3'} _ ${host} ${port} ${search_regex} 2>/dev/null`;
}
