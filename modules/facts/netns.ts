/**
 * What is inside the network namespaces of a host: of containers, of `ip netns` (ip-netns(8)), of any process. One script reads
 * them all, so that any number of tasks share its answer.
 */
import type { Fact, ReadResult } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';
import { toLinks, type Link, type RawLink } from './link.ts';
import { readOffload } from './offload.ts';
import { parseJson } from './reading.ts';

export interface Namespace {
  /** The inode of the namespace, its only identity: a restarted container has another. */
  readonly id: string;
  /** A path that nsenter can enter it by. */
  readonly path: string;
  readonly links: readonly Link[];
  /** The default route of IPv4. */
  readonly gateway?: { readonly via: string; readonly interface: string };
  /** Interfaces on which the kernel leaves checksums to hardware that may not be there; known only where a switch in user space could care. */
  readonly txOffload: Readonly<Record<string, boolean>>;
}

/** All namespaces but the host's own. Kept out of the ledger: nothing is reverted from it. */
export class Namespaces {
  readonly #byPath: ReadonlyMap<string, string>;
  readonly #byId: ReadonlyMap<string, Namespace>;
  readonly #host: string;

  constructor(host: string, byPath: ReadonlyMap<string, string>, all: readonly Namespace[]) {
    this.#host = host;
    this.#byPath = byPath;
    this.#byId = new Map(all.map((one) => [one.id, one]));
  }

  /** `ip netns`'s namespace of this name. */
  named(name: string): Namespace | undefined {
    return this.#at(`/run/netns/${name}`);
  }

  /** The namespace of a process; undefined too where that is the host's own. */
  ofProcess(pid: number): Namespace | undefined {
    return this.#at(`/proc/${pid}/ns/net`);
  }

  /** Whether a process runs in the host's own namespace. */
  sharesHost(pid: number): boolean {
    return this.#byPath.get(`/proc/${pid}/ns/net`) === this.#host;
  }

  /** Whether the user may look at other users' processes: init's namespace is there for those who may. */
  get visible(): boolean {
    return this.#byPath.has('/proc/1/ns/net');
  }

  all(): readonly Namespace[] {
    return [...this.#byId.values()];
  }

  toJSON(): undefined {
    return undefined;
  }

  #at(path: string): Namespace | undefined {
    return this.#byId.get(this.#byPath.get(path) ?? '');
  }
}

/** For who asks for none. */
export const noNamespaces = new Namespaces('', new Map(), []);

// A process may end and a namespace with it at any moment: what can't be entered any more is passed over.
export const namespaces: Fact<Namespaces> = {
  kind: 'namespaces',
  key: '',
  read: sh`LC_ALL=C; export LC_ALL
inside='printf "%s\\n" "addr show" "route show table main" | ip -j -d -batch -'
[ ! -e /run/openvswitch/ovs-vswitchd.pid ] || inside=$inside${`\n${readOffload.text}`}
stat -L -c '%i %n' /proc/$$/ns/net /run/netns/* /proc/[0-9]*/ns/net 2>/dev/null | {
  read -r own path
  echo "$own host"
  seen=" $own "
  while read -r id path; do
    echo "$id $path"
    case $seen in *" $id "*) continue ;; esac
    seen="$seen$id "
    nsenter --net="$path" sh -c "$inside" 2>/dev/null
  done
}
:`,
  domains: ['netns', 'link', 'docker:container', 'lxc', 'lxd'],
  parse: parseNamespaces,
};

/** Lines of `INODE PATH`; after the first of each inode its JSON and its offloads. */
export function parseNamespaces(result: ReadResult): Namespaces {
  let host = '';
  const byPath = new Map<string, string>();
  const found = new Map<string, { path: string; lines: string[] }>();
  let current: string[] = [];
  for (const line of result.stdout.split('\n')) {
    const head = /^(\d+) (host|\/\S+)$/.exec(line);
    if (!head) {
      current.push(line);
      continue;
    }
    const [, id, path] = head as unknown as [string, string, string];
    current = [];
    if (path === 'host') host = id;
    else byPath.set(path, id);
    if (id !== host && !found.has(id)) found.set(id, { path, lines: current });
  }
  return new Namespaces(host, byPath, [...found].map(([id, { path, lines }]) => toNamespace(id, path, lines)));
}

interface RawRoute {
  readonly dst?: string;
  readonly gateway?: string;
  readonly dev?: string;
}

function toNamespace(id: string, path: string, lines: readonly string[]): Namespace {
  const [links, routes] = lines.filter((line) => line.startsWith('[')).map(parseJson);
  const route = Array.isArray(routes) ? (routes as RawRoute[]).find((one) => one.dst === 'default') : undefined;
  const offloads = lines.map((line) => /^offload (\S+) (on|off)$/.exec(line)).filter((match) => match !== null);
  return {
    id,
    path,
    links: Array.isArray(links) ? toLinks(links as RawLink[]) : [],
    ...(route?.gateway === undefined ? {} : { gateway: { via: route.gateway, interface: route.dev ?? '' } }),
    txOffload: Object.fromEntries(offloads.map((match) => [match[1]!, match[2] === 'on'])),
  };
}
