/** Files of the controller as modules send them. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CtplayError } from '../../src/errors.ts';
import { FileDigests } from '../../src/hashing/file-digests.ts';
import type { Controller } from '../../src/module.ts';
import { FileContent } from './file-content.ts';
import { diffLimit } from './place-file.ts';
import type { TreeSource } from './place-tree.ts';
import type { LocalInput } from './write-file.ts';

/** Larger files are streamed instead of held in memory. */
export const inlineLimit = 256 * 1024;

/** From here on a file is large for the host, too. */
export const largeBytes = 16 << 20;

/** Of a tree's texts that are held for diffs, in characters: the files that come after them are shown without. */
const textsLimit = 32 << 20;

export interface LocalFile {
  readonly name: string;
  readonly path: string;
  readonly size: number;
  /** Permission bits in octal. */
  readonly mode: string;
  readonly sha256: string;
  /** Ansible's `checksum`. */
  readonly sha1: string;
  /** Ansible's `md5sum`; absent for what was not read in one go. */
  readonly md5?: string;
  readonly input: LocalInput;
  /** Where it is small and UTF-8. */
  readonly text?: string;
}

/** What reading files asks of the controller; without `openVault`, what is encrypted stays so. */
export type Reader = Pick<Controller, 'openVault' | 'digests'>;

/** For files that are sent as they are, encrypted or not. */
export function asTheyAre({ digests }: Reader): Reader {
  return digests ? { digests } : {};
}

/**
 * Reads a file, or takes its digests alone when it is large. What is encrypted is always read as a whole. Throws CtplayError
 * file.unreadable, and as `openVault`.
 */
export async function readLocalFile(path: string, { openVault, digests = new FileDigests() }: Reader): Promise<LocalFile> {
  try {
    const stat = statSync(path);
    const about = { name: basename(path), path, size: stat.size, mode: modeOf(stat) };
    if (stat.size <= inlineLimit || startsAsVault(path)) {
      const bytes = readFileSync(path);
      const content = openVault?.(bytes, path) ?? bytes;
      return { ...about, size: content.length, ...inlineContent(content) };
    }
    const { sha256, sha1 } = await digests.of(path);
    return { ...about, sha256, sha1, input: { kind: 'file', path, expected: { size: stat.size, sha256 } } };
  } catch (cause) {
    throw asUnreadable(path, cause);
  }
}

function startsAsVault(path: string): boolean {
  const start = Buffer.alloc(15);
  const file = openSync(path, 'r');
  try {
    readSync(file, start);
  } finally {
    closeSync(file);
  }
  return start.toString('latin1') === '$ANSIBLE_VAULT;';
}

/** Content that is at hand: its digests, how it is sent, and its text for diffs. */
export function inlineContent(bytes: Uint8Array): Pick<LocalFile, 'sha256' | 'sha1' | 'md5' | 'input' | 'text'> {
  const content = new FileContent(bytes);
  const digest = (algorithm: string): string => createHash(algorithm).update(bytes).digest('hex');
  return {
    sha256: digest('sha256'),
    sha1: digest('sha1'),
    md5: digest('md5'),
    input: content.isText ? { kind: 'text', text: content.text } : { kind: 'bytes', bytes },
    ...(content.isText && bytes.length <= diffLimit ? { text: content.text } : {}),
  };
}

/**
 * All directories and files below a directory, links followed. Contents stay in their files: of those that are encrypted, and of texts
 * for diffs, some are held. Throws CtplayError file.unreadable.
 */
export async function readLocalTree(root: string, reader: Reader): Promise<TreeSource> {
  const directories: { relative: string; mode: string }[] = [];
  const files: TreeSource['files'][number][] = [];
  let room = textsLimit;
  const walk = async (above: string): Promise<void> => {
    for (const name of readdirSync(join(root, above)).sort()) {
      const relative = above === '' ? name : `${above}/${name}`;
      const path = join(root, relative);
      const stat = statSync(path, { throwIfNoEntry: false });
      const mode = modeOf(stat);
      if (stat?.isDirectory()) {
        directories.push({ relative, mode });
        await walk(relative);
      } else if (stat === undefined || stat.size > inlineLimit) {
        const { sha256, input } = await readLocalFile(path, reader);
        files.push({ relative, mode, content: { sha256, input } });
      } else {
        const { text, ...content } = readSmallFile(path, reader);
        const shown = text !== undefined && text.length <= room;
        if (shown) room -= text.length;
        files.push({ relative, mode, content, ...(shown ? { text } : {}) });
      }
    }
  };
  await walk('');
  return { directories, files };
}

function readSmallFile(path: string, { openVault }: Reader): Pick<LocalFile, 'sha256' | 'input' | 'text'> {
  try {
    const bytes = readFileSync(path);
    const opened = openVault?.(bytes, path) ?? bytes;
    const content = new FileContent(opened);
    const sha256 = createHash('sha256').update(opened).digest('hex');
    return {
      sha256,
      input: opened === bytes ? { kind: 'file', path, expected: { size: bytes.length, sha256 } } : { kind: 'bytes', bytes: opened },
      ...(opened.length <= diffLimit && content.isText ? { text: content.text } : {}),
    };
  } catch (cause) {
    throw asUnreadable(path, cause);
  }
}

function modeOf(stat: { readonly mode: number } | undefined): string {
  return ((stat?.mode ?? 0) & 0o7777).toString(8).padStart(4, '0');
}

function asUnreadable(path: string, cause: unknown): CtplayError {
  return cause instanceof CtplayError ? cause : new CtplayError('file.unreadable', `${path} cannot be read`, { found: (cause as Error).message, cause });
}

export function isLocalDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
