/** What one run reads of unchanged files at some cost, later runs remember: seen by what the host starts for it. */
import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsOf, startCtplay, workspace, type Workspace } from '../harness/ctplay.ts';
import { withLab } from '../harness/lab.ts';

const lab = withLab({ hosts: 1 });
let files: Workspace;
beforeAll(async () => {
  files = workspace();
  await lab().output('host1', 'mkdir -p /root/t /usr/local/bin; for tool in sha256sum sha1sum; do printf \'#!/bin/sh\\necho %s >>/root/started\\nexec /usr/bin/%s "$@"\\n\' $tool $tool >/usr/local/bin/$tool; chmod +x /usr/local/bin/$tool; done');
});
afterAll(() => files.dispose());

// Larger than what is sent as it is, without any digest.
const playbook = `
- hosts: all
  tasks:
    - copy: { dest: /root/t/a, content: "{{ 'text' * 500 }}\\n" }
    - stat: { path: /root/t/a }
      register: found
    - debug: { var: found.stat.checksum }
`;
const sha1 = 'e2eac6629b2d36ff62598b1d20eea907d89eccd0';

/** Runs the playbook; gives what changed, the digest that it showed, and the programs for digests that the host started. */
async function run(...flags: string[]): Promise<{ changed: number; shown: boolean; started: string[] }> {
  await lab().output('host1', ': >/root/started');
  const ended = await startCtplay(['run', files.write('play.yaml', playbook), '-i', lab().inventory, '--output', 'json', ...flags], { env: { XDG_CACHE_HOME: files.folder } }).ended;
  const end = eventsOf(ended).at(-1);
  if (end?.type !== 'run-end' || end.exitStatus !== 0) throw new Error(ended.stdout + ended.stderr);
  const started = await lab().output('host1', 'cat /root/started');
  return { changed: end.counters['host1']!.changed, shown: ended.stdout.includes(sha1), started: started.split('\n').filter((line) => line !== '') };
}

describe('a file that nobody touches', () => {
  it('is read until two runs have read it alike with time between, and then no more', async () => {
    expect(await run()).toMatchObject({ changed: 1, shown: true });
    await sleep(2500);
    expect(await run()).toEqual({ changed: 0, shown: true, started: ['sha256sum', 'sha1sum'] });
    await sleep(2500);
    await run();
    expect(await run()).toEqual({ changed: 0, shown: true, started: [] });
    expect(await run('--check')).toEqual({ changed: 0, shown: true, started: [] });
  });

  it('is read when --flush-cache says so', async () => {
    expect(await run('--flush-cache')).toEqual({ changed: 0, shown: true, started: ['sha256sum', 'sha1sum'] });
    await sleep(2500);
    await run();
    expect(await run()).toMatchObject({ started: [] });
  });
});

describe('a file with another content', () => {
  it('is found out though its size and its modification time are as before', async () => {
    await lab().output('host1', 'cd /root/t && cp -p a ../reference && tr x X <../reference >a && touch -r ../reference a');
    expect(await run('--check')).toMatchObject({ changed: 1 });
    expect(await run()).toMatchObject({ changed: 1, shown: true });
    expect(await lab().output('host1', 'cat /root/t/a')).toBe('text'.repeat(500));
  });
});

describe('a large file of the controller', () => {
  it('is copied anew when its content is another, though its size and its modification time are as before', async () => {
    const source = files.write('large', 'a'.repeat(20_000_000));
    const play = files.write('large.yaml', `- hosts: all\n  tasks:\n    - copy: { src: ${source}, dest: /root/t/large }\n`);
    const changed = async (): Promise<number> => {
      const ended = await startCtplay(['run', play, '-i', lab().inventory, '--output', 'json'], { env: { XDG_CACHE_HOME: files.folder } }).ended;
      const end = eventsOf(ended).at(-1);
      if (end?.type !== 'run-end' || end.exitStatus !== 0) throw new Error(ended.stdout + ended.stderr);
      return end.counters['host1']!.changed;
    };
    expect(await changed()).toBe(1);
    for (let times = 0; times < 2; times++) {
      await sleep(2500);
      expect(await changed()).toBe(0);
    }
    const { atime, mtime } = statSync(source);
    writeFileSync(source, 'b'.repeat(20_000_000));
    utimesSync(source, atime, mtime);
    expect(await changed()).toBe(1);
    expect(await lab().output('host1', 'head -c 3 /root/t/large')).toBe('bbb');
  });
});
