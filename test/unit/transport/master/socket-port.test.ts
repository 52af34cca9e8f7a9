import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { serialize } from 'node:v8';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SocketPort } from '../../../../src/transport/master/socket-port.ts';

let near: Socket;
let far: Socket;

beforeEach(async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  [far] = (await once(server, 'connection')) as [Socket];
  server.close();
});
afterEach(() => {
  near.destroy();
  far.destroy();
});

const messages = async (port: SocketPort, count: number): Promise<unknown[]> => {
  const got: unknown[] = [];
  return await new Promise((resolve) => port.on('message', (message) => {
    if (got.push(message) === count) resolve(got);
  }));
};

describe('a message over a socket', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a list', [{ is: 'call', id: 1, asked: undefined }]],
    ['infinity', { persistMs: Infinity }],
    ['a text of all kinds of signs', 'ä\0\n😀'],
    ['bytes', new Uint8Array([0, 255, 10])],
    ['much', new Uint8Array(300_000).fill(7)],
  ])('of %s arrives as it was', async (_name, value) => {
    const arrived = messages(new SocketPort(far), 1);
    new SocketPort(near).postMessage(value);
    expect(await arrived).toEqual([value]);
  });

  it('arrives in its order with others', async () => {
    const arrived = messages(new SocketPort(far), 500);
    const port = new SocketPort(near);
    for (let number = 0; number < 500; number++) port.postMessage(number % 2 === 0 ? number : 'x'.repeat(number * 50));
    expect((await arrived).filter((one) => typeof one === 'number')).toEqual(Array.from({ length: 250 }, (_, index) => index * 2));
  });

  it('may come in pieces of any length', async () => {
    const arrived = messages(new SocketPort(far), 2);
    near.setNoDelay(true);
    const frame = (value: unknown): Buffer => {
      const body = serialize(value);
      const header = Buffer.alloc(4);
      header.writeUInt32BE(body.length);
      return Buffer.concat([header, body]);
    };
    for (const byte of Buffer.concat([frame({ a: 'first' }), frame('second')])) {
      near.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await arrived).toEqual([{ a: 'first' }, 'second']);
  });

  it('is the last one when the other side goes', async () => {
    const port = new SocketPort(far);
    const closed = once(port, 'close');
    near.end();
    await closed;
    port.postMessage('to nobody');
  });
});
