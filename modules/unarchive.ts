import { Type, type Static } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule, type Change, type Controller, type Fact } from '../src/module.ts';
import { nothing, sh, type Command } from '../src/shell.ts';
import { noArchive, remoteArchive, type ArchiveState } from './facts/archive.ts';
import { file, type LocatedFile } from './facts/file.ts';
import { settled } from './facts/settled.ts';
import { noTree, tree, type Tree } from './facts/tree.ts';
import { affects } from './shared/affects.ts';
import { attributeArguments, attributeProblems } from './shared/attributes.ts';
import { fileReturns, fileReturnValues } from './shared/file-returns.ts';
import { readLocalArchive, type ArchiveContents } from './shared/local-archive.ts';
import { asTheyAre, readLocalFile, type LocalFile } from './shared/local-file.ts';
import { octal } from './shared/mode.ts';
import { joinPath, pathWord } from './shared/path.ts';
import { givenOwners, known } from './shared/place-file.ts';
import { revertTree } from './shared/place-tree.ts';
import { fileRefusals } from './shared/refusals.ts';
import { guard, type GuardReading } from './shared/run-command.ts';

const args = Type.Object({
  src: Type.String({ minLength: 1, description: 'The archive (tar in any compression, or zip) on the controller; with `remote_src` on the host.' }),
  dest: Type.String({ minLength: 1, description: 'The directory to unpack into. It must be there.' }),
  remote_src: Type.Boolean({ default: false, description: 'The archive is on the host.' }),
  copy: Type.Boolean({ default: true, description: 'The old way to say `remote_src: true`: `copy: false`.' }),
  creates: Type.Optional(Type.String({ minLength: 1, description: 'When this path is there, nothing is unpacked.' })),
  exclude: Type.Optional(Type.Array(Type.String(), { description: 'Patterns of what is not unpacked.' })),
  include: Type.Optional(Type.Array(Type.String(), { description: 'Names of what is unpacked; all when left out.' })),
  io_buffer_size: Type.Optional(Type.Integer({ description: 'As in Ansible; makes no difference here.' })),
  unsafe_writes: Type.Boolean({ default: false, description: 'As in Ansible; makes no difference here.' }),
  validate_certs: Type.Boolean({ default: true, description: 'As in Ansible; archives are not fetched from the net here.' }),
  extra_opts: Type.Array(Type.String(), { default: [], description: 'Further options for tar or unzip, such as `--strip-components=1`.' }),
  keep_newer: Type.Boolean({ default: false, description: 'Leave files that are newer than those in the archive.' }),
  list_files: Type.Boolean({ default: false, description: 'Return the names of what is in the archive as `files`.' }),
  ...attributeArguments,
});
type Args = Static<typeof args>;
interface Facts {
  readonly [name: string]: Fact<unknown>;
  readonly guard: Fact<GuardReading>;
  readonly dest: Fact<LocatedFile>;
  readonly tree: Fact<Tree>;
  readonly archive: Fact<ArchiveState>;
}
interface Local {
  readonly file: LocalFile;
  readonly contents: ArchiveContents;
}

/** An archive, unpacked on the host. */
export default defineModule<typeof args, Facts, Local | undefined>({
  summary: 'Unpack an archive on the host',
  description: 'Nothing is done when all that is in the archive is there with the same content. The host needs tar, and for zip archives the package unzip, for others xz-utils, bzip2 or zstd.',
  args,
  refuses: { ...fileRefusals, decrypt: 'An archive in a vault is decrypted by `copy`; then unpack that with `remote_src: true`.' },
  returnValues: { ...fileReturnValues('dest'), src: 'the argument', handler: 'what unpacked it: ZipArchive, TgzArchive, TarArchive, …', files: 'with `list_files`: the names of what is in the archive' },
  examples: `
- unarchive: {src: rootfs.tar.gz, dest: /srv/rootfs}
- unarchive: {src: /srv/site.tar, dest: /srv/www, remote_src: true, creates: /srv/www/index.html}
`,
  *validate(given) {
    yield* attributeProblems(given);
    if (given.include !== undefined && given.exclude !== undefined) yield { path: ['exclude'], message: 'include and exclude exclude each other' };
    if (/^(https?|ftp):\/\//.test(given.src)) yield { path: ['src'], message: 'archives are not unpacked from the net', hint: 'Download it with get_url first, then use remote_src: true.' };
  },
  subject: ({ src, dest }) => `archive ${src} in ${dest}`,
  prepare: readArchive,
  facts: ({ src, dest, creates, ...given }, local) => ({
    guard: guard(creates === undefined ? {} : { creates }),
    dest: file(dest, { follow: true }),
    tree: local ? tree(dest, { paths: { directories: local.contents.directories, files: local.contents.files.map(({ relative }) => relative) } }) : settled(noTree),
    archive: isRemote(given) ? remoteArchive(src, dest) : settled(noArchive),
  }),
  *plan(given, now, local) {
    if (now.guard.reason !== undefined) return;
    const { src } = given;
    if (isRemote(given) && !now.archive.exists) throw new PreconditionError(`${src} does not exist on the host`, { hint: 'Without remote_src the archive is one of the controller.' });
    if (now.archive.problem !== undefined) throw new PreconditionError(`${src} cannot be read on the host`, { found: now.archive.problem, hint: 'The host needs what unpacks it: tar, and for some archives one of the packages unzip, xz-utils, bzip2, zstd.' });
    if (known(now.dest)?.type !== 'directory') throw new PreconditionError(`the directory ${now.dest.path} does not exist`, { hint: `Make it first: file: {path: ${given.dest}, state: directory}.` });
    const missing = local ? differing(now.tree, local.contents) : now.archive.unpacked ? [] : ['its content'];
    if (missing.length === 0) return;
    const more = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
    // With names changed or left out by options, what should be there can't be told from the archive alone.
    const provable = local !== undefined || (given.extra_opts.length === 0 && given.exclude === undefined && given.include === undefined && !given.keep_newer);
    yield { action: provable ? 'create' : 'run', subject: `archive ${src} in ${given.dest}`, to: `${missing[0]}${more}`, commands: [unpack(given, local?.file)], ...affects(given.dest) };
  },
  revertFacts: (_given, before) => ({
    guard: settled({}),
    dest: file(before.dest.path),
    tree: before.tree.root === '' ? settled(noTree) : tree(before.tree.root, { paths: before.tree.asked }),
    archive: settled(noArchive),
  }),
  *revert(_given, now, before): Iterable<Change> {
    // Only what was not there before goes: contents that tar wrote over are not kept.
    const made = { ...before.tree, asked: { directories: before.tree.asked.directories, files: before.tree.asked.files.filter((path) => before.tree.entries[path] === undefined) } };
    yield* revertTree(now.tree, made);
  },
  returns({ src, dest, list_files, creates }, { now, changes }, local) {
    if (now.guard.reason !== undefined && changes.length === 0) return { skipped: true, msg: `skipped, since ${creates} exists` };
    const files = local ? [...local.contents.directories.map((path) => `${path}/`), ...local.contents.files.map(({ relative }) => relative)] : now.archive.entries;
    return { ...fileReturns(now.dest, 'dest'), dest, src, handler: handlerOf(src), ...(list_files ? { files } : {}) };
  },
});

const isRemote = ({ remote_src, copy }: Pick<Args, 'remote_src' | 'copy'>): boolean => remote_src || !copy;

/** Ansible's name for what unpacks it. */
function handlerOf(name: string): string {
  if (name.endsWith('.zip')) return 'ZipArchive';
  if (/\.(tar\.gz|tgz)$/.test(name)) return 'TgzArchive';
  if (/\.(tar\.bz2|tbz2?)$/.test(name)) return 'TarBzipArchive';
  if (/\.(tar\.xz|txz)$/.test(name)) return 'TarXzArchive';
  return /\.(tar\.zst|tzst)$/.test(name) ? 'TarZstdArchive' : 'TarArchive';
}

async function readArchive({ src, remote_src, copy, extra_opts, include, exclude }: Args, controller: Controller): Promise<Local | undefined> {
  if (isRemote({ remote_src, copy })) return undefined;
  const path = controller.findFile('files', src);
  return { file: await readLocalFile(path, asTheyAre(controller)), contents: readLocalArchive(path, [...extra_opts, ...(exclude ?? []).map((pattern) => `--exclude=${pattern}`), ...(include ?? [])]) };
}

function differing(now: Tree, { directories, files }: ArchiveContents): string[] {
  return [
    ...directories.filter((relative) => now.entries[relative]?.type !== 'directory'),
    ...files.filter(({ relative, sha256 }) => now.entries[relative]?.sha256 !== sha256).map(({ relative }) => relative),
  ];
}

function unpack(given: Args, archive: LocalFile | undefined): Command {
  const { src, dest, include = [], exclude = [], extra_opts, keep_newer, mode } = given;
  const zip = src.endsWith('.zip');
  const owners = givenOwners(given);
  const receive = archive ? sh`t=$(mktemp) && trap 'rm -f "$t"' EXIT && cat >"$t" && ` : sh`t=${pathWord(src)} && `;
  const run = zip
    ? sh`unzip -q ${keep_newer ? sh`-u ` : nothing}-o ${extra_opts} "$t" ${include} ${exclude.length === 0 ? nothing : sh`-x ${exclude} `}-d "$d"`
    : sh`tar -xf "$t" -C "$d" ${keep_newer ? sh`--keep-newer-files ` : nothing}${exclude.map((pattern) => sh`--exclude=${pattern} `)}${[...extra_opts, ...include]}`;
  const list = zip ? sh`unzip -Z1 "$t"` : sh`tar -tf "$t"`;
  const each = (tool: Command): Command => sh` && ( cd "$d" && ${list} | xargs -d '\\n' ${tool} -- )`;
  const attributes = sh`${owners === undefined ? nothing : each(sh`chown -h ${owners}`)}${mode === undefined ? nothing : each(sh`chmod ${typeof mode === 'number' ? octal(mode) : mode}`)}`;
  const command = sh`d=${pathWord(joinPath(dest, ''))} && ${receive}${run}${attributes}`;
  return archive ? command.withInput(archive.input) : command;
}
