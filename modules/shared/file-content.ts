/** Bytes of a host's file as a fact holds them: at hand for plans, left out wherever a fact is stored or printed. */

/** Text of a file. Its JSON is nothing, so that it never enters the ledger or a log. */
export class FileContent {
  readonly #bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes);
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Neither binary nor in another character set than UTF-8: fit to be shown as a diff. */
  get isText(): boolean {
    return !this.#bytes.includes(0) && Buffer.from(this.#bytes.toString('utf8')).equals(this.#bytes);
  }

  /** As UTF-8; a file in another character set byte for byte (as Latin-1), so that `encode` gives it back unharmed. */
  get text(): string {
    return this.#bytes.toString(this.#encoding);
  }

  /** An edited text in the file's own character set. */
  encode(text: string): Uint8Array {
    // Latin-1 holds only what the file itself can; added words outside of it are UTF-8 in a file that isn't.
    return this.#encoding === 'latin1' && /[^\0-\xff]/.test(text) ? Buffer.from(text) : Buffer.from(text, this.#encoding);
  }

  get #encoding(): 'utf8' | 'latin1' {
    return Buffer.from(this.#bytes.toString('utf8')).equals(this.#bytes) ? 'utf8' : 'latin1';
  }

  toJSON(): undefined {
    return undefined;
  }
}
