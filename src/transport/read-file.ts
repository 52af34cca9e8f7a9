/** Files of the controller as they are sent: in large blocks, and only where they are what was planned with. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { CtplayError } from '../errors.ts';
import type { FileDigest } from '../shell.ts';

/** Enough that what each block costs by itself doesn't count; a channel of SSH takes four of them before the host has to read some. */
const blockBytes = 512 * 1024;

/** The bytes of a file in order, each block in memory of its own. Throws CtplayError file.missing, file.unreadable. */
export async function* readBlocks(path: string): AsyncGenerator<Buffer> {
  try {
    const file = await open(path);
    try {
      for (;;) {
        const { buffer, bytesRead } = await file.read(Buffer.allocUnsafeSlow(blockBytes), 0, blockBytes);
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unreadable(path, error as Error);
  }
}

/** The same of a file that must still be as expected. The last block is given only then: whoever is sent too little knows. */
export async function* readExpected(path: string, expected: FileDigest): AsyncGenerator<Buffer> {
  const digest = createHash('sha256');
  let size = 0;
  let last: Buffer | undefined;
  for await (const block of readBlocks(path)) {
    if (last) yield last;
    digest.update(block);
    size += block.length;
    last = block;
    if (size > expected.size) break;
  }
  if (size !== expected.size || digest.digest('hex') !== expected.sha256) throw changed(path);
  if (last) yield last;
}

/** Throws CtplayError file.unreadable where a file's bytes are not those that were expected of it. */
export function requireExpected(path: string, bytes: Uint8Array, { size, sha256 }: FileDigest): void {
  if (bytes.length !== size || createHash('sha256').update(bytes).digest('hex') !== sha256) throw changed(path);
}

/** Why a file can't be read, in the user's words. */
export function unreadable(path: string, cause: Error): CtplayError {
  const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
  return new CtplayError(missing ? 'file.missing' : 'file.unreadable', `cannot read ${path}`, { found: cause.message, cause });
}

function changed(path: string): CtplayError {
  return new CtplayError('file.unreadable', `${path} changed while it was copied`, { hint: 'Nothing of it is in place on the host; run again once nobody writes to it.' });
}
