/** Containers, packages, services, accounts, files, mounts and processes of a host that a class has worked on: what differs, and back. */
import { expect, it } from 'vitest';
import { compare } from '../../src/baseline/compare.ts';
import type { KindStates } from '../../src/baseline/kind.ts';
import { kindsOf } from '../../src/baseline/kinds/index.ts';
import { keepContents, putBack, stateOf, wordsOf } from '../harness/baseline.ts';
import { openSession, type LabSession } from '../harness/lab-module.ts';
import { withLab } from '../harness/lab.ts';

const lab = withLab({ hosts: 1, base: 'full' });

const names = ['docker-container', 'docker-network', 'docker-volume', 'docker-image', 'lxc-container', 'lxd-container', 'process', 'service', 'package', 'user', 'group', 'mount', 'cron', 'file'];
const kinds = kindsOf({ folders: ['/etc', '/root', '/home'] }).filter(({ name }) => names.includes(name));

/** What a teacher prepared. */
const prepared = `set -e
tar -C / -c bin/busybox | docker import - box:1 >/dev/null
docker network create --subnet 10.50.0.0/24 lab >/dev/null
docker run -d --name web --restart always --network lab --ip 10.50.0.9 --network-alias w -e TOKEN=first -p 8088:80 box:1 /bin/busybox sleep 100000 >/dev/null
docker tag box:1 box:two
lxc-create -n c1 -t busybox >/dev/null 2>&1; lxc-start -n c1
apt-get -qq update; apt-get -qq -y install --no-install-recommends cron tree >/dev/null 2>&1
useradd -m -s /bin/bash teacher; echo teacher:pw1 | chpasswd; echo '0 1 * * * true' | crontab -u teacher -
echo data >/home/teacher/data; chmod 640 /home/teacher/data; chown teacher: /home/teacher/data
mkdir -p /srv/x /srv/y; mount -t tmpfs -o size=2m,noexec tm /srv/x; mount --bind /srv/x /srv/y
mkdir /etc/lesson; echo 1 >"/etc/lesson/odd name'\\$x"; echo 2 >"/etc/lesson/$(printf 'two\\nlines')"`;

/** What students left. */
const mess = `set -e
docker network create straynet >/dev/null; docker volume create strayvol >/dev/null
docker run -d --name stray1 --network straynet -v strayvol:/d -v /anonymous -e PASSWORD=secret box:1 /bin/busybox sleep 1000 >/dev/null
docker stop -t 0 web >/dev/null; docker update --restart no web >/dev/null; docker network disconnect lab web; docker network rm lab >/dev/null
docker network create --internal --subnet 10.51.0.0/24 lab >/dev/null; docker rmi box:two >/dev/null; docker tag box:1 evil:1
lxc-create -n stray3 -t busybox >/dev/null 2>&1; lxc-start -n stray3; lxc-stop -k -n c1; echo '# by hand' >>/var/lib/lxc/c1/config
apt-get -qq -y install --no-install-recommends cowsay >/dev/null 2>&1; apt-get -qq -y purge tree >/dev/null 2>&1; apt-mark auto sudo >/dev/null
crontab -r -u teacher; userdel -r teacher 2>/dev/null; echo vagrant:other | chpasswd; usermod -s /bin/dash vagrant
useradd -m -s /bin/bash student; groupadd pupils; usermod -aG pupils student; su student -c 'mkdir -p ~/.cache/x; echo x >~/notes; setsid nohup sleep 8888 >/dev/null 2>&1 &'
echo '* * * * * true' | crontab -; echo '* * * * * root true' >/etc/cron.d/stray
echo '10.9.9.9 stray' >>/etc/hosts; rm /etc/issue; rm -r /etc/lesson; echo 'no folder' >/etc/lesson; chmod 600 /etc/debian_version; ln -sfn /tmp /etc/localtime; rm /etc/issue.net; mkdir -p /etc/issue.net/deep
printf '[Service]\\nExecStart=/bin/sleep 12345\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/stray.service
systemctl daemon-reload; systemctl enable -q --now stray; systemd-run -q --unit=stray-run sleep 5555; systemctl mask -q uuidd.socket; systemctl disable -q --now cron
mkdir -p /mnt/a; mount -t tmpfs none /mnt/a; umount /srv/y /srv/x
mkdir -p /etc/docker; echo '{"bip":"172.30.0.1/16"}' >/etc/docker/daemon.json; systemctl restart docker
setsid nohup sleep 7777 >/dev/null 2>&1 & setsid nohup sleep 7777 >/dev/null 2>&1 &
setsid sh -c 'trap "" TERM; while :; do sleep 3333; done' >/dev/null 2>&1 &
mkdir /etc/stuck; touch /etc/stuck/x; chattr -R +i /etc/stuck; echo z >>/etc/profile; chattr +i /etc/profile; chmod 666 /etc/shadow
until pgrep -xf 'sleep 3333' >/dev/null && pgrep -xf 'sleep 8888' >/dev/null; do sleep 0.1; done`;

function differences(session: LabSession, baseline: KindStates) {
  const comparison = compare(kinds, baseline, stateOf(session, kinds));
  return [...wordsOf(comparison), ...comparison.incomparable.map(({ kind, why }) => `${kind}: ${why}`)];
}

it('tells what a class left behind, and takes it back', { timeout: 600_000 }, async () => {
  const session = openSession(lab(), 0);
  session.sh(prepared);
  const baseline = stateOf(session, kinds);
  const contents = keepContents(session, kinds);
  expect(differences(session, baseline)).toEqual([]);
  const shadow = session.sh("sed -n '/^\\(teacher\\|vagrant\\):/p' /etc/shadow | cut -d: -f1,2");

  session.sh(mess);
  const words = differences(session, baseline);
  expect(words).toEqual(
    expect.arrayContaining([
      'container stray1 of Docker was added',
      'container web of Docker is stopped, has restart no, not always, is no longer in the network lab',
      'network straynet of Docker was added',
      'network lab of Docker has subnet 10.51.0.0/24, not 10.50.0.0/24, has internal true, not false',
      'volume strayvol of Docker was added',
      'image box:two of Docker is gone',
      'image evil:1 of Docker was added',
      'container c1 of LXC is stopped, has another config',
      'container stray3 of LXC was added',
      'process of root: sleep 7777 runs 2 times',
      'process of student: sleep 8888 runs',
      'service cron is stopped, is disabled',
      'service stray runs, is enabled',
      'service stray-run runs',
      'unit uuidd.socket is masked',
      'package cowsay was installed',
      'package tree is gone',
      'package sudo counts as come along',
      'user student was added',
      'user teacher is gone',
      'user vagrant has shell /bin/dash, not /bin/bash, has another password',
      'group pupils was added',
      'mount /mnt/a was added',
      'mount /srv/y is gone',
      'crontab of root was added',
      'crontab of teacher is gone',
      'file /etc/hosts differs',
      'directory /etc/stuck was added',
      'file /etc/profile differs',
      'file /etc/shadow has mode 0666, not 0640',
      'file /etc/issue is gone',
      'file /etc/debian_version has mode 0600, not 0644',
      'directory /etc/issue.net was a file',
      'file /etc/lesson was a directory',
      'link /etc/localtime leads to /tmp, not /usr/share/zoneinfo/Etc/UTC',
      'directory /home/student was added',
      'file /home/teacher/data is gone',
    ]),
  );
  expect(words.join('\n')).not.toMatch(/secret|first/);

  expect(putBack(session, kinds, baseline, contents)).toMatchObject({ left: [], unsettled: [], failed: [] });
  expect(session.sh("sed -n '/^\\(teacher\\|vagrant\\):/p' /etc/shadow | cut -d: -f1,2")).toBe(shadow);
  expect(session.sh("cat /home/teacher/data \"/etc/lesson/odd name'\\$x\" /etc/lesson/two*; stat -c '%U %a' /home/teacher/data; ls /home; findmnt -no OPTIONS /srv/y")).toMatch(/^data\n1\n2\nteacher 640\nteacher\nvagrant\nrw,noexec/);
  expect(session.sh("docker exec web /bin/busybox ip -4 -o addr show eth0; ip -4 -o addr show docker0")).toMatch(/10\.50\.0\.9\/24(.|\n)*inet 172\.17\.0\.1/);
  session.sh(`rm -r ${contents}`);
});

it('finds nothing changed on a host that was restarted', async () => {
  const session = openSession(lab(), 0);
  session.sh('lxc-stop -k -n c1; umount /srv/y /srv/x');
  const baseline = stateOf(session, kinds);
  const boot = await lab().output('host1', 'stat -c %Y /proc/1');
  await lab().exec('host1', 'systemctl reboot');
  await expect.poll(async () => (await lab().exec('host1', 'systemctl is-active docker >/dev/null && stat -c %Y /proc/1')).stdout.trim(), { timeout: 120_000, interval: 1000 }).toMatch(new RegExp(`^(?!${boot}$)\\d+$`));
  const again = openSession(lab(), 0);
  again.sh('until [ "$(docker inspect -f "{{.State.Running}}" web)" = true ] && systemctl is-system-running | grep -qv starting; do sleep 0.5; done');
  expect(differences(again, baseline)).toEqual([]);
});

it('takes back what came into a daemon that was off', async () => {
  const session = openSession(lab(), 0);
  session.sh('docker rm -f web >/dev/null; docker network rm lab >/dev/null; docker rmi -f box:1 box:two >/dev/null; systemctl stop docker.socket docker');
  const baseline = stateOf(session, kinds);
  expect(baseline['docker-network']).toEqual({ state: 'present', value: {} });
  session.sh('systemctl start docker; tar -C / -c bin/busybox | docker import - box:1 >/dev/null; docker network create stray >/dev/null; docker volume create stray >/dev/null; docker run -d --name stray box:1 /bin/busybox sleep 1000 >/dev/null');
  expect(differences(session, baseline)).toEqual(expect.arrayContaining(['container stray of Docker was added', 'network stray of Docker was added', 'service docker runs']));
  expect(putBack(session, kinds, baseline, undefined)).toMatchObject({ left: [], unsettled: [], failed: [] });
  // What the daemon left on the disk would come back with it.
  session.sh('systemctl start docker; docker network create kept >/dev/null; systemctl stop docker.socket docker');
  expect(stateOf(session, kinds)['docker-network']).toMatchObject({ state: 'unavailable', reason: 'not-running' });
});

it('removes LXD as it came, with its containers', { timeout: 400_000 }, async () => {
  const session = openSession(lab(), 0);
  const baseline = stateOf(session, kinds);
  const contents = keepContents(session, kinds);
  session.sh('export DEBIAN_FRONTEND=noninteractive; apt-get -qq -y install --no-install-recommends lxd >/dev/null 2>&1');
  // Reading does not start the daemon.
  expect(stateOf(session, kinds)['lxd-container']).toEqual({ state: 'present', value: {} });
  expect(session.sh('systemctl is-active lxd || :')).toBe('inactive');
  session.sh(`export LXD_CONF=$(mktemp -d); lxd waitready; printf '{"storage_pools":[{"name":"default","driver":"dir"}],"profiles":[{"name":"default","devices":{"root":{"type":"disk","path":"/","pool":"default"}}}]}' | lxd init --preseed
d=$(mktemp -d); mkdir -p $d/rootfs/bin $d/rootfs/sbin $d/rootfs/proc $d/rootfs/sys $d/rootfs/dev $d/rootfs/etc; cp /bin/busybox $d/rootfs/bin/; ln -s ../bin/busybox $d/rootfs/sbin/init; printf 'architecture: x86_64\\ncreation_date: 1\\n' >$d/metadata.yaml
tar -C $d -cf $d.tar metadata.yaml rootfs; lxc image import $d.tar --alias bb >/dev/null 2>&1; lxc launch bb l1 >/dev/null 2>&1; lxc init bb l2 >/dev/null 2>&1; rm -r $d $d.tar`);
  expect(differences(session, baseline)).toEqual(expect.arrayContaining(['container l1 of LXD was added', 'container l2 of LXD was added', 'package lxd was installed', 'user _lxd was added']));
  const running = stateOf(session, kinds);
  session.sh('export LXD_CONF=$(mktemp -d); lxc stop -f l1; lxc start l2; lxc config set l2 limits.cpu=1; lxc snapshot l2 s1');
  expect(wordsOf(compare(kinds, running, stateOf(session, kinds)))).toEqual(['container l1 of LXD is stopped', 'container l2 of LXD runs, has snapshots s1, not none, has limits.cpu 1, not none']);
  expect(putBack(session, kinds, running, contents)).toMatchObject({ left: [], unsettled: [], failed: [] });
  expect(putBack(session, kinds, baseline, contents)).toMatchObject({ left: [], unsettled: [], failed: [] });
});
