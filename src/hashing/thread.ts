/** What runs in a thread that reads and hashes one file. */
import { createHash } from 'node:crypto';
import { openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

export interface HashingTask {
  readonly path: string;
  /** As createHash has them. */
  readonly algorithms: readonly string[];
  /** Bytes that are read at a time. */
  readonly blockBytes: number;
  /** Places for blocks, which are read there as they are asked for by number; without it the file is read in one go. */
  readonly memory: SharedArrayBuffer | undefined;
}

/** Either what a place was filled with, or the digests in hexadecimal once the file has come to its end. */
export type HashingAnswer = { readonly bytes: number } | { readonly digests: readonly string[] };

const { path, algorithms, blockBytes, memory } = workerData as HashingTask;
const hashes = algorithms.map((algorithm) => createHash(algorithm));
const file = openSync(path, 'r');
const answer = (words: HashingAnswer): void => parentPort!.postMessage(words);

function readInto(block: Uint8Array): number {
  const bytes = readSync(file, block);
  for (const hash of hashes) hash.update(block.subarray(0, bytes));
  if (bytes === 0) answer({ digests: hashes.map((hash) => hash.digest('hex')) });
  return bytes;
}

if (memory === undefined) {
  const block = new Uint8Array(blockBytes);
  while (readInto(block) > 0);
} else {
  const fill = (place: number): void => {
    const bytes = readInto(new Uint8Array(memory, place * blockBytes, blockBytes));
    if (bytes > 0) return answer({ bytes });
    // More places may have been asked for already.
    parentPort!.off('message', fill);
    parentPort!.close();
  };
  parentPort!.on('message', fill);
}
