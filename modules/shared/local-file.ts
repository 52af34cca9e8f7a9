/** Files of the controller as modules send them. */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CtplayError } from '../../src/errors.ts';
import type { Controller } from '../../src/module.ts';
import type { CommandInput } from '../../src/shell.ts';
import { FileContent } from './file-content.ts';
import { diffLimit } from './place-file.ts';
import type { TreeSource } from './place-tree.ts';

/** Larger files are streamed instead of held in memory. */
export const inlineLimit = 256 * 1024;

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
  readonly input: CommandInput;
  /** Where it is small and UTF-8. */
  readonly text?: string;
}

/**
 * Reads a file, or hashes it as a stream when it is large. `openVault` decrypts what is encrypted, which is always read as a
 * whole. Throws CtplayError file.unreadable, and as `openVault`.
 */
export async function readLocalFile(path: string, openVault: Controller['openVault'] = (content) => content): Promise<LocalFile> {
  try {
    const stat = statSync(path);
    const about = { name: basename(path), path, size: stat.size, mode: (stat.mode & 0o7777).toString(8).padStart(4, '0') };
    if (stat.size <= inlineLimit || startsAsVault(path)) {
      const content = openVault(readFileSync(path), path);
      return { ...about, size: content.length, ...inlineContent(content) };
    }
    const [sha256, sha1] = [createHash('sha256'), createHash('sha1')];
    await pipeline(createReadStream(path), async function (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) [sha256, sha1].forEach((hash) => hash.update(chunk));
    });
    return { ...about, sha256: sha256.digest('hex'), sha1: sha1.digest('hex'), input: { kind: 'file', path } };
  } catch (cause) {
    if (cause instanceof CtplayError) throw cause;
    throw new CtplayError('file.unreadable', `${path} cannot be read`, { found: (cause as Error).message, cause });
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

/** All directories and files below a directory, links followed. Throws CtplayError file.unreadable. */
export async function readLocalTree(root: string, openVault?: Controller['openVault']): Promise<TreeSource> {
  const directories: { relative: string; mode: string }[] = [];
  const files: TreeSource['files'][number][] = [];
  const walk = async (above: string): Promise<void> => {
    for (const name of readdirSync(join(root, above)).sort()) {
      const relative = above === '' ? name : `${above}/${name}`;
      const stat = statSync(join(root, relative), { throwIfNoEntry: false });
      if (stat?.isDirectory()) {
        directories.push({ relative, mode: (stat.mode & 0o7777).toString(8).padStart(4, '0') });
        await walk(relative);
      } else {
        const { sha256, mode, input, text } = await readLocalFile(join(root, relative), openVault);
        files.push({ relative, mode, content: { sha256, input }, ...(text === undefined ? {} : { text }) });
      }
    }
  };
  await walk('');
  return { directories, files };
}

export function isLocalDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
