import { describe, expect, it } from 'vitest';
import { dangersOf, mayEndanger } from '../../../src/guard/dangers.ts';
import { serviceCommand } from '../../../modules/shared/service.ts';
import { change, path } from './path.ts';

const dangers = (script: string, declared = false, user?: string): readonly string[] => dangersOf([change([script], declared ? { touches: [] } : {})], path, user === undefined ? {} : { user });

describe('what may cut the session off', () => {
  it.each<[string, RegExp]>([
    ['ip link set dev eth0 down', /eth0, which carries the session/],
    ['ip link set eth0 master br0', /eth0/],
    ['ip link set dev lan0 name eth0', /eth0/],
    ['ip link add link eth0 name lan0 type macvlan', /eth0/],
    ['ip link set dev bond0 mtu 900', /bond0/],
    ['ip addr add 10.9.9.9/24 dev bond0', /bond0/],
    ['ip addr add 10.0.5.77/16 dev br7', /10\.0\.5\.77\/16/],
    ['ip addr add 192.0.2.9/32 dev lo', /192\.0\.2\.9/],
    ['ip route replace default via 10.0.5.250', /default route/],
    ['ip route flush cache', /default route/],
    ['ip route add 192.0.2.0/24 via 10.0.0.4', /192\.0\.2\.0\/24/],
    ['ip -6 route add blackhole ::/0', /default route/],
    ['ip rule add from all blackhole', /rules/],
    ['ip -batch /root/file', /rules/],
    ['for l in a b; do ip link set dev $l down; done', /only the host knows/],
    ['ip link del "$(cat name)"', /only the host knows/],
    ['iptables -I OUTPUT -p tcp --dport $2 -j DROP', /packets out/],
    ['iptables -I OUTPUT -p tcp --sport 22 -j DROP', /packets out/],
    ['ifdown bond0', /bond0/],
    ['ifdown -a', /any interface/],
    ['netplan apply', /any interface/],
    ['nmcli connection reload', /any interface/],
    ['ovs-vsctl --timeout=5 add-port br0 eth0', /eth0/],
    ['tc qdisc add dev eth0 root netem loss 100%', /eth0/],
    ['iptables -P INPUT DROP', /packets out/],
    ['iptables -w 5 -A INPUT -p tcp --dport 22 -j DROP', /packets out/],
    ['iptables -A OUTPUT -j REJECT', /packets out/],
    ['iptables -F', /packets out/],
    ['iptables -D INPUT -p tcp --dport 22 -j ACCEPT', /packets out/],
    ['iptables -t nat -A PREROUTING -p tcp --dport 22 -j DNAT --to 10.1.1.1', /packets out/],
    ['iptables-restore /root/rules', /packets out/],
    ['nft -f /root/rules', /packets out/],
    ['nft flush ruleset', /packets out/],
    ['ufw enable', /packets out/],
    ['systemctl stop -- ssh', /about ssh/],
    ['systemctl restart sshd.service', /about sshd\.service/],
    ['service ssh reload', /about ssh/],
    ['/etc/init.d/ssh stop', /about ssh/],
    ['( cd / && exec env -i LANG="$LANG" PATH="$PATH" /etc/init.d/ssh restart ) </dev/null', /about ssh/],
    ['env -i /etc/init.d/networking restart', /about networking/],
    ['/etc/init.d/$name stop', /only the host knows/],
    ['systemctl restart networking', /about networking/],
    ['systemctl isolate rescue.target', /target/],
    ['pkill sshd', /sshd/],
    ['kill -9 200', /the session itself/],
    ['kill -STOP 100', /the session itself/],
    ['kill $(pidof sshd)', /only the host knows/],
    ['systemctl restart $unit', /only the host knows/],
    ['sysctl -w net.ipv4.conf.all.rp_filter=1', /rp_filter/],
    ['sysctl -w net.ipv6.conf.bond0.disable_ipv6=1', /disable_ipv6/],
    ['sysctl -p /etc/sysctl.d/9.conf', /loads a file/],
    ['echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore', /arp_ignore/],
    ['rm /etc/ssh/ssh_host_ed25519_key', /decides on logins/],
    ['p=/etc/ssh/sshd_config; cat >"$p"', /decides on logins/],
    ['echo x >>/etc/sudoers.d/students', /decides on logins/],
    ['apt-get install -y openssh-server', /openssh-server/],
    ["/bin/sh -c 'ip addr flush dev eth0; sleep 1'", /eth0/],
  ])('%s', (script, why) => {
    expect(dangers(script)).toEqual([expect.stringMatching(why)]);
    expect(mayEndanger([change([script])])).toBe(true);
  });

  it.each([
    'ip link add name br0 type bridge',
    'ip link add name c1-eth0 mtu 1462 type veth peer name eth0 mtu 1462 netns 4711',
    'ip link set dev br0 up',
    'ip addr add 172.15.42.1/24 dev br0',
    'ip route add 172.15.43.0/24 via 10.0.0.4 dev eth1',
    'ip -j -d addr show dev eth0',
    'ip addr',
    'ip route get 192.0.2.9',
    'nsenter -t 4711 -n ip link set dev eth0 up',
    'ip link set dev veth0 netns 4711',
    'iptables -w 5 -t nat -A POSTROUTING -s 172.15.42.0/24 -o eth0 -j MASQUERADE',
    'iptables -w 5 -I FORWARD -i br0 -j DROP',
    'iptables -A INPUT -p tcp --dport 8080 -j ACCEPT',
    'iptables -A INPUT -p udp -j DROP',
    'iptables -A OUTPUT -p udp -j DROP',
    'iptables -A INPUT -p tcp --dport 8000:8100 -j DROP',
    'iptables -A INPUT -s 10.9.0.0/16 -j DROP',
    'iptables -A INPUT -i eth7 -j DROP',
    'iptables -t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to 172.15.42.2:80',
    'iptables -S INPUT',
    'iptables-save',
    'ip6tables -P INPUT DROP',
    'nft list ruleset',
    'systemctl restart -- docker',
    'systemctl is-active ssh',
    'kill 4711',
    'sysctl -w net.ipv4.ip_forward=1',
    'sysctl -w net.ipv4.conf.all.forwarding=1',
    'cat /etc/ssh/sshd_config',
    'p=/etc/ssh/ssh_known_hosts; cat >"$p"',
    'echo eth0',
    'docker run --name eth0 nginx',
    'apt-get install -y nginx',
    'touch /root/x',
  ])('not %s', (script) => {
    expect(dangers(script)).toEqual([]);
  });

  it('a service without systemd, by whichever way it is taken', () => {
    expect(dangers(serviceCommand('sysv', 'restart', 'ssh').text)).toEqual(['service is about ssh', 'an init script is about ssh']);
  });

  it('not what a declared task says by variables', () => {
    expect(dangers('for l in a b; do ip link del "$l"; done', true)).toEqual([]);
  });

  it("not a file of settings that a declared task wrote itself", () => {
    expect(dangers('sysctl -p /etc/sysctl.d/9.conf', true)).toEqual([]);
  });

  it.each([
    ['root', 'p=/root/.ssh/authorized_keys; cat >"$p"', true],
    ['vagrant', 'p=/home/vagrant/.ssh/authorized_keys; cat >"$p"', true],
    ['root', 'p=/home/vagrant/.ssh/authorized_keys; cat >"$p"', false],
    [undefined, 'p=/home/vagrant/.ssh/authorized_keys; cat >"$p"', false],
  ])('keys of %s: %s is %s', (user, script, dangerous) => {
    expect(dangers(script, false, user).length > 0).toBe(dangerous);
  });

  it('not a reboot, after which there is nothing left to put back', () => {
    const reboot = change(['systemctl isolate reboot.target'], { reconnect: { timeoutSeconds: 1, delaySeconds: 0, test: change(['true']).commands[0]! } });
    expect(dangersOf([reboot], path)).toEqual([]);
    expect(mayEndanger([reboot])).toBe(false);
  });

  // No look at the host is taken for these.
  it.each(['touch /root/x', 'docker run nginx', 'apt-get install -y nginx', 'systemctl restart -- docker', 'iptables -w 5 -I FORWARD -i br0 -j DROP', 'cat /etc/hosts', 'ip -j addr show', '/etc/init.d/docker restart', serviceCommand('sysv', 'restart', 'docker').text])('%s needs no look', (script) => {
    expect(mayEndanger([change([script])])).toBe(false);
  });
});
