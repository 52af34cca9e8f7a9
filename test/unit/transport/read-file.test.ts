import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBlocks, readExpected } from '../../../src/transport/read-file.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ctplay-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What is given of it, and the error at its end. */
async function given(blocks: AsyncIterable<Buffer>): Promise<{ bytes: number; digest: string; error?: unknown }> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const block of blocks) {
      hash.update(block);
      bytes += block.length;
    }
    return { bytes, digest: hash.digest('hex') };
  } catch (error) {
    return { bytes, digest: hash.digest('hex'), error };
  }
}

const sha256 = (content: string): string => createHash('sha256').update(content).digest('hex');

describe('a file that is sent', () => {
  it.each([0, 1, 1_048_576, 1_048_577, 3_000_000])('of %i bytes comes whole', async (size) => {
    const content = 'x'.repeat(size);
    const path = join(folder, `whole-${size}`);
    writeFileSync(path, content);
    const whole = { bytes: size, digest: sha256(content) };
    expect(await given(readBlocks(path))).toEqual(whole);
    expect(await given(readExpected(path, { size, sha256: sha256(content) }))).toEqual(whole);
  });

  it.each([
    ['another content', 'y'.repeat(3_000_000)],
    ['more', 'x'.repeat(3_000_001)],
    ['much more', 'x'.repeat(9_000_000)],
    ['less', 'x'.repeat(2_999_999)],
    ['nothing', ''],
  ])('and now holds %s never comes to what was expected', async (_what, content) => {
    const path = join(folder, 'changed');
    writeFileSync(path, content);
    const { bytes, error } = await given(readExpected(path, { size: 3_000_000, sha256: sha256('x'.repeat(3_000_000)) }));
    expect(bytes).toBeLessThan(3_000_000);
    expect(error).toMatchObject({ code: 'file.unreadable', message: `${path} changed while it was copied` });
  });

  it('is missing', async () => {
    expect((await given(readBlocks(join(folder, 'missing')))).error).toMatchObject({ code: 'file.missing' });
  });
});
