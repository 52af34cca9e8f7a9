/**
 * A TCP proxy that makes a way long: bytes arrive after half the delay, in both directions, as much at a time as comes. It runs as a
 * process of its own; its arguments are a file with the ways as JSON, and the round trip in milliseconds.
 */
import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';

export interface Way {
  readonly address: string;
  readonly from: number;
  readonly to: number;
}

const [waysFile, delay] = process.argv.slice(2);
const half = Number(delay) / 2;
const ways = JSON.parse(readFileSync(waysFile!, 'utf8')) as Way[];

function delayed(from: Socket, to: Socket): void {
  from.setNoDelay(true);
  from.on('data', (bytes) => setTimeout(() => to.writable && to.write(bytes), half));
  from.on('end', () => setTimeout(() => to.end(), half));
  from.on('error', () => to.destroy());
  from.on('close', () => setTimeout(() => to.destroy(), half));
}

await Promise.all(
  ways.map(
    ({ address, from, to }) =>
      new Promise<void>((resolve) => {
        createServer({ pauseOnConnect: true }, (near) => {
          // Making a connection takes a round trip as well.
          setTimeout(() => {
            const far = connect({ host: address, port: to, noDelay: true });
            delayed(near, far);
            delayed(far, near);
            near.resume();
          }, Number(delay));
        }).listen(from, address, resolve);
      }),
  ),
);
process.stdout.write('listening\n');
