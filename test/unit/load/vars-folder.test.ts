import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { VarsFolder } from '../../../src/load/inventory/vars-folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ctplay-vars-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('finds nothing where there is no folder, an empty one, or a file in its place', () => {
  mkdirSync(path.join(folder, 'group_vars'));
  writeFileSync(path.join(folder, 'host_vars'), 'a: 1\n');
  const vars = new VarsFolder(folder);
  expect([vars.group('web'), vars.host('w1'), new VarsFolder(path.join(folder, 'missing')).host('w1')]).toEqual([{}, {}, {}]);
});

it('looks again for what has come since, once it is told to forget', () => {
  const vars = new VarsFolder(folder);
  expect(vars.host('w1')).toEqual({});
  mkdirSync(path.join(folder, 'host_vars'));
  writeFileSync(path.join(folder, 'host_vars/w1.yml'), 'port: 80\n');
  expect(vars.host('w1')).toEqual({});
  vars.forget();
  expect([vars.host('w1'), vars.host('w2')]).toEqual([{ port: 80 }, {}]);
});
