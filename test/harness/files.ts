/** What file facts say, for tables. */
import type { FileState, LocatedFile } from '../../modules/facts/file.ts';
import { FileContent } from '../../modules/shared/file-content.ts';
import { inlineContent } from '../../modules/shared/local-file.ts';
import { parentOf } from '../../modules/shared/path.ts';

export function fileState(more: Partial<FileState> = {}): FileState {
  return { type: 'file', mode: '0644', uid: 0, gid: 0, owner: 'root', group: 'root', size: 0, atime: 0, mtime: 0, ctime: 0, inode: 1, links: 1, device: 1, ...more };
}

/** A file with this text. */
export function textFile(path: string, text: string, more: Partial<FileState> = {}): LocatedFile {
  const bytes = Buffer.from(text);
  const value = fileState({ size: bytes.length, sha256: inlineContent(bytes).sha256, content: new FileContent(bytes), ...more });
  return { state: 'present', value, path, existing: parentOf(path) };
}

export function directory(path: string, more: Partial<FileState> = {}): LocatedFile {
  return { state: 'present', value: fileState({ type: 'directory', mode: '0755', ...more }), path, existing: path };
}

export function link(path: string, target: string, more: Partial<FileState> = {}): LocatedFile {
  return { state: 'present', value: fileState({ type: 'link', mode: '0777', target, ...more }), path, existing: parentOf(path) };
}

/** Nothing there; `existing` is the deepest directory that is. */
export function missing(path: string, existing = parentOf(path)): LocatedFile {
  return { state: 'absent', path, existing };
}

export function denied(path: string): LocatedFile {
  return { state: 'unavailable', reason: 'denied', detail: `stat: cannot statx '${path}': Permission denied`, path, existing: '/' };
}

/** As reset reads it: with ctplay's marks. */
export function marked(located: LocatedFile, marks: { kept?: boolean; written?: boolean }): LocatedFile {
  return { ...located, kept: marks.kept ?? false, written: marks.written ?? false };
}

export const sha256 = (text: string): string => inlineContent(Buffer.from(text)).sha256;
