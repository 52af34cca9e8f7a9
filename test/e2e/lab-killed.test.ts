import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { down, up } from '../../src/lab/lab.ts';
import { labPaths } from '../../src/lab/layout.ts';
import { readRecord } from '../../src/lab/state.ts';
import { startCtplay } from '../harness/ctplay.ts';
import { removeTestLab, startTestLab, testFolder, testLabName } from '../harness/lab.ts';
import { noTraces, traces } from '../harness/lab-traces.ts';

describe('an up that is killed', () => {
  // The base tree is cached then, and the moments fall into what comes after.
  beforeAll(async () => removeTestLab((await startTestLab({ hosts: 1 })).name));
  const moments = [60, 120, 180, 240, 300, 400, 500, 700, 1000];

  it.each(moments)('after %d ms is cleaned up by down', async (milliseconds) => {
    const name = await killedUp(milliseconds);
    const record = await readRecord(labPaths(), name);
    await removeTestLab(name);
    expect(await traces(name, record?.number ?? -1)).toEqual(noTraces);
  });

  it.each(moments)('after %d ms is completed by the next', async (milliseconds) => {
    const name = await killedUp(milliseconds);
    const inventory = join(testFolder(name), 'inventories', name);
    const { record } = await up({ name, inventory });
    expect(existsSync(join(inventory, 'hosts.yml'))).toBe(true);
    expect((await up({ name, inventory })).changes).toEqual([]);
    await removeTestLab(name);
    expect(await traces(name, record.number)).toEqual(noTraces);
  });
});

async function killedUp(milliseconds: number): Promise<string> {
  const name = testLabName();
  const folder = testFolder(name);
  mkdirSync(folder);
  const command = startCtplay(['lab', 'up', '--name', name], { cwd: folder });
  await sleep(milliseconds);
  command.process.kill('SIGKILL');
  await command.ended;
  return name;
}

describe('a build of the base tree that is killed', () => {
  const cache = mkdtempSync(join(tmpdir(), 'ctplay-cache-'));
  const name = testLabName();
  afterAll(async () => {
    await down(name, { ...labPaths(), cache });
    rmSync(testFolder(name), { recursive: true, force: true });
    rmSync(cache, { recursive: true, force: true });
  });

  it('takes its processes and mounts with it, and the next one starts afresh', async () => {
    mkdirSync(testFolder(name));
    const build = () => startCtplay(['lab', 'up', '--name', name, '--hosts', '1'], { cwd: testFolder(name), env: { CTPLAY_LAB_CACHE: cache } });
    const killed = build();
    const unpacked = () => readdirSync(cache).some((tree) => existsSync(join(cache, tree, 'tree/usr/bin/dpkg')));
    await expect.poll(unpacked, { timeout: 60_000 }).toBe(true);
    killed.process.kill('SIGKILL');
    await killed.ended;
    await expect.poll(() => usersOf(cache), { timeout: 5_000 }).toEqual([]);
    expect(readdirSync(cache).filter((file) => file.startsWith('base-'))).toEqual([expect.stringMatching(/^base-minimal-[0-9a-f]{12}\.building$/)]);

    const { status, stderr } = await build().ended;
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/Building the base tree 'minimal'.*: downloading packages\n/);
    expect(readdirSync(cache).filter((file) => file.startsWith('base-'))).toEqual([expect.stringMatching(/^base-minimal-[0-9a-f]{12}$/)]);
  });
});

/** Processes that name a folder in their arguments or have it in their mounts. */
function usersOf(folder: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || pid === String(process.pid)) return false;
    try {
      return `${readFileSync(`/proc/${pid}/cmdline`, 'utf8')}${readFileSync(`/proc/${pid}/mountinfo`, 'utf8')}`.includes(folder);
    } catch {
      return false;
    }
  });
}
