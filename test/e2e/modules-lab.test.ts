/** General modules through the whole of ctplay on a host that can be restarted: what they make, and that reset leaves nothing. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ctplay, eventsOf, workspace, type Workspace } from '../harness/ctplay.ts';
import { withLab } from '../harness/lab.ts';

const lab = withLab({ hosts: 1 });
let files: Workspace;

beforeAll(() => {
  files = workspace();
});
afterAll(() => files.dispose());

const look = `getent passwd; getent group; uname -n; cat /etc/hostname /etc/fstab; cut -d' ' -f2 /proc/mounts; find /srv /root /home /etc -xdev ! -name '*-' ! -path '/etc/ld.so.cache' -printf '%p %m %u %g %s %l\\n' | sort`;

async function run(...tasks: string[]) {
  const play = files.write('play.yaml', `- hosts: host1\n  tasks:\n${tasks.map((task) => `    - ${task.replaceAll('\n', '\n      ')}\n`).join('')}`);
  return ctplay('run', play, '-i', lab().inventory, '--output', 'json');
}

it('makes what a class needs, changes nothing twice, and leaves nothing', async () => {
  const before = await lab().output('host1', look);
  writeFileSync(path.join(files.folder, 'tool.sh'), '#!/bin/sh\necho tool\n');
  const tasks = [
    'group: {name: class, gid: 4000}',
    'user: {name: student, groups: class, shell: /bin/bash, generate_ssh_key: true, ssh_key_type: ed25519}\nregister: student',
    'authorized_key: {user: student, key: "{{ student.ssh_public_key }}"}',
    'hostname: {name: classroom}',
    'mount: {path: /srv/scratch, src: tmpfs, fstype: tmpfs, opts: size=1m, state: mounted}',
    'copy: {src: tool.sh, dest: /srv/tools/, mode: "0755"}',
    'template: {src: motd.j2, dest: /etc/motd}',
    'lineinfile: {path: /etc/hosts, line: 10.0.0.4 host2}',
    'blockinfile: {path: /etc/profile, block: export LAB=1}',
    'known_hosts: {name: host2, key: host2 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOsYt}',
    'file: {path: /etc/issue, mode: "0600"}',
    'file: {path: /srv/link, src: /etc/motd, state: link}',
    'file: {path: /etc/issue.net, state: absent}',
  ];
  files.write('motd.j2', 'Host {{ ansible_hostname }} of {{ inventory_hostname }}\n');
  const first = await run(...tasks);
  expect(eventsOf(first).filter((event) => event.type === 'task-end' && event.status === 'failed')).toEqual([]);
  expect(first.status).toBe(0);
  expect(await lab().output('host1', 'cat /etc/motd; uname -n; id -Gn student; /srv/tools/tool.sh')).toBe('Host classroom of host1\nclassroom\nstudent class\ntool');
  const second = await run(...tasks);
  expect(eventsOf(second).flatMap((event) => (event.type === 'task-end' && event.status !== 'ok' ? [event] : []))).toEqual([]);
  const reset = await ctplay('reset', '-i', lab().inventory);
  expect(reset).toMatchObject({ status: 0, stderr: '' });
  expect(await lab().output('host1', look)).toBe(before);
});

it('streams a file that is too large for a command, and sends it once', async () => {
  const bytes = randomBytes(3_000_000);
  writeFileSync(path.join(files.folder, 'large'), bytes);
  const task = 'copy: {src: large, dest: /srv/large, mode: "0600"}';
  expect(await run(task)).toMatchObject({ status: 0, stdout: expect.stringContaining('"status":"changed"') as string });
  expect(await lab().output('host1', 'sha256sum < /srv/large; stat -c %a /srv/large; ls -A /srv')).toBe(`${createHash('sha256').update(bytes).digest('hex')}  -\n600\nlarge`);
  expect((await run(task)).stdout).not.toContain('"status":"changed"');
});

it('restarts a host and goes on when it is back', async () => {
  const boot = `stat -c %Y /proc/1`;
  await lab().output('host1', 'touch /run/before');
  const done = await run('reboot: {reboot_timeout: 60}\nregister: r', 'stat: {path: /run/before}\nregister: s', 'assert: {that: [r.rebooted, not s.stat.exists]}', 'wait_for_connection: {timeout: 20}');
  expect([done.status, done.stderr]).toEqual([0, '']);
  expect(await lab().output('host1', boot)).not.toBe('');
});

it('fetches a file, and only when it differs', async () => {
  const task = `fetch: {src: /etc/os-release, dest: ${files.folder}/fetched}`;
  expect(await run(task)).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('"status":"changed"') as string });
  const fetched = path.join(files.folder, 'fetched/host1/etc/os-release');
  expect(readFileSync(fetched, 'utf8')).toBe(`${await lab().output('host1', 'cat /etc/os-release')}\n`);
  const { mtimeMs } = statSync(fetched);
  expect((await run(task)).stdout).not.toContain('"status":"changed"');
  expect(statSync(fetched).mtimeMs).toBe(mtimeMs);
});

it('downloads with what a small Debian has', async () => {
  const task = 'get_url: {url: "http://deb.debian.org/debian/dists/bookworm/Release", dest: /root/}';
  expect(await run(task)).toMatchObject({ status: 0, stderr: '' });
  expect(await lab().output('host1', 'grep -c ^Codename: /root/Release; command -v curl wget || echo neither')).toBe('1\nneither');
});
