/** Packets that belong together, in one write. */
import type { Duplex } from 'node:stream';

/**
 * Makes one write of all that is written to a stream in the same turn: ssh2 writes each packet by itself, and without its native
 * ciphers in three parts, each of which would be a system call here, a packet on the way, and a wake-up of the server.
 */
export function joinWrites<T extends Duplex>(stream: T): T {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  stream.write = (...args: unknown[]) => {
    if (stream.writableCorked === 0) {
      stream.cork();
      // Microtasks come after all that the present event has put off to the next tick.
      queueMicrotask(() => stream.uncork());
    }
    return write(...args);
  };
  return stream;
}
