/** What LXD leaves on a host beside its packages' files. */
import type { Fact } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';

export interface LxdTraces {
  /** Folders that LXD's daemon and its helper lxcfs made; links of LXD's own bridges. */
  readonly leftovers: readonly string[];
  /** What its package sets up beside its files, as far as it is there: `dnsmasq.d`, and root's ranges in `subuid` and `subgid` (subuid(5)). */
  readonly settings: readonly string[];
}

/** Where the daemon keeps its things (lxd(1), LXD_DIR). */
export const lxdFolders = ['/var/lib/lxd', '/var/lib/lxd-images', '/var/log/lxd', '/var/cache/lxd', '/run/lxd', '/var/lib/lxcfs'] as const;

export function lxdTraces(): Fact<LxdTraces> {
  return {
    kind: 'lxd-traces',
    key: '',
    read: sh`for d in ${lxdFolders}; do set -- "$d"/*; [ ! -e "$1" ] || echo "left=$d"; done; [ ! -e /sys/class/net/lxdbr0 ] || echo left=lxdbr0
[ ! -e /etc/dnsmasq.d ] || echo set=dnsmasq.d; for f in subuid subgid; do ! grep -qs '^root:' "/etc/$f" || echo "set=$f"; done`,
    domains: ['lxd', 'package', 'service:lxd.socket', 'link'],
    parse: ({ stdout }) => {
      const values = (key: string) => stdout.split('\n').filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
      return { leftovers: values('left'), settings: values('set') };
    },
  };
}
