import { Type, type Static } from 'typebox';
import { defineModule } from '../src/module.ts';
import { listing, type ListedFile, type Listing } from './facts/listing.ts';
import { globToRegExp } from './shared/glob.ts';
import { nameOf } from './shared/path.ts';
import { patternProblems, searcher } from './shared/pattern.ts';

const listOf = (description: string, aliases: readonly string[] = []) => Type.Unsafe<string | readonly string[]>({ type: ['string', 'array'], items: { type: 'string' }, aliases, description });

const args = Type.Object({
  paths: listOf('Where to look.', ['name', 'path']),
  patterns: Type.Optional(listOf('Names to find, as shell patterns, or regular expressions with `use_regex`.', ['pattern'])),
  excludes: Type.Optional(listOf('Names to leave out, in the same way.', ['exclude'])),
  contains: Type.Optional(Type.String({ description: 'A regular expression that some line must begin with.' })),
  read_whole_file: Type.Boolean({ default: false, description: '`contains` is looked for anywhere in the whole file, with `^` and `$` at each line.' }),
  use_regex: Type.Boolean({ default: false, description: '`patterns` and `excludes` are regular expressions.' }),
  file_type: Type.Enum(['any', 'directory', 'file', 'link'], { default: 'file', description: 'What to find.' }),
  recurse: Type.Boolean({ default: false, description: 'Go into directories.' }),
  depth: Type.Optional(Type.Integer({ minimum: 1, description: 'How deep, with `recurse`.' })),
  hidden: Type.Boolean({ default: false, description: 'Also names that start with a dot.' }),
  follow: Type.Boolean({ default: false, description: 'Follow links.' }),
  age: Type.Optional(Type.String({ pattern: '^-?\\d+[smhdw]?$', description: 'Only files at least so old, or with a minus at most: seconds, or with s, m, h, d, w.' })),
  age_stamp: Type.Enum(['atime', 'ctime', 'mtime'], { default: 'mtime', description: 'Which time `age` is about.' }),
  size: Type.Optional(Type.String({ pattern: '^-?\\d+[bkmgt]?$', description: 'Only files at least so large, or with a minus at most: bytes, or with b, k, m, g, t.' })),
  mode: Type.Optional(Type.String({ pattern: '^0?[0-7]{3,4}$', description: 'Only files with this mode.' })),
  get_checksum: Type.Boolean({ default: false, description: 'Return the SHA-1 of each file.' }),
});
type Args = Static<typeof args>;

/** Files by name, age, size and content. */
export default defineModule({
  summary: 'Find files',
  args,
  returnValues: { files: 'what was found, each with `path, mode, isdir, isreg, islnk, size, uid, gid, pw_name, gr_name, inode, dev, nlink, atime, mtime, ctime` and more, as from `stat`', matched: 'how many', examined: 'how many were looked at', skipped_paths: 'paths that could not be read, with the reason', msg: 'whether all paths were read' },
  examples: `
- find: {paths: /var/log, patterns: '*.gz', age: 4w}
  register: old
- file: {path: "{{ item.path }}", state: absent}
  loop: "{{ old.files }}"
`,
  *validate({ use_regex, patterns, excludes }) {
    if (use_regex) yield* patternProblems(Object.fromEntries([...namesOf(patterns), ...namesOf(excludes)].map((pattern) => [pattern, pattern])));
  },
  subject: ({ paths }) => `files in ${[paths].flat().join(', ')}`,
  facts: (given) => ({ listing: listing(namesOf(given.paths), { ...given, depth: given.depth, contains: given.contains, checksum: given.get_checksum }) }),
  *plan() {},
  returns(given, { now }) {
    const files = now.listing.files.filter(selection(given, now.listing)).map(returned);
    const skipped = Object.keys(now.listing.skipped).length;
    return { files, matched: files.length, examined: now.listing.files.length, skipped_paths: Object.fromEntries(Object.entries(now.listing.skipped).map(([path, why]) => [path, /no such file|not a directory/i.test(why) ? `'${path}' is not a directory` : why])), msg: skipped === 0 ? 'All paths examined' : 'Not all paths examined, check warnings for details' };
  },
});

function namesOf(value: string | readonly string[] | undefined): string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? value.split(',').map((part) => part.trim()) : [...value];
}

/** Whether a file is one of those asked for. */
function selection(given: Args, { now }: Listing): (file: ListedFile) => boolean {
  const matcher = (patterns: readonly string[]): ((name: string) => boolean) => {
    const tests = patterns.map((pattern) => (given.use_regex ? (name: string) => searcher(`^(?:${pattern})`)(name) !== undefined : (name: string) => globToRegExp(pattern).test(name)));
    return (name) => tests.some((test) => test(name));
  };
  const wanted = given.patterns === undefined ? () => true : matcher(namesOf(given.patterns));
  const unwanted = matcher(namesOf(given.excludes));
  const age = quantity(given.age, { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 });
  const size = quantity(given.size, { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 });
  return (file) => {
    const name = nameOf(file.path);
    if (given.file_type !== 'any' && file.type !== given.file_type) return false;
    if (!wanted(name) || unwanted(name) || !file.contains) return false;
    if (given.mode !== undefined && file.mode !== given.mode.padStart(4, '0')) return false;
    const old = now - file[given.age_stamp];
    return (age === undefined || (age < 0 ? old <= -age : old >= age)) && (size === undefined || file.type !== 'file' || (size < 0 ? file.size <= -size : file.size >= size));
  };
}

function quantity(text: string | undefined, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(-?\d+)([a-z]?)$/.exec(text ?? '');
  return match ? Number(match[1]) * (units[match[2]!] ?? 1) : undefined;
}

/** Permission bits by Ansible's names. */
function permissions(mode: number): Record<string, boolean> {
  const bits = ['xoth', 'woth', 'roth', 'xgrp', 'wgrp', 'rgrp', 'xusr', 'wusr', 'rusr', undefined, 'isgid', 'isuid'];
  return Object.fromEntries(bits.flatMap((name, index) => (name === undefined ? [] : [[name, (mode & (1 << index)) !== 0]])));
}

function returned({ path, type, mode, uid, gid, owner, group, size, inode, device, links, atime, mtime, ctime, checksum }: ListedFile): Record<string, unknown> {
  return {
    path, mode, uid, gid, size, atime, mtime, ctime,
    inode, dev: device, nlink: links, pw_name: owner, gr_name: group,
    ...permissions(Number.parseInt(mode, 8)),
    isdir: type === 'directory', isreg: type === 'file', islnk: type === 'link', isfifo: type === 'fifo', issock: type === 'socket', ischr: type === 'char', isblk: type === 'block',
    ...(checksum === undefined ? {} : { checksum }),
  };
}
