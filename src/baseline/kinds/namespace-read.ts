/** What is in the named network namespaces of a host (ip-netns(8)): one script for all. */
import type { RawLink } from '../../../modules/facts/link.ts';
import { parseJson, present, unavailable } from '../../../modules/facts/reading.ts';
import type { Fact, Reading, ReadResult } from '../../module.ts';
import { sh } from '../../shell.ts';

/** One named namespace as it was read. */
export interface NamespaceReading {
  readonly name: string;
  /** The number that the host's own namespace knows it by, where an interface of one has its other end in the other. */
  readonly id?: number;
  /** The name is only another one for the host's own namespace. */
  readonly own: boolean;
  readonly links: readonly RawLink[];
  /** Lines of `ip -o -d route show table all`, by family. */
  readonly routes: Readonly<Record<4 | 6, readonly string[]>>;
  /** Programs that run in it, without those of containers. */
  readonly processes: readonly string[];
}

/** All named namespaces. */
export const namedNamespaces: Fact<Reading<readonly NamespaceReading[]>> = {
  kind: 'named-namespaces',
  key: '',
  // A process in another PID namespace is a container's, which is recorded as such.
  read: sh`LC_ALL=C; export LC_ALL
command -v ip >/dev/null || exit 127
echo "ids $(ip -j netns list)"
pids=$(readlink /proc/self/ns/pid); pids=\${pids#*[}; pids=\${pids%]}
for path in /run/netns/*; do
  [ -e "$path" ] || continue
  name=\${path##*/}
  if [ "$path" -ef /proc/self/ns/net ]; then echo "own $name"; continue; fi
  echo "namespace $name"
  ip -n "$name" -j -d addr show 2>/dev/null
  echo; echo routes 4; ip -n "$name" -4 -o -d route show table all 2>/dev/null
  echo routes 6; ip -n "$name" -6 -o -d route show table all 2>/dev/null
  inside=$(ip netns pids "$name" 2>/dev/null) && [ -n "$inside" ] || continue
  ps -o pidns=,comm= -p "$(echo $inside | tr ' ' ,)" | while read -r in program; do [ "$in" != "$pids" ] || echo "process $program"; done
done
:`,
  domains: ['netns', 'link', 'docker:container', 'lxc'],
  parse: parseNamedNamespaces,
};

/** The answer's sections: `namespace NAME`, its interfaces as JSON, its routes, its processes. */
export function parseNamedNamespaces(result: ReadResult): Reading<readonly NamespaceReading[]> {
  if (result.status !== 0) return unavailable(result);
  const lines = result.stdout.split('\n');
  const ids = parseJson(/^ids (\[.*)$/.exec(lines[0] ?? '')?.[1] ?? '[]') as readonly { readonly name: string; readonly id?: number }[] | undefined;
  const found: NamespaceReading[] = [];
  let current: { links: RawLink[]; routes: Record<4 | 6, string[]>; processes: string[] } | undefined;
  let family: 4 | 6 = 4;
  for (const line of lines.slice(1)) {
    const [, word, name] = /^(own|namespace|routes|process) (.+)$/.exec(line) ?? [];
    if (word === 'own' || word === 'namespace') {
      current = { links: [], routes: { 4: [], 6: [] }, processes: [] };
      const id = ids?.find((one) => one.name === name)?.id;
      found.push({ name: name!, own: word === 'own', ...(id === undefined ? {} : { id }), ...current });
    } else if (word === 'routes') family = name === '6' ? 6 : 4;
    else if (word === 'process') current?.processes.push(name!);
    else if (line.startsWith('[')) current?.links.push(...((parseJson(line) as RawLink[] | undefined) ?? []));
    else if (line.trim() !== '') current?.routes[family].push(line);
  }
  return present(found);
}

/** Where interfaces of the host's own namespace can have their other ends. */
export function surroundingNamespaces(reading: Reading<readonly NamespaceReading[]>): ReadonlyMap<number, { readonly name: string; readonly links: ReadonlyMap<number, string> }> {
  const all = reading.state === 'present' ? reading.value : [];
  return new Map(all.flatMap(({ id, name, links }) => (id === undefined ? [] : [[id, { name, links: new Map(links.map((row) => [row.ifindex, row.ifname])) }]])));
}
