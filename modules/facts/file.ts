/** What a path of the host is: type, mode, owner, digest, and if wanted its content. stat(1), sha256sum(1), readlink(1) of coreutils. */
import type { Fact, Reading } from '../../src/module.ts';
import { joinCommands, nothing, sh, type Command } from '../../src/shell.ts';
import { FileContent } from '../shared/file-content.ts';
import { fileDomain, pathWord } from '../shared/path.ts';
import { parseRecord } from '../shared/record.ts';
import { stateFolder } from '../shared/keep.ts';

export type FileType = 'file' | 'directory' | 'link' | 'fifo' | 'socket' | 'block' | 'char';

export interface FileState {
  readonly type: FileType;
  /** Permission bits in octal, such as `0644`. */
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly owner: string;
  readonly group: string;
  /** Bytes. */
  readonly size: number;
  /** Seconds since the epoch, as are the other times. */
  readonly atime: number;
  readonly mtime: number;
  readonly ctime: number;
  readonly inode: number;
  readonly links: number;
  readonly device: number;
  /** What a symbolic link holds. */
  readonly target?: string;
  /** Of a regular file, or of the one that a link leads to, where it may be read. */
  readonly sha256?: string;
  /** Absent when it wasn't asked for, is too large, or the file has the digest that was expected. */
  readonly content?: FileContent;
}

/** A path with what is there. */
export type LocatedFile = Reading<FileState> & {
  readonly path: string;
  /** The deepest directory above (or at) the path that exists. */
  readonly existing: string;
  /** Asked with `kept`: the content with that digest is kept in ctplay's folder. */
  readonly kept?: boolean;
  /** Asked with `kept`: what the path holds now was written by ctplay. */
  readonly written?: boolean;
};

/** The file of a task that isn't about one. */
export const noFile: LocatedFile = { state: 'absent', path: '', existing: '/' };

export interface FileQuestion {
  /** Look through a symbolic link at what it leads to; the answer's path is then that. */
  readonly follow?: boolean;
  /** Where the path is a directory: the file of this name in it. */
  readonly inside?: string;
  readonly digest?: boolean;
  /** Read up to this many bytes, unless the digest is `unless`. */
  readonly content?: { readonly limit: number; readonly unless?: string };
  /** For reset: the digest of the content to go back to, empty when there was none. */
  readonly kept?: string;
}

/** One path of the host. */
export function file(path: string, question: FileQuestion = {}): Fact<LocatedFile> {
  return {
    kind: 'file',
    key: path,
    read: script(path, question),
    domains: [fileDomain(path), ...(question.inside === undefined ? [] : [fileDomain(`${path}/${question.inside}`)])],
    parse: (result) => {
      const fields = parseRecord(result.stdout);
      const marks = question.kept === undefined ? {} : { kept: fields.has('kept'), written: fields.has('written') };
      return { ...parseState(fields, result.stderr, question), path: fields.get('path') ?? path, existing: fields.get('existing') ?? '/', ...marks };
    },
  };
}

/** Sets `$e` to the deepest existing directory at or above `$p`. */
export const existingAbove: Command = sh`e=$p; while [ ! -d "$e" ]; do case $e in /*/*) e=\${e%/*} ;; /*) e=/ ;; */*) e=\${e%/*} ;; *) e=. ;; esac; done`;

/** The fields that `stat` prints for one file, each ended by NUL. */
export const statFormat = String.raw`stat=%f %u %g %s %.9X %.9Y %.9Z %i %h %d\0owner=%U\0group=%G\0`;

/** A file's state from the fields of `statFormat`, `target`, `sha256` and `content`. */
export function stateOf(fields: ReadonlyMap<string, string>, question: FileQuestion = {}): FileState | undefined {
  const [mode, ...numbers] = (fields.get('stat') ?? '').split(' ');
  const [uid, gid, size, atime, mtime, ctime, inode, links, device] = numbers.map(Number);
  const bits = Number.parseInt(mode!, 16);
  const type = fileTypes[bits & 0o170000];
  if (type === undefined || device === undefined) return undefined;
  const sha256 = /^[0-9a-f]{64}/.exec(fields.get('sha256') ?? '')?.[0];
  const content = fields.get('content');
  const tooLarge = question.content !== undefined && size! > question.content.limit;
  return {
    type,
    mode: (bits & 0o7777).toString(8).padStart(4, '0'),
    uid: uid!,
    gid: gid!,
    owner: fields.get('owner') ?? '',
    group: fields.get('group') ?? '',
    size: size!,
    atime: atime!,
    mtime: mtime!,
    ctime: ctime!,
    inode: inode!,
    links: links!,
    device,
    ...(fields.has('target') ? { target: fields.get('target')! } : {}),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(content === undefined || tooLarge ? {} : { content: new FileContent(Buffer.from(content, 'base64')) }),
  };
}

const fileTypes: Readonly<Record<number, FileType>> = {
  0o100000: 'file',
  0o040000: 'directory',
  0o120000: 'link',
  0o010000: 'fifo',
  0o140000: 'socket',
  0o060000: 'block',
  0o020000: 'char',
};

function parseState(fields: ReadonlyMap<string, string>, stderr: string, question: FileQuestion): Reading<FileState> {
  const value = stateOf(fields, question);
  if (value !== undefined) return { state: 'present', value };
  if (/No such file|Not a directory/.test(stderr)) return { state: 'absent' };
  const detail = stderr.trim();
  if (/not found/.test(stderr)) return { state: 'unavailable', reason: 'not-installed', detail };
  return { state: 'unavailable', reason: /Permission denied/.test(stderr) ? 'denied' : 'unreadable', detail };
}

function script(path: string, { follow = false, inside, digest = false, content, kept }: FileQuestion): Command {
  const lines = [
    sh`LC_ALL=C; export LC_ALL; p=${pathWord(path)}`,
    inside === undefined ? nothing : sh`[ ! -d "$p" ] || p=\${p%/}/${inside}`,
    follow ? sh`[ ! -L "$p" ] || p=$(readlink -f "$p")` : nothing,
    existingAbove,
    sh`printf 'path=%s\\0existing=%s\\0' "$p" "$e"`,
    kept === undefined || kept === '' ? nothing : sh`${stateFolder}; [ ! -e "$k/backup/"${kept} ] || printf 'kept=\\0'`,
    sh`stat --printf ${statFormat} "$p" || exit 0`,
    sh`[ ! -L "$p" ] || printf 'target=%s\\0' "$(readlink "$p")"`,
    ...(digest || content || kept !== undefined ? [sh`[ -f "$p" ] && [ -r "$p" ] || exit 0`, sh`s=$(sha256sum <"$p"); s=\${s%% *}; printf 'sha256=%s\\0' "$s"`] : []),
    content ? sh`[ "$s" = ${content.unless ?? ''} ] || printf 'content=%s\\0' "$(head -c ${content.limit + 1} <"$p" | base64 -w0)"` : nothing,
    kept === undefined ? nothing : sh`${stateFolder}; [ ! -e "$k/backup/written/$s" ] || printf 'written=\\0'`,
  ];
  return joinCommands(lines, '\n');
}
