/** All that stat(2) says of a path, with a digest by choice and the kind of its content: stat(1), file(1). */
import type { Fact } from '../../src/module.ts';
import { joinCommands, nothing, sh, type Command } from '../../src/shell.ts';
import { fileDomain, pathWord } from '../shared/path.ts';
import { parseRecord } from '../shared/record.ts';

export const checksumAlgorithms = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const;
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];

export interface StatQuestion {
  readonly follow: boolean;
  readonly checksum?: ChecksumAlgorithm | undefined;
  readonly mime: boolean;
  /** Attributes of the file system, by lsattr(1) of e2fsprogs where the host has it. */
  readonly attributes?: boolean;
}

/** Ansible's `stat` value: `exists` alone when there is nothing; `problem` where the host won't say. */
export function statFact(path: string, { follow, checksum, mime, attributes = false }: StatQuestion): Fact<Record<string, unknown>> {
  const readable = sh`${follow ? nothing : sh`[ ! -L "$p" ] && `}[ -f "$p" ] && [ -r "$p" ] && `;
  const lines: Command[] = [
    sh`LC_ALL=C; export LC_ALL; p=${pathWord(path)}; printf 'path=%s\\0' "$p"`,
    sh`stat ${follow ? sh`-L ` : nothing}--printf 'stat=%f %u %g %s %.9X %.9Y %.9Z %i %h %d %b %o %t %T\\0owner=%U\\0group=%G\\0' "$p" || exit 0`,
    sh`for w in r w x; do [ -$w "$p" ] && printf '%s=\\0' $w; done`,
    sh`[ ! -L "$p" ] || printf 'target=%s\\0source=%s\\0' "$(readlink "$p")" "$(readlink -f "$p")"`,
    checksum === undefined ? nothing : sh`${readable}printf 'checksum=%s\\0' "$(${`${checksum}sum`} <"$p")"`,
    mime ? sh`command -v file >/dev/null && printf 'mime=%s\\0' "$(file -b --mime-type --mime-encoding ${follow ? sh`-L ` : nothing}"$p")"` : nothing,
    attributes ? sh`command -v lsattr >/dev/null && printf 'attributes=%s\\0' "$(lsattr -vd "$p" 2>/dev/null)"` : nothing,
    sh`:`,
  ];
  return {
    kind: 'stat',
    key: path,
    read: joinCommands(lines, '\n'),
    domains: [fileDomain(path)],
    parse: ({ stdout, stderr }) => parseStat(parseRecord(stdout), stderr, path, { mime, attributes }),
  };
}

function parseStat(fields: ReadonlyMap<string, string>, stderr: string, path: string, { mime, attributes }: { readonly mime: boolean; readonly attributes: boolean }): Record<string, unknown> {
  const [hex, ...rest] = (fields.get('stat') ?? '').split(' ');
  if (rest.length < 10) return { exists: false, ...(/Permission denied/.test(stderr) ? { problem: stderr.trim() } : {}) };
  const [uid, gid, size, atime, mtime, ctime, inode, nlink, dev, blocks, blockSize] = rest.map(Number);
  const [major, minor] = rest.slice(11).map((number) => Number.parseInt(number, 16)) as [number, number];
  const [, version, flags = ''] = /^\s*(\S+)\s+(\S+)/.exec(fields.get('attributes') ?? '') ?? [];
  const mode = Number.parseInt(hex!, 16);
  const is = (type: number): boolean => (mode & 0o170000) === type;
  const bit = (value: number): boolean => (mode & value) !== 0;
  const [mimetype, charset] = (fields.get('mime') ?? 'unknown; charset=unknown').split('; charset=');
  const checksum = fields.get('checksum')?.split(' ')[0];
  return {
    exists: true,
    path: fields.get('path') ?? path,
    mode: (mode & 0o7777).toString(8).padStart(4, '0'),
    isdir: is(0o040000), ischr: is(0o020000), isblk: is(0o060000), isreg: is(0o100000), isfifo: is(0o010000), islnk: is(0o120000), issock: is(0o140000),
    uid, gid, size, inode, dev, nlink, atime, mtime, ctime, blocks, block_size: blockSize, device_type: deviceNumber(major, minor),
    wusr: bit(0o200), rusr: bit(0o400), xusr: bit(0o100), wgrp: bit(0o020), rgrp: bit(0o040), xgrp: bit(0o010), woth: bit(0o002), roth: bit(0o004), xoth: bit(0o001),
    isuid: bit(0o4000), isgid: bit(0o2000),
    pw_name: fields.get('owner'), gr_name: fields.get('group'),
    readable: fields.has('r'), writeable: fields.has('w'), executable: fields.has('x'),
    ...(fields.has('target') && is(0o120000) ? { lnk_target: fields.get('target'), lnk_source: fields.get('source') } : {}),
    ...(checksum === undefined || checksum === '' ? {} : { checksum }),
    ...(attributes ? { attr_flags: flags.replaceAll('-', ''), attributes: [...flags].flatMap((flag) => attributeNames[flag] ?? []), version: version ?? null } : {}),
    ...(mime ? { mimetype, mime_type: mimetype, charset } : {}),
  };
}

/** The number of a device file as Linux packs it (makedev(3)). */
function deviceNumber(major: number, minor: number): number {
  return (major << 8) | (minor & 0xff) | ((minor & ~0xff) << 12);
}

/** chattr(1)'s letters by Ansible's names. */
const attributeNames: Readonly<Record<string, string>> = {
  A: 'noatime', a: 'append', c: 'compressed', C: 'nocow', d: 'nodump', D: 'dirsync', e: 'extents', E: 'encrypted', h: 'blocksize', i: 'immutable', I: 'indexed', j: 'journalled', N: 'inline', s: 'zero', S: 'synchronous', t: 'notail', T: 'blockroot', u: 'undelete', X: 'compressedraw', Z: 'compresseddirty',
};
