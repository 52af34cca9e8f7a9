import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { socketFolder, socketPath } from '../../../../src/transport/master/place.ts';
import type { Home } from '../../../../src/transport/master/place.ts';

describe('the folder of sockets', () => {
  it.each<[string, Partial<Home>, string]>([
    ['the runtime folder', { runtimeFolder: '/run/user/7', stateFolder: '/s' }, '/run/user/7/ctplay'],
    ['the state folder', { stateFolder: '/s' }, '/s/ctplay'],
    ['the home, where the variables are empty', { runtimeFolder: '', stateFolder: '' }, '/home/me/.local/state/ctplay'],
  ])('is in %s', (_name, changes, expected) => {
    expect(socketFolder({ home: '/home/me', runtimeFolder: undefined, stateFolder: undefined, ...changes })).toBe(expected);
  });
});

describe('the socket', () => {
  let folder: string;
  let program: string;
  const home = (runtimeFolder = folder): Home => ({ home: '/', runtimeFolder, stateFolder: undefined });

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'ctplay-place-'));
    program = path.join(folder, 'master.cjs');
    writeFileSync(program, '');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is in a folder of the user alone, which is made below a home as well', async () => {
    expect(path.dirname(await socketPath(home(), program))).toBe(path.join(folder, 'ctplay'));
    expect(statSync(path.join(folder, 'ctplay')).mode & 0o777).toBe(0o700);
    expect(await socketPath({ home: path.join(folder, 'me'), runtimeFolder: undefined, stateFolder: undefined }, program)).toContain('/me/.local/state/ctplay/');
  });

  it('has the same name for the same build alone', async () => {
    const name = await socketPath(home(), program);
    expect(await socketPath(home(), program)).toBe(name);
    utimesSync(program, 1, 1);
    expect(await socketPath(home(), program)).not.toBe(name);
  });

  it.each<[string, (place: string) => void, RegExp]>([
    ['others can enter', (place) => { mkdirSync(place); chmodSync(place, 0o750); }, /others can enter/],
    ['is a file', (place) => writeFileSync(place, ''), /is no folder/],
    ['leads elsewhere', (place) => symlinkSync('/tmp', place), /is no folder/],
  ])('is not made where its folder %s', async (_name, make, words) => {
    make(path.join(folder, 'ctplay'));
    await expect(socketPath(home(), program)).rejects.toThrow(words);
  });

  it('is not made where its path would be too long', async () => {
    await expect(socketPath(home(path.join(folder, 'x'.repeat(60))), program)).rejects.toThrow(/too long/);
  });

  it('is not made where there is no runtime folder', async () => {
    await expect(socketPath(home(path.join(folder, 'gone')), program)).rejects.toThrow(/ENOENT/);
  });
});
