import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import iptablesNat from '../../modules/iptables_nat.ts';
import type { NatArgs } from '../../modules/shared/nat.ts';
import { applyLocally, revertLocally } from '../harness/module.ts';
import { startNetHost, type NetHost } from '../harness/nethost.ts';

// A router between a container's network and the outside, which knows no way back to the former.
describe.each(['nft', 'legacy'])('with iptables-%s', (backend) => {
  let host: NetHost;
  const args = (over: Partial<NatArgs> = {}) => ({ subnet: '172.15.42.0/24', bridge: 'lan', masquerade: true, forward: true, ip_forward: true, ports: [{ port: 8080, to: '172.15.42.100', to_port: 80, protocol: 'tcp' }], state: 'present', ...over }) as never;
  beforeAll(async () => {
    host = await startNetHost(`nat-${backend}`);
    host.sh(`
for tool in iptables iptables-save; do mount --bind "$(readlink -f /usr/sbin/xtables-${backend}-multi)" "$(readlink -f /usr/sbin/$tool)" 2>/dev/null || true; done
ip link add lan type bridge; ip addr add 172.15.42.1/24 dev lan; ip link set lan up
ip netns add inside; ip link add p0 type veth peer name eth0 netns inside; ip link set p0 master lan up
ip -n inside addr add 172.15.42.100/24 dev eth0; ip -n inside link set eth0 up; ip -n inside route add default via 172.15.42.1
ip netns add outside; ip link add wan type veth peer name eth0 netns outside
ip addr add 198.51.100.1/24 dev wan; ip link set wan up; ip -n outside addr add 198.51.100.2/24 dev eth0; ip -n outside link set eth0 up
iptables -P FORWARD DROP; echo 0 >/proc/sys/net/ipv4/ip_forward`);
    expect(host.sh('iptables --version')).toContain(backend === 'nft' ? 'nf_tables' : 'legacy');
  });
  afterAll(() => host.stop());

  const apply = (over?: Partial<NatArgs>) => applyLocally(iptablesNat, args(over), host.options);
  const pings = () => host.status('ip netns exec inside ping -c 1 -W 1 198.51.100.2') === 0;
  const serves = (netns: string) => {
    host.sh('{ echo hello | ip netns exec inside timeout 5 busybox nc -l -p 80; } >/dev/null 2>&1 & sleep 0.2');
    return host.status(`${netns} timeout 2 bash -c 'read -r line </dev/tcp/198.51.100.1/8080; [ "$line" = hello ]'`) === 0;
  };
  const saved = () => host.sh('iptables-save | grep -v "^#" | sed "s/\\[.*//"; cat /proc/sys/net/ipv4/ip_forward');

  it('opens the way out and a port in, and closes them without a trace', async () => {
    // An empty table, once made, stays listed.
    host.sh('iptables -t nat -A POSTROUTING -j ACCEPT; iptables -t nat -F');
    const initial = saved();
    expect(pings()).toBe(false);
    const { before, leftover, changes } = await apply();
    expect(leftover).toEqual([]);
    expect(changes).toHaveLength(7);
    expect(pings()).toBe(true);
    expect(serves('ip netns exec outside')).toBe(true);
    expect(serves('')).toBe(true);
    revertLocally(iptablesNat, args(), before, host.options);
    expect(saved()).toBe(initial);
    expect(revertLocally(iptablesNat, args(), before, host.options)).toEqual([]);
  });

  it.each([
    ['a flushed NAT table', 'iptables -t nat -F', 3],
    ['flushed forwarding rules', 'iptables -F FORWARD', 3],
    ['a rule in front that blocks', 'iptables -I FORWARD -j DROP', 6],
    ['ip_forward switched off', 'echo 0 >/proc/sys/net/ipv4/ip_forward', 1],
  ])('mends %s', async (_, drift, count) => {
    await apply();
    host.sh(drift);
    expect(pings()).toBe(false);
    const { changes, leftover } = await apply();
    expect(changes).toHaveLength(count);
    expect(leftover).toEqual([]);
    expect(pings()).toBe(true);
    host.sh('iptables -D FORWARD -j DROP 2>/dev/null || true');
  });

  it("moves to Docker's chain when Docker comes, and out of it again", async () => {
    await apply();
    host.sh('iptables -N DOCKER-USER; iptables -A DOCKER-USER -j RETURN; iptables -I FORWARD -j DOCKER-USER; iptables -A FORWARD -j DROP');
    expect((await apply()).leftover).toEqual([]);
    expect(host.sh('iptables -S DOCKER-USER').match(/ctplay/g)).toHaveLength(3);
    expect(host.sh('iptables -S FORWARD')).not.toContain('ctplay');
    expect(pings()).toBe(true);
    host.sh('iptables -D FORWARD -j DOCKER-USER; iptables -D FORWARD -j DROP');
    expect((await apply()).leftover).toEqual([]);
    expect(pings()).toBe(true);
    host.sh('iptables -F DOCKER-USER; iptables -X DOCKER-USER');
  });

  it('drops a port that is no longer wanted, and all when absent', async () => {
    await apply();
    expect((await apply({ ports: [] })).changes.map((change) => `${change.action} ${change.subject}`).sort()).toEqual([
      'delete NAT of 172.15.42.0/24: forward port 8080/tcp',
      'delete NAT of 172.15.42.0/24: own port 8080/tcp',
      'delete NAT of 172.15.42.0/24: port 8080/tcp',
    ]);
    expect((await apply({ state: 'absent' })).leftover).toEqual([]);
    expect(host.sh('iptables-save')).not.toContain('ctplay');
  });
});
