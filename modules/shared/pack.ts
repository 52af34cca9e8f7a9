/** Files of the controller as one stream that tar(1) reads, made while it is sent. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { CtplayError } from '../../src/errors.ts';
import { Secret } from '../../src/shell.ts';
import { readBlocks } from '../../src/transport/read-blocks.ts';
import { tarEnd, tarHeader, tarPadding } from './tar.ts';
import type { LocalInput } from './write-file.ts';

export interface PackedFile {
  /** The path below the directory that it is unpacked in. */
  readonly name: string;
  /** In octal. */
  readonly mode: string;
  readonly sha256: string;
  readonly input: LocalInput;
}

/** Files up to this many bytes are read at once; more than one of them goes into one write. */
const smallBytes = 256 * 1024;

/**
 * The archive of `files`, and of an empty directory `last` at its end, by which it is known to be whole. Throws CtplayError
 * file.unreadable for a file that can't be read, or no longer has its digest.
 */
export async function* packFiles(files: readonly PackedFile[], last: string): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let size = 0;
  for (const file of files) {
    const content = smallContent(file);
    if (content) {
      parts.push(tarHeader({ name: file.name, type: 'file', mode: bitsOf(file), size: content.length }), content, tarPadding(content.length));
      size += content.length;
    }
    if (content && size < smallBytes) continue;
    if (parts.length > 0) yield Buffer.concat(parts);
    [parts, size] = [[], 0];
    if (!content) yield* packLarge(file);
  }
  yield Buffer.concat([...parts, tarHeader({ name: last, type: 'directory', mode: 0o700, size: 0 }), tarEnd]);
}

function smallContent({ input, sha256 }: PackedFile): Buffer | undefined {
  if (input.kind === 'bytes') return Buffer.from(input.bytes);
  if (input.kind === 'text') return Buffer.from(input.text instanceof Secret ? input.text.reveal() : input.text);
  const content = reading(input.path, () => (statSync(input.path).size > smallBytes ? undefined : readFileSync(input.path)));
  if (content && createHash('sha256').update(content).digest('hex') !== sha256) throw changed(input.path);
  return content;
}

async function* packLarge(file: PackedFile): AsyncGenerator<Buffer> {
  const { path } = file.input as Extract<LocalInput, { kind: 'file' }>;
  const { size } = reading(path, () => statSync(path));
  yield tarHeader({ name: file.name, type: 'file', mode: bitsOf(file), size });
  const digest = createHash('sha256');
  let sent = 0;
  for await (const bytes of readBlocks(path)) {
    digest.update(bytes);
    sent += bytes.length;
    if (sent > size) break;
    yield bytes;
  }
  if (sent !== size || digest.digest('hex') !== file.sha256) throw changed(path);
  yield tarPadding(size);
}

function bitsOf({ mode }: PackedFile): number {
  return Number.parseInt(mode, 8);
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new CtplayError('file.unreadable', `${path} cannot be read`, { found: (cause as Error).message, cause });
  }
}

function changed(path: string): CtplayError {
  return new CtplayError('file.unreadable', `${path} changed while it was copied`, { hint: 'Nothing of it is in place on the host; run again once nobody writes to it.' });
}
