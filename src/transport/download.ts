/** Copying a file of the host to the controller. */
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { CtplayError } from '../errors.ts';
import { quote } from '../shell.ts';
import type { Channels } from './channels.ts';
import { droppedError, interruptedError } from './failure.ts';
import { describeEnd } from './process.ts';
import type { DownloadOptions } from './types.ts';

/** What arrives while one write is made goes with the next one; SSH itself sends no more than 2 MB ahead (ssh2's window). */
const writtenAtOnce = 1 << 20;

/**
 * Streams `remotePath` into `localPath`, which appears only when it is whole. Throws CtplayError task.failed when the host
 * can't read it, ssh.dropped, task.interrupted, become.failed.
 */
export async function downloadFile(channels: Channels, remotePath: string, localPath: string, options: DownloadOptions): Promise<void> {
  if (options.signal?.aborted) throw interruptedError(channels.host);
  const process = await channels.start(options.become, `exec cat -- ${quote(remotePath)}`);
  const partial = `${localPath}.${randomBytes(4).toString('hex')}.part`;
  let words = '';
  process.stderr.on('data', (bytes: Buffer) => (words += bytes.toString('utf8'))).resume();
  process.stdin.on('error', () => {});
  process.stdin.end();
  process.stdout.on('data', (bytes: Buffer) => (channels.statistics.bytesReceived += bytes.length));
  try {
    await pipeline(process.stdout, createWriteStream(partial, { highWaterMark: writtenAtOnce, ...(options.mode === undefined ? {} : { mode: options.mode }) }), { ...(options.signal && { signal: options.signal }) });
    const end = await process.ended;
    if (end.lost !== undefined) throw droppedError(channels.host, end.lost);
    if (end.status !== 0) {
      throw new CtplayError('task.failed', `cannot copy ${remotePath} from ${channels.host}`, { found: words.trim() || describeEnd(end) });
    }
    await rename(partial, localPath);
    channels.statistics.roundTrips++;
  } catch (error) {
    process.destroy();
    await rm(partial, { force: true });
    if (options.signal?.aborted) throw interruptedError(channels.host);
    if (error instanceof CtplayError) throw error;
    const lost = channels.link.lost();
    if (lost !== undefined) throw droppedError(channels.host, lost);
    throw new CtplayError('task.failed', `cannot write ${localPath}`, { found: (error as Error).message, cause: error });
  }
}
