/** What a Docker daemon leaves on a host beside its packages' files. */
import type { Fact } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';

export interface DockerTraces {
  /** Bridges of Docker's naming: docker0, docker_gwbridge, br-IDENTIFIER. */
  readonly links: readonly string[];
  /** docker0's own address, as CIDR: a daemon that is told none keeps the one it finds. */
  readonly address?: string;
  /** Folders of Docker and containerd that hold something. */
  readonly paths: readonly string[];
  /** How many containers there are, known also while the daemon is down, and how many of them ctplay did not make. */
  readonly containers: number;
  readonly foreignContainers: number;
  /** The group that may use the daemon. */
  readonly group: boolean;
  /** net.ipv4.ip_forward, which the daemon sets. */
  readonly forwarding: boolean;
  /** The configuration is younger than the daemon that runs. */
  readonly outdated: boolean;
}

/** Where the daemons keep their things (dockerd(8) --data-root and --exec-root, containerd's root and state). */
export const dockerFolders = ['/var/lib/docker', '/var/lib/containerd', '/run/docker', '/run/containerd'] as const;
export const dockerConfiguration = '/etc/docker/daemon.json';

export function dockerTraces(): Fact<DockerTraces> {
  return {
    kind: 'docker-traces',
    key: '',
    read: sh`for l in /sys/class/net/docker0 /sys/class/net/docker_gwbridge /sys/class/net/br-????????????; do [ ! -e "$l" ] || echo "link=\${l##*/}"; done
LC_ALL=C ip -4 -o address show dev docker0 scope global 2>/dev/null | while read -r i n f a x; do echo "address=$a"; done
for d in ${dockerFolders}; do set -- "$d"/*; [ ! -e "$1" ] || echo "path=$d"; done
for c in /var/lib/docker/containers/*; do [ ! -e "$c" ] || { echo container=1; grep -qs '"ctplay":"docker_container"' "$c/config.v2.json" || echo foreign=1; }; done
while IFS=: read -r g x; do [ "$g" != docker ] || echo group=1; done </etc/group
read -r f </proc/sys/net/ipv4/ip_forward; echo "forwarding=$f"
[ ! ${dockerConfiguration} -nt /run/docker.pid ] || [ ! -e /run/docker.pid ] || echo outdated=1`,
    domains: ['docker', 'package', 'service:docker', 'link', 'sysctl', `file:${dockerConfiguration}`],
    parse: ({ stdout }) => {
      const values = (key: string) => stdout.split('\n').filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
      return {
        links: values('link').filter((name) => /^(docker0|docker_gwbridge|br-[0-9a-f]{12})$/.test(name)),
        ...(values('address')[0] === undefined ? {} : { address: values('address')[0]! }),
        paths: values('path'),
        containers: values('container').length,
        foreignContainers: values('foreign').length,
        group: values('group').length > 0,
        forwarding: values('forwarding')[0] === '1',
        outdated: values('outdated').length > 0,
      };
    },
  };
}
