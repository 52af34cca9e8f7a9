import { createHash } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FileDigests } from '../../../src/hashing/file-digests.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ctplay-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** By whose clock files have been as they are for long. */
const later = (): FileDigests => new FileDigests(undefined, () => Date.now() + 10_000);

const expected = (content: string) => ({
  sha256: createHash('sha256').update(content).digest('hex'),
  sha1: createHash('sha1').update(content).digest('hex'),
});

it('are those of the file as it is', async () => {
  const path = join(folder, 'file');
  const digests = new FileDigests();
  writeFileSync(path, 'one');
  expect(await digests.of(path)).toEqual(expected('one'));
  // Within one tick of the clock, and of the same size.
  writeFileSync(path, 'two');
  expect(await digests.of(path)).toEqual(expected('two'));
});

it.each([
  ['in its place', (path: string, content: string) => writeFileSync(path, content)],
  ['with the time it had', (path: string, content: string) => {
    const { atime, mtime } = statSync(path);
    writeFileSync(path, content);
    utimesSync(path, atime, mtime);
  }],
  ['beside it and moved there', (path: string, content: string) => {
    writeFileSync(`${path}.new`, content);
    renameSync(`${path}.new`, path);
  }],
])('are taken anew of a file that was written %s', async (_how, write) => {
  const path = join(folder, 'changing');
  writeFileSync(path, 'one');
  const digests = later();
  expect(await digests.of(path)).toEqual(expected('one'));
  // The clock of file systems goes in steps.
  const { ctimeNs } = statSync(path, { bigint: true });
  do write(path, 'two');
  while (statSync(path, { bigint: true }).ctimeNs === ctimeNs);
  expect(await digests.of(path)).toEqual(expected('two'));
});

it('are taken once for as long as it stays so', async () => {
  const path = join(folder, 'kept');
  writeFileSync(path, 'one');
  const digests = later();
  const [first, second] = [digests.of(path), digests.of(path)];
  expect(await first).toBe(await second);
  expect(await digests.of(path)).toBe(await first);
});

it('are asked for again after a failure', async () => {
  const path = join(folder, 'late');
  const digests = new FileDigests();
  await expect(digests.of(path)).rejects.toMatchObject({ code: 'ENOENT' });
  writeFileSync(path, 'one');
  expect(await digests.of(path)).toEqual(expected('one'));
});

it.each([
  ['the same stamp', (stamp: string) => ({ stamp, parts: { sha256: 'a', sha1: 'b' } }), { sha256: 'a', sha1: 'b' }],
  ['another stamp', (stamp: string) => ({ stamp: `${stamp}0`, parts: { sha256: 'a', sha1: 'b' } }), expected('one')],
  ['one digest alone', (stamp: string) => ({ stamp, parts: { sha256: 'a' } }), expected('one')],
  ['nothing', () => undefined, expected('one')],
])('are those that are kept from earlier runs under %s', async (_what, keep, found) => {
  const path = join(folder, 'remembered');
  writeFileSync(path, 'one');
  const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
  const stamp = [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  const remembered: unknown[] = [];
  const digests = new FileDigests({ recall: () => keep(stamp), remember: (...words) => void remembered.push(words) });
  expect(await digests.of(path)).toEqual(found);
  expect(remembered).toEqual(found.sha256 === 'a' ? [] : [[path, stamp, expected('one')]]);
});
