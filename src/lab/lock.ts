/** A lock between processes that the kernel drops when its holder dies, however it dies. */
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CtplayError } from '../errors.ts';

/**
 * Runs `work` while holding an exclusive flock(2) on `path`, which is created and stays. Node has no flock, so flock(1)
 * holds it until its child sees the end of its input, a pipe from this process. `onWait` is called when another holds it.
 */
export async function withLock<T>(path: string, work: () => Promise<T>, onWait?: () => void): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const holder = spawn('flock', ['--exclusive', path, 'sh', '-c', 'echo held; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => holder.on('close', () => resolve()));
  const timer = onWait && setTimeout(onWait, 500);
  try {
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once('data', () => resolve());
      holder.once('error', (cause) => reject(new CtplayError('lab.system', "can't run flock", { found: cause.message, cause })));
      holder.once('exit', (status) => reject(new CtplayError('lab.system', `can't lock ${path}`, { found: `flock ended with ${status}` })));
    });
    clearTimeout(timer);
    return await work();
  } finally {
    clearTimeout(timer);
    holder.stdin.end();
    await ended;
  }
}
