/** What a step printed on one stream: the first bytes are kept, the rest is counted. */
export class Output {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #kept = 0;
  #dropped = 0;

  /** @param limit bytes that are kept */
  constructor(limit: number) {
    this.#limit = limit;
  }

  append(bytes: Buffer): void {
    const room = this.#limit - this.#kept;
    if (room > 0) {
      const kept = bytes.length > room ? bytes.subarray(0, room) : bytes;
      this.#chunks.push(kept);
      this.#kept += kept.length;
    }
    this.#dropped += bytes.length - Math.min(room, bytes.length);
  }

  /** Bytes beyond the limit. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The kept bytes as UTF-8; each invalid sequence is U+FFFD, and a character that the limit cuts in two is left out. */
  text(): string {
    const [first] = this.#chunks;
    if (!first) return '';
    const kept = this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
    if (this.#dropped === 0) return kept.toString();
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(kept, { stream: true });
  }
}
