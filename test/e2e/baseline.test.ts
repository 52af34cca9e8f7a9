/** A class on real hosts: what it leaves behind by hand, and the way back, proven by what is read afterwards. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { list, up } from '../../src/lab/lab.ts';
import { eventsOf, startCtplay, type Ended } from '../harness/ctplay.ts';
import { withLab } from '../harness/lab.ts';

const lab = withLab({ hosts: 2, base: 'full' });
const folder = mkdtempSync(path.join(tmpdir(), 'ctplay-baseline-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const start = (...args: readonly string[]) => startCtplay([...args, '-i', lab().inventory], { env: { XDG_STATE_HOME: path.join(folder, 'state') } });
const ctplay = (...args: readonly string[]): Promise<Ended> => start(...args).ended;
const on = (host: string, script: string): Promise<string> => lab().output(host, 'sh -s', `set -e\n${script}`);

/** All of what a host is, in the words of a baseline. */
async function fingerprint(host: string, name = 'default'): Promise<unknown> {
  const shown = await ctplay('baseline', 'show', '--name', name, '-l', host, '--output', 'json');
  expect(shown.status, shown.stderr).toBe(0);
  return (JSON.parse(shown.stdout) as Record<string, { states: unknown }>)[host]!.states;
}

async function expectClean(...more: readonly string[]): Promise<void> {
  const drift = await ctplay('drift', ...more);
  expect(drift.stdout.split('\n').filter((line) => !/: as in the baseline/.test(line) && line !== '')).toEqual([]);
  expect(drift).toMatchObject({ status: 0, stderr: '' });
}

/** What a teacher has set up before a class. */
const own = `
apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -qq nftables >/dev/null 2>&1
systemctl enable --quiet --now docker openvswitch-switch
tar -C / -c bin/busybox -h --transform 's,^,./,' | docker import - own/busybox >/dev/null
docker network create own >/dev/null; docker volume create own >/dev/null
docker run -d --name web --network own --restart always -p 8080:80 own/busybox /bin/busybox httpd -f -p 80 >/dev/null
docker create --name spare own/busybox /bin/busybox true >/dev/null
lxc-create -q -n demo -t busybox >/dev/null 2>&1
ovs-vsctl --may-exist add-br own-sw -- set bridge own-sw datapath_type=netdev
ip link add own-br type bridge; ip addr add 10.50.0.1/24 dev own-br; ip link set own-br up
ip link add own-a type veth peer name own-b; ip link set own-a master own-br up
iptables -t nat -A POSTROUTING -s 10.50.0.0/24 -j MASQUERADE
iptables -A FORWARD -i own-br -j ACCEPT
sysctl -qw net.ipv4.ip_forward=1
useradd -m teacher; echo 'own rules' >/etc/own.conf; chmod 640 /etc/own.conf
`;

/** What students leave behind: each of these is something that a reset has to find by itself. */
const mess = `
ip link add br1 type bridge; ip addr add 10.60.0.1/24 dev br1; ip link set br1 up
ip link add m0 type veth peer name m1; ip link set m0 master br1 up
ip netns add c1; ip link set m1 netns c1; ip -n c1 addr add 10.60.0.2/24 dev m1; ip -n c1 link set m1 up
ip netns exec c1 sleep 86400 >/dev/null 2>&1 &
ip link set own-a nomaster; ip link set own-br mtu 1400; ip addr add 10.50.0.9/24 dev own-br
ip route add 10.70.0.0/16 via 10.60.0.2; ip rule add from 10.60.0.0/24 lookup 100 priority 500; ip route add default via 10.60.0.2 table 100
docker run -d --name c2 own/busybox /bin/busybox sleep 86400 >/dev/null
docker network create theirs >/dev/null; docker volume create theirs >/dev/null; docker tag own/busybox theirs/image
lxc-create -q -n theirs -t busybox >/dev/null 2>&1
ovs-vsctl add-br sw1 -- set bridge sw1 datapath_type=netdev -- add-port sw1 gre7 -- set interface gre7 type=gre options:remote_ip=10.0.0.9
ovs-ofctl add-flow sw1 'priority=7,in_port=1,actions=drop'; ovs-ofctl add-flow own-sw 'priority=9,ip,actions=drop'
iptables -t nat -A POSTROUTING -s 10.60.0.0/24 -j MASQUERADE; iptables -t nat -D POSTROUTING -s 10.50.0.0/24 -j MASQUERADE
iptables -P FORWARD ACCEPT; iptables -I FORWARD -s 10.60.0.0/24 -j DROP; ip6tables -A FORWARD -j DROP
sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.all.rp_filter=1
mkdir -p /etc/docker; echo '{"bip": "172.31.0.1/24"}' >/etc/docker/daemon.json; systemctl restart docker; docker stop -t 0 web >/dev/null
DEBIAN_FRONTEND=noninteractive apt-get install -qq figlet >/dev/null 2>&1
useradd -m student; echo student:secret | chpasswd; usermod -aG docker teacher
mkdir -p /etc/theirs/deep; echo x >/etc/theirs/deep/file; echo changed >/etc/own.conf; chmod 600 /etc/own.conf; rm /etc/motd; touch /home/teacher/notes
echo '* * * * * root true' >/etc/cron.d/theirs; mkdir -p /var/spool/cron/crontabs; echo '* * * * * true' >/var/spool/cron/crontabs/student
setsid nc -lk -p 5555 >/dev/null 2>&1 </dev/null &
systemctl disable --quiet --now lxc-net; mount -t tmpfs none /mnt
`;

/** What students take away, break and hide. */
const harm = `
systemctl stop lxc-net; systemctl mask --quiet lxc-net
ovs-vsctl del-br own-sw; systemctl disable --quiet --now openvswitch-switch
ip link del own-br; ip link del own-a; ip link set eth1 mtu 1300; ip addr add 10.0.0.77/24 dev eth1
ip link add mv0 link eth1 type macvlan mode bridge; ip link add vx1 type vxlan id 5 remote 10.0.0.4 dstport 4790 dev eth1; ip tuntap add tap9 mode tap
ip addr add 192.168.77.1/24 dev eth0; ip route add 172.20.0.0/16 dev eth0
iptables -F FORWARD; iptables -t nat -F POSTROUTING; ip6tables -P INPUT DROP
nft add table inet theirs; nft 'add chain inet theirs c { type filter hook input priority 0; }'; nft add rule inet theirs c tcp dport 9999 drop
userdel -r teacher 2>/dev/null; usermod -s /usr/sbin/nologin nobody; passwd -ql root; echo 'nobody ALL=(ALL) ALL' >/etc/sudoers.d/theirs
chmod 700 /etc/apt; chown nobody /etc/hosts; ln -sf /usr/share/zoneinfo/Asia/Tokyo /etc/localtime; rm /etc/own.conf; mkdir -p /etc/own.conf/x
printf '[Service]\\nExecStart=/bin/sleep 99999\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/theirs.service; systemctl daemon-reload; systemctl enable --quiet --now theirs
apt-mark hold iperf3 >/dev/null; DEBIAN_FRONTEND=noninteractive apt-get purge -y -qq socat >/dev/null 2>&1
echo 'ListenAddress 0.0.0.0' >>/etc/ssh/sshd_config; mount --bind /etc /mnt; chroot --userspec=nobody / setsid sleep 86400 >/dev/null 2>&1 </dev/null &
`;

describe('a host after a class', () => {
  let before: unknown;

  beforeAll(async () => {
    await on('host1', own);
    const installed = await ctplay('exec', 'host1', '-m', 'install_lxd', '-b');
    expect(installed.status, installed.stdout + installed.stderr).toBe(0);
    await on('host1', 'tar -C / -c bin/busybox -h --transform "s,^,rootfs/," >/root/lxd.tar; printf "architecture: x86_64\\ncreation_date: 1\\n" >/root/metadata.yaml; tar -C /root -rf /root/lxd.tar metadata.yaml; lxc image import /root/lxd.tar --alias own >/dev/null; lxc init own demo </dev/null >/dev/null 2>&1; rm /root/lxd.tar /root/metadata.yaml');
    const captured = await ctplay('baseline', 'capture');
    expect(captured, captured.stdout).toMatchObject({ status: 0 });
    before = await fingerprint('host1');
  });

  it('is as it was captured, and so is an untouched one after a reboot', async () => {
    await expectClean();
    await lab().exec('host2', 'systemctl reboot');
    await expect.poll(async () => (await lab().exec('host2', 'systemctl is-system-running --wait')).stdout.trim(), { timeout: 120_000, interval: 1000 }).toMatch(/running|degraded/);
    await expectClean('-l', 'host2');
  });

  it('is told in words what differs, and by whom', async () => {
    await on('host1', mess);
    await on('host1', 'lxc init own theirs </dev/null >/dev/null 2>&1');
    const made = await ctplay('exec', 'host1', '-m', 'create_bridge', '-a', 'name=made', '-b');
    expect(made.status, made.stdout).toBe(0);
    const drift = await ctplay('drift', '-l', 'host1');
    expect(drift.status, drift.stderr).toBe(3);
    for (const line of [
      /bridge br1 was added, by hand/,
      /bridge made was added, by ctplay/,
      /network namespace c1 was added, by hand/,
      /container c2 of Docker was added, by hand/,
      /container web of Docker .*, by hand/,
      /bridge sw1 of Open vSwitch was added, by hand/,
      /bridge own-sw of Open vSwitch has the flow 'priority=9,ip actions=drop' more, by hand/,
      /container theirs of LXC was added, by hand/,
      /container theirs of LXD was added, by hand/,
      /rule '-s 10\.60\.0\.0\/24 -j MASQUERADE' of POSTROUTING in nat was added, by hand/,
      /rule '-s 10\.50\.0\.0\/24 -j MASQUERADE' of POSTROUTING in nat is gone, by hand/,
      /kernel parameter net\.ipv4\.conf\.all\.rp_filter has value 1, not \d, by hand/,
      /address 172\.31\.0\.1\/24 on docker0 was added, by hand/,
      /listening socket tcp 0\.0\.0\.0:5555 \(nc\) was added, by hand/,
      /crontab of student was added, by hand/,
      /file \/etc\/cron\.d\/theirs was added, by hand/,
      /package figlet was installed, by hand/,
      /user student was added, by hand/,
      /file \/etc\/own\.conf .*, by hand/,
      /file \/etc\/motd is gone, by hand/,
    ])
      expect(drift.stdout).toMatch(line);
    const json = await ctplay('drift', '-l', 'host1', '--only', 'link', '--output', 'json');
    expect(json.status).toBe(3);
    const { hosts } = JSON.parse(json.stdout) as { hosts: Record<string, { differences: { key: string; kind: string; origin: { by: string } }[] }> };
    expect(hosts['host1']!.differences.find(({ key }) => key === 'br1')).toMatchObject({ kind: 'link', origin: { by: 'hand' }, words: ['was added'] });
  });

  it('is not touched in check mode', async () => {
    const drift = await ctplay('drift', '-l', 'host1');
    const check = await ctplay('reset', '--to', 'baseline', '-l', 'host1', '--check', '--diff', '--output', 'plain');
    expect(check.status, check.stderr).toBe(0);
    expect(check.stdout).toMatch(/would change {2}bridge br1/);
    expect(check.stdout).toMatch(/host1 {2}planned /);
    expect((await ctplay('drift', '-l', 'host1')).stdout).toBe(drift.stdout);
  });

  it('is reset to what it was, whole', async () => {
    const summary = path.join(folder, 'seats.csv');
    const reset = await ctplay('reset', '--to', 'baseline', '--output', 'plain', '--summary-file', summary);
    expect(reset, reset.stdout).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(summary, 'utf8')).toMatch(/^host,state,changes,left,seconds,why\r\nhost1,clean,\d+,0,[\d.]+,\r\nhost2,clean,0,0,[\d.]+,\r\n$/);
    await expectClean();
    expect((await ctplay('baseline', 'capture', '--name', 'after', '-l', 'host1')).status).toBe(0);
    expect(await fingerprint('host1', 'after')).toEqual(before);
    expect((await ctplay('baseline', 'remove', '--name', 'after', '-l', 'host1')).status).toBe(0);
  });

  it('is mended where things were taken away', async () => {
    await on('host1', harm);
    const reset = await ctplay('reset', '--to', 'baseline', '--output', 'plain');
    expect(reset, reset.stdout).toMatchObject({ status: 0, stderr: '' });
    await expectClean();
    expect(await on('host1', 'ovs-ofctl dump-flows own-sw | grep -c NORMAL; id -un teacher; cat /etc/own.conf')).toBe('1\nteacher\nown rules');
  });

  it('is only read by a second reset, in four round trips', async () => {
    const again = await ctplay('reset', '--to', 'baseline', '--output', 'json');
    const end = eventsOf(again).at(-1);
    expect(again.status).toBe(0);
    expect(end?.type === 'run-end' && Object.values(end.roundTrips).every((trips) => trips <= 4), JSON.stringify(end)).toBe(true);
    expect(eventsOf(again).filter((event) => event.type === 'task-end')).toEqual([]);
  });
});

describe('a baseline', () => {
  const place = '/var/lib/ctplay/baseline/default';

  it('is for root alone, on the host and on this machine', async () => {
    expect(await on('host2', `stat -c %a:%U ${place} ${place}/baseline.json ${place}/*/; ls ${place} | wc -l`)).toBe('700:root\n600:root\n700:root\n2');
    const copies = readdirSync(path.join(folder, 'state/ctplay/baselines'), { recursive: true, withFileTypes: true });
    expect(copies.filter((one) => one.isFile()).length).toBeGreaterThan(3);
  });

  it.each([
    ['gone', `rm -rf ${place}`, /is gone from the host: the copy on this machine is used/],
    ['changed', `sed -i 's/teacher/hacker/g; s/own/our/g' ${place}/baseline.json`, /was changed on the host: the copy on this machine is used/],
    ['half gone', `rm -r ${place}/*-*`, undefined],
  ])('that is %s on the host is put back from the copy', async (_what, command, note) => {
    await on('host2', `${command}; echo changed >/etc/motd`);
    const drift = await ctplay('drift', '-l', 'host2');
    expect(drift).toMatchObject({ status: 3, stderr: '' });
    expect(drift.stdout).toMatch(/file \/etc\/motd differs, by hand/);
    if (note) expect(drift.stdout).toMatch(note);
    const reset = await ctplay('reset', '--to', 'baseline', '-l', 'host2', '--output', 'plain');
    expect(reset, reset.stdout).toMatchObject({ status: 0 });
    if (note) expect(reset.stdout).toMatch(note);
    await expectClean('-l', 'host2');
  });

  it('is copied to this machine where it was captured from another', async () => {
    rmSync(path.join(folder, 'state'), { recursive: true });
    expect((await ctplay('reset', '--to', 'baseline', '-l', 'host2')).status).toBe(0);
    await on('host2', `rm -rf ${place}`);
    expect((await ctplay('reset', '--to', 'baseline', '-l', 'host2')).status).toBe(0);
    await expectClean('-l', 'host2');
  });

  it('of another machine is refused', async () => {
    await on('host2', `rm -rf ${place}; cp /etc/machine-id /root/id; sed -i y/0123456789/1234567890/ /etc/machine-id`);
    const reset = await ctplay('reset', '--to', 'baseline', '-l', 'host2', '--output', 'plain');
    expect(reset.status).toBe(2);
    expect(reset.stdout).toMatch(/host2 is not the machine that the baseline 'default' was captured of \[baseline.other-machine\]/);
    await on('host2', 'mv /root/id /etc/machine-id; chmod 444 /etc/machine-id');
    await ctplay('reset', '--to', 'baseline', '-l', 'host2');
    await expectClean('-l', 'host2');
  });

  it('is missed where there is none, and removed on demand', async () => {
    expect((await ctplay('baseline', 'capture', '--name', 'other', '-l', 'host2', '--files', '/etc/apt')).stdout).toMatch(/^host2: captured 'other', \d+ things of \d+ kinds\n$/);
    const missing = await ctplay('drift', '--name', 'other');
    expect(missing.status).toBe(2);
    expect(missing.stderr).toMatch(/there is no baseline 'other' of host1/);
    expect(missing.stdout).toMatch(/^host2: as in the baseline 'other'/);
    expect((await ctplay('baseline', 'list')).stdout).toMatch(/^host2 +other .*host, copy here$/m);
    expect((await ctplay('baseline', 'remove', '--name', 'other', '-l', 'host2')).stdout).toBe("host2: removed 'other'\n");
    expect((await ctplay('baseline', 'remove', '--name', 'other', '-l', 'host2')).status).toBe(2);
  });
});

describe('a reset', () => {
  it('leaves alone what --keep names, and does no more than --only says', async () => {
    await on('host2', 'ip link add kept0 type bridge; ip link add gone0 type bridge; touch /etc/kept /etc/stays');
    const only = await ctplay('reset', '--to', 'baseline', '-l', 'host2', '--only', 'link', '--keep', 'link:kept*', '--output', 'plain');
    expect(only, only.stdout).toMatchObject({ status: 0 });
    expect(only.stdout).toMatch(/host2 {2}clean .* but for 1 thing that --keep names\n {4}bridge kept0 was added, by hand: --keep link:kept\* names it/);
    expect(await on('host2', 'ls /etc/kept /etc/stays; ip -br link show kept0 | cut -d" " -f1; ! ip link show gone0 2>/dev/null')).toBe('/etc/kept\n/etc/stays\nkept0');
    expect((await ctplay('reset', '--to', 'baseline', '-l', 'host2', '--keep', '*kept*')).status).toBe(0);
    expect(await on('host2', 'ls /etc/kept; ! ls /etc/stays 2>/dev/null; ip -br link show kept0 | cut -d" " -f1')).toBe('/etc/kept\nkept0');
    expect((await ctplay('reset', '--to', 'baseline', '-l', 'host2')).status).toBe(0);
    await expectClean('-l', 'host2');
  });

  it('says what it can not put back, and why', async () => {
    const mtu = await on('host2', 'cat /sys/class/net/eth0/mtu; ip link set eth0 mtu 1300');
    const reset = await ctplay('reset', '--to', 'baseline', '-l', 'host2', '--output', 'plain');
    expect(reset.status).toBe(2);
    expect(reset.stdout).toMatch(/host2 {2}left +1 difference from .*\n {4}interface eth0 has mtu 1300, not \d+, by hand: it carries the management session/);
    await on('host2', `ip link set eth0 mtu ${mtu}`);
    await expectClean('-l', 'host2');
  });

  it('keeps the key that the session comes by, where those of the baseline would let nobody in', async () => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path.join(folder, 'late')]);
    const late = ['-l', 'host2', '-e', `ansible_ssh_private_key_file=${path.join(folder, 'late')}`] as const;
    const keys = '/root/.ssh/authorized_keys';
    await on('host2', `echo changed >/etc/motd; echo '${readFileSync(path.join(folder, 'late.pub'), 'utf8').trim()}' >${keys}`);
    const reset = await ctplay('reset', '--to', 'baseline', '--guard-timeout', '8', '--output', 'plain', ...late);
    expect(reset.status, reset.stdout).toBe(2);
    expect(reset.stdout).toMatch(/host2 {2}left +1 difference .*\n {4}file \/root\/\.ssh\/authorized_keys differs, by hand: no new login succeeded/);
    // The old key is let in again, beside the new one.
    const both = await ctplay('exec', 'host2', '-m', 'shell', '-a', `cat /var/lib/ctplay/baseline/default/*/files.tar.gz | tar -xzO root/.ssh/authorized_keys >>${keys}`, ...late);
    expect(both.status, both.stdout).toBe(0);
    expect((await ctplay('reset', '--to', 'baseline', '-l', 'host2')).status).toBe(0);
    await expectClean('-l', 'host2');
  });

  it('of the ledger alone says that there is a baseline', async () => {
    expect((await ctplay('reset', '-l', 'host2', '--output', 'plain')).stdout).toMatch(/`ctplay reset --to baseline`/);
  });

  it.each([1, 2, 3, 4, 5])('that is killed in the middle is finished by the next (%d)', async (moment) => {
    await on('host2', 'for i in 1 2 3 4; do ip link add stray$i type bridge; mkdir -p /etc/stray$i; touch /etc/stray$i/file; done; iptables -A FORWARD -s 10.9.0.0/24 -j DROP; setsid sleep 86400 >/dev/null 2>&1 </dev/null &');
    const killed = start('reset', '--to', 'baseline', '-l', 'host2', '--output', 'plain');
    await Promise.race([sleep(150 * moment * moment), killed.ended]);
    killed.process.kill('SIGKILL');
    await killed.ended;
    const reset = await ctplay('reset', '--to', 'baseline', '-l', 'host2', '--wait-lock', '60', '--output', 'plain');
    expect(reset, reset.stdout).toMatchObject({ status: 0 });
    await expectClean('-l', 'host2');
  });

  const slow = 'setsid sleep 86400 >/dev/null 2>&1 </dev/null & DEBIAN_FRONTEND=noninteractive apt-get install -qq figlet >/dev/null 2>&1; touch /etc/stray';

  it('that Ctrl-C stops ends soon, says what is left, and is finished by the next', async () => {
    await on('host2', `apt-get update -qq; ${slow}`);
    const stopped = start('reset', '--to', 'baseline', '-l', 'host2', '--output', 'plain');
    await stopped.printed(/changed {2}process of root/);
    stopped.process.kill('SIGINT');
    const ended = await stopped.ended;
    expect(ended.status, ended.stdout).toBe(130);
    expect(ended.stdout).toMatch(/file \/etc\/stray was added, by hand: the reset was interrupted/);
    expect(ended.stdout).toMatch(/^host2 +interrupted /m);
    expect((await ctplay('reset', '--to', 'baseline', '-l', 'host2')).status).toBe(0);
    await expectClean('-l', 'host2');
  });

  it('goes on with a host that starts anew in the middle', async () => {
    await on('host2', slow);
    const reset = start('reset', '--to', 'baseline', '-l', 'host2', '--deadline', '5m', '--output', 'plain');
    await reset.printed(/changed {2}process of root/);
    await lab().exec('host2', 'systemctl reboot');
    const ended = await reset.ended;
    expect(ended, ended.stdout).toMatchObject({ status: 0 });
    expect(ended.stdout).toMatch(/host2 {2}waits/);
    await expectClean('-l', 'host2');
  });

  it('waits for a seat that is off while the others go on, and the next takes only that one', async () => {
    await on('host1', 'touch /etc/stray');
    await on('host2', 'touch /etc/stray');
    await lab().exec('host2', 'systemctl poweroff');
    const power = async (): Promise<unknown> => (await list()).find(({ record }) => record.name === lab().name)?.hosts[1]?.power;
    await expect.poll(power, { timeout: 60_000, interval: 500 }).toBe('off');
    const off = await ctplay('reset', '--to', 'baseline', '--deadline', '4s', '--output', 'json');
    expect(off.status).toBe(4);
    const seats = eventsOf(off).find((event) => event.type === 'seats');
    expect(seats).toMatchObject({ seats: [{ host: 'host1', state: 'clean', changes: 1, left: 0 }, { host: 'host2', state: 'unreachable' }] });

    const waiting = start('reset', '--to', 'baseline', '--unfinished', '--deadline', '5m', '--output', 'plain');
    await waiting.printed(/1 of 2 hosts were proven clean before/);
    await waiting.printed(/host2 {2}waits/);
    await up({ name: lab().name, inventory: lab().inventory });
    const done = await waiting.ended;
    expect(done, done.stdout).toMatchObject({ status: 0 });
    expect(done.stdout).not.toMatch(/^host1 /m);
    const none = await ctplay('reset', '--to', 'baseline', '--unfinished', '--output', 'plain');
    expect(none).toMatchObject({ status: 0 });
    expect(none.stdout).toMatch(/2 of 2 hosts were proven clean before/);
  });
});
