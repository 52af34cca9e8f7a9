/** How the lock is given back, run by the shells and the find(1) of this machine, in a folder that stands for /run/lock. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { releaseUnlessLarge } from '../../../src/engine/lock.ts';
import { sh } from '../../../src/shell.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ctplay-lock-'));
afterAll(() => rmSync(folder, { recursive: true }));
const lock = path.join(folder, 'ctplay.lock');
const bytes = 1000;

const has = (program: string): boolean => spawnSync('sh', ['-c', 'command -v "$0"', program]).status === 0;
const shells = [['dash'], ['bash', '--posix'], ['busybox', 'ash']].filter(([program]) => has(program!));
const finds = ['find of GNU', ...(has('busybox') ? ['find of BusyBox'] : []), 'no find'];

beforeAll(() => {
  const programs: Record<string, readonly string[]> = { 'find of BusyBox': ['find', 'stat', 'rm'], 'no find': ['stat', 'rm'] };
  for (const [name, links] of Object.entries(programs)) {
    mkdirSync(path.join(folder, name));
    for (const link of links) {
      const real = spawnSync('sh', ['-c', 'command -v "$0"', name === 'no find' || link !== 'find' ? link : 'busybox'], { encoding: 'utf8' }).stdout.trim();
      symlinkSync(real, path.join(folder, name, link));
    }
  }
});

describe.each(shells.map((words) => [words.join(' '), words] as const))('in %s', (_name, [program, ...words]) => {
  describe.each(finds)('with %s', (find) => {
    it.each([
      ['a small file', 'mine', 1000, 0, false],
      ['no file', 'mine', undefined, 0, false],
      ['a large file', 'mine', 1001, 1, true],
      ['a small file, a lock of another run', 'other', 1000, 0, true],
      ['a large file, a lock of another run', 'other', 1001, 0, true],
      ['a small file, no lock', undefined, 1000, 0, false],
    ])('%s', (_case, holder, size, status, stays) => {
      const file = path.join(folder, "a ledger's name");
      rmSync(lock, { force: true });
      rmSync(file, { force: true });
      if (holder !== undefined) writeFileSync(lock, `1 2 boot {"runId":"${holder}"}\n`);
      if (size !== undefined) writeFileSync(file, 'x'.repeat(size));
      const script = releaseUnlessLarge({ runId: 'mine', who: '', since: '' }, sh`${file}`, bytes).text.replaceAll('/run/lock', folder);
      const shell = spawnSync('sh', ['-c', 'command -v "$0"', program!], { encoding: 'utf8' }).stdout.trim();
      const answer = spawnSync(shell, [...words, '-c', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...(find === 'find of GNU' ? {} : { env: { PATH: path.join(folder, find) } }) });
      expect(answer).toMatchObject({ status, stdout: '', stderr: '' });
      expect(existsSync(lock)).toBe(stays);
    });
  });
});
