import { Type, type Static } from 'typebox';
import { CtplayError, PreconditionError } from '../src/errors.ts';
import { defineModule, type Change, type Controller, type Fact, type Values } from '../src/module.ts';
import { file, noFile, type FileQuestion, type LocatedFile } from './facts/file.ts';
import { settled } from './facts/settled.ts';
import { noTree, tree, type Tree } from './facts/tree.ts';
import { dumpJson } from '../src/template/python/json.ts';
import { affectsFrom } from './shared/affects.ts';
import { attributeArguments, attributeProblems, type Attributes } from './shared/attributes.ts';
import { backupReturn, backupReturnValue, fileReturns, fileReturnValues } from './shared/file-returns.ts';
import { asTheyAre, inlineContent, isLocalDirectory, largeBytes, readLocalFile, readLocalTree, type LocalFile } from './shared/local-file.ts';
import { modeProblem, type Mode } from './shared/mode.ts';
import { joinPath, nameOf, parentOf } from './shared/path.ts';
import { diffLimit, fileToRevert, known, placeFile, revertFile, unreadable } from './shared/place-file.ts';
import { makeDirectoryCommand, pathsOf, placeTree, revertTree, type TreeOptions, type TreeSource } from './shared/place-tree.ts';
import { fileRefusals } from './shared/refusals.ts';
import type { Content } from './shared/write-file.ts';

const args = Type.Object({
  src: Type.Optional(Type.String({ minLength: 1, description: 'A file or directory of the controller, searched beside the playbook and in `files/`; with `remote_src` a path of the host. A directory with a trailing slash stands for what is in it.' })),
  content: Type.Optional(Type.Unsafe<unknown>({ unrecorded: true, description: 'What the file should hold, instead of `src`. Lists and maps are written as JSON.' })),
  dest: Type.String({ minLength: 1, description: 'The path on the host. A trailing slash, or an existing directory, means: in there, under the name of `src`.' }),
  remote_src: Type.Boolean({ default: false, description: '`src` is a path of the host.' }),
  ...attributeArguments,
  directory_mode: Type.Optional(Type.Unsafe<Mode>({ type: ['string', 'integer'], description: 'Permission bits of directories that are made when a directory is copied.' })),
  force: Type.Boolean({ default: true, description: 'Replace a file that differs; `false` writes only where there is none.' }),
  backup: Type.Boolean({ default: false, description: 'Leave a copy of what is replaced beside it, with the time in its name.' }),
  follow: Type.Boolean({ default: false, description: 'Where `dest` is a link, write what it leads to instead of replacing it.' }),
  validate: Type.Optional(Type.String({ pattern: '%s', description: 'A command that must succeed before the file takes its place; `%s` stands for the new file.' })),
  checksum: Type.Optional(Type.String({ description: 'The SHA-1 that `src` must have.' })),
  local_follow: Type.Boolean({ default: true, description: 'Copy what links of the controller lead to; they are never copied as links.' }),
  decrypt: Type.Boolean({ default: true, description: 'Write what is in `src` where that is an Ansible vault; `false` copies the vault itself.' }),
  unsafe_writes: Type.Boolean({ default: false, description: 'Write over the file where it cannot be replaced at once, as in some container mounts.' }),
});
type Args = Static<typeof args>;
type Inputs =
  | { readonly kind: 'file'; readonly file: Omit<LocalFile, 'path'> }
  | { readonly kind: 'tree'; readonly tree: TreeSource }
  | { readonly kind: 'remote' };

interface Facts {
  readonly [name: string]: Fact<unknown>;
  readonly target: Fact<LocatedFile>;
  readonly tree: Fact<Tree>;
  readonly source: Fact<LocatedFile>;
  readonly sourceTree: Fact<Tree>;
}

/** Files and directories, from the controller or within the host. */
export default defineModule<typeof args, Facts, Inputs>({
  summary: 'Copy files to the host, or write given content',
  description:
    'A file is replaced at once or not at all: the new content is written beside it, given its mode and owner, and renamed. What was there before is kept in `/var/lib/ctplay/backup` so that `ctplay reset` can put it back.',
  args,
  refuses: fileRefusals,
  returnValues: { ...fileReturnValues('dest'), src: 'the argument', checksum: 'the SHA-1 of the content', md5sum: 'the MD5 of the content, when it was written', ...backupReturnValue },
  examples: `
- copy:
    src: motd
    dest: /etc/motd
    mode: '0644'
- copy:
    content: "nameserver 10.0.0.1\\n"
    dest: /etc/resolv.conf
- copy: {src: site/, dest: /srv/www, owner: www-data}
`,
  *validate({ src, content, remote_src, dest, mode, directory_mode, local_follow }) {
    if (src === undefined && content === undefined) yield { path: [], message: 'copy needs src or content', hint: 'src copies a file, content writes a text.' };
    if (!local_follow) yield { path: ['local_follow'], message: 'links of the controller are not copied as links', hint: 'Make them on the host with `file: {state: link}`.' };
    if (src !== undefined && content !== undefined) yield { path: ['content'], message: 'src and content exclude each other' };
    if (content !== undefined && remote_src) yield { path: ['remote_src'], message: 'remote_src goes with src, not with content' };
    if (content !== undefined && dest.endsWith('/')) yield { path: ['dest'], message: 'content needs the name of a file as dest, not of a directory' };
    if (mode !== undefined && mode !== 'preserve') yield* attributeProblems({ mode });
    const problem = directory_mode === undefined ? undefined : modeProblem(directory_mode, ['directory_mode']);
    if (problem) yield problem;
  },
  brief: true,
  subject: ({ dest }) => `file ${dest}`,
  prepare: readSource,
  facts({ src = '', dest, follow, remote_src, content }, inputs) {
    const root = src.endsWith('/') ? dest : joinPath(dest, nameOf(src));
    const unused = { target: settled(noFile), tree: settled(noTree), source: settled(noFile), sourceTree: settled(noTree) };
    const ask = { follow, digest: true, content: { limit: diffLimit } };
    if (remote_src) {
      return {
        source: file(src, { follow: true, digest: true, content: { limit: diffLimit } }),
        target: locate(dest, nameOf(src), ask),
        sourceTree: tree(src, { everything: true }),
        tree: tree(root, { like: src }),
      };
    }
    if (inputs.kind === 'tree') return { ...unused, tree: tree(root, { paths: pathsOf(inputs.tree) }) };
    if (inputs.kind !== 'file') return unused;
    const question = { ...ask, content: { limit: diffLimit, unless: inputs.file.sha256 }, ...(inputs.file.size > largeBytes ? { large: true } : {}) };
    return { ...unused, target: content === undefined ? locate(dest, inputs.file.name, question) : file(dest, question) };
  },
  *plan(given, now, inputs) {
    if (inputs.kind === 'remote') yield* planWithinHost(given, now);
    else if (inputs.kind === 'tree') yield* placeTree(now.tree, inputs.tree, treeOptions(given));
    else yield* planFile(given, now.target, { ...inputs.file, content: inputs.file });
  },
  revertFacts: (_given, before) => ({
    target: fileToRevert(before.target),
    tree: before.tree.root === '' ? settled(noTree) : tree(before.tree.root, { paths: before.tree.asked }),
    source: settled(noFile),
    sourceTree: settled(noTree),
  }),
  *revert(_given, now, before) {
    if (before.tree.asked.files.length + before.tree.asked.directories.length > 0) {
      yield* revertTree(now.tree, before.tree);
      return;
    }
    if (before.target.path === '') return;
    yield* revertFile(now.target, before.target);
  },
  returns({ src }, { now, results, changes }, inputs) {
    const source = src === undefined ? {} : { src };
    if (inputs.kind === 'tree') return { dest: now.tree.root, ...source };
    const checksum = inputs.kind === 'file' ? { checksum: inputs.file.sha1, ...(changes.length > 0 && inputs.file.md5 !== undefined ? { md5sum: inputs.file.md5 } : {}) } : {};
    return { ...fileReturns(now.target, 'dest'), ...(changes.length === 0 ? { path: now.target.path } : {}), ...source, ...checksum, ...(changes.length > 0 ? backupReturn(results) : {}) };
  },
});

async function readSource({ src, content, remote_src, checksum, decrypt }: Args, controller: Controller): Promise<Inputs> {
  if (remote_src) return { kind: 'remote' };
  if (src === undefined) {
    const bytes = Buffer.from(contentText(content));
    return { kind: 'file', file: { name: '', size: bytes.length, mode: '0644', ...inlineContent(bytes) } };
  }
  const path = controller.findFile('files', src);
  const reader = decrypt ? controller : asTheyAre(controller);
  if (isLocalDirectory(path)) return { kind: 'tree', tree: await readLocalTree(path, reader) };
  const found = await readLocalFile(path, reader);
  if (checksum !== undefined && checksum !== found.sha1) {
    throw new CtplayError('args.value', `${path} does not have the checksum asked for`, { expected: checksum, found: found.sha1 });
  }
  return { kind: 'file', file: found };
}

function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (typeof content === 'boolean') return content ? 'True' : 'False';
  return typeof content === 'object' && content !== null ? dumpJson(content) : String(content ?? '');
}

/** A destination that may be a directory to put the file `name` into. */
function locate(dest: string, name: string, question: FileQuestion): Fact<LocatedFile> {
  return dest.endsWith('/') ? file(joinPath(dest, name), question) : file(dest, { ...question, inside: name });
}

interface Source {
  readonly content: Content;
  readonly mode: string;
  readonly text?: string | undefined;
}

function* planFile(given: Args, target: LocatedFile, { content, mode, text }: Source): Generator<Change> {
  if (known(target) !== undefined && !given.force) return;
  const attributes = given.mode === 'preserve' ? { ...given, mode } : given;
  let place = target;
  if (target.existing !== parentOf(target.path) && given.dest.endsWith('/')) {
    const parent = parentOf(target.path);
    yield { action: 'create', subject: `directory ${parent}`, to: { state: 'directory' }, commands: [makeDirectoryCommand(parent, directoryAttributes(given))], ...affectsFrom(parent, target.existing) };
    place = { ...target, existing: parent };
  }
  yield* placeFile(place, content, { ...attributes, text, unsafe: given.unsafe_writes });
}

function* planWithinHost(given: Args, { source, sourceTree, target, tree: targetTree }: Values<Facts>): Generator<Change> {
  const state = known(source);
  if (state === undefined) throw new PreconditionError(`${source.path} does not exist on the host`, { hint: 'remote_src: true looks for src on the host, not on the controller.' });
  if (state.type === 'directory') {
    const entries = Object.entries(sourceTree.entries);
    const directories = entries.filter(([, entry]) => entry.type === 'directory').map(([relative, { mode }]) => ({ relative, mode }));
    const files = entries
      .filter(([, entry]) => entry.type === 'file')
      .map(([relative, { mode, sha256 }]) => ({ relative, mode, content: { sha256: sha256 ?? unreadable(relative), remotePath: joinPath(source.path, relative) } }));
    yield* placeTree(targetTree, { directories: directories.sort((a, b) => (a.relative < b.relative ? -1 : 1)), files }, treeOptions(given));
    return;
  }
  const content = { sha256: state.sha256 ?? unreadable(source.path), remotePath: source.path };
  yield* planFile(given, target, { content, mode: state.mode, text: state.content?.isText ? state.content.text : undefined });
}

function treeOptions({ mode, directory_mode, unsafe_writes, owner, group, force, backup, validate }: Args): TreeOptions {
  const owners = { ...(owner === undefined ? {} : { owner }), ...(group === undefined ? {} : { group }) };
  const preserve = mode === 'preserve';
  return { ...owners, ...(mode === undefined || preserve ? {} : { mode }), preserve, directoryMode: directory_mode, force, backup, validate, unsafe: unsafe_writes };
}

function directoryAttributes({ directory_mode, owner, group }: Args): Attributes {
  return { ...(owner === undefined ? {} : { owner }), ...(group === undefined ? {} : { group }), ...(directory_mode === undefined ? {} : { mode: directory_mode }) };
}
