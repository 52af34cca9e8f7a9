/**
 * Files of the controller, hashed while they are read: SHA-256 takes as long as encrypting and sending. Large ones are therefore read and
 * hashed by a thread of their own, from whose memory they are sent: what is sent is what was hashed.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { on } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { HashingAnswer, HashingTask } from './thread.ts';

/** Enough that what each block costs by itself, such as waking a thread, doesn't count. A channel of SSH takes two before the host has to read some. */
const blockBytes = 1 << 20;

/** Blocks in memory: one that is worked on, one that is held back, and those that are read meanwhile. */
const places = 4;

/** What a thread takes to start is as much as hashing this. */
const worthThread = 16 << 20;

/** Set by the build: the file that a thread runs, seen from the bundle. */
declare const CTPLAY_HASHING: string | undefined;
const builtThread = typeof CTPLAY_HASHING === 'undefined' ? undefined : new URL(CTPLAY_HASHING, import.meta.url);

/** Threads besides the one that sends, so that however many files are sent there is a core for each. */
const mostThreads = availableParallelism() - 1;
let threads = 0;

export interface HashingOptions {
  /** What a thread runs; without it there are none. */
  readonly thread?: URL | undefined;
}

/**
 * A file's blocks in order, and at its end its digests in hexadecimal, in the order of `algorithms`. A block's memory is used again as soon as
 * the second one after it is asked for. Throws what open(2) and read(2) say.
 * @param size what it is expected to have, in bytes
 */
export async function* readHashed(path: string, algorithms: readonly string[], size: number, { thread = builtThread }: HashingOptions = {}): AsyncGenerator<Buffer, readonly string[]> {
  if (thread === undefined || size < worthThread || threads >= mostThreads) return yield* readHere(path, algorithms);
  const memory = new SharedArrayBuffer(places * blockBytes);
  const { answers, fill, end } = startThread(thread, { path, algorithms, blockBytes, memory });
  try {
    for (let place = 0; place < places; place++) fill(place);
    for (let index = 0; ; index++) {
      const answer = await answers();
      if ('digests' in answer) return answer.digests;
      yield Buffer.from(memory, (index % places) * blockBytes, answer.bytes);
      if (index > 0) fill((index - 1) % places);
    }
  } finally {
    end();
  }
}

/** The digests of a file alone, in the order of `algorithms`: where there are cores for it, each by a thread of its own. Throws as readHashed. */
export async function hashFile(path: string, algorithms: readonly string[], size: number, { thread = builtThread }: HashingOptions = {}): Promise<readonly string[]> {
  if (thread !== undefined && size >= worthThread && threads + algorithms.length <= mostThreads) {
    return await Promise.all(algorithms.map((algorithm) => hashInThread(thread, path, algorithm)));
  }
  const blocks = readHere(path, algorithms);
  for (;;) {
    const next = await blocks.next();
    if (next.done) return next.value;
  }
}

async function hashInThread(thread: URL, path: string, algorithm: string): Promise<string> {
  const { answers, end } = startThread(thread, { path, algorithms: [algorithm], blockBytes, memory: undefined });
  try {
    const answer = await answers();
    return 'digests' in answer ? answer.digests[0]! : '';
  } finally {
    end();
  }
}

async function* readHere(path: string, algorithms: readonly string[]): AsyncGenerator<Buffer, readonly string[]> {
  const hashes = algorithms.map((algorithm) => createHash(algorithm));
  const file = await open(path);
  try {
    const blocks = Array.from({ length: places - 1 }, () => Buffer.allocUnsafeSlow(blockBytes));
    for (let index = 0; ; index++) {
      const block = blocks[index % blocks.length]!;
      const { bytesRead } = await file.read(block, 0, blockBytes);
      if (bytesRead === 0) return hashes.map((hash) => hash.digest('hex'));
      for (const hash of hashes) hash.update(block.subarray(0, bytesRead));
      yield block.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** @throws by `answers` what the thread throws */
function startThread(file: URL, task: HashingTask): { readonly answers: () => Promise<HashingAnswer>; readonly fill: (place: number) => void; readonly end: () => void } {
  threads++;
  const worker = new Worker(file, { workerData: task, name: 'hashing' });
  const messages = on(worker, 'message') as AsyncIterableIterator<[HashingAnswer]>;
  return {
    answers: async () => ((await messages.next()).value as [HashingAnswer])[0],
    fill: (place) => worker.postMessage(place),
    end: () => {
      threads--;
      void worker.terminate();
    },
  };
}
