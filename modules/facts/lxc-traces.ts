/** What LXC leaves on a host beside its packages' files. */
import type { Fact } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';
import { lxcMark } from './lxc.ts';

export interface LxcTraces {
  /** Folders and links that LXC made. */
  readonly leftovers: readonly string[];
  /** Names of the containers in LXC's usual folder, and of those that ctplay did not make. */
  readonly containers: readonly string[];
  readonly foreignContainers: readonly string[];
  /** net.ipv4.ip_forward, which lxc-net sets. */
  readonly forwarding: boolean;
}

export function lxcTraces(): Fact<LxcTraces> {
  return {
    kind: 'lxc-traces',
    key: '',
    read: sh`[ ! -e /sys/class/net/lxcbr0 ] || echo left=lxcbr0
for d in /var/cache/lxc /run/lxc; do [ ! -e "$d" ] || echo "left=$d"; done
for c in /var/lib/lxc/*/config; do [ ! -e "$c" ] || { n=\${c%/config}; echo "container=\${n##*/}"; grep -qxF ${lxcMark} "$c" || echo "foreign=\${n##*/}"; }; done
read -r f </proc/sys/net/ipv4/ip_forward; echo "forwarding=$f"`,
    domains: ['lxc', 'package', 'service:lxc-net', 'link', 'sysctl'],
    parse: ({ stdout }) => {
      const values = (key: string) => stdout.split('\n').filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
      return { leftovers: values('left'), containers: values('container'), foreignContainers: values('foreign'), forwarding: values('forwarding')[0] === '1' };
    },
  };
}
