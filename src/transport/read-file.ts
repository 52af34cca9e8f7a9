/** Files of the controller as they are sent: in large blocks, and only where they are what was planned with. */
import { createHash } from 'node:crypto';
import { CtplayError } from '../errors.ts';
import { readHashed } from '../hashing/read-hashed.ts';
import type { FileDigest } from '../shell.ts';

/** The bytes of a file in order, as readHashed gives them. Throws CtplayError file.missing, file.unreadable. */
export async function* readBlocks(path: string): AsyncGenerator<Buffer> {
  try {
    yield* readHashed(path, [], 0);
  } catch (error) {
    throw unreadable(path, error as Error);
  }
}

/** The same of a file that must still be as expected. The last block is given only then: whoever is sent too little knows. */
export async function* readExpected(path: string, expected: FileDigest): AsyncGenerator<Buffer> {
  const blocks = readHashed(path, ['sha256'], expected.size);
  const next = (): Promise<IteratorResult<Buffer, readonly string[]>> =>
    blocks.next().catch((error: Error) => {
      throw unreadable(path, error);
    });
  try {
    let size = 0;
    let last: Buffer | undefined;
    let read = await next();
    for (; !read.done && size <= expected.size; read = await next()) {
      if (last) yield last;
      last = read.value;
      size += last.length;
    }
    if (!read.done || size !== expected.size || read.value[0] !== expected.sha256) throw changed(path);
    if (last) yield last;
  } finally {
    await blocks.return([]);
  }
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
