/** Runs whose connections other threads hold. */
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ctplay, eventsOf, startCtplay, workspace, type Ended, type Workspace } from '../harness/ctplay.ts';
import { withLab } from '../harness/lab.ts';

const lab = withLab();
let files: Workspace;
beforeEach(() => {
  files = workspace();
});
afterEach(async () => {
  await ctplay('reset', '-i', lab().inventory);
  files.dispose();
});

const folder = '/tmp/in-threads';
const playbook = (name: string, ...tasks: string[]): string => files.write(name, `- hosts: all\n  tasks:\n${tasks.map((task) => `    - ${task}\n`).join('')}`);
const run = (...args: string[]): Promise<Ended> => ctplay('run', ...args, '-i', lab().inventory);
const began = async (): Promise<void> => {
  for (const host of ['host1', 'host2']) await vi.waitFor(async () => expect((await lab().exec(host, `test -e ${folder}/began`)).status).toBe(0), { timeout: 30_000 });
};

it('do what others do, in as many round trips, and end by themselves', async () => {
  const play = playbook('play.yaml', `file: { path: ${folder}, state: directory }`, `copy: { dest: ${folder}/text, content: "on {{ inventory_hostname }}" }`, 'command: hostname');
  const trips: unknown[] = [];
  for (const threads of ['1', '2']) {
    const ended = await run(play, '--threads', threads, '--output', 'json');
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    trips.push((eventsOf(ended).at(-1) as { roundTrips: unknown }).roundTrips);
    expect(await lab().output('host2', `cat ${folder}/text`)).toBe('on host2');
    await ctplay('reset', '-i', lab().inventory, '--threads', threads);
    expect((await lab().exec('host2', `test -e ${folder}`)).status).toBe(1);
  }
  expect(trips[1]).toEqual(trips[0]);
});

it('tell hosts that cannot be reached from others', async () => {
  const hosts = files.write('hosts.yml', `all: {children: {lab: {}}, hosts: {gone: {ansible_host: 127.0.0.1, ansible_port: 1}}}\n`);
  const ended = await run(playbook('ping.yaml', 'ping:'), '-i', hosts, '--threads', '2', '--output', 'json');
  expect(ended.status).toBe(4);
  expect(eventsOf(ended).at(-1)).toMatchObject({ counters: { host1: { ok: 1 }, host2: { ok: 1 }, gone: { unreachable: 1 } } });
});

it('give a running task its time at Ctrl-C, and end at once at the second', async () => {
  const slow = (seconds: number): string => playbook('slow.yaml', `file: { path: ${folder}, state: directory }`, `shell: echo > ${folder}/began; sleep ${seconds}; echo > ${folder}/done`, `command: touch ${folder}/never`);
  const patient = startCtplay(['run', slow(2), '-i', lab().inventory, '--threads', '2']);
  await began();
  patient.process.kill('SIGINT');
  expect((await patient.ended).status).toBe(130);
  expect(await lab().output('host1', `ls ${folder}`)).toBe('began\ndone');
  await lab().output('host1', `rm ${folder}/*`);
  await lab().output('host2', `rm ${folder}/*`);

  const hasty = startCtplay(['run', slow(60), '-i', lab().inventory, '--threads', '2']);
  await began();
  const pressed = performance.now();
  hasty.process.kill('SIGINT');
  await hasty.printed(/Ctrl-C again/);
  hasty.process.kill('SIGINT');
  expect((await hasty.ended).status).toBe(130);
  expect(performance.now() - pressed).toBeLessThan(8_000);
});

it('are refused when they are none', async () => {
  const ended = await run(playbook('ping.yaml', 'ping:'), '--threads', '0');
  expect(ended.status).toBe(1);
  expect(ended.stderr).toContain('--threads takes a number from 1');
});

it('read what is beside the playbook', async () => {
  files.write('large', 'x'.repeat(3_000_000));
  const play = playbook('copy.yaml', `file: { path: ${folder}, state: directory }`, `copy: { src: ${path.join(files.folder, 'large')}, dest: ${folder}/large }`, `fetch: { src: ${folder}/large, dest: ${files.folder}/back/ }`);
  expect((await run(play, '--threads', '2')).status).toBe(0);
  expect(await lab().output('host1', `wc -c <${folder}/large`)).toBe('3000000');
});
