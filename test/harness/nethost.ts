/**
 * A small host for tests of network modules: a process in its own mount, network, PID and UTS namespaces, with private
 * /run/netns and /var/lib, and, if wanted, an Open vSwitch of its own. Everything in it ends with that one process.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { LocalOptions } from './module.ts';

export interface NetHost {
  readonly name: string;
  /** For the harness of modules: runs a command in this host. */
  readonly options: LocalOptions & { readonly prefix: readonly string[] };
  /** The host's process as this machine sees it. */
  readonly pid: number;
  /** Runs a script and gives its stdout; throws with stderr when it doesn't exit with 0. */
  sh(script: string): string;
  /** Like `sh`, but gives the exit status. */
  status(script: string): number | null;
  stop(): Promise<void>;
}

export interface NetHostOptions {
  /** Starts ovsdb-server and ovs-vswitchd in it. */
  readonly ovs?: boolean;
}

// The marker is printed by the host when it is ready; stdin keeps it alive, so it can't outlive the test's process.
const init = (ovs: boolean): string => `
set -e
mount --make-rprivate /
for d in /var/lib /run/netns /run/openvswitch /etc/openvswitch /var/log/openvswitch; do [ -d "$d" ] || mkdir -p "$d"; mount -t tmpfs tmpfs "$d"; done
mount -t sysfs sysfs /sys
ip link set lo up
if ${String(ovs)}; then
  ovsdb-tool create /etc/openvswitch/conf.db /usr/share/openvswitch/vswitch.ovsschema
  ovsdb-server --remote=punix:/run/openvswitch/db.sock --pidfile --detach --log-file=/dev/null >/dev/null 2>&1 </dev/null
  ovs-vsctl --no-wait init
  ovs-vswitchd --pidfile --detach --log-file=/dev/null >/dev/null 2>&1 </dev/null
fi
echo ready
cat >/dev/null
`;

export async function startNetHost(name: string, { ovs = false }: NetHostOptions = {}): Promise<NetHost> {
  const unshare = spawn('unshare', ['--mount', '--net', '--uts', '--pid', '--fork', '--kill-child', '--mount-proc', '/bin/sh', '-c', init(ovs)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await ready(unshare);
  const pid = Number(spawnSync('ps', ['-o', 'pid=', '--ppid', String(unshare.pid)], { encoding: 'utf8' }).stdout.trim());
  const prefix = ['nsenter', '--target', String(pid), '--mount', '--net', '--uts', '--pid'];
  const run = (script: string) => spawnSync(prefix[0]!, [...prefix.slice(1), '/bin/sh', '-c', script], { encoding: 'utf8', timeout: 60_000 });
  const ended = once(unshare, 'exit');
  return {
    name,
    pid,
    options: { prefix },
    sh(script) {
      const done = run(script);
      if (done.status !== 0) throw new Error(`${name}: ${script}\nexit ${String(done.status)}: ${done.stderr}`);
      return done.stdout;
    },
    status: (script) => run(script).status,
    async stop() {
      unshare.kill('SIGKILL');
      await ended;
    },
  };
}

async function ready(child: ChildProcess): Promise<void> {
  let seen = '';
  for await (const chunk of child.stdout!) {
    seen += String(chunk);
    if (seen.includes('ready')) return;
  }
  throw new Error(`the test host ended before it was ready: ${seen}`);
}

/** Joins two hosts by a veth pair `eth1`, with the given addresses (CIDR); user-space OVS is told of it so that it can carry tunnels. */
export function joinUnderlay(a: NetHost, b: NetHost, addressA: string, addressB: string): void {
  const made = spawnSync('nsenter', ['--target', String(a.pid), '--net', 'ip', 'link', 'add', 'eth1', 'type', 'veth', 'peer', 'name', 'eth1', 'netns', String(b.pid)], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stderr);
  for (const [host, address] of [[a, addressA], [b, addressB]] as const) host.sh(`ip addr add ${address} dev eth1 && ip link set eth1 up`);
  for (const [host, own, peer] of [[a, addressA, addressB], [b, addressB, addressA]] as const) {
    if (host.status('test -S /run/openvswitch/db.sock') === 0) prepareTunnels(host, own, peer.split('/')[0]!);
  }
}

/** User-space OVS has no routes or neighbours but those it is told of. */
function prepareTunnels(host: NetHost, own: string, peer: string): void {
  const mac = (address: string): string => `52:54:00:fe:${address.split('/')[0]!.split('.').slice(2).map((part) => Number(part).toString(16).padStart(2, '0')).join(':')}`;
  host.sh(`set -e
ovs-vsctl --timeout=10 add-br br-phy -- set bridge br-phy datapath_type=netdev other_config:hwaddr=${mac(own)} -- add-port br-phy eth1
echo 8 > /proc/sys/net/ipv4/conf/br-phy/arp_ignore
ip addr add ${own} dev br-phy noprefixroute; ip link set br-phy up
ovs-ofctl del-flows br-phy
ovs-ofctl add-flow br-phy priority=100,in_port=eth1,ip,nw_proto=47,actions=LOCAL
ovs-ofctl add-flow br-phy priority=90,in_port=LOCAL,actions=output:eth1
ovs-ofctl add-flow br-phy priority=0,actions=drop
ovs-appctl ovs/route/add ${peer}/32 br-phy
ovs-appctl tnl/arp/set br-phy ${peer} ${mac(peer)}`);
}
