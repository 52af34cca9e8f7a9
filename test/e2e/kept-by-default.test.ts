/** What runs find that follow each other within a minute, where nobody has said anything of keeping connections, and what others did in between. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bundle, ctplay, eventsOf, startCtplay, workspace, type Ended, type Workspace } from '../harness/ctplay.ts';
import { Keepers } from '../harness/keepers.ts';
import { withLab } from '../harness/lab.ts';

const lab = withLab({ hosts: 1 });
const keepers = new Keepers();
let files: Workspace;
/** As a user has it, whose environment says nothing of ssh's options. */
const environment = (): Record<string, string> => ({ ANSIBLE_SSH_ARGS: '', XDG_RUNTIME_DIR: files.folder });

beforeEach(async () => {
  files = workspace();
  files.write('hosts.yml', `all: {hosts: {host1: {ansible_host: ${lab().hosts[0]!.managementAddress}, ansible_ssh_private_key_file: ${lab().inventory}/.id_ed25519, ctplay_known_hosts_file: ${lab().inventory}/.known_hosts}}}\n`);
  files.write('play.yaml', '- hosts: all\n  tasks:\n    - {command: id -Gn, changed_when: false, check_mode: false, register: it}\n    - debug: {msg: "groups: {{ it.stdout }}"}\n');
  // What was changed just before a login is taken for changed after it.
  await sleep(3_000);
});
afterEach(async () => {
  await keepers.end();
  await ctplay('reset', '-i', lab().inventory);
  files.dispose();
});

/** Runs a playbook as a user who is told nothing of it; `old` is whether a connection of an earlier run was taken. */
async function run(user: string, ...args: string[]): Promise<Ended & { readonly old: boolean; readonly output: string }> {
  const ended = await startCtplay(['run', path.join(files.folder, 'play.yaml'), '-i', path.join(files.folder, 'hosts.yml'), '-u', user, '-vvv', ...args], { env: environment() }).ended;
  const output = ended.stdout + ended.stderr;
  keepers.note(output);
  return { ...ended, output, old: output.includes('using the connection kept') };
}
/** Runs what only looks, since after commands no connection is kept. */
async function look(user: string): Promise<string> {
  files.write('look.yaml', '- hosts: all\n  tasks:\n    - ping:\n');
  const looked = await startCtplay(['run', path.join(files.folder, 'look.yaml'), '-i', path.join(files.folder, 'hosts.yml'), '-u', user, '-vvv'], { env: environment() }).ended;
  expect(looked.status).toBe(0);
  keepers.note(looked.stdout);
  return looked.stdout;
}
/** Leaves a connection: the first run leaves who will keep it, the second one the connection. */
async function leave(user: string): Promise<void> {
  if (keepers.pids.length === 0) expect(await look(user)).toMatch(/process \d+ will keep the connections of the next run/);
  await vi.waitFor(() => expect(readdirSync(path.join(files.folder, 'ctplay'))).toContainEqual(expect.stringMatching(/^master-[0-9a-f]+$/)), { timeout: 10_000, interval: 50 });
  expect(await look(user)).toMatch(/process \d+ holds the connection/);
}
const onHost = (command: string): Promise<string> => lab().output('host1', command);
/** Why hosts could not be reached. */
const trouble = (ended: Ended): unknown[] => eventsOf(ended).flatMap((event) => ('error' in event ? [event.error] : []));

it('a connection is there, unless an option says no, or ansible.cfg has other ones', async () => {
  await leave('root');
  expect(keepers.pids.length).toBe(1);
  expect(await run('root', '--ssh-common-args', '-o ControlPersist=no')).toMatchObject({ status: 0, old: false });
  expect(await run('root', '--check')).toMatchObject({ status: 0, old: true });
  files.write('ansible.cfg', '[ssh_connection]\nssh_args = -C\n');
  const own = await startCtplay(['run', 'play.yaml', '-i', 'hosts.yml', '-u', 'root', '-vvv'], { cwd: files.folder, env: environment() }).ended;
  expect(own.status).toBe(0);
  expect(own.stdout).not.toContain('holds the connection');
});

it('who is to keep it waits for a run, whoever looks in', async () => {
  await look('root');
  const [pid] = keepers.pids;
  const folder = path.join(files.folder, 'ctplay');
  const socket = await vi.waitFor(() => path.join(folder, readdirSync(folder).find((name) => /^master-[0-9a-f]+$/.test(name))!), { timeout: 10_000, interval: 50 });
  await new Promise((resolve) => connect(socket, function (this: Socket) { this.destroy(); }).on('close', resolve));
  await sleep(300);
  expect(await look('root')).toContain(`process ${pid} holds the connection`);
});

it('who keeps it holds nothing that the run was given, and is in nobody\'s way', async () => {
  files.write('look.yaml', '- hosts: all\n  tasks:\n    - ping:\n');
  const child = spawn(process.execPath, [bundle, 'run', path.join(files.folder, 'look.yaml'), '-i', path.join(files.folder, 'hosts.yml'), '-u', 'root', '-vvv'], {
    stdio: ['ignore', 'pipe', 'pipe', 'ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...environment() },
  });
  let printed = '';
  child.stdout!.on('data', (text) => (printed += String(text)));
  // These end when nobody holds them any more.
  await Promise.all([1, 2, 5].map((stream) => new Promise((resolve) => (child.stdio[stream] as Readable).on('end', resolve).resume())));
  keepers.note(printed);
  const pid = Number(/process (\d+) will keep/.exec(printed)![1]);
  expect(printed).not.toContain('holds the connection');
  expect(existsSync(`/proc/${pid}`)).toBe(true);
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ');
  expect(stat[3]).toBe(String(pid));
  expect(readlinkSync(`/proc/${pid}/cwd`)).toBe('/');
  expect([0, 1, 2].map((descriptor) => readlinkSync(`/proc/${pid}/fd/${descriptor}`))).toEqual(['/dev/null', '/dev/null', '/dev/null']);
  expect(readdirSync(`/proc/${pid}/fd`).map((descriptor) => readlinkSync(`/proc/${pid}/fd/${descriptor}`)).filter((file) => file.includes(files.folder))).toEqual([]);
});

describe('after somebody else has been at the host', () => {
  afterEach(async () => {
    await onHost('gpasswd --delete vagrant staff >/dev/null 2>&1 || true');
  });

  it('a group counts that the user was put into', async () => {
    await leave('vagrant');
    await onHost('usermod --append --groups staff vagrant');
    const again = await run('vagrant');
    expect(again.stdout).toMatch(/groups: .*\bstaff\b/);
    expect(again.output).toContain('what decides on logins has changed since');
  });

  it('a key that was taken away opens nothing', async () => {
    await onHost('cp -a ~vagrant/.ssh ~vagrant/.ssh.saved');
    await leave('vagrant');
    await onHost(': >~vagrant/.ssh/authorized_keys');
    try {
      const again = await run('vagrant', '--output', 'json');
      const anew = await run('vagrant', '--output', 'json', '--ssh-common-args', '-o ControlPersist=no');
      expect(again).toMatchObject({ status: 4, old: true });
      expect(trouble(again)).toEqual(trouble(anew));
      expect(trouble(anew)).not.toEqual([]);
      expect(eventsOf(again).at(-1)).toMatchObject({ counters: { host1: { ok: 0, unreachable: 1 } } });
    } finally {
      await onHost('rm -r ~vagrant/.ssh && mv ~vagrant/.ssh.saved ~vagrant/.ssh');
    }
  });

  it('a user who was removed is nobody', async () => {
    await onHost('useradd --create-home --shell /bin/sh leaver && cp -r ~vagrant/.ssh ~leaver/ && chown -R leaver: ~leaver/.ssh');
    await sleep(3_000);
    await leave('leaver');
    await onHost('userdel --force leaver >/dev/null 2>&1; ! id leaver 2>/dev/null');
    expect(await run('leaver')).toMatchObject({ status: 4 });
    await onHost('rm -rf /home/leaver');
  });

  it('a host without sshd is reached as long as its connection stands', async () => {
    await leave('root');
    const listener = await onHost('pgrep -o -x sshd');
    await onHost(`kill -STOP ${listener}`);
    try {
      expect(await run('root', '--check')).toMatchObject({ status: 0, old: true });
    } finally {
      // Nobody can log in; the host's processes are this machine's, too.
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        const status = /^NSpid:.*\t(\d+)$/m.exec(readStatus(pid));
        if (status?.[1] === listener && /^State:\tT/m.test(readStatus(pid))) process.kill(Number(pid), 'SIGCONT');
      }
    }
  });

  it('a host whose packets are lost is given up as soon as one that is logged in to', async () => {
    await leave('root');
    await onHost('(sleep 0.5; ip link set eth0 down; sleep 12; ip link set eth0 up) >/dev/null 2>&1 &');
    await sleep(1_000);
    const started = performance.now();
    const again = await run('root', '--timeout', '3');
    expect(performance.now() - started).toBeLessThan(12_000);
    expect(again.status).toBe(4);
    expect(again.output).toMatch(/no answer in 3 s|no route to it/);
    await vi.waitFor(() => onHost('true'), { timeout: 30_000, interval: 500 });
  });
});

function readStatus(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return '';
  }
}
