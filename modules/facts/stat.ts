/** All that stat(2) says of a path, with a digest by choice and the kind of its content: stat(1), file(1). */
import type { Fact } from '../../src/module.ts';
import { fileDomain } from '../shared/path.ts';
import { parseRecord } from '../shared/record.ts';
import { settled } from './settled.ts';
import { ownAnswer } from './file-answers.ts';
import { fileReader, type FileInQuestion, type ChecksumAlgorithm } from './file-script.ts';

export { checksumAlgorithms, type ChecksumAlgorithm } from './file-script.ts';

export interface StatQuestion {
  readonly follow: boolean;
  readonly checksum?: ChecksumAlgorithm | undefined;
  readonly mime: boolean;
  /** Attributes of the file system, by lsattr(1) of e2fsprogs where the host has it. */
  readonly attributes?: boolean;
}

/** What only those get who ask for it. */
export const valuesOf = {
  checksum: ['checksum'],
  mime: ['mimetype', 'mime_type', 'charset'],
  attributes: ['attr_flags', 'attributes', 'version'],
} as const;

/** Stands in a map of facts for one that a task doesn't need. */
export const unreadStat = settled<Record<string, unknown>>({ exists: false });

/** Ansible's `stat` value: `exists` alone when there is nothing; `problem` where the host won't say. */
export function statFact(path: string, { follow, checksum, mime, attributes = false }: StatQuestion): Fact<Record<string, unknown>> {
  const asked: FileInQuestion = { path, follow, details: { checksum, mime, attributes } };
  return {
    kind: 'stat',
    key: path,
    get read() {
      return fileReader.command([asked]);
    },
    joint: { reader: fileReader, question: asked },
    domains: [fileDomain(path)],
    parse: (result) => parseStat(parseRecord(ownAnswer(result, asked).stdout), path, { mime, attributes }),
  };
}

function parseStat(fields: ReadonlyMap<string, string>, path: string, { mime, attributes }: { readonly mime: boolean; readonly attributes: boolean }): Record<string, unknown> {
  const [hex, ...rest] = (fields.get('stat') ?? '').split(' ');
  const complaint = fields.get('errors') ?? '';
  if (rest.length < 10) return { exists: false, ...(/Permission denied/.test(complaint) ? { problem: complaint } : {}) };
  const [uid, gid, size, atime, mtime, ctime, inode, nlink, dev, blocks, blockSize] = rest.map(Number);
  const [major, minor] = rest.slice(11).map((number) => Number.parseInt(number, 16)) as [number, number];
  const [, version, flags = ''] = /^\s*(\S+)\s+(\S+)/.exec(fields.get('attributes') ?? '') ?? [];
  const mode = Number.parseInt(hex!, 16);
  const is = (type: number): boolean => (mode & 0o170000) === type;
  const bit = (value: number): boolean => (mode & value) !== 0;
  const [mimetype, charset] = (fields.get('mime') ?? (fields.has('typed') ? mimeOfType[mode & 0o170000] : undefined) ?? 'unknown; charset=unknown').split('; charset=');
  const checksum = fields.get('checksum');
  return {
    exists: true,
    path: fields.get('given') ?? fields.get('path') ?? path,
    mode: (mode & 0o7777).toString(8).padStart(4, '0'),
    isdir: is(0o040000), ischr: is(0o020000), isblk: is(0o060000), isreg: is(0o100000), isfifo: is(0o010000), islnk: is(0o120000), issock: is(0o140000),
    uid, gid, size, inode, dev, nlink, atime, mtime, ctime, blocks, block_size: blockSize, device_type: deviceNumber(major, minor),
    wusr: bit(0o200), rusr: bit(0o400), xusr: bit(0o100), wgrp: bit(0o020), rgrp: bit(0o040), xgrp: bit(0o010), woth: bit(0o002), roth: bit(0o004), xoth: bit(0o001),
    isuid: bit(0o4000), isgid: bit(0o2000),
    pw_name: fields.get('owner'), gr_name: fields.get('group'),
    readable: fields.has('r'), writeable: fields.has('w'), executable: fields.has('x'),
    ...(fields.has('target') && is(0o120000) ? { lnk_target: fields.get('target'), lnk_source: fields.get('source') } : {}),
    ...(checksum === undefined ? {} : { checksum }),
    ...(attributes ? { attr_flags: flags.replaceAll('-', ''), attributes: [...flags].flatMap((flag) => attributeNames[flag] ?? []), version: version ?? null } : {}),
    ...(mime ? { mimetype, mime_type: mimetype, charset } : {}),
  };
}

/** What file(1) says of all that is no regular file, and of an empty one. */
const mimeOfType: Readonly<Record<number, string>> = {
  0o040000: 'inode/directory; charset=binary',
  0o020000: 'inode/chardevice; charset=binary',
  0o060000: 'inode/blockdevice; charset=binary',
  0o100000: 'inode/x-empty; charset=binary',
  0o010000: 'inode/fifo; charset=binary',
  0o120000: 'inode/symlink; charset=binary',
  0o140000: 'inode/socket; charset=binary',
};

/** The number of a device file as Linux packs it (makedev(3)). */
function deviceNumber(major: number, minor: number): number {
  return (major << 8) | (minor & 0xff) | ((minor & ~0xff) << 12);
}

/** chattr(1)'s letters by Ansible's names. */
const attributeNames: Readonly<Record<string, string>> = {
  A: 'noatime', a: 'append', c: 'compressed', C: 'nocow', d: 'nodump', D: 'dirsync', e: 'extents', E: 'encrypted', h: 'blocksize', i: 'immutable', I: 'indexed', j: 'journalled', N: 'inline', s: 'zero', S: 'synchronous', t: 'notail', T: 'blockroot', u: 'undelete', X: 'compressedraw', Z: 'compresseddirty',
};
