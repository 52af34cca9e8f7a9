import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { job, removeJob, startJob, storeJob, type Job } from '../../modules/facts/job.ts';
import { sh, type Command } from '../../src/shell.ts';

let home: string;
beforeEach(() => void (home = mkdtempSync(path.join(tmpdir(), 'ctplay-job-'))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

function run(command: Command): { status: number | null; stdout: string; stderr: string } {
  const input = command.input?.kind === 'text' ? String(command.input.text) : '';
  return spawnSync('/bin/sh', ['-c', command.text], { input, encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: home } });
}
const look = (id: string): Job => job(id).parse(run(job(id).read));

async function ended(id: string): Promise<Job> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const found = look(id);
    if (found.state !== 'running') return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('the job does not end');
}

describe('a job', () => {
  it('runs on by itself, and leaves its output and exit status', async () => {
    expect(run(startJob('j1.2', sh`cat; echo "it's out"; echo err >&2; sleep 0.2; exit 3`.withInput('given ')))).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(look('j1.2').state).toBe('running');
    expect(await ended('j1.2')).toMatchObject({ state: 'ended', status: 3, stdout: "given it's out\n", stderr: 'err\n' });
  });

  it('leaves the umask of what it runs alone', async () => {
    run(startJob('j1', sh`umask`));
    expect(await ended('j1')).toMatchObject({ stdout: run(sh`umask`).stdout });
  });

  it('can be a result that is known already', () => {
    run(storeJob('j3', { changed: true, dest: "/srv/it's" }));
    expect(look('j3')).toEqual({ state: 'known', result: { changed: true, dest: "/srv/it's" } });
  });

  it('is gone when it was removed, and never was before it began', async () => {
    expect(look('j4')).toEqual({ state: 'absent' });
    run(startJob('j4', sh`true`));
    await ended('j4');
    run(removeJob('j4'));
    expect(look('j4')).toEqual({ state: 'absent' });
  });

  it.each([['', 0], ['nonsense\n', 0], ['end\n1\n', 1]])('is absent where the answer is %j with status %i', (stdout, status) => {
    expect(job('j').parse({ status, stdout, stderr: '' })).toEqual({ state: 'absent' });
  });
});
