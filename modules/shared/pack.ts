/** Files of the controller as one stream that tar(1) reads, made while it is sent. */
import { readFileSync } from 'node:fs';
import { Secret } from '../../src/shell.ts';
import { readExpected, requireExpected, unreadable } from '../../src/transport/read-file.ts';
import { tarEnd, tarHeader, tarPadding } from './tar.ts';
import type { LocalInput } from './write-file.ts';

export interface PackedFile {
  /** The path below the directory that it is unpacked in. */
  readonly name: string;
  /** In octal. */
  readonly mode: string;
  readonly input: LocalInput;
}

/** Files up to this many bytes are read at once; more than one of them goes into one write. */
const smallBytes = 256 * 1024;

/**
 * The archive of `files`, and of an empty directory `last` at its end, by which it is known to be whole. Throws CtplayError
 * file.missing or file.unreadable for a file that can't be read, or is not as expected any more.
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

/** Undefined for a large file. */
function smallContent({ input }: PackedFile): Buffer | undefined {
  if (input.kind === 'bytes') return Buffer.from(input.bytes);
  if (input.kind === 'text') return Buffer.from(input.text instanceof Secret ? input.text.reveal() : input.text);
  if (input.expected.size > smallBytes) return undefined;
  const content = readWhole(input.path);
  requireExpected(input.path, content, input.expected);
  return content;
}

async function* packLarge(file: PackedFile): AsyncGenerator<Buffer> {
  const { path, expected } = file.input as Extract<LocalInput, { kind: 'file' }>;
  yield tarHeader({ name: file.name, type: 'file', mode: bitsOf(file), size: expected.size });
  yield* readExpected(path, expected);
  yield tarPadding(expected.size);
}

function bitsOf({ mode }: PackedFile): number {
  return Number.parseInt(mode, 8);
}

function readWhole(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw unreadable(path, error as Error);
  }
}
