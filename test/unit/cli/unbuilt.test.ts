import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { bundle } from '../../harness/ctplay.ts';

const clone = mkdtempSync(join(tmpdir(), 'ctplay-clone-'));
afterAll(() => rmSync(clone, { recursive: true }));

const run = (): Promise<{ status: unknown; stderr: string }> =>
  new Promise((resolve) => execFile(process.execPath, [join(clone, 'bin/ctplay'), '--version'], (error, _stdout, stderr) => resolve({ status: error?.code ?? 0, stderr })));

it('says how to build a fresh clone', async () => {
  cpSync(dirname(bundle), join(clone, 'bin'), { recursive: true });
  writeFileSync(join(clone, 'package.json'), '{"type": "module"}');
  const { status, stderr } = await run();
  expect(status).toBe(1);
  expect(stderr).toMatch(/^error: ctplay is not built yet\n {2}hint .*npm ci && npm run build.*\n$/);

  mkdirSync(join(clone, 'dist'));
  writeFileSync(join(clone, 'dist/ctplay.cjs'), "require('./lost.cjs');");
  expect((await run()).stderr).toMatch(/Cannot find module '\.\/lost\.cjs'/);
});
