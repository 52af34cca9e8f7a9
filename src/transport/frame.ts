/**
 * Cuts one output stream of a long-lived shell into what scripts printed and the end marks between. A mark is the shell's
 * nonce, a space, some words and a newline; it may follow any byte, since a script need not end its output with a newline,
 * and may be spread over any number of packets.
 */

export interface FrameSink {
  /** Bytes that scripts printed, in order. */
  data(bytes: Buffer): void;
  /** The words after the nonce, without the newline. */
  mark(words: string): void;
}

const NEWLINE = 0x0a;

export class FrameReader {
  readonly #nonce: Buffer;
  readonly #sink: FrameSink;
  /** Bytes seen that may be the beginning of a mark: a proper prefix of the nonce, or the nonce and words without newline. */
  #held: Buffer = Buffer.alloc(0);

  constructor(nonce: string, sink: FrameSink) {
    this.#nonce = Buffer.from(nonce, 'latin1');
    this.#sink = sink;
  }

  push(packet: Buffer): void {
    let rest = this.#held.length === 0 ? packet : Buffer.concat([this.#held, packet]);
    this.#held = Buffer.alloc(0);
    for (;;) {
      const start = rest.indexOf(this.#nonce);
      if (start === -1) break;
      const end = rest.indexOf(NEWLINE, start + this.#nonce.length);
      if (start > 0) this.#sink.data(rest.subarray(0, start));
      if (end === -1) {
        this.#held = rest.subarray(start);
        return;
      }
      this.#sink.mark(rest.toString('latin1', start + this.#nonce.length, end).trim());
      rest = rest.subarray(end + 1);
    }
    const partial = this.#partialNonce(rest);
    if (rest.length > partial) this.#sink.data(rest.subarray(0, rest.length - partial));
    this.#held = rest.subarray(rest.length - partial);
  }

  /** The stream has ended: what was held back was no mark. */
  end(): void {
    const held = this.#held;
    this.#held = Buffer.alloc(0);
    if (held.length > 0) this.#sink.data(held);
  }

  /** Length of the longest end of `bytes` that is a beginning of the nonce. */
  #partialNonce(bytes: Buffer): number {
    const first = this.#nonce[0]!;
    for (let start = bytes.indexOf(first, Math.max(0, bytes.length - this.#nonce.length + 1)); start !== -1; start = bytes.indexOf(first, start + 1)) {
      if (bytes.compare(this.#nonce, 0, bytes.length - start, start) === 0) return bytes.length - start;
    }
    return 0;
  }
}
