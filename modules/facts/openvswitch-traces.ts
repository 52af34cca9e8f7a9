/** What Open vSwitch leaves on a host beside its packages' files. */
import type { Fact } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';

export interface OpenvswitchTraces {
  /** The local ports of the kernel's and the user-space datapath. */
  readonly datapaths: readonly string[];
  /** Kernel modules that only Open vSwitch loads. */
  readonly modules: readonly string[];
  readonly paths: readonly string[];
}

export function openvswitchTraces(): Fact<OpenvswitchTraces> {
  return {
    kind: 'openvswitch-traces',
    key: '',
    read: sh`for l in ovs-system ovs-netdev; do [ ! -e "/sys/class/net/$l" ] || echo "datapath=$l"; done
for m in vport_gre vport_vxlan vport_geneve openvswitch; do [ ! -e "/sys/module/$m/refcnt" ] || echo "module=$m"; done
for d in /etc/openvswitch /var/lib/openvswitch /var/log/openvswitch /run/openvswitch; do [ ! -e "$d" ] || echo "path=$d"; done`,
    domains: ['ovs', 'package', 'service:openvswitch-switch', 'link'],
    parse: ({ stdout }) => {
      const values = (key: string) => stdout.split('\n').filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
      return { datapaths: values('datapath'), modules: values('module'), paths: values('path') };
    },
  };
}
