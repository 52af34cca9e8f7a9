/** The files below some directories, as find(1) sees them. */
import type { Fact } from '../../src/module.ts';
import { joinCommands, nothing, sh, type Command } from '../../src/shell.ts';
import { fileDomain, pathWord } from '../shared/path.ts';
import { statFormat, stateOf, type FileState } from './file.ts';
import { parseRecord, parseRecords } from '../shared/record.ts';

export interface ListedFile extends FileState {
  readonly path: string;
  /** A line of it matches the pattern asked for. */
  readonly contains: boolean;
  readonly checksum?: string;
}

export interface Listing {
  readonly files: readonly ListedFile[];
  /** The host's clock, in seconds since the epoch. */
  readonly now: number;
  /** Directories that couldn't be read, with find's words. */
  readonly skipped: Readonly<Record<string, string>>;
}

export interface ListingQuestion {
  readonly recurse: boolean;
  readonly depth?: number | undefined;
  readonly follow: boolean;
  /** Also what has a name that starts with a dot. */
  readonly hidden: boolean;
  /** A regular expression that a line of the file must begin with; with `read_whole_file` one that the file must hold. */
  readonly contains?: string | undefined;
  readonly read_whole_file?: boolean;
  readonly checksum: boolean;
}

export function listing(paths: readonly string[], question: ListingQuestion): Fact<Listing> {
  const { recurse, depth, follow, hidden, contains, read_whole_file: whole = false, checksum } = question;
  const deep = recurse ? (depth === undefined ? nothing : sh` -maxdepth ${depth}`) : sh` -maxdepth 1`;
  const find = (tail: Command): Command => sh`find ${follow ? sh`-L ` : nothing}"$@" -mindepth 1${deep}${hidden ? nothing : sh` -name '.*' -prune -o`} ${tail}`;
  const each = String.raw`path=%n\0${statFormat}`;
  return {
    kind: 'listing',
    key: paths.join(' '),
    read: joinCommands(
      [
        sh`LC_ALL=C; export LC_ALL; set -- ${paths.map((path) => pathWord(path))}; printf 'now=%s\\0' "$(date +%s)"`,
        find(sh`-exec stat ${follow ? sh`-L ` : nothing}--printf ${each} {} +`),
        contains === undefined ? nothing : sh`printf 'contains=\\0'; ${find(sh`-type f -exec grep ${whole ? '-lZszP' : '-lZsP'} ${whole ? `(?m)${contains}` : `^(?:${contains})`} {} +`)}`,
        checksum ? sh`printf 'digests=\\0'; ${find(sh`-type f -exec sha1sum -z {} +`)}` : nothing,
        sh`:`,
      ],
      '\n',
    ),
    domains: paths.map(fileDomain),
    parse: ({ stdout, stderr }) => parseListing(stdout, stderr, contains === undefined),
  };
}

function parseListing(stdout: string, stderr: string, anything: boolean): Listing {
  const [beforeDigests = '', digests = ''] = stdout.split(/(?<=\0)digests=\0/);
  const [described = '', containing = ''] = beforeDigests.split(/(?<=\0)contains=\0/);
  const holders = new Set(containing.split('\0'));
  const checksums = new Map(digests.split('\0').map((line) => [line.slice(42), line.slice(0, 40)]));
  const files = parseRecords(described, 'path').flatMap((record): ListedFile[] => {
    const path = record.get('path')!;
    const state = stateOf(record);
    const checksum = checksums.get(path);
    return state ? [{ ...state, path, contains: anything || holders.has(path), ...(checksum === undefined ? {} : { checksum }) }] : [];
  });
  const skipped = [...stderr.matchAll(/^find: [‘'](.*)[’']: (.*)$/gm)].map((match) => [match[1]!, match[2]!] as const);
  return { files, now: Number(parseRecord(described).get('now') ?? 0), skipped: Object.fromEntries(skipped) };
}
