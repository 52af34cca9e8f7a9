/** LXD for real: installed, set up, its containers made, changed, plugged in, and all of it taken back. */
import { describe, beforeAll, expect, it } from 'vitest';
import attachVeth from '../../modules/attach_veth.ts';
import createBridge from '../../modules/create_bridge.ts';
import installLxd from '../../modules/install_lxd.ts';
import lxdContainer from '../../modules/lxd_container.ts';
import reachable from '../../modules/reachable.ts';
import { ctplay, eventsOf, workspace } from '../harness/ctplay.ts';
import { withLab } from '../harness/lab.ts';
import { argumentsOf as args, openSession, type LabSession } from '../harness/lab-module.ts';
import { applyLocally, planOf, readFacts, revertLocally } from '../harness/module.ts';

const lab = withLab({ hosts: 1, base: 'minimal' });
let host: LabSession;
const sh = (script: string) => host.sh(script);
const make = (given: Record<string, unknown>) => applyLocally(lxdContainer, args(lxdContainer, given), host.options);
const wanting = (given: Record<string, unknown>) => planOf(lxdContainer, args(lxdContainer, given), readFacts(lxdContainer.facts(args(lxdContainer, given), undefined), host.options));

/** What reset must leave as it was. */
const state = (from: LabSession = host) =>
  from.sh(`dpkg -l | sort; ip -o link | sed 's/^[0-9]*: //' | cut -d' ' -f1 | cut -d@ -f1 | sort; ls -A /root /var/lib/lxd /var/lib/lxcfs /var/log/lxd /var/cache/lxd /run/lxd 2>/dev/null || :
cut -d: -f1,3 /etc/passwd /etc/group; find /etc | grep -Ev 'ld.so.cache|alternatives|/(passwd|group|g?shadow|subuid|subgid)-?$' | sort; cat /etc/subuid /etc/subgid; findmnt -rno TARGET | grep lx; ls -A /var/lib/ctplay/packages 2>/dev/null; ls -d /var/tmp/ctplay* 2>/dev/null || :`);

beforeAll(() => {
  host = openSession(lab(), 0);
});

it('is missed where it is not installed', () => {
  expect(() => wanting({ name: 'c1' })).toThrow(/LXD is not installed on the host/);
  expect(() => planOf(attachVeth, args(attachVeth, { lxd: 'c1', bridge: 'br0' }), readFacts(attachVeth.facts(args(attachVeth, { lxd: 'c1', bridge: 'br0' }), undefined), host.options))).toThrow(/LXD is not installed on this host/);
});

describe('LXD', () => {
  it('is installed, set up, mended after drift and taken back', async () => {
    const initial = state();
    const wanted = args(installLxd, {});
    const first = await applyLocally(installLxd, wanted, host.options);
    expect(first.changes.map((change) => change.subject)).toEqual(['packages of LXD']);
    expect(first.leftover).toEqual([]);
    expect(sh('lxc query /1.0/storage-pools; rm -r ~/.config/lxc; rmdir ~/.config')).toContain('/1.0/storage-pools/default');
    expect((await applyLocally(installLxd, wanted, host.options)).changes).toEqual([]);
    sh('systemctl disable --now lxd.socket 2>&1; systemctl stop lxd');
    expect(() => wanting({ name: 'c1' })).toThrow(/daemon of LXD does not run/);
    const mended = await applyLocally(installLxd, wanted, host.options);
    expect(mended.leftover).toEqual([]);

    // A container of somebody else keeps it.
    await make({ name: 'theirs', state: 'stopped' });
    sh('lxc config unset theirs user.ctplay');
    expect(revertLocally(installLxd, wanted, first.before, host.options)).toEqual([]);
    await expect(applyLocally(installLxd, args(installLxd, { state: 'absent' }), host.options)).rejects.toThrow(/LXD still has containers/);
    await expect(make({ name: 'theirs', state: 'absent' })).rejects.toThrow(/not made by ctplay/);
    expect((await make({ name: 'theirs', state: 'absent', force: true })).leftover).toEqual([]);
    sh('rm -r ~/.config/lxc; rmdir ~/.config');

    revertLocally(installLxd, wanted, first.before, host.options);
    expect(state()).toBe(initial);
    expect(revertLocally(installLxd, wanted, first.before, host.options)).toEqual([]);
  });
});

describe('an LXD container', () => {
  beforeAll(async () => {
    await applyLocally(installLxd, args(installLxd, {}), host.options);
  });

  it('is made of busybox, mended after drift, changed, and taken back', async () => {
    const wanted = { name: 'c1', network: 'none', config: { 'limits.memory': '64MB', 'user.number': 7 } };
    const first = await make(wanted);
    expect(first.changes).toMatchObject([{ action: 'create', subject: 'LXD container c1' }]);
    expect(first.leftover).toEqual([]);
    expect(sh('lxc exec c1 -- hostname </dev/null; lxc exec c1 -- ls /sys/class/net </dev/null; lxc config get c1 user.ctplay; lxc image list -f csv')).toBe('c1\nlo\nlxd_container');
    expect((await make(wanted)).changes).toEqual([]);
    sh('lxc stop -f c1');
    expect((await make(wanted)).changes.map((change) => change.subject)).toEqual(['LXD container c1: state']);

    const richer = { ...wanted, config: { 'limits.memory': '32MB', 'boot.autostart': false }, devices: { shared: { type: 'disk', source: '/srv', path: '/mnt' } } };
    const changed = await make(richer);
    expect(changed.changes).toMatchObject([{ subject: 'LXD container c1: config', from: { 'limits.memory': '64MB', 'boot.autostart': null, shared: null } }]);
    expect(changed.leftover).toEqual([]);
    sh('touch /srv/seen; lxc exec c1 -- ls /mnt/seen </dev/null');
    const stopped = await make({ name: 'c1', state: 'stopped', timeout: 5 });
    expect(stopped.leftover).toEqual([]);

    revertLocally(lxdContainer, args(lxdContainer, richer), changed.before, host.options);
    expect(sh('lxc config get c1 limits.memory; lxc config get c1 boot.autostart; lxc config device list c1; lxc list -f csv -c ns')).toBe('64MB\n\n\nc1,RUNNING');
    expect(revertLocally(lxdContainer, args(lxdContainer, richer), changed.before, host.options)).toEqual([]);
    revertLocally(lxdContainer, args(lxdContainer, wanted), first.before, host.options);
    expect(sh('lxc list -f csv; lxc image list -f csv; ls -A /var/tmp | grep ctplay || :')).toBe('');
    expect(revertLocally(lxdContainer, args(lxdContainer, wanted), first.before, host.options)).toEqual([]);
  });

  it('is made of a root file system, of an archive of an image, and of an image that is there', async () => {
    sh(`mkdir -p /srv/box/rootfs && cd /srv/box && mkdir rootfs/bin rootfs/sbin rootfs/etc rootfs/proc rootfs/sys rootfs/dev && cp /bin/busybox rootfs/bin && ln -s ../bin/busybox rootfs/sbin/init && ln -s busybox rootfs/bin/cat && echo '::respawn:/bin/busybox sleep 100000' >rootfs/etc/inittab && echo brought >rootfs/etc/sign
printf 'architecture: x86_64\\ncreation_date: 1700000000\\n' >metadata.yaml && tar -cf /srv/image.tar metadata.yaml rootfs && tar -C rootfs -czf /srv/root.tar.gz .`);
    for (const [name, rootfs] of [['c2', '/srv/box/rootfs'], ['c3', '/srv/root.tar.gz'], ['c4', '/srv/image.tar']] as const) {
      const run = await make({ name, rootfs });
      expect(run.leftover).toEqual([]);
      expect(sh(`lxc exec ${name} -- cat /etc/sign </dev/null`)).toBe('brought');
    }
    // The same archive is an image of somebody else by now: it is used, and stays.
    sh('lxc image import /srv/image.tar --alias theirs >/dev/null 2>&1');
    for (const given of [{ name: 'c5', rootfs: '/srv/image.tar' }, { name: 'c6', image: 'theirs' }]) expect((await make(given)).leftover).toEqual([]);
    expect(sh('lxc image list -f csv -c l')).toBe('theirs');
    await expect(make({ name: 'c7', rootfs: '/srv/nowhere' })).rejects.toThrow(/there is no \/srv\/nowhere/);
    await expect(make({ name: 'c7', image: 'nope' })).rejects.toThrow(/nope|not found/);
    await expect(make({ name: 'c7', profiles: ['rare'] })).rejects.toThrow(/no profile rare/);
    for (const name of ['c2', 'c3', 'c4', 'c5', 'c6']) expect((await make({ name, state: 'absent' })).leftover).toEqual([]);
    sh('lxc image delete theirs');
  });

  it('has no card where its profile gives it one, and one on the bridge that is asked for', async () => {
    await applyLocally(createBridge, args(createBridge, { name: 'br1' }), host.options);
    sh('lxc profile create wired >/dev/null && lxc profile device add wired eth0 nic nictype=bridged parent=br1 >/dev/null');
    expect((await make({ name: 'c8', profiles: ['default', 'wired'], network: 'none' })).leftover).toEqual([]);
    expect(sh('lxc exec c8 -- ls /sys/class/net </dev/null')).toBe('lo');
    expect((await make({ name: 'c9', network: 'br1' })).leftover).toEqual([]);
    expect(sh('lxc exec c9 -- ls /sys/class/net </dev/null')).toBe('eth0\nlo');
    for (const name of ['c8', 'c9']) await make({ name, state: 'absent' });
  });

  it('is plugged in, found again after a restart, and let go', async () => {
    await applyLocally(createBridge, args(createBridge, { name: 'br0', addresses: ['172.30.0.1/24'] }), host.options);
    await make({ name: 'c1', network: 'none' });
    const wanted = args(attachVeth, { lxd: 'c1', bridge: 'br0', address: '172.30.0.120/24', gateway: '172.30.0.1' });
    const first = await applyLocally(attachVeth, wanted, host.options);
    expect(first.leftover).toEqual([]);
    expect(sh('ping -c 1 -W 2 172.30.0.120')).toContain('1 received');
    expect((await applyLocally(attachVeth, wanted, host.options)).changes).toEqual([]);
    sh('lxc restart -f c1');
    const mended = await applyLocally(attachVeth, wanted, host.options);
    expect(mended.changes).toHaveLength(1);
    expect(mended.leftover).toEqual([]);
    const question = args(reachable, { lxd: 'c1', to: '172.30.0.1', timeout: 3 });
    expect(planOf(reachable, question, readFacts(reachable.facts(question, undefined), host.options))).toEqual([]);
    revertLocally(attachVeth, wanted, first.before, host.options);
    expect(sh('ip -o link')).not.toContain('c1-eth0');
    sh('lxc stop -f c1');
    await expect(applyLocally(attachVeth, wanted, host.options)).rejects.toThrow(/LXD container c1 is not running/);
    await expect(applyLocally(attachVeth, args(attachVeth, { lxd: 'nope', bridge: 'br0' }), host.options)).rejects.toThrow(/there is no LXD container nope/);
  });
});

describe('a playbook', () => {
  const fresh = withLab({ hosts: 1, base: 'minimal' });

  it('makes containers that reach each other, changes nothing twice, and is taken back whole', async () => {
    const bare = openSession(fresh(), 0);
    const files = workspace();
    try {
      const playbook = files.write('lxd.yaml', `- hosts: host1
  tasks:
    - install_lxd:
    - create_bridge: {name: br0, addresses: [172.30.0.1/24]}
    - lxd_container: {name: "{{ item }}", network: none, config: {limits.memory: 64MB}}
      loop: [left, right]
    - attach_veth: {lxd: left, bridge: br0, address: 172.30.0.11/24}
    - attach_veth: {lxd: right, bridge: br0, address: 172.30.0.12/24}
    - reachable: {lxd: left, to: 172.30.0.12}
`);
      const run = (verb: string, ...more: string[]) => ctplay(verb, ...more, '-i', fresh().inventory, '--output', 'json');
      const before = state(bare);
      const check = await run('run', playbook, '--check');
      expect(check).toMatchObject({ status: 0, stderr: '' });
      expect(state(bare)).toBe(before);
      const changed = (ended: Awaited<ReturnType<typeof run>>) => eventsOf(ended).filter((event) => event.type === 'task-end' && event.status === 'changed').length;
      const first = await run('run', playbook);
      expect(first, first.stdout).toMatchObject({ status: 0, stderr: '' });
      expect(changed(first)).toBe(5);
      expect(changed(await run('run', playbook))).toBe(0);
      const reset = await run('reset');
      expect(reset, reset.stdout).toMatchObject({ status: 0, stderr: '' });
      expect(state(bare)).toBe(before);
    } finally {
      files.dispose();
    }
  });
});
