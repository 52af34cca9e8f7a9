import { beforeAll, describe, expect, it } from 'vitest';
import apt from '../../modules/apt.ts';
import installDocker from '../../modules/install_docker.ts';
import installLxc from '../../modules/install_lxc.ts';
import installOpenvswitch from '../../modules/install_openvswitch.ts';
import lxcContainer from '../../modules/lxc_container.ts';
import service from '../../modules/service.ts';
import systemd from '../../modules/systemd.ts';
import { withLab } from '../harness/lab.ts';
import { argumentsOf as args, openSession, type LabSession } from '../harness/lab-module.ts';
import { applyLocally, commandsOf, planOf, readFacts, revertLocally } from '../harness/module.ts';

const lab = withLab({ hosts: 2, base: 'minimal' });
let sessions: readonly LabSession[] = [];

const on = (host: 0 | 1) => sessions[host]!.options;
const sh = (command: string, host: 0 | 1 = 0) => sessions[host]!.sh(command);
/** What reset must leave as it was. Where iptables itself came and went, the kernel is asked from outside by the lab's tests. */
const state = (host: 0 | 1 = 0) =>
  sh(
    `dpkg -l | sort; ip -o link | sed 's/^[0-9]*: //' | cut -d' ' -f1,2 | sort; ls -A /etc/docker /etc/openvswitch /var/lib/docker /var/lib/lxc /var/lib/containerd /run/docker /run/lxc 2>/dev/null || :
cut -d: -f1,3 /etc/passwd /etc/group; cat /proc/sys/net/ipv4/ip_forward; find /etc | grep -Ev 'ld.so.cache|alternatives|/(passwd|group|g?shadow|subuid|subgid)-?$' | sort; ls -A /var/lib/ctplay/packages 2>/dev/null || :`,
    host,
  );

beforeAll(() => {
  sessions = [openSession(lab(), 0), openSession(lab(), 1)];
});

describe('Docker', () => {
  const daemon = { bip: '172.15.42.1/24', 'fixed-cidr': '172.15.42.128/26', mtu: 1462 };

  it('is installed with its configuration, changed, mended after drift and taken back', async () => {
    const initial = state();
    const wanted = args(installDocker, { daemon });
    const first = await applyLocally(installDocker, wanted, on(0));
    expect(first.changes.map((change) => change.subject)).toEqual(['file /etc/docker/daemon.json', 'packages of Docker']);
    expect(first.leftover).toEqual([]);
    expect(sh('ip -4 -o addr show docker0')).toContain('172.15.42.1/24');
    expect(sh('docker info -f "{{.ServerVersion}}"; systemctl is-enabled docker; iptables -S FORWARD | head -1')).toMatch(/^\d+\.[\s\S]*\nenabled\n-P FORWARD DROP$/);

    const moved = args(installDocker, { daemon: { ...daemon, bip: '172.15.42.2/24' } });
    const second = await applyLocally(installDocker, moved, on(0));
    expect(second.changes.map((change) => change.subject)).toEqual(['file /etc/docker/daemon.json', 'service docker: configuration']);
    expect(second.leftover).toEqual([]);
    expect(sh('ip -4 -o addr show docker0')).toContain('172.15.42.2/24');

    sh('systemctl disable --now docker.socket docker 2>&1');
    const mended = await applyLocally(installDocker, moved, on(0));
    expect(mended.changes.map((change) => change.subject)).toEqual(['service docker: enabled', 'service docker: state']);
    expect(mended.leftover).toEqual([]);

    sh('mkdir -p /tmp/r/bin && touch /tmp/r/bin/x && tar -C /tmp/r -c . | docker import - theirs && docker create --name theirs --network none theirs /bin/x');
    // What a person made with it outlives the way back.
    expect(revertLocally(installDocker, moved, first.before, on(0)).map((change) => change.subject)).not.toContain('packages of Docker');
    expect(sh('docker ps -aq --filter name=theirs | wc -l')).toBe('1');
    sh('docker rm theirs');
    revertLocally(installDocker, moved, first.before, on(0));
    expect(state()).toBe(initial);
    expect(revertLocally(installDocker, moved, first.before, on(0))).toEqual([]);
  });

  it('that was there before stays, and its configuration comes back', async () => {
    sh('apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends docker.io >/dev/null 2>&1; mkdir -p /etc/docker && echo \'{"debug": true}\' >/etc/docker/daemon.json && systemctl restart docker', 1);
    const initial = state(1);
    const wanted = args(installDocker, { daemon: { 'live-restore': true } });
    const { before, changes, leftover } = await applyLocally(installDocker, wanted, on(1));
    expect(changes.map((change) => change.subject)).toEqual(['file /etc/docker/daemon.json', 'service docker: configuration']);
    expect(leftover).toEqual([]);
    expect(JSON.parse(sh('cat /etc/docker/daemon.json', 1))).toEqual({ debug: true, 'live-restore': true });
    expect(sh('docker info -f "{{.LiveRestoreEnabled}}"', 1)).toBe('true');
    await expect(applyLocally(installDocker, args(installDocker, { state: 'absent' }), on(1))).rejects.toThrow(/was not installed by ctplay/);
    revertLocally(installDocker, wanted, before, on(1));
    expect(state(1)).toBe(initial);
    expect(sh('cat /etc/docker/daemon.json; docker info -f "{{.LiveRestoreEnabled}}"', 1)).toBe('{"debug": true}\nfalse');
    expect(revertLocally(installDocker, wanted, before, on(1))).toEqual([]);
  });
});

describe.each([
  ['Open vSwitch', installOpenvswitch, 'ovs-vsctl show && systemctl is-active ovs-vswitchd', 'systemctl stop ovs-vswitchd; systemctl disable openvswitch-switch 2>&1'],
  ['LXC', installLxc, 'lxc-ls && ip -4 -o addr show lxcbr0 | grep -q 10.0.3.1 && busybox true', 'systemctl stop lxc-net; systemctl disable lxc 2>&1'],
] as const)('%s', (title, software, works, drift) => {
  // Both have the same arguments and differ in what they read.
  const module = software as typeof installLxc;
  it('is installed, mended after drift and taken back', async () => {
    const initial = state();
    const wanted = args(module, {});
    const first = await applyLocally(module, wanted, on(0));
    expect(first.changes.map((change) => change.subject)).toEqual([`packages of ${title}`]);
    expect(first.leftover).toEqual([]);
    sh(works);
    expect((await applyLocally(module, wanted, on(0))).changes).toEqual([]);
    sh(drift);
    expect((await applyLocally(module, wanted, on(0))).leftover).toEqual([]);
    sh(works);
    const gone = await applyLocally(module, args(module, { state: 'absent' }), on(0));
    expect(gone.leftover).toEqual([]);
    // The host's forwarding may be somebody's by now: without the ledger's word it stays.
    sh(`echo ${initial.split('\n').find((line) => /^[01]$/.test(line))!} >/proc/sys/net/ipv4/ip_forward`);
    expect(state()).toBe(initial);

    const again = await applyLocally(module, wanted, on(0));
    revertLocally(module, wanted, again.before, on(0));
    expect(state()).toBe(initial);
    expect(revertLocally(module, wanted, again.before, on(0))).toEqual([]);
  });
});

describe('an installation', () => {
  it('that was killed is finished by the next run and can be taken back', async () => {
    const initial = state();
    const wanted = args(installLxc, {});
    const before = readFacts(installLxc.facts(wanted, undefined), on(0));
    const commands = planOf(installLxc, wanted, before).flatMap((change) => change.commands);
    const install = commands.findIndex((command) => command.text.includes(' install '));
    for (const command of commands.slice(0, install)) sh(`exec /bin/sh -c '${command.text.replaceAll("'", `'\\''`)}'`);
    // Killed while dpkg is at work, as by a crash.
    sh(`(${commands[install]!.text}) >/dev/null 2>&1 & p=$!; until ls /var/lib/dpkg/updates/[0-9]* >/dev/null 2>&1 && grep -q 'half-installed\\|unpacked' /var/lib/dpkg/status /var/lib/dpkg/updates/[0-9]*; do kill -0 $p || exit 1; done; kill -9 $(pgrep -x dpkg) $(pgrep -x apt-get) $p; sleep 0.2`);
    const run = await applyLocally(installLxc, wanted, on(0));
    expect(run.before.packages).toMatchObject({ value: { interrupted: true } });
    expect(run.changes[0]!.why).toBe('dpkg was interrupted and has to finish first');
    expect(run.leftover).toEqual([]);
    revertLocally(installLxc, wanted, before, on(0));
    expect(state()).toBe(initial);
  });

  it('waits for another one, and for no longer than it may', async () => {
    const lock = 'use Fcntl; open F, "+<", "/var/lib/dpkg/lock-frontend" or die; my $l = pack("s s x4 q q l", F_WRLCK, 0, 0, 0, 0); fcntl(F, F_SETLK, $l) or die; sleep shift';
    const hold = (seconds: number) => sh(`perl -e '${lock}' ${seconds} >/dev/null 2>&1 </dev/null & sleep 0.5; kill -0 $!`);
    const ed = { name: 'ed', install_recommends: false };
    hold(4);
    const started = Date.now();
    const run = await applyLocally(apt, args(apt, ed), on(0));
    expect(run.leftover).toEqual([]);
    revertLocally(apt, args(apt, ed), run.before, on(0));
    hold(8);
    await expect(applyLocally(apt, args(apt, { ...ed, lock_timeout: 1 }), on(0))).rejects.toThrow(/lock/);
    expect(Date.now() - started).toBeLessThan(30_000);
    sh('sleep 7');
    // What the attempt wrote down goes with the way back.
    revertLocally(apt, args(apt, ed), run.before, on(0));
    expect(sh('ls -A /var/lib/ctplay/packages 2>/dev/null || :')).toBe('');
  });

  it('leaves what a person put on top of it', async () => {
    const wanted = args(apt, { name: ['tcpdump'], install_recommends: false });
    const { before } = await applyLocally(apt, wanted, on(0));
    // A package of the person's own that needs one which came along.
    sh('mkdir -p /tmp/p/DEBIAN && printf "Package: own\\nVersion: 1\\nArchitecture: all\\nMaintainer: x <x@example.org>\\nDescription: x\\nDepends: libpcap0.8\\n" >/tmp/p/DEBIAN/control && dpkg-deb -b /tmp/p /tmp/own.deb && dpkg -i /tmp/own.deb');
    revertLocally(apt, wanted, before, on(0));
    expect(sh("dpkg-query -W -f '${Package} ${db:Status-Abbrev}\\n' tcpdump libpcap0.8 own 2>/dev/null || :")).toBe('libpcap0.8 ii \nown ii ');
    sh('dpkg -P own libpcap0.8');
  });
});

it('two installations that share packages go one after the other', async () => {
  const initial = state();
  // Both want iptables; it came with the first, so it stays until that goes.
  const docker = await applyLocally(installDocker, args(installDocker, { packages: ['docker.io', 'iptables'] }), on(0));
  const lxc = await applyLocally(installLxc, args(installLxc, { packages: ['lxc', 'dnsmasq-base', 'busybox-static', 'iptables'] }), on(0));
  revertLocally(installLxc, args(installLxc, { packages: ['lxc', 'dnsmasq-base', 'busybox-static', 'iptables'] }), lxc.before, on(0));
  expect(sh('docker info -f "{{.ServerVersion}}" && iptables -S DOCKER-USER && ! command -v lxc-ls')).toContain('-N DOCKER-USER');
  revertLocally(installDocker, args(installDocker, { packages: ['docker.io', 'iptables'] }), docker.before, on(0));
  expect(state()).toBe(initial);
});

describe('packages', () => {
  it('are installed, kept at a version, removed, and put back', async () => {
    const initial = state();
    const wanted = args(apt, { name: 'ed,cowsay', update_cache: true, install_recommends: false });
    const first = await applyLocally(apt, wanted, on(0));
    expect(first.leftover).toEqual([]);
    expect((await applyLocally(apt, wanted, on(0))).changes).toEqual([]);
    expect((await applyLocally(apt, args(apt, { name: 'ed=1.*' }), on(0))).changes).toEqual([]);
    expect((await applyLocally(apt, args(apt, { name: 'ed', state: 'latest' }), on(0))).changes).toEqual([]);
    const removed = await applyLocally(apt, args(apt, { name: 'ed', state: 'absent', purge: true }), on(0));
    expect(removed.leftover).toEqual([]);
    revertLocally(apt, args(apt, { name: 'ed', state: 'absent', purge: true }), removed.before, on(0));
    sh('test -x /usr/bin/ed');
    revertLocally(apt, wanted, first.before, on(0));
    expect(state()).toBe(initial);
  });

  it('come from files, too', async () => {
    const initial = state();
    sh('cd /tmp && apt-get -qq download ed 2>/dev/null && mv ed_*.deb /tmp/ed_local.deb');
    const wanted = args(apt, { deb: '/tmp/ed_local.deb' });
    const first = await applyLocally(apt, wanted, on(0));
    expect(first.leftover).toEqual([]);
    expect((await applyLocally(apt, wanted, on(0))).changes).toEqual([]);
    revertLocally(apt, wanted, first.before, on(0));
    expect(state()).toBe(initial);
  });

  it('lists are fetched when they are too old, and are then young', async () => {
    sh('touch -d "2 hours ago" /var/lib/apt/lists');
    const wanted = args(apt, { update_cache: true, cache_valid_time: 3600 });
    const run = await applyLocally(apt, wanted, on(0));
    expect(run.changes.map((change) => change.subject)).toEqual(['package lists']);
    expect(run.leftover).toEqual([]);
  });
});

// service(8), invoke-rc.d(8) and ctplay know systemd by this folder.
const withoutSystemd = ['unshare', '-m', '/bin/sh', '-c', 'mount -t tmpfs none /run/systemd && exec "$@"', 'without'];

it('Open vSwitch is installed, mended and taken back without systemd, too', async () => {
  const options = { ...on(0), prefix: withoutSystemd };
  const initial = state();
  const wanted = args(installOpenvswitch, {});
  const first = await applyLocally(installOpenvswitch, wanted, options);
  expect(first.leftover).toEqual([]);
  expect(sh('pgrep -c ovs-vswitchd; ls /etc/rc5.d/S??openvswitch-switch | wc -l')).toBe('1\n1');
  sh('kill $(cat /run/openvswitch/ovs-vswitchd.pid); sleep 1');
  const mended = await applyLocally(installOpenvswitch, wanted, options);
  expect(mended.changes.map((change) => change.subject)).toEqual(['service openvswitch-switch: state']);
  expect(mended.leftover).toEqual([]);
  revertLocally(installOpenvswitch, wanted, first.before, options);
  sh('systemctl daemon-reload');
  expect(state()).toBe(initial);
  expect(revertLocally(installOpenvswitch, wanted, first.before, options)).toEqual([]);
});

describe('services', () => {
  beforeAll(() => {
    sh("printf '#!/bin/sh\\n### BEGIN INIT INFO\\n# Provides: sleeper\\n# Required-Start:\\n# Required-Stop:\\n# Default-Start: 2 3 4 5\\n# Default-Stop: 0 1 6\\n### END INIT INFO\\nP=/run/sleeper.pid\\ncase $1 in start) start-stop-daemon -S -b -m -p $P -x /bin/sleep -- 1000;; stop) start-stop-daemon -K -o -p $P;; restart) $0 stop; $0 start;; status) start-stop-daemon -T -p $P;; esac\\n' >/etc/init.d/sleeper && chmod +x /etc/init.d/sleeper && systemctl daemon-reload");
  });

  it.each([
    ['under systemd', []],
    ['without systemd', withoutSystemd],
  ])('are enabled, started, stopped and put back %s', async (_, prefix) => {
    const options = { ...on(0), prefix };
    const wanted = args(service, { name: 'sleeper', state: 'started', enabled: true });
    const first = await applyLocally(service, wanted, options);
    expect(first.before.services).toMatchObject({ value: { manager: prefix.length === 0 ? 'systemd' : 'sysv', units: { sleeper: { value: { active: false, enabled: false } } } } });
    expect(first.leftover).toEqual([]);
    sh('kill -0 $(cat /run/sleeper.pid) && ls /etc/rc5.d/S??sleeper');
    expect((await applyLocally(service, wanted, options)).changes).toEqual([]);
    const restart = planOf(service, args(service, { name: 'sleeper', state: 'restarted' }), readFacts(service.facts(wanted, undefined), options));
    expect(restart.map((change) => change.action)).toEqual(['run']);
    revertLocally(service, wanted, first.before, options);
    expect(sh('! ls /etc/rc5.d/S??sleeper 2>/dev/null; ! start-stop-daemon -T -p /run/sleeper.pid; echo done')).toBe('done');
    expect(revertLocally(service, wanted, first.before, options)).toEqual([]);
  });

  it('that are missing are named', async () => {
    await expect(applyLocally(service, args(service, { name: 'nosuch', state: 'started' }), on(0))).rejects.toThrow(/there is no service 'nosuch'/);
  });

  it('are masked, unmasked, and read again when their files changed', async () => {
    sh("printf '[Service]\\nExecStart=/bin/sleep 1000\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/napper.service");
    const wanted = args(systemd, { name: 'napper', state: 'started', enabled: true, daemon_reload: true });
    const first = await applyLocally(systemd, wanted, on(0));
    expect(first.leftover).toEqual([]);
    sh('mkdir -p /etc/systemd/system/napper.service.d && printf "[Service]\\nEnvironment=A=1\\n" >/etc/systemd/system/napper.service.d/a.conf');
    const reread = await applyLocally(systemd, wanted, on(0));
    expect(commandsOf(reread.changes)).toEqual(['systemctl daemon-reload']);
    expect(reread.leftover).toEqual([]);
    const masked = args(systemd, { name: 'napper', state: 'stopped', enabled: false });
    await applyLocally(systemd, masked, on(0));
    sh('rm -r /etc/systemd/system/napper.service*; systemctl daemon-reload; systemctl stop napper 2>/dev/null || :');

    const mask = args(systemd, { name: 'sleeper', masked: true });
    const run = await applyLocally(systemd, mask, on(0));
    expect(run.leftover).toEqual([]);
    await expect(applyLocally(systemd, args(systemd, { name: 'sleeper', state: 'started' }), on(0))).rejects.toThrow(/is masked/);
    revertLocally(systemd, mask, run.before, on(0));
    expect(sh('systemctl is-enabled sleeper || :')).not.toContain('masked');
  });
});

describe('an LXC container', () => {
  beforeAll(async () => {
    await applyLocally(installLxc, args(installLxc, {}), on(0));
  });

  it('is made, mended after drift and after a kill, reconfigured and removed', async () => {
    const links = () => sh("ip -o link | sed 's/^[0-9]*: //' | cut -d' ' -f1 | cut -d@ -f1 | sort; ls /var/lib/lxc");
    const initial = links();
    const wanted = args(lxcContainer, { name: 'c1', network: 'none' });
    const first = await applyLocally(lxcContainer, wanted, on(0));
    expect(first.leftover).toEqual([]);
    expect(sh('lxc-attach -n c1 -- hostname; lxc-attach -n c1 -- ls /sys/class/net; lxc-attach -n c1 -- ps | grep -c udhcpc || :')).toBe('c1\nlo\n0');
    expect((await applyLocally(lxcContainer, wanted, on(0))).changes).toEqual([]);
    sh('lxc-stop -n c1 -k');
    expect((await applyLocally(lxcContainer, wanted, on(0))).changes.map((change) => change.subject)).toEqual(['LXC container c1: state']);
    const configured = args(lxcContainer, { name: 'c1', container_config: ['lxc.uts.name = other'], autostart: true });
    const changed = await applyLocally(lxcContainer, configured, on(0));
    expect(changed.leftover).toEqual([]);
    expect(sh('lxc-attach -n c1 -- hostname')).toBe('other');
    revertLocally(lxcContainer, wanted, first.before, on(0));
    expect(links()).toBe(initial);
    expect(revertLocally(lxcContainer, wanted, first.before, on(0))).toEqual([]);

    sh('lxc-create -n c1 -f /dev/stdin -t none <<X\n# ctplay:lxc_container\nX');
    const remade = await applyLocally(lxcContainer, wanted, on(0));
    expect(remade.changes).toMatchObject([{ action: 'replace', from: 'half made' }]);
    expect(remade.leftover).toEqual([]);
    sh('mkdir -p /srv/root && cp -a /var/lib/lxc/c1/rootfs/. /srv/root');
    await applyLocally(lxcContainer, args(lxcContainer, { name: 'c1', state: 'absent' }), on(0));
    const copied = args(lxcContainer, { name: 'c2', rootfs: '/srv/root', network: 'lxcbr0' });
    const copy = await applyLocally(lxcContainer, copied, on(0));
    expect(copy.leftover).toEqual([]);
    expect(sh('lxc-attach -n c2 -- ls /sys/class/net')).toBe('eth0\nlo');
    revertLocally(lxcContainer, copied, copy.before, on(0));
    expect(sh('ls /srv/root/bin/busybox')).toBe('/srv/root/bin/busybox');
    expect(links()).toBe(initial);
  });

  it('of somebody else is not removed', async () => {
    sh('lxc-create -n theirs -t busybox >/dev/null');
    await expect(applyLocally(lxcContainer, args(lxcContainer, { name: 'theirs', state: 'absent' }), on(0))).rejects.toThrow(/not made by ctplay/);
    expect((await applyLocally(lxcContainer, args(lxcContainer, { name: 'theirs', state: 'absent', force: true }), on(0))).leftover).toEqual([]);
  });
});
