import { expect, it } from 'vitest';
import { cronKind } from '../../../src/baseline/kinds/cron.ts';
import { groupKind } from '../../../src/baseline/kinds/group.ts';
import { lxcContainerKind, type LxcItem } from '../../../src/baseline/kinds/lxc-container.ts';
import { lxdContainerKind, type LxdItem } from '../../../src/baseline/kinds/lxd-container.ts';
import { mountKind } from '../../../src/baseline/kinds/mount.ts';
import { packageKind } from '../../../src/baseline/kinds/package.ts';
import { serviceKind } from '../../../src/baseline/kinds/service.ts';
import { initScript } from '../../../modules/shared/init-script.ts';
import type { UnitItem } from '../../../src/baseline/kinds/service-read.ts';
import { userKind } from '../../../src/baseline/kinds/user.ts';
import { contextOf, answer, itemsOf, states, wayBack, wordsOf } from '../../harness/kind.ts';

const dpkg = ['amd64', 'ii \ttree\tamd64\t2.1', 'hi \tapt\tamd64\t2.6', 'iU \thalf\tall\t1', 'ii \tgcc-12-base\ti386\t12', 'rc \told\tamd64\t1', 'un \tnever\t\t', 'auto\ttree\tamd64'].join('\n');

it('records packages that are installed, wholly or half', () => {
  expect(itemsOf(packageKind, { packages: dpkg })).toEqual({
    tree: { version: '2.1', manual: false, held: false, partial: false },
    apt: { version: '2.6', manual: true, held: true, partial: false },
    half: { version: '1', manual: true, held: false, partial: true },
    'gcc-12-base:i386': { version: '12', manual: true, held: false, partial: false },
  });
  expect(itemsOf(packageKind, { packages: answer('', { status: 127, stderr: 'dpkg: not found' }) })).toEqual({});
});

const tree = { version: '2.1', manual: true, held: false, partial: false };

it('purges, installs and marks packages, each in as few calls as can be', () => {
  const plan = wayBack(packageKind, [
    { key: 'cowsay', now: tree },
    { key: 'figlet', now: { ...tree, manual: false } },
    { key: 'openssh-server', now: tree },
    { key: 'tree', before: tree },
    { key: 'jq', before: { ...tree, version: '1', held: true }, now: { ...tree, version: '2' } },
    { key: 'bc', before: { ...tree, manual: false }, now: tree },
  ]);
  expect(plan.map((line) => line.slice(0, line.indexOf(':')))).toEqual(['packages create packages tree jq', 'packages update marks of packages bc', 'left openssh-server', 'packages delete packages cowsay figlet']);
  expect(plan[0]).toContain('for w in tree=2.1 jq=1;');
  expect(plan[0]).toContain('apt-mark hold -- jq');
  expect(plan[1]).toMatch(/: apt-mark auto -- bc .*apt-mark unhold -- bc /);
  expect(plan[3]).toMatch(/apt-get .*purge -- \$names/);
});

it('lets an interrupted dpkg finish first', () => {
  expect(wayBack(packageKind, [{ key: 'half', now: { ...tree, partial: true } }])[0]).toMatch(/^packages run an interrupted dpkg: .*dpkg --configure -a/s);
});

it.each([
  [undefined, tree, 'package x was installed'],
  [tree, undefined, 'package x is gone'],
  [tree, { ...tree, version: '3', manual: false, held: true, partial: true }, 'package x has version 3, not 2.1, is half installed, counts as come along, is held'],
])('tells of packages: %j → %j', (before, now, words) => {
  expect(wordsOf(packageKind, { key: 'x', ...(before ? { before } : {}), ...(now ? { now } : {}) })).toBe(words);
});

const unit = (Id: string, more: Record<string, string> = {}) => Object.entries({ Type: 'simple', Id, ActiveState: 'active', SubState: 'running', UnitFileState: 'static', ...more }).map(([key, value]) => `${key}=${value}`).join('\n');
const systemd = [
  'systemd\nrc exim4',
  'link multi-user.target.wants/web.service\t/lib/systemd/system/web.service',
  'link sockets.target.wants/web.socket\t/lib/systemd/system/web.socket',
  'link apt-daily.timer\t/dev/null',
  'link sshd.service\t/lib/systemd/system/ssh.service',
  'link getty.target.wants/getty@tty1.service\t/lib/systemd/system/getty@.service',
  [
    unit('web.service', { UnitFileState: 'enabled' }),
    unit('flapping.service', { ActiveState: 'activating' }),
    unit('once.service', { ActiveState: 'activating', Type: 'oneshot' }),
    unit('net.service', { SubState: 'exited', Type: 'oneshot' }),
    unit('asked.service', { Type: 'dbus' }),
    unit('exim4.service', { ActiveState: 'inactive', UnitFileState: 'generated' }),
    unit('systemd-journald.service'),
    unit('user@0.service'),
    unit('getty@tty1.service'),
    unit('ctplay-guard.service', { UnitFileState: 'transient' }),
    unit('dead.service', { ActiveState: 'failed' }),
  ].join('\n\n'),
].join('\n');

it('records units that start at boot, are masked or run, and no passing ones', () => {
  const item = (enabling: UnitItem['enabling'], running: boolean) => ({ manager: 'systemd', enabling, running });
  expect(itemsOf(serviceKind, { units: systemd })).toEqual({
    web: item('enabled', true), 'web.socket': item('enabled', false), 'apt-daily.timer': item('masked', false), 'getty@tty1': item('enabled', false),
    flapping: item('disabled', true), net: item('disabled', true), exim4: item('enabled', false),
  });
});

it('records services of init scripts', () => {
  expect(itemsOf(serviceKind, { units: 'sysv\nrc cron\nrc cron\nrc x11\non cron\non web\n' })).toEqual({
    cron: { manager: 'sysv', enabling: 'enabled', running: true }, x11: { manager: 'sysv', enabling: 'enabled', running: false }, web: { manager: 'sysv', enabling: 'disabled', running: true },
  });
});

const running: UnitItem = { manager: 'systemd', enabling: 'enabled', running: true };
const masked: UnitItem = { manager: 'systemd', enabling: 'masked', running: false };

it.each<[string, UnitItem | undefined, UnitItem | undefined, string, string[]]>([
  ['web', undefined, { ...running, enabling: 'disabled' }, 'service web runs', ['processes update service web: state: systemctl stop -- web 2>/dev/null || ! systemctl -q is-active -- web']],
  ['docker', undefined, { ...running, enabling: 'disabled' }, 'service docker runs', ['services update service docker: state: systemctl stop -- docker 2>/dev/null || ! systemctl -q is-active -- docker']],
  ['web', running, undefined, 'service web is stopped, is disabled', ['services update service web: enabled: systemctl --quiet enable -- web', 'services update service web: state: systemctl reset-failed -- web 2>/dev/null; systemctl start -- web']],
  ['web.socket', undefined, masked, 'unit web.socket is masked', ['services update service web.socket: masked: systemctl --quiet unmask -- web.socket']],
  ['web', masked, undefined, 'service web is no longer masked', ['services update service web: masked: systemctl --quiet mask -- web']],
  ['web', undefined, { ...running, running: false }, 'service web is enabled', ['services update service web: enabled: systemctl -q disable -- web 2>/dev/null; find /etc/systemd/system -mindepth 2 -maxdepth 2 -type l -name web.service -delete; systemctl daemon-reload']],
  ['cron', { ...running, manager: 'sysv' }, undefined, 'service cron is stopped, is disabled', ['services update service cron: enabled: update-rc.d cron defaults >/dev/null && update-rc.d cron enable', `services update service cron: state: ${initScript('cron', 'start')} </dev/null >/dev/null 2>&1 || { LC_ALL=C service cron status >&2; exit 1; }`]],
  ['systemd-networkd', undefined, running, 'service systemd-networkd runs, is enabled', ['left systemd-networkd: a login or the network of the host may depend on it']],
  ['ssh', running, undefined, 'service ssh is stopped, is disabled', ['left ssh: a login or the network of the host may depend on it']],
])('puts the service %s back', (key, before, now, words, plan) => {
  const difference = { key, ...(before ? { before } : {}), ...(now ? { now } : {}) };
  expect(wordsOf(serviceKind, difference)).toBe(words);
  expect(wayBack(serviceKind, [difference])).toEqual(plan);
});

const hash = 'c'.repeat(64);
const accounts = [
  'user:root:x:0:0:root:/root:/bin/bash', 'user:ann:x:1000:1000:Ann,,,:/home/ann:/bin/sh', 'user:+@class:::::', 'group:root:x:0:', 'group:lab:x:1001:zoe,ann', 'group:ann:x:1000:',
  'shadow:root:*:0:0:99999:7:::', `shadow:ann:${hash}:1:0:90:7::20000:`,
].join('\n');

it('records users and groups', () => {
  expect(itemsOf(userKind, { accounts })).toEqual({
    root: { uid: 0, gid: 0, comment: 'root', home: '/root', shell: '/bin/bash', password: '*', locked: false, ageing: '0:99999:7::' },
    ann: { uid: 1000, gid: 1000, comment: 'Ann,,,', home: '/home/ann', shell: '/bin/sh', password: hash, locked: true, ageing: '0:90:7::20000' },
  });
  expect(itemsOf(groupKind, { accounts })).toEqual({ root: { gid: 0, members: [] }, lab: { gid: 1001, members: ['ann', 'zoe'] }, ann: { gid: 1000, members: [] } });
});

const ann = itemsOf(userKind, { accounts })['ann']!;
const root = itemsOf(userKind, { accounts })['root']!;

it.each([
  [{ shell: '/bin/bash', uid: 7 }, 'has uid 7, not 1000, has shell /bin/bash, not /bin/sh', ['users update user ann: usermod -o -u 1000 -s /bin/sh ann']],
  [{ password: 'd'.repeat(64) }, 'has another password', ["users update user ann: grep '^ann:' /kept/shadow | chpasswd -e"]],
  [{ locked: false }, 'is no longer locked', ["users update user ann: grep '^ann:' /kept/shadow | chpasswd -e"]],
  [{ ageing: '::::' }, 'expires otherwise', ['users update user ann: chage -m 0 -M 90 -W 7 -I -1 -E 20000 ann']],
])('puts a user back that changed: %j', (now, words, plan) => {
  const difference = { key: 'ann', before: ann, now: { ...ann, ...now } };
  expect(wordsOf(userKind, difference)).toBe(`user ann ${words}`);
  expect(wayBack(userKind, [difference])).toEqual(plan);
  expect(plan.join() + words).not.toContain(hash);
});

it('makes a user again, with the group of the baseline', () => {
  const context = contextOf({ baseline: states({ group: itemsOf(groupKind, { accounts }) }) });
  expect(wayBack(userKind, [{ key: 'ann', before: ann }], context)).toEqual([
    "users create user ann: getent group ann >/dev/null || groupadd -g 1000 ann && getent passwd ann >/dev/null || useradd -M -N -o -u 1000 -g 1000 -c Ann,,, -d /home/ann -s /bin/sh ann && grep '^ann:' /kept/shadow | chpasswd -e && chage -m 0 -M 90 -W 7 -I -1 -E 20000 ann",
  ]);
  expect(wayBack(userKind, [{ key: 'ann', before: ann }], contextOf({ contents: undefined }))).toContain('left ann: its password is not known, since what was kept at capture is gone');
});

it.each([
  ['of its own', ann, true, true],
  ['with the number of root', { ...ann, uid: 0, home: '/root' }, false, false],
  ['in the home of another', { ...ann, uid: 1500, home: '/home/ann' }, true, false],
])('deletes a user %s, and nothing of others', (_what, now, kills, removes) => {
  const context = contextOf({ baseline: states({ user: now.uid === 1500 ? { root, ann } : { root } }) });
  const [plan] = wayBack(userKind, [{ key: 'eve', now }], context);
  expect([plan!.includes('kill -KILL'), plan!.includes('rm -rf')]).toEqual([kills, removes]);
  expect(plan).toContain('userdel -f eve');
  if (kills) expect(plan).toContain(`find /proc/100 /proc/200 -maxdepth 0 -uid ${now.uid}`);
});

it('puts groups back', () => {
  const lab = { gid: 1001, members: ['ann'] };
  expect(wayBack(groupKind, [{ key: 'new', now: lab }, { key: 'lab', before: lab, now: { gid: 9, members: ['eve'] } }])).toEqual([
    "users delete group new: ! grep -q '^new:' /etc/group || groupdel -f new",
    'users update group lab: groupmod -o -g 1001 lab && set --; for u in ann; do ! getent passwd "$u" >/dev/null || set -- "$@" "$u"; done; IFS=,; gpasswd -M "$*" lab >/dev/null',
  ]);
  expect(wordsOf(groupKind, { key: 'lab', before: lab, now: { gid: 9, members: ['eve'] } })).toBe('group lab has gid 9, not 1001, has the member eve, has no longer the member ann');
});

const mountinfo = [
  '20 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro,seclabel',
  '21 20 0:5 / /proc rw - proc proc rw',
  '22 20 0:6 / /run/netns/a rw - nsfs nsfs rw',
  '23 20 0:7 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw,lowerdir=/a',
  '24 20 254:1 /srv/a /mnt/b\\040c ro,relatime - ext4 /dev/vda1 rw,errors=remount-ro',
  '25 20 0:9 / /mnt/t rw - tmpfs tm rw,size=1024k,inode64',
  '26 25 7:3 / /mnt/t ro - squashfs /dev/loop3 ro',
].join('\n');

it("records mounts, bind mounts and those over others, less the kernel's and the runtimes'", () => {
  const mounts = itemsOf(mountKind, { mounts: mountinfo });
  expect(mounts).toEqual({
    '/': [{ source: '/dev/vda1', type: 'ext4', options: ['errors=remount-ro', 'relatime', 'rw'] }],
    '/mnt/b c': [{ source: '/dev/vda1[/srv/a]', type: 'ext4', options: ['errors=remount-ro', 'relatime', 'ro'] }],
    '/mnt/t': [{ source: 'tm', type: 'tmpfs', options: ['rw', 'size=1024k'] }, { source: '/dev/loop', type: 'squashfs', options: ['ro'] }],
  });
  const context = contextOf({ baseline: states({ mount: mounts }) });
  const [bind, tmpfs] = [mounts['/mnt/b c']!, [mounts['/mnt/t']![0]!]];
  expect(wayBack(mountKind, [{ key: '/mnt/b c', before: bind }, { key: '/mnt/t', before: mounts['/mnt/t']! }], context)).toEqual([
    "mounts-on create mount /mnt/b c: mountpoint -q '/mnt/b c' || { mkdir -p '/mnt/b c'; mount '/mnt/b c' 2>/dev/null || { mount --bind /srv/a '/mnt/b c' && mount -o remount,bind,errors=remount-ro,relatime,ro '/mnt/b c'; }; }",
    "left /mnt/t: it can't be told how tm, /dev/loop was mounted",
  ]);
  expect(wayBack(mountKind, [{ key: '/a', now: tmpfs }, { key: '/a/b', now: tmpfs }], context).map((line) => line.slice(0, 30))).toEqual(['mounts-off delete mount /a/b: ', 'mounts-off delete mount /a: { ']);
  expect(wayBack(mountKind, [{ key: '/mnt/t', before: tmpfs, now: mounts['/mnt/t']! }], context)).toEqual(['mounts-off delete mount /mnt/t: { ! mountpoint -q /mnt/t || umount /mnt/t 2>/dev/null || umount -l /mnt/t; }']);
  const other = [{ ...tmpfs[0]!, options: ['ro', 'size=1024k'] }];
  expect(wordsOf(mountKind, { key: '/mnt/t', before: tmpfs, now: other })).toBe('mount /mnt/t has ro, not rw');
  expect(wayBack(mountKind, [{ key: '/mnt/t', before: tmpfs, now: other }], context)).toEqual(['mounts-on update mount /mnt/t: options: mount -o remount,rw,size=1024k /mnt/t']);
});

it('records and restores crontabs of users', () => {
  const crontabs = itemsOf(cronKind, { crontabs: `file=ann\0mode=600\0file=root\0mode=600\0digests\0${'a'.repeat(64)}  ./root\0${hash}  ./ann\0` });
  expect(crontabs).toEqual({ ann: { sha256: hash, mode: '600' }, root: { sha256: 'a'.repeat(64), mode: '600' } });
  const differences = [{ key: 'eve', now: crontabs['ann']! }, { key: 'ann', before: crontabs['ann']! }];
  expect(wayBack(cronKind, differences).map((line) => line.replace(/ && .*/, ''))).toEqual([
    'files delete crontab of eve: rm -f -- /var/spool/cron/crontabs/eve',
    'files create crontab of ann: tar -C /var/spool/cron/crontabs -xzpf /kept/crontabs.tar.gz --numeric-owner ./ann',
  ]);
  expect(wayBack(cronKind, differences, contextOf({ contents: undefined }))[1]).toBe('left ann: what was kept at capture is gone');
});

it('records containers of LXC', () => {
  const text = [`config ${hash}  c1/config`, `config ${hash}  c 2/config`, 'mark c1/config', 'root c1/rootfs/usr', 'root c1/rootfs/bin', 'state NAME STATE', 'state c1   RUNNING'].join('\n');
  expect(itemsOf(lxcContainerKind, { containers: text })).toEqual({ c1: { state: 'running', config: hash, root: 'bin usr', byCtplay: true }, 'c 2': { state: 'stopped', config: hash, root: '', byCtplay: false } });
});

const c1: LxcItem = { state: 'running', config: hash, root: 'bin', byCtplay: false };

it.each<[string, LxcItem | undefined, LxcItem | undefined, string[]]>([
  ['gone', c1, undefined, ['left c1: what it held went with it; the playbook or command that made it makes a new one']],
  ['stopped', c1, { ...c1, state: 'stopped' }, ['container-starts update container c1 of LXC: state: lxc-start -n c1']],
  ['frozen', c1, { ...c1, state: 'frozen' }, ['container-starts update container c1 of LXC: state: lxc-unfreeze -n c1']],
  ['started', { ...c1, state: 'stopped' }, c1, ['containers update container c1 of LXC: state: lxc-stop -t 10 -n c1']],
  ['configured', c1, { ...c1, config: 'd' }, ['container-starts update container c1 of LXC: config: tar -C /var/lib/lxc -xzpf /kept/lxc.tar.gz --numeric-owner c1/config && lxc-stop -n c1 && lxc-start -n c1']],
  ['filled anew', c1, { ...c1, root: '' }, ['left c1: its root file system is another than it was, and what it held is not known']],
])('puts a container of LXC back that was %s', (_what, before, now, plan) => {
  expect(wayBack(lxcContainerKind, [{ key: 'c1', ...(before ? { before } : {}), ...(now ? { now } : {}) }])).toEqual(plan);
});

it('records instances of LXD, without what it notes itself and without passwords', () => {
  const raw = { name: 'l1', type: 'container', status: 'Running', config: { 'volatile.base_image': 'f00', 'volatile.uuid': 'x', 'image.os': 'y', 'limits.cpu': '2', 'environment.TOKEN': 'secret' }, devices: {}, profiles: ['default'], ephemeral: false, snapshots: [{ name: 's1' }], state: { pid: 9 } };
  const items = itemsOf(lxdContainerKind, { instances: JSON.stringify([raw]) });
  expect(items['l1']).toMatchObject({ state: 'running', type: 'container', image: 'f00', profiles: ['default'], ephemeral: false, snapshots: ['s1'] });
  expect(Object.keys(items['l1']!.config)).toEqual(['limits.cpu', 'environment.TOKEN']);
  expect(JSON.stringify(items)).not.toContain('secret');
  expect(itemsOf(lxdContainerKind, { instances: answer('', { status: 127 }) })).toEqual({});
  expect(() => itemsOf(lxdContainerKind, { instances: answer('', { status: 1, stderr: 'the daemon does not run' }) })).toThrow('not-running');
});

it('puts an instance of LXD back', () => {
  const before: LxdItem = { state: 'stopped', type: 'container', image: 'f', profiles: ['default'], config: { a: '1' }, devices: {}, ephemeral: false, snapshots: [] };
  const now: LxdItem = { ...before, state: 'running', profiles: ['x'], config: { b: '2' }, snapshots: ['s'] };
  expect(wordsOf(lxdContainerKind, { key: 'l1', before, now })).toBe('container l1 of LXD runs, has profiles x, not default, has snapshots s, not none, has a none, not 1, has b 2, not none');
  const plan = wayBack(lxdContainerKind, [{ key: 'l1', before, now }]);
  const typed = ['lxc profile assign l1 default', 'lxc config set l1 a=1', 'lxc config unset l1 b', 'lxc delete l1/s'];
  for (const command of typed) expect(plan[0]).toContain(command);
  expect(plan[1]).toContain('lxc stop -f l1');
  expect(wayBack(lxdContainerKind, [{ key: 'l1', before, now: { ...before, image: 'g' } }])).toEqual(["left l1: how image was can't be brought back"]);
});

it('leaves a home in which something is to stay', () => {
  const now = states({ file: { '/home/ann/notes': null } });
  const context = contextOf({ now, protects: (kind, key) => (kind === 'file' && key === '/home/ann/notes' ? '--keep names it' : undefined) });
  expect(wayBack(userKind, [{ key: 'ann', now: ann }], context)[0]).not.toContain('rm -rf');
});
