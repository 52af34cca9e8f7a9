/** Parsers of what describes a host, on outputs of real systems. */
import { describe, expect, it } from 'vitest';
import packageFacts from '../../modules/package_facts.ts';
import { parseServices } from '../../modules/service_facts.ts';
import setup from '../../modules/setup.ts';
import { hostFactGroups, hostFacts, hostFactsWith } from '../../modules/facts/host.ts';
import { parseAssignments } from '../../modules/facts/host-system.ts';
import { argsOf } from '../harness/arguments.ts';

const addresses = JSON.stringify([
  { ifname: 'lo', flags: ['LOOPBACK', 'UP', 'LOWER_UP'], mtu: 65_536, link_type: 'loopback', address: '00:00:00:00:00:00', addr_info: [{ family: 'inet', local: '127.0.0.1', prefixlen: 8, scope: 'host' }] },
  { ifname: 'eth0', flags: ['BROADCAST', 'UP', 'LOWER_UP'], mtu: 1500, link_type: 'ether', address: '52:54:00:00:00:01', promiscuity: 0, addr_info: [
    { family: 'inet', local: '10.0.0.3', prefixlen: 22, broadcast: '10.0.3.255', scope: 'global' },
    { family: 'inet', local: '10.9.0.3', prefixlen: 24, scope: 'global' },
    { family: 'inet6', local: 'fe80::1', prefixlen: 64, scope: 'link' },
  ] },
  { ifname: 'veth-a', flags: [], mtu: 1500, link_type: 'ether', address: '52:54:00:00:00:02', master: 'br0', addr_info: [] },
  { ifname: 'br0', flags: ['UP'], mtu: 1462, link_type: 'ether', address: '52:54:00:00:00:03', linkinfo: { info_kind: 'bridge', info_data: { stp_state: 1, bridge_id: '8000.52' } }, addr_info: [] },
]);
const fields = {
  uname: 'Linux host1.lab.example 6.1.0-13-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.55-1 (2023-09-29) x86_64\n',
  fqdn: 'host1.lab.example\n',
  'os-release': 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nID=debian\n',
  debian_version: '12.5\n',
  id: 'uid=1000(vagrant) gid=1000(vagrant) groups=1000(vagrant),27(sudo)\n',
  passwd: 'vagrant:x:1000:1000:V G:/home/vagrant:/bin/bash\n',
  date: '2026 01 31 12 00 01 1769860801 123456789 CET +0100 Saturday 6 04 05 031\n',
  init: 'systemd\n',
  systemd: '1',
  pkg_mgr: 'apt',
  virt: 'oracle\n',
  apparmor: 'Y\n',
  cmdline: 'root=/dev/sda1 ro quiet console=tty0 console=ttyS0\n',
  uptime: '61.50 1.00\n',
  loadavg: '0.10 0.20 0.30 1/100 1\n',
  resolv: 'search lab.example\nnameserver 10.0.0.1\nnameserver 10.0.0.2 # second\noptions timeout:2 rotate\n',
  meminfo: 'MemTotal:        2048000 kB\nMemFree:         1024000 kB\nBuffers:           10240 kB\nCached:           102400 kB\nSwapCached:            0 kB\nSwapTotal:        512000 kB\nSwapFree:         256000 kB\n',
  nproc: '4\n',
  cpuinfo: ['0', '1', '2', '3'].map((n) => `processor\t: ${n}\nvendor_id\t: GenuineIntel\nmodel name\t: CPU\nphysical id\t: 0\nsiblings\t: 4\ncpu cores\t: 2\n`).join(''),
  dmi_product_name: 'VirtualBox',
  addresses,
  route4: '[{"dst":"8.8.8.8","gateway":"10.0.0.1","dev":"eth0","prefsrc":"10.0.0.3"}]',
  route6: '',
  'sshkey_/etc/ssh/ssh_host_ed25519_key.pub': 'ssh-ed25519 AAAA root@h',
  'local_/etc/ansible/facts.d/lab.fact': '{"room": 4}',
  'local_/etc/ansible/facts.d/old.fact': '[main]\nKey = value\n',
  mount: '/dev/sda1 /mnt/a\\040b ext4 rw,relatime',
  statfs: '4096 1000 600 500 100 40 /mnt/a b',
};
const stdout = `${Object.entries(fields).map(([name, value]) => `${name}=${value}\0`).join('')}environment=\0HOME=/root\0A=b=c\0`;
const facts = hostFacts.parse({ status: 0, stdout, stderr: '' });

describe('the facts of a host', () => {
  it.each<[string, unknown]>([
    ['hostname', 'host1'], ['nodename', 'host1.lab.example'], ['fqdn', 'host1.lab.example'], ['domain', 'lab.example'],
    ['kernel', '6.1.0-13-amd64'], ['kernel_version', '#1 SMP PREEMPT_DYNAMIC Debian 6.1.55-1 (2023-09-29)'], ['architecture', 'x86_64'], ['system', 'Linux'],
    ['distribution', 'Debian'], ['os_family', 'Debian'], ['distribution_version', '12.5'], ['distribution_major_version', '12'], ['distribution_minor_version', '5'], ['distribution_release', 'bookworm'],
    ['user_id', 'vagrant'], ['user_uid', 1000], ['user_dir', '/home/vagrant'], ['effective_user_id', 1000],
    ['service_mgr', 'systemd'], ['pkg_mgr', 'apt'], ['virtualization_type', 'virtualbox'], ['virtualization_role', 'guest'],
    ['apparmor', { status: 'enabled' }], ['selinux', { status: 'disabled' }], ['uptime_seconds', 61], ['loadavg', { '1m': 0.1, '5m': 0.2, '15m': 0.3 }],
    ['cmdline', { root: '/dev/sda1', ro: true, quiet: true, console: 'ttyS0' }], ['proc_cmdline', { root: '/dev/sda1', ro: true, quiet: true, console: ['tty0', 'ttyS0'] }],
    ['dns', { search: ['lab.example'], nameservers: ['10.0.0.1', '10.0.0.2'], options: { timeout: '2', rotate: true } }],
    ['memtotal_mb', 2000], ['memfree_mb', 1000], ['swaptotal_mb', 500], ['swapfree_mb', 250],
    ['processor_vcpus', 4], ['processor_count', 1], ['processor_cores', 2], ['processor_threads_per_core', 2], ['processor_nproc', 4],
    ['product_name', 'VirtualBox'], ['bios_date', 'NA'],
    ['interfaces', ['lo', 'eth0', 'veth-a', 'br0']], ['all_ipv4_addresses', ['10.0.0.3', '10.9.0.3']], ['all_ipv6_addresses', ['fe80::1']],
    ['default_ipv6', {}],
    ['env', { HOME: '/root', A: 'b=c' }],
    ['ssh_host_key_ed25519_public', 'AAAA'],
    ['local', { lab: { room: 4 }, old: { main: { key: 'value' } } }],
  ])('%s', (name, value) => {
    expect(facts[name]).toEqual(value);
  });

  it.each([
    ['systemd', true, 'systemd'],
    ['init', true, 'systemd'],
    ['init', false, 'sysvinit'],
    ['sshd', true, 'sshd'],
    ['bash', true, 'systemd'],
    ['', false, 'service'],
  ])('process 1 is %j, systemd runs: %j: the service manager is %s', (init, systemd, manager) => {
    const told = hostFacts.parse({ status: 0, stdout: `init=${init}\n\0${systemd ? 'systemd=1\0' : ''}environment=\0`, stderr: '' });
    expect(told['service_mgr']).toBe(manager);
  });

  it.each<[string, object]>([
    ['eth0', { device: 'eth0', active: true, type: 'ether', mtu: 1500, macaddress: '52:54:00:00:00:01', ipv4: { address: '10.0.0.3', broadcast: '10.0.3.255', netmask: '255.255.252.0', network: '10.0.0.0', prefix: '22' }, ipv4_secondaries: [{ address: '10.9.0.3', network: '10.9.0.0' }], ipv6: [{ address: 'fe80::1', prefix: '64', scope: 'link' }] }],
    ['lo', { type: 'loopback', ipv4: { netmask: '255.0.0.0' } }],
    ['veth_a', { active: false, device: 'veth-a' }],
    ['br0', { type: 'bridge', interfaces: ['veth-a'], stp: true, id: '8000.52' }],
    ['default_ipv4', { interface: 'eth0', gateway: '10.0.0.1', address: '10.0.0.3', alias: 'eth0', network: '10.0.0.0' }],
    ['date_time', { date: '2026-01-31', time: '12:00:01', epoch: '1769860801', iso8601: '2026-01-31T12:00:01Z', iso8601_micro: '2026-01-31T12:00:01.123456Z', iso8601_basic_short: '20260131T120001', tz: 'CET', weekday: 'Saturday', weeknumber: '04' }],
    ['memory_mb', { real: { total: 2000, free: 1000, used: 1000 }, nocache: { free: 1110, used: 890 }, swap: { total: 500, free: 250, used: 250, cached: 0 } }],
  ])('%s', (name, value) => {
    expect(facts[name]).toMatchObject(value);
  });

  it('knows how full file systems are', () => {
    expect(facts['mounts']).toEqual([{ device: '/dev/sda1', mount: '/mnt/a b', fstype: 'ext4', options: 'rw,relatime', uuid: 'N/A', block_size: 4096, block_total: 1000, block_available: 500, block_used: 500, inode_total: 100, inode_available: 40, inode_used: 60, size_total: 4_096_000, size_available: 2_048_000 }]);
  });

  it.each(hostFactGroups.map((group) => [group] as const))('can be read in part: %j', (group) => {
    const some = group.parse({ status: 0, stdout, stderr: '' });
    expect(Object.keys(some)).toEqual(group.key.split(' '));
    expect(facts).toMatchObject(some);
    expect(hostFacts.read.text).toContain(group.read.text.split('\n').at(-1));
    for (const name of Object.keys(some)) expect(hostFactsWith(name)).toBe(group);
  });

  it.each(['fqdn', 'eth0', undefined])('are read as a whole for %s', (name) => {
    expect(hostFactsWith(name)).toBe(hostFacts);
  });

  it('gives something for a host that says nothing', () => {
    expect(hostFacts.parse({ status: null, stdout: '', stderr: '' })).toMatchObject({ distribution: 'NA', interfaces: [], mounts: [], virtualization_type: 'NA' });
  });

  it.each([
    ['ansible_distribution*', ['ansible_distribution', 'ansible_distribution_version', 'ansible_distribution_major_version', 'ansible_distribution_minor_version', 'ansible_distribution_release', 'ansible_distribution_file_parsed', 'ansible_distribution_file_path', 'ansible_distribution_file_variety']],
    [['ansible_fqdn', 'kernel'], ['ansible_fqdn', 'ansible_kernel']],
  ])('setup filters by %s', (filter, names) => {
    const now = { host: facts };
    const values = setup.returns!(argsOf(setup, { filter }), { before: now, now, changes: [], results: [], pending: false }, undefined);
    expect(Object.keys(values['ansible_facts'] as object).sort()).toEqual([...names].sort());
  });

  it.each([
    ['NAME="A \\"B\\""', { NAME: 'A "B"' }],
    ["ID='x'\n# no\nV=1", { ID: 'x', V: '1' }],
  ])('os-release %j', (text, expected) => expect(Object.fromEntries(parseAssignments(text))).toEqual(expected));
});

describe('services and packages', () => {
  it('reads three kinds of listings', () => {
    const text = 'file ssh.service enabled enabled\nfile x@.service static -\nunit ssh.service loaded active running OpenBSD Secure Shell server\nunit once.service loaded active exited Once\nunit bad.service loaded failed failed Bad\nunit gone.service not-found inactive dead gone.service\nsysv  [ + ]  cron\nsysv  [ - ]  dbus\n';
    expect(parseServices(text)).toEqual({
      'ssh.service': { name: 'ssh.service', state: 'running', status: 'enabled', source: 'systemd' },
      'x@.service': { name: 'x@.service', state: 'inactive', status: 'static', source: 'systemd' },
      'once.service': { name: 'once.service', state: 'stopped', status: 'static', source: 'systemd' },
      'bad.service': { name: 'bad.service', state: 'failed', status: 'static', source: 'systemd' },
      'gone.service': { name: 'gone.service', state: 'stopped', status: 'not-found', source: 'systemd' },
      cron: { name: 'cron', state: 'running', status: 'unknown', source: 'sysv' },
      dbus: { name: 'dbus', state: 'stopped', status: 'unknown', source: 'sysv' },
    });
  });

  it('reads packages', () => {
    const { packages } = packageFacts.facts(argsOf(packageFacts, {}), undefined);
    expect(packages.parse({ status: 0, stdout: 'ii \tdpkg\t1.21\tamd64\tadmin\nrc \told\t1\tall\tmisc\nii \tlibc6\t2.36\tamd64\tlibs\nii \tlibc6\t2.36\ti386\tlibs\n', stderr: '' })).toEqual({
      dpkg: [{ name: 'dpkg', version: '1.21', arch: 'amd64', category: 'admin', source: 'apt', origin: '' }],
      libc6: [{ name: 'libc6', version: '2.36', arch: 'amd64', category: 'libs', source: 'apt', origin: '' }, { name: 'libc6', version: '2.36', arch: 'i386', category: 'libs', source: 'apt', origin: '' }],
    });
    expect(packages.parse({ status: 127, stdout: '', stderr: '' })).toBeUndefined();
  });
});
