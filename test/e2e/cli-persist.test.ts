/** Runs that leave their connections to the next one, and those that don't. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ctplay, startCtplay, workspace, type Ended, type RunningCtplay, type Workspace } from '../harness/ctplay.ts';
import { Keepers } from '../harness/keepers.ts';
import { withLab } from '../harness/lab.ts';

const lab = withLab();
let files: Workspace;
const keepers = new Keepers();

beforeEach(async () => {
  files = workspace();
  // What was changed just before a login is taken for changed after it.
  await sleep(3_000);
});
afterEach(async () => {
  await keepers.end();
  await ctplay('reset', '-i', lab().inventory);
  files.dispose();
});

const folder = '/tmp/persists';
const playbook = (name: string, ...tasks: string[]): string => files.write(name, `- hosts: all\n  tasks:\n${tasks.map((task) => `    - ${task}\n`).join('')}`);
const start = (...args: string[]): RunningCtplay =>
  startCtplay(['run', ...args, '-i', lab().inventory, '-vvv', '--ssh-common-args', '-o ControlPersist=10m'], { env: { XDG_RUNTIME_DIR: files.folder } });

/** Runs a playbook. Gives how many hosts were reached over a connection of an earlier run. */
async function run(...args: string[]): Promise<Ended & { readonly old: number }> {
  const ended = await start(...args).ended;
  const output = ended.stdout + ended.stderr;
  keepers.note(output);
  return { ...ended, old: output.match(/using the connection kept/g)?.length ?? 0 };
}

const nothing = (): string => playbook('nothing.yaml', 'ping:');
const left = async (host: string): Promise<string> => (await lab().exec(host, 'pgrep -x sleep')).stdout.trim();

it('use what the run before has left, whatever changed that no login depends on', async () => {
  const play = playbook('play.yaml', `file: { path: ${folder}, state: directory }`, `copy: { dest: ${folder}/text, content: "on {{ inventory_hostname }}" }`);
  expect(await run(play)).toMatchObject({ status: 0, old: 0 });
  expect(keepers.pids.length).toBe(1);
  expect(await run(play)).toMatchObject({ status: 0, old: 2 });
  expect(await lab().output('host2', `cat ${folder}/text`)).toBe('on host2');
  expect(await run(play, '--check')).toMatchObject({ status: 0, old: 2 });
  expect(keepers.pids.length).toBe(1);
});

it.each<[string, string]>([
  ['changed a group', 'group: { name: persisters }'],
  ['ran a command that may have changed anything', 'command: "true"'],
  ['changed who may log in', "lineinfile: { path: /root/.ssh/authorized_keys, line: '# persisting' }"],
])('log in anew after one that %s', async (_name, task) => {
  expect(await run(nothing())).toMatchObject({ status: 0, old: 0 });
  expect(await run(playbook('change.yaml', task))).toMatchObject({ status: 0, old: 2 });
  expect(await run(nothing())).toMatchObject({ status: 0, old: 0 });
  expect(await run(nothing())).toMatchObject({ status: 0, old: 2 });
});

it('log in anew where the playbook says so, in the middle of it', async () => {
  await run(nothing());
  const reset = playbook('reset.yaml', 'ping:', 'meta: reset_connection', 'ping:');
  const ended = await run(reset);
  expect(ended).toMatchObject({ status: 0, old: 2 });
  expect((ended.stdout + ended.stderr).match(/logged in as/g)).toHaveLength(2);
});

it('leave nothing running and nothing kept when they are broken off', async () => {
  await run(nothing());
  const slow = playbook('slow.yaml', `file: { path: ${folder}, state: directory }`, `shell: echo > ${folder}/began; sleep 300`);
  for (const [signals, code] of [[['SIGINT', 'SIGINT'], 130], [['SIGKILL'], null]] as const) {
    const { process: child, ended, printed } = start(slow);
    for (const host of ['host1', 'host2']) await vi.waitFor(async () => expect((await lab().exec(host, `test -e ${folder}/began`)).status).toBe(0), { timeout: 30_000 });
    for (const signal of signals) {
      child.kill(signal);
      if (signals.length > 1) await printed(/Ctrl-C again/);
    }
    expect((await ended).status).toBe(code);
    for (const host of ['host1', 'host2']) {
      await vi.waitFor(async () => expect(await left(host)).toBe(''), { timeout: 20_000 });
      await lab().output(host, `rm ${folder}/began`);
    }
    expect(await run(nothing())).toMatchObject({ status: 0, old: 0 });
  }
});
