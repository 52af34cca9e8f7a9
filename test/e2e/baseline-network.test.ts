/** The network of a host, as a class leaves it, brought back to its baseline and proven: on real kernels and daemons. */
import { setTimeout as sleep } from 'node:timers/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startCtplay, type Ended } from '../harness/ctplay.ts';
import { withLab } from '../harness/lab.ts';

const lab = withLab({ hosts: 1, base: 'full' });
const kinds = 'link,address,route,rule,namespace,openvswitch,iptables,nftables,sysctl,socket';
const state = mkdtempSync(path.join(tmpdir(), 'ctplay-baseline-network-'));
afterAll(() => rmSync(state, { recursive: true, force: true }));

const ctplay = (...args: readonly string[]): Promise<Ended> => startCtplay([...args, '-i', lab().inventory], { env: { XDG_STATE_HOME: state } }).ended;
const host = (script: string): Promise<string> => lab().output('host1', 'sh -es', script);

/** What differs, a line each; none when it is as in the baseline. */
async function drift(): Promise<string[]> {
  const ended = await ctplay('drift', '--only', kinds);
  expect([0, 3], ended.stderr).toContain(ended.status);
  return ended.stdout.split('\n').filter((line) => line.startsWith('  ')).map((line) => line.trim().replace(/, by hand$/, ''));
}

async function capture(): Promise<void> {
  const ended = await ctplay('baseline', 'capture');
  expect(ended.status, ended.stdout + ended.stderr).toBe(0);
}

/** Resets until all is as it was; gives what ctplay printed. */
async function reset(): Promise<string> {
  const ended = await ctplay('reset', '--to', 'baseline', '--only', kinds);
  expect(ended.status, ended.stdout + ended.stderr).toBe(0);
  expect(await drift()).toEqual([]);
  return ended.stdout;
}

/** Until the host is up and its daemons have done their work. */
async function settled(mark?: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    const ready = await lab().exec('host1', `${mark === undefined ? '' : `[ ! -e ${mark} ] && `}systemctl is-active --quiet docker lxc-net openvswitch-switch && docker info >/dev/null && ovs-vsctl --timeout=5 br-exists br-phy`);
    if (ready.status === 0) return;
    if (tries > 120) throw new Error(`the host does not settle: ${ready.stderr}`);
    await sleep(1000);
  }
}

beforeAll(async () => {
  await settled();
  await host(`
cd "$(mktemp -d)"; mkdir bin; cp "$(command -v busybox)" bin/; ln -s busybox bin/sleep; ln -s busybox bin/sh
tar -c . | docker import - tiny >/dev/null
docker network create plain >/dev/null; docker network create --subnet 10.123.0.0/24 -o com.docker.network.bridge.name=br-lab named >/dev/null
docker run -d --restart always --stop-timeout 1 --name c1 --network plain -p 8080:80 tiny sleep 1000000 >/dev/null
docker run -d --restart always --stop-timeout 1 --name c2 -p 8081:80 tiny sleep 1000000 >/dev/null`);
}, 600_000);

describe('an untouched host', () => {
  it('is as it was, also when containers and the host itself start again', async () => {
    await capture();
    expect(await drift()).toEqual([]);
    await host('docker stop -t 0 c1 c2 >/dev/null; docker start c2 >/dev/null; docker start c1 >/dev/null');
    expect(await drift()).toEqual([]);
    await host('touch /run/not-yet-restarted; systemctl reboot');
    await settled('/run/not-yet-restarted');
    await host('until [ "$(docker inspect -f {{.State.Running}} c1 c2 | sort -u)" = true ]; do sleep 1; done');
    expect(await drift()).toEqual([]);
  }, 600_000);
});

describe('a host that a class has left', () => {
  beforeEach(capture, 120_000);

  it('loses what was added, and gets back what was changed', async () => {
    await host(`
ip link add br1 type bridge; ip addr add 10.1.1.1/24 dev br1; ip link set br1 up
ip link add va type veth peer name vb; ip link set va master br1 up; ip link set vb up; ip addr add 10.9.9.1 peer 10.9.9.2/32 dev vb
ip link add vx1 type vxlan id 42 remote 10.0.0.4 local 10.0.0.3 dstport 4790 dev eth1; ip link set vx1 master br1 up
ip link add mv0 link eth1 type macvlan mode bridge; ip tuntap add dev tap9 mode tap
ip netns add blue; ip link add h0 type veth peer name eth0 netns blue; ip -n blue addr add 10.5.5.5/24 dev eth0; ip -n blue link set eth0 up; ip link set h0 up master docker0
ip netns exec blue sh -c 'trap "" TERM; sleep 1000000; sleep 1000000' >/dev/null 2>&1 </dev/null &
ip netns exec blue sleep 1000000 >/dev/null 2>&1 </dev/null &
ln -s /proc/1/ns/net /run/netns/itself
ip addr add fd00::1/64 dev eth1; ip addr del 10.0.3.1/24 dev lxcbr0; ip addr add 10.0.3.1/25 dev lxcbr0
ip route del default; ip route add default via 10.0.0.254 dev eth1; ip route add 10.77.0.0/16 via 10.0.0.9 mtu 1300; ip route add blackhole 10.78.0.0/16; ip route add 10.66.0.0/16 via 10.0.0.9 table 100
ip route add 10.79.0.0/16 nexthop via 10.0.0.7 weight 2 nexthop via 10.0.0.9; ip -6 route add fd11::/64 via fd00::2
ip rule add from 10.1.0.0/16 lookup 100; ip rule add fwmark 5 blackhole; ip rule del pref 32767
ip link set docker0 mtu 1400; ip link set lxcbr0 down; ip link set lxcbr0 type bridge stp_state 1 forward_delay 400
iptables -P FORWARD DROP; iptables -I INPUT -p tcp --dport 80 -j DROP; iptables -A INPUT -i docker0 -j LOG; iptables -t nat -A POSTROUTING -s 10.1.1.0/24 -j MASQUERADE; iptables -t raw -P OUTPUT ACCEPT
iptables -N evil; iptables -A evil -m comment --comment 'a b "c"' -j RETURN; iptables -I FORWARD -j evil; iptables -I DOCKER-USER -s 192.0.2.4 -j DROP; ip6tables -P OUTPUT DROP; ip6tables -t mangle -A POSTROUTING -j ACCEPT
sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.all.rp_filter=2 net.ipv4.conf.eth1.proxy_arp=1 net.ipv6.conf.all.forwarding=1 'net.ipv4.ip_local_port_range=20000 21000'
ovs-vsctl --timeout=15 add-br brk -- set bridge brk datapath_type=netdev -- add-port brk gre5 -- set interface gre5 type=gre options:remote_ip=10.0.0.4 -- add-port brk inside -- set interface inside type=internal
ovs-ofctl add-flow brk priority=5,in_port=gre5,actions=drop
ovs-vsctl --timeout=15 del-port br-phy eth1; ovs-ofctl del-flows br-phy; ovs-vsctl --timeout=15 set bridge br-phy other_config:foo=bar fail_mode=standalone -- set-controller br-phy tcp:127.0.0.1:6653
ip route del 10.0.0.0/24 dev eth1`);
    const told = await drift();
    for (const line of ['bridge br1 was added', 'bridge docker0 has mtu 1400, not 1500', 'network namespace blue was added', 'chain FORWARD of filter has policy DROP, not ACCEPT', 'policy rule 32767: from all lookup default is gone', 'route default via 10.0.0.254 dev eth1 was added', 'route 10.0.0.0/24 dev eth1 is gone', 'kernel parameter net.ipv4.ip_forward has value 0, not 1', 'bridge brk of Open vSwitch was added', 'port eth1 of Open vSwitch is gone']) expect(told).toContain(line);
    // What comes with something that was added is not told again.
    expect(told.filter((line) => /10\.1\.1\.1|conf\.br1|gre5|conf\.eth0\.forwarding/.test(line))).toEqual([]);
    await reset();
    await expect(host('ping -c 1 -W 5 "$(ip route show default | cut -d" " -f3)"')).resolves.toContain('1 received');
    expect(await host('ps -e -o args= | grep -c "[s]leep 1000000"')).toBe('2');
  }, 300_000);

  it('gets back what it has lost', async () => {
    await host(`
ip link add br1 type bridge stp_state 1; ip addr add 10.1.1.1/24 dev br1; ip link set br1 up alias "my bridge" mtu 1420
ip link add va type veth peer name vb; ip link set va master br1 up; ip link set vb up; ip addr add 10.9.9.1 peer 10.9.9.2/32 dev vb; ip addr add 10.9.8.1/24 brd + dev vb label vb:x
ip link add vx1 type vxlan id 42 remote 10.0.0.4 local 10.0.0.3 dstport 4790 dev eth1; ip link set vx1 master br1 up
ip link add mv0 link eth1 type macvlan mode bridge; ip tuntap add dev tap9 mode tap
ip netns add blue; ip link add h0 type veth peer name eth0 netns blue; ip -n blue link set lo up; ip -n blue addr add 10.5.5.5/24 dev eth0; ip -n blue link set eth0 up; ip link set h0 up master br1; ip -n blue route add default via 10.5.5.1; ip -n blue link add brin type bridge; ip -n blue link add x type veth peer name y
ip addr add fd00::1/64 dev eth1; ip -6 route add fd11::/64 via fd00::2
ip route add 10.77.0.0/16 via 10.0.0.9 mtu 1300; ip route add unreachable 10.99.0.0/16 metric 7; ip route add default via 10.0.0.9 table 100; ip route add 10.79.0.0/16 nexthop via 10.0.0.7 weight 2 nexthop via 10.0.0.9; ip route add 10.98.0.0/16 dev br1 scope link src 10.1.1.1
ip rule add from 10.1.0.0/16 lookup 100; ip rule add fwmark 5 blackhole; ip -6 rule add to fd22::/64 lookup 100
iptables -N good; iptables -A good -m comment --comment 'a b "c"' -j RETURN; iptables -I FORWARD -j good; iptables -A FORWARD -i br1 -j ACCEPT; iptables -I DOCKER-USER -s 192.0.2.4 -j DROP; ip6tables -t mangle -A POSTROUTING -j ACCEPT
iptables -A INPUT -p tcp --dport 22 -j ACCEPT; iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT; iptables -A INPUT -i lo -j ACCEPT; iptables -P INPUT DROP
sysctl -qw net.ipv4.conf.br1.rp_filter=2
ovs-vsctl --timeout=15 add-br brk -- set bridge brk datapath_type=netdev fail_mode=secure -- add-port brk gre5 -- set interface gre5 type=gre options:remote_ip=10.0.0.4 options:key=5 -- add-port brk inside tag=7 -- set interface inside type=internal -- set port inside external_ids:x='a "b"' trunks=1,2
ip addr add 10.44.0.1/24 dev brk; ip link set brk up; ip link set inside up
ovs-ofctl add-flow brk priority=5,in_port=gre5,actions=drop;  ovs-ofctl add-flow brk 'cookie=0x7,table=1,priority=6,dl_vlan=3,actions=mod_vlan_vid:9,output:gre5'; ovs-ofctl add-flow brk actions=NORMAL
ovs-vsctl --timeout=15 -- --id=@p get Port inside -- --id=@o get Port gre5 -- --id=@m create Mirror name=m1 select-dst-port=@p select-src-port=@p output-port=@o -- set Bridge brk mirrors=@m -- set-controller brk tcp:127.0.0.1:6653`);
    await capture();
    expect(await drift()).toEqual([]);
    await host(`
ip link del br1; ip link del va; ip link del vx1; ip link del mv0; ip link del tap9; ip netns del blue; while ip link show dev h0 >/dev/null 2>&1; do sleep 0.2; done
ip addr del fd00::1/64 dev eth1; ip route del 10.77.0.0/16; ip route del 10.79.0.0/16; ip route flush table 100; ip route del unreachable 10.99.0.0/16 metric 7
ip rule del from 10.1.0.0/16 lookup 100; ip rule del fwmark 5 blackhole; ip -6 rule del to fd22::/64 lookup 100
iptables -P INPUT ACCEPT; iptables -F; iptables -X good; iptables -t nat -F; ip6tables -t mangle -F
ovs-vsctl --timeout=15 del-br brk`);
    await reset();
    expect(await host('cat /sys/class/net/br1/ifalias; ip -n blue route get 10.5.5.9 | head -1')).toMatch(/^my bridge\n10\.5\.5\.9 dev eth0/);
  }, 300_000);

  it("has Docker's rules again after somebody flushed them", async () => {
    const rules = 'iptables-save -t nat | grep -c -e "--dport 808[01] -j DNAT"';
    expect(await host(rules)).toBe('2');
    await host('iptables -t nat -F; iptables -t nat -X; docker network create broken >/dev/null 2>&1 || :');
    expect(await drift()).toContainEqual(expect.stringMatching(/^Docker's rules of iptables lack \d+ of \d+$/));
    await reset();
    expect(await host(rules)).toBe('2');
  }, 300_000);

  it('keeps the session where the way back would cut it', async () => {
    await host(`
own=$(ip -o -4 addr show dev eth0 | awk '{print $4}'); net=\${own%.*}
ip addr del "$own" dev eth0; ip addr add "$net.99/24" dev eth0; ip addr add "$own" dev eth0; ip addr add "$net.98/24" dev eth0; ip route replace default via "$net.1" dev eth0
ip rule add from "\${own%/*}" lookup main pref 77; ip link set eth0 alias changed`);
    const ended = await ctplay('reset', '--to', 'baseline', '--only', kinds);
    expect(ended.status).not.toBe(0);
    expect(await drift()).toEqual(expect.arrayContaining([expect.stringContaining('interface eth0 has alias changed'), expect.stringContaining('policy rule 77: from')]));
    expect(await host('ip -o -4 addr show dev eth0 | wc -l')).toBe('1');
    expect(ended.stdout).toContain('it carries the management session');
    await host('ip rule del pref 77; ip link set eth0 alias ""');
    await reset();
  }, 300_000);
});
