/** Archives as tar(1) reads them: ustar headers (POSIX.1-2017, pax, "ustar Interchange Format"), long names as GNU tar writes them. */

/** Headers and contents come in blocks of this many bytes. */
const block = 512;

/** What a name may take in a header, and the size from which on it is not written in octal (eight gibibytes). */
const nameBytes = 100;
const octalLimit = 0o77777777777;

export interface TarEntry {
  readonly name: string;
  readonly type: 'file' | 'directory';
  /** Permission bits. */
  readonly mode: number;
  /** Bytes of content that follow; 0 for a directory. */
  readonly size: number;
}

/** What stands before an entry's content. Owner and time are left to who unpacks it. */
export function tarHeader({ name, type, mode, size }: TarEntry): Buffer {
  const bytes = Buffer.from(name);
  const header = headerBlock(bytes, type === 'file' ? '0' : '5', mode, size);
  if (bytes.length <= nameBytes) return header;
  const long = Buffer.concat([bytes, Buffer.alloc(1)]);
  return Buffer.concat([headerBlock(Buffer.from('././@LongLink'), 'L', 0, long.length), long, tarPadding(long.length), header]);
}

/** What fills the last block of a content. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((block - (size % block)) % block);
}

/** The end of an archive. */
export const tarEnd: Buffer = Buffer.alloc(2 * block);

function headerBlock(name: Buffer, type: '0' | '5' | 'L', mode: number, size: number): Buffer {
  const header = Buffer.alloc(block);
  name.copy(header, 0, 0, nameBytes);
  header.write(octal(mode, 7), 100, 'latin1');
  header.write(octal(0, 7), 108, 'latin1');
  header.write(octal(0, 7), 116, 'latin1');
  if (size <= octalLimit) header.write(octal(size, 11), 124, 'latin1');
  else {
    // Base 256, as GNU tar and BusyBox have it: the first bit set, then the number, highest byte first.
    header[124] = 0x80;
    header.writeBigUInt64BE(BigInt(size), 128);
  }
  header.write(octal(0, 11), 136, 'latin1');
  // The sum is taken with blanks in its own place.
  header.write(' '.repeat(8), 148, 'latin1');
  header.write(type, 156, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, 148, 'latin1');
  return header;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
