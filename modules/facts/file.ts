/** What a path of the host is: type, mode, owner, digest, and if wanted its content. stat(1), sha256sum(1), readlink(1) of coreutils. */
import type { Fact, Reading } from '../../src/module.ts';
import { FileContent } from '../shared/file-content.ts';
import { nothing, sh, type Command } from '../../src/shell.ts';
import { fileDomain, literalWord, pathWord } from '../shared/path.ts';
import { parseRecord } from '../shared/record.ts';
import { ownAnswer } from './file-answers.ts';
import { fileReader, type FileInQuestion, type FileQuestion } from './file-script.ts';

export { existingAbove, statFormat, type FileQuestion } from './file-script.ts';

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

/** One path of the host. */
export function file(path: string, question: FileQuestion = {}): Fact<LocatedFile> {
  const asked: FileInQuestion = { path, ...question };
  return {
    kind: 'file',
    key: path,
    get read() {
      return fileReader.command([asked]);
    },
    joint: { reader: fileReader, question: asked },
    domains: [fileDomain(path), ...(question.inside === undefined ? [] : [fileDomain(`${path}/${question.inside}`)])],
    parse: (result) => {
      const fields = parseRecord(ownAnswer(result, asked).stdout);
      const marks = question.kept === undefined ? {} : { kept: fields.has('kept'), written: fields.has('written') };
      return { ...parseState(fields, fields.get('errors') ?? result.stderr, question), path: fields.get('path') ?? path, existing: fields.get('existing') ?? '/', ...marks };
    },
    atPath: { unlessAmong, foretold },
  };
}

/** What was absent is still, with the directory around it; what was there is none of the others (test(1) `-ef`, which dash, bash and BusyBox ash have built in). */
function unlessAmong(located: LocatedFile, paths: readonly string[]): Command | undefined {
  const word = literalWord(located.path);
  switch (located.state) {
    case 'absent': return sh`[ -d ${literalWord(located.existing)} ] && [ ! -e ${word} ] && [ ! -L ${word} ]`;
    case 'present': return paths.reduce((test, path) => sh`${test} && ! [ ${word} -ef ${pathWord(path)} ]`, sh`{ [ -e ${word} ] || [ -L ${word} ]; }`);
    case 'unavailable': return undefined;
  }
}

/** What is below a new directory is as absent as before. */
function foretold(located: LocatedFile, paths: readonly string[], directories: readonly string[]): LocatedFile | undefined {
  const above = directories.filter((directory) => located.path.startsWith(`${directory}/`));
  if (located.state !== 'absent' || above.length === 0 || paths.length > directories.length) return undefined;
  return { ...located, existing: above.reduce((deepest, one) => (one.length > deepest.length ? one : deepest)) };
}

/** Whether there is something at a path. */
export type Presence = Reading<Partial<FileState>> & { readonly path: string };

/** The same for who wants to know no more than that: shares its reading, and needs none after what was made there. */
export function presence(path: string): Fact<Presence> {
  const whole = file(path, { follow: true });
  return {
    kind: whole.kind,
    key: whole.key,
    get read() {
      return whole.read;
    },
    joint: whole.joint!,
    domains: whole.domains,
    parse: (result) => {
      const { existing: _existing, ...located } = whole.parse(result);
      return located.state === 'present' ? { ...located, value: {} } : located;
    },
    atPath: {
      isLight: true,
      unlessAmong: (found) => (found.state === 'unavailable' ? undefined : sh`[ ${found.state === 'present' ? nothing : sh`! `}-e ${literalWord(found.path)} ]`),
      foretold: (found, paths, directories) => {
        if (found.state === 'unavailable') return undefined;
        if (paths.includes(found.path)) return { state: 'present', path: found.path, value: {} };
        return found.state === 'present' || paths.every((one) => directories.includes(one)) ? found : undefined;
      },
    },
  };
}

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

function parseState(fields: ReadonlyMap<string, string>, words: string, question: FileQuestion): Reading<FileState> {
  const value = stateOf(fields, question);
  if (value !== undefined) return { state: 'present', value };
  if (/No such file|Not a directory/.test(words)) return { state: 'absent' };
  const detail = words.trim();
  if (/not found/.test(words)) return { state: 'unavailable', reason: 'not-installed', detail };
  return { state: 'unavailable', reason: /Permission denied/.test(words) ? 'denied' : 'unreadable', detail };
}
