import { describe, expect, it } from 'vitest';
import { inputRules, lockoutOf, needsInputRules } from '../../../src/guard/lockout.ts';
import type { Change } from '../../../src/module.ts';
import { serviceCommand } from '../../../modules/shared/service.ts';
import { change, path } from './path.ts';

const lockout = (changes: readonly Change[], given: { declared?: boolean; rules?: readonly string[] } = {}): string | undefined => lockoutOf(changes, path, { declared: true, ...given })?.what;

describe('what cuts the session off for certain', () => {
  it.each<[string, readonly Change[], RegExp]>([
    ['the server stops', [change(['systemctl stop -- ssh'])], /ssh is the SSH server/],
    ['it is disabled now', [change(['systemctl disable --now sshd.service'])], /sshd\.service/],
    ['it stops without systemd', [change(['service ssh stop </dev/null >/dev/null 2>&1'])], /ssh/],
    ['its init script stops it', [change(['env -i PATH="$PATH" /etc/init.d/ssh stop'])], /ssh is the SSH server/],
    ['the module stops it without systemd', [change([serviceCommand('sysv', 'stop', 'ssh').text])], /ssh is the SSH server/],
    ['the interface goes down', [change(['ip link set dev bond0 down'])], /bond0 carries the session/],
    ['the interface is deleted', [change(['ip link del dev bond0'])], /bond0/],
    ['the address is removed', [change(['ip addr del 10.0.5.11/24 dev bond0'])], /10\.0\.5\.11/],
    ['all addresses are removed', [change(['ip addr flush dev bond0'])], /10\.0\.5\.11/],
    ['the interface becomes a port', [change(['ip link add name br0 type bridge'], { subject: 'bridge br0' }), change(['ip link set dev bond0 master br0'], { subject: 'bridge br0: port bond0' })], /port of br0/],
    ['the interface becomes a port of Open vSwitch', [change(['ovs-vsctl --timeout=10 add-port br0 bond0 tag=5'])], /port of br0/],
  ])('%s', (_name, changes, what) => {
    expect(lockout(changes)).toMatch(what);
  });

  it.each<[string, readonly Change[]]>([
    ['the server restarts', [change(['systemctl restart -- ssh'])]],
    ['the server stops and starts', [change(['systemctl stop ssh']), change(['systemctl start ssh'])]],
    ['it stops and starts without systemd', [change([serviceCommand('sysv', 'stop', 'ssh').text, 'sleep 1', serviceCommand('sysv', 'start', 'ssh').text])]],
    ['it restarts without systemd', [change([serviceCommand('sysv', 'restart', 'ssh').text])]],
    ['another service stops without systemd', [change([serviceCommand('sysv', 'stop', 'docker').text])]],
    ['another service stops', [change(['systemctl stop -- docker'])]],
    ['one of the links below goes down', [change(['ip link set dev eth0 down'])]],
    ['the interface goes down and up', [change(['ip link set dev bond0 down', 'ip link set dev bond0 address 02:00:00:00:00:01', 'ip link set dev bond0 up'])]],
    ['another address goes', [change(['ip addr del 10.0.5.12/24 dev bond0'])]],
    ['the address gets another length', [change(['ip addr del 10.0.5.11/24 dev bond0', 'ip addr add 10.0.5.11/16 dev bond0'])]],
    ['the bridge takes the address over', [change(['ip addr add 10.0.5.11/24 dev br0', 'ip link set dev bond0 master br0'], { subject: 'bridge br0' })]],
    ['it is put into a VRF', [change(['ip link set dev bond0 master blue'])]],
  ])('not when %s', (_name, changes) => {
    expect(lockout(changes)).toBeUndefined();
  });

  it('is not judged for a script of several commands, which may undo what it does', () => {
    expect(lockout([change(['systemctl stop ssh; /root/repair'])], { declared: false })).toBeUndefined();
    expect(lockout([change(['systemctl stop ssh'])], { declared: false })).toBeDefined();
  });
});

describe('a packet filter without a rule for the session', () => {
  const accept = '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT';
  it.each<[string, string, readonly string[]]>([
    ['no rule at all', 'iptables -w 5 -t filter -P INPUT DROP', []],
    ['a rule for another port', 'iptables -P INPUT DROP', ['-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT']],
    ['a rule for another source', 'iptables -P INPUT DROP', ['-A INPUT -s 10.9.0.0/16 -j ACCEPT']],
    ['a rule for sessions that there are', 'iptables -P INPUT DROP', ['-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT']],
    ['a rule for the loopback', 'iptables -P INPUT DROP', ['-A INPUT -i lo -j ACCEPT']],
    ['a rule for others', 'iptables -P INPUT DROP', ['-A INPUT ! -s 192.0.2.0/24 -j ACCEPT']],
    ['a rule that comes after', 'iptables -I INPUT -p tcp --dport 22 -j DROP', [accept]],
    ['only rules for others before', 'iptables -A INPUT -j REJECT', ['-A INPUT -p udp -j ACCEPT']],
  ])('locks out with %s: %s', (_name, script, rules) => {
    expect(needsInputRules([change([script])], path)).toBe(true);
    expect(lockout([change([script])], { rules })).toMatch(/no rule of INPUT accepts new sessions from 192\.0\.2\.9 to port 22/);
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['the port', ['iptables -P INPUT DROP'], [accept]],
    ['a range of ports', ['iptables -P INPUT DROP'], ['-A INPUT -p tcp -m multiport --dports 20:25,80 -j ACCEPT']],
    ['the source', ['iptables -P INPUT DROP'], ['-A INPUT -s 192.0.2.0/24 -j ACCEPT']],
    ['the interface', ['iptables -P INPUT DROP'], ['-A INPUT -i bond+ -j ACCEPT']],
    ['all but others', ['iptables -P INPUT DROP'], ['-A INPUT ! -s 10.9.0.0/16 -j ACCEPT']],
    ['what is not understood', ['iptables -P INPUT DROP'], ['-A INPUT -m recent --name x --rcheck -j ACCEPT']],
    ['a chain of its own', ['iptables -P INPUT DROP'], ['-A INPUT -j ufw-before-input']],
    ['a rule of the same task', ['iptables -A INPUT -p tcp --dport 22 -j ACCEPT', 'iptables -P INPUT DROP'], []],
    ['a rule before, for one that is appended', ['iptables -A INPUT -j DROP'], [accept]],
    ['nothing, where it is another address family', ['ip6tables -P INPUT DROP'], []],
    ['nothing, where it is another chain', ['iptables -P FORWARD DROP'], []],
    ['nothing, where others are meant', ['iptables -A INPUT -p tcp --dport 80 -j DROP'], []],
  ])('does not with one for %s', (_name, scripts, rules) => {
    expect(lockout([change(scripts)], { rules })).toBeUndefined();
  });

  it('is not judged where the rules can not be read', () => {
    expect(lockout([change(['iptables -P INPUT DROP'])])).toBeUndefined();
    expect(inputRules(path).parse({ status: 4, stdout: '', stderr: 'Permission denied' })).toMatchObject({ state: 'unavailable', reason: 'denied' });
    expect(inputRules(path).parse({ status: 0, stdout: '-P INPUT ACCEPT\n-A INPUT -j x\n', stderr: '' })).toEqual({ state: 'present', value: ['-A INPUT -j x'] });
  });
});
