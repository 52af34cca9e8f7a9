import { present, unavailable } from '../../../modules/facts/reading.ts';
import type { Fact, Reading, ReadResult } from '../../module.ts';
import { sh } from '../../shell.ts';
import { defineKind } from '../kind.ts';
import { clauses } from './differing.ts';

export type SocketState = { readonly programs: readonly string[] };

const sockets: Fact<Reading<Readonly<Record<string, SocketState>>>> = {
  kind: 'sockets',
  key: '',
  read: sh`LC_ALL=C; export LC_ALL; command -v ss >/dev/null || exit 127; cat /proc/sys/net/ipv4/ip_local_port_range; ss -Hlntup`,
  domains: ['*'],
  parse: parseSockets,
};

/**
 * Sockets of ss(8) that wait for others, by `tcp 0.0.0.0:22`. A port that the kernel chose is another one each time: such a listener is known by
 * its program instead, and such a UDP socket, which is mostly a client's, not at all. What sshd forwards ends with a login.
 */
export function parseSockets(result: ReadResult): Reading<Readonly<Record<string, SocketState>>> {
  if (result.status === 127) return present({});
  const [range = '', ...lines] = result.stdout.split('\n');
  const [low = 32768, high = 60999] = range.trim().split(/\s+/).map(Number);
  if (result.status !== 0) return unavailable(result);
  const found = new Map<string, Set<string>>();
  for (const line of lines) {
    const [protocol, , , , local] = line.trim().split(/\s+/);
    const [, address, port] = /^(.*):(\d+)$/.exec(local ?? '') ?? [];
    if (protocol === undefined || address === undefined || port === undefined) continue;
    const programs = [...line.matchAll(/\("((?:[^"\\]|\\.)*)",pid=/g)].map((match) => match[1]!);
    // Somebody may have changed the range since the program began to listen.
    const chosen = (Number(port) >= low && Number(port) <= high) || (Number(port) >= 32768 && Number(port) <= 60999);
    const linkLocal = /^\[fe80:/i.test(address);
    const forwarded = programs.includes('sshd') && /^(127\.|\[::1\])/.test(address);
    if (forwarded || linkLocal || (chosen && protocol === 'udp')) continue;
    const key = chosen ? `${protocol} ${address} of ${[...new Set(programs)].sort().join(' ') || 'the kernel'}` : `${protocol} ${address}:${port}`;
    found.set(key, new Set([...(found.get(key) ?? []), ...programs]));
  }
  return present(Object.fromEntries([...found].map(([key, programs]) => [key, { programs: [...programs].sort() }])));
}

/** Ports that are listened on. They come and go with services, containers and processes, which are told and put back as such. */
export const socketKind = defineKind<SocketState, { sockets: typeof sockets }>({
  name: 'socket',
  summary: 'Ports that are listened on, with the programs that do',
  facts: { sockets },
  items: (values) => values.sockets,
  subject: ({ key, before, now }) => {
    const programs = (now ?? before)?.programs ?? [];
    return `listening socket ${key}${programs.length === 0 || key.includes(' of ') ? '' : ` (${programs.join(', ')})`}`;
  },
  words: (difference) => clauses(difference, (before, now) => [`is ${now.programs.join(', ') || 'nobody'}'s, not ${before.programs.join(', ') || 'nobody'}'s`]),
});
