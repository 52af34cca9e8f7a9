/** The digests of large files of the controller, taken once for all hosts and tasks of a run. */
import { statSync } from 'node:fs';
import { hashFile } from './read-hashed.ts';

export interface Digests {
  readonly sha256: string;
  readonly sha1: string;
}

/** What writes come within bears one time: no file system counts time in larger steps (FAT). */
const tickMs = 2_000;

interface Known {
  /** What says that the file is as it was. */
  readonly stamp: string;
  readonly digests: Promise<Digests>;
}

export class FileDigests {
  readonly #known = new Map<string, Known>();
  readonly #now: () => number;

  /** @param now in milliseconds since the epoch, by the clock of the file systems */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Throws what open(2) and read(2) say. */
  async of(path: string): Promise<Digests> {
    const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = statSync(path, { bigint: true });
    const stamp = [dev, ino, size, mtimeNs, ctimeNs].join(' ');
    const known = this.#known.get(path);
    if (known?.stamp === stamp) return await known.digests;
    const digests = hash(path, Number(size));
    // One that was written to just now may be written to again without its showing.
    if (this.#now() - Number(ctimeMs) > tickMs) {
      this.#known.set(path, { stamp, digests });
      digests.catch(() => this.#known.delete(path));
    }
    return await digests;
  }
}

async function hash(path: string, size: number): Promise<Digests> {
  const [sha256, sha1] = await hashFile(path, ['sha256', 'sha1'], size);
  return { sha256: sha256!, sha1: sha1! };
}
