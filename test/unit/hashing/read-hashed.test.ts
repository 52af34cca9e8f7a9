import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashFile, readHashed } from '../../../src/hashing/read-hashed.ts';

let folder: string;
let built: URL;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ctplay-'));
  const outfile = join(folder, 'thread.cjs');
  buildSync({ entryPoints: [fileURLToPath(new URL('../../../src/hashing/thread.ts', import.meta.url))], bundle: true, platform: 'node', format: 'cjs', outfile });
  built = pathToFileURL(outfile);
});
afterAll(() => rmSync(folder, { recursive: true }));

const algorithms = ['sha256', 'sha1', 'md5'];
const digestsOf = (content: Buffer): string[] => algorithms.map((algorithm) => createHash(algorithm).update(content).digest('hex'));

/** Each block another, so that one in the place of another shows. */
function contentOf(size: number): Buffer {
  const content = Buffer.alloc(size);
  for (let offset = 0; offset + 4 <= size; offset += 4096) content.writeUInt32BE(offset, offset);
  return content;
}

describe.each([
  ['by this thread', false, [0, 1, 1_048_576, 1_048_577, 5_000_000]],
  ['by a thread of its own', true, [16 << 20, (16 << 20) + 1, 40_000_003]],
])('a file that is hashed %s', (_where, inThread, sizes) => {
  const options = (): { thread: URL | undefined } => ({ thread: inThread ? built : undefined });
  const write = (name: string, content: Buffer): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };

  it.each(sizes)('is read whole at %i bytes, the block before the present one still as it was', async (size) => {
    const content = contentOf(size);
    const blocks = readHashed(write('file', content), algorithms, size, options());
    const parts: Buffer[] = [];
    let before: Buffer | undefined;
    let next = await blocks.next();
    for (; !next.done; next = await blocks.next()) {
      if (before) parts.push(Buffer.from(before));
      before = next.value;
    }
    if (before) parts.push(Buffer.from(before));
    expect(Buffer.concat(parts).equals(content)).toBe(true);
    expect(next.value).toEqual(digestsOf(content));
    expect(await hashFile(join(folder, 'file'), algorithms, size, options())).toEqual(digestsOf(content));
  });

  it('may be left in the middle, any number of times', async () => {
    const path = write('left', contentOf(17 << 20));
    for (let times = 0; times < 10; times++) {
      for await (const block of readHashed(path, algorithms, 17 << 20, options())) {
        expect(block.length).toBe(1_048_576);
        break;
      }
    }
  });

  it('is missing', async () => {
    const missing = join(folder, 'missing');
    await expect(readHashed(missing, algorithms, 17 << 20, options()).next()).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(hashFile(missing, ['sha256'], 17 << 20, options())).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
