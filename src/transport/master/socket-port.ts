/**
 * Messages over a stream socket: each is its length in four bytes and its value as V8 serializes it
 * (https://nodejs.org/docs/latest-v20.x/api/v8.html#serialization-api), which is what messages between threads are, too.
 */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { deserialize, serialize } from 'node:v8';
import type { HolderPort } from '../held/holder.ts';

const HEADER_BYTES = 4;

/** Emits `message` with what the other side posts, and `close` when nothing comes from there any more. */
export class SocketPort extends EventEmitter<{ message: [unknown]; close: [] }> implements HolderPort {
  readonly #socket: Socket;
  #chunks: Buffer[] = [];
  #size = 0;
  /** Bytes that are needed to go on. */
  #wanted = HEADER_BYTES;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on('data', (bytes) => this.#take(bytes));
    // Its end is told by `close`.
    socket.on('error', () => {});
    socket.on('close', () => this.emit('close'));
  }

  /** What is asked waits for an answer, and inputs are asked for piece by piece: no more is ever under way than that. */
  postMessage(value: unknown): void {
    if (!this.#socket.writable) return;
    const body = serialize(value);
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32BE(body.length);
    this.#socket.cork();
    this.#socket.write(header);
    this.#socket.write(body);
    this.#socket.uncork();
  }

  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#chunks.push(bytes);
    this.#size += bytes.length;
    while (this.#size >= this.#wanted) {
      const all = Buffer.concat(this.#chunks, this.#size);
      const length = all.readUInt32BE();
      const end = HEADER_BYTES + length;
      const rest = all.length < end ? all : all.subarray(end);
      this.#chunks = [rest];
      this.#size = rest.length;
      this.#wanted = all.length < end ? end : HEADER_BYTES;
      if (all.length >= end) this.emit('message', deserialize(all.subarray(HEADER_BYTES, end)));
    }
  }
}
