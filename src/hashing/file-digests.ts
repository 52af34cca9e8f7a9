/** The digests of large files of the controller, taken once for all hosts and tasks of a run, and kept for later runs. */
import { statSync } from 'node:fs';
import { hashFile } from './read-hashed.ts';

export interface Digests {
  readonly sha256: string;
  readonly sha1: string;
}

/** Where digests outlive a run, under stamps that say of which state of the file they are. */
export interface DigestMemory {
  recall(path: string): { readonly stamp: string; readonly parts: Readonly<Record<string, string>> } | undefined;
  remember(path: string, stamp: string, parts: Readonly<Record<string, string>>): void;
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
  readonly #memory: DigestMemory | undefined;
  readonly #now: () => number;

  /** @param now in milliseconds since the epoch, by the clock of the file systems */
  constructor(memory?: DigestMemory, now: () => number = Date.now) {
    this.#memory = memory;
    this.#now = now;
  }

  /** Throws what open(2) and read(2) say. */
  async of(path: string): Promise<Digests> {
    const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = statSync(path, { bigint: true });
    const stamp = [dev, ino, size, mtimeNs, ctimeNs].join(' ');
    const known = this.#known.get(path);
    if (known?.stamp === stamp) return await known.digests;
    const digests = this.#take(path, stamp, Number(size));
    // One that was written to just now may be written to again without its showing.
    if (this.#now() - Number(ctimeMs) > tickMs) {
      this.#known.set(path, { stamp, digests });
      digests.catch(() => this.#known.delete(path));
    }
    return await digests;
  }

  async #take(path: string, stamp: string, size: number): Promise<Digests> {
    const kept = this.#memory?.recall(path);
    if (kept?.stamp === stamp && isWhole(kept.parts)) return kept.parts;
    const [sha256, sha1] = await hashFile(path, ['sha256', 'sha1'], size);
    const digests = { sha256: sha256!, sha1: sha1! };
    this.#memory?.remember(path, stamp, digests);
    return digests;
  }
}

function isWhole(parts: Readonly<Record<string, string>>): parts is Readonly<Record<string, string>> & Digests {
  return 'sha256' in parts && 'sha1' in parts;
}
