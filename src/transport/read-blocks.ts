/** Large files of the controller, read in large blocks. */
import { open } from 'node:fs/promises';

/** As much as a channel of SSH takes before the host says that it has read some: less costs turns, more costs memory. */
const blockBytes = 512 * 1024;

/**
 * The bytes of a file, in order, each block in memory of its own. Throws what open(2) and read(2) say.
 */
export async function* readBlocks(path: string): AsyncGenerator<Buffer> {
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
}
