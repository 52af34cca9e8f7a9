import { Type, type Static } from 'typebox';
import { defineModule, type Change, type Controller, type Fact } from '../src/module.ts';
import { sh } from '../src/shell.ts';
import { file, noFile, type LocatedFile } from './facts/file.ts';
import { settled } from './facts/settled.ts';
import { noTree, tree, type Tree, type TreePaths } from './facts/tree.ts';
import { affects } from './shared/affects.ts';
import { globToRegExp } from './shared/glob.ts';
import { keep } from './shared/keep.ts';
import { asTheyAre, isLocalDirectory, largeBytes, readLocalFile, readLocalTree, type LocalFile } from './shared/local-file.ts';
import { joinPath, nameOf, pathWord } from './shared/path.ts';
import { diffLimit, fileToRevert, placeFile, revertFile } from './shared/place-file.ts';
import { pathsOf, placeTree, revertTree, type TreeSource } from './shared/place-tree.ts';

/** How rsync and its ssh are to be called: neither is. */
const transferArguments = Object.fromEntries(
  ['compress', 'partial', 'delay_updates', 'dirs', 'set_remote_user', 'use_ssh_args', 'verify_host', 'ssh_connection_multiplexing', 'rsync_path', 'rsync_timeout', 'dest_port', 'private_key'].map(
    (name) => [name, Type.Optional(Type.Unknown({ description: "As in Ansible; files go over ctplay's own connection, so it makes no difference." }))] as const,
  ),
);

const args = Type.Object({
  src: Type.String({ minLength: 1, description: 'A file or directory of the controller. A directory with a trailing slash stands for what is in it.' }),
  dest: Type.String({ minLength: 1, description: 'The path on the host.' }),
  mode: Type.Enum(['push', 'pull'], { default: 'push', description: 'Only `push` is done here; use `fetch` for the other way.' }),
  delete: Type.Boolean({ default: false, description: 'Remove what is in `dest` and not in `src`.' }),
  perms: Type.Boolean({ default: true, description: 'Files get the mode they have on the controller.' }),
  rsync_opts: Type.Array(Type.String(), { default: [], description: 'Of the options of rsync, `--exclude=PATTERN` is understood.' }),
  copy_links: Type.Boolean({ default: true, description: 'Copy what links lead to; they are never copied as links.' }),
  links: Type.Boolean({ default: false, description: 'As in Ansible, and only `false`: links are not copied as links.' }),
  owner: Type.Boolean({ default: false, description: 'As in Ansible, and only `false`: owners are not carried over.' }),
  group: Type.Boolean({ default: false, description: 'As in Ansible, and only `false`: groups are not carried over.' }),
  times: Type.Boolean({ default: false, description: 'As in Ansible; times are not carried over, and make no difference: contents are compared.' }),
  ...transferArguments,
  archive: Type.Boolean({ default: true, description: 'As in Ansible; directories are always copied whole.' }),
  recursive: Type.Boolean({ default: true, description: 'As in Ansible; directories are always copied whole.' }),
  checksum: Type.Boolean({ default: true, description: 'As in Ansible; files are always compared by their digest here.' }),
});
type Inputs = { readonly kind: 'file'; readonly file: LocalFile } | { readonly kind: 'tree'; readonly tree: TreeSource };
interface Facts {
  readonly [name: string]: Fact<unknown>;
  readonly file: Fact<LocatedFile>;
  readonly tree: Fact<Tree>;
}
type Args = Static<typeof args>;

/** A directory of the controller, mirrored on the host. */
export default defineModule<typeof args, Facts, Inputs>({
  summary: 'Mirror a directory of the controller on the host',
  description: 'As `copy`, but keeps modes and can remove what the source does not have. It needs no rsync; only files that differ are sent.',
  args,
  refuses: { existing_only: 'Files that the host does not have are always made; leave them out with `rsync_opts: [--exclude=PATTERN]`.', link_dest: 'Hard links to another copy are not made.' },
  returnValues: { msg: 'what was done, a line for each change', stdout_lines: 'the same as a list', rc: 'as in Ansible: 0', dest: 'the argument' },
  examples: `
- synchronize: {src: site/, dest: /srv/www, delete: true}
`,
  *validate({ mode, rsync_opts, copy_links, ...kept }) {
    for (const name of ['links', 'owner', 'group'] as const) {
      if (kept[name]) yield { path: [name], message: `synchronize does not carry ${name === 'links' ? 'links' : `the ${name}`} over`, hint: `Set ${name === 'links' ? 'them' : 'it'} with a task of \`file\` afterwards.` };
    }
    if (!copy_links) yield { path: ['copy_links'], message: 'links are not copied as links', hint: 'Make them on the host with `file: {state: link}`.' };
    if (mode === 'pull') yield { path: ['mode'], message: 'synchronize does not pull', hint: 'Use fetch to copy files of the host to the controller.' };
    const other = rsync_opts.find((option) => !option.startsWith('--exclude='));
    if (other !== undefined) yield { path: ['rsync_opts'], message: `the option ${other} of rsync is not understood`, hint: '--exclude=PATTERN is.' };
  },
  subject: ({ dest }) => `mirror ${dest}`,
  prepare: readSource,
  // Everything is looked at only where something may have to go: `dest` may be large.
  facts({ src, dest, delete: mirrors }, inputs) {
    if (inputs.kind === 'tree') return { file: settled(noFile), tree: tree(src.endsWith('/') ? dest : joinPath(dest, nameOf(src)), mirrors ? { everything: true } : { paths: pathsOf(inputs.tree) }) };
    return { file: file(dest.endsWith('/') ? joinPath(dest, nameOf(src)) : dest, { inside: nameOf(src), digest: true, content: { limit: diffLimit, unless: inputs.file.sha256 }, ...(inputs.file.size > largeBytes ? { large: true } : {}) }), tree: settled(noTree) };
  },
  *plan(given, now, inputs) {
    if (inputs.kind === 'file') yield* placeFile(now.file, inputs.file, { ...(given.perms ? { mode: inputs.file.mode } : {}), text: inputs.file.text });
    else {
      yield* placeTree(now.tree, inputs.tree, { preserve: given.perms, force: true });
      if (given.delete) yield* removals(now.tree, inputs.tree, excluded(given));
    }
  },
  revertFacts: (given, before) => ({
    file: fileToRevert(before.file),
    tree: before.tree.root === '' ? settled(noTree) : tree(before.tree.root, given.delete ? { everything: true } : { paths: before.tree.asked }),
  }),
  *revert(given, now, before) {
    if (before.file.path !== '') yield* revertFile(now.file, before.file);
    // With `delete`, all that is there now and wasn't before is taken for the mirror's.
    if (before.tree.root !== '') yield* revertTree(now.tree, given.delete ? { ...before.tree, asked: allPaths(now.tree, before.tree) } : before.tree);
  },
  returns: ({ dest }, { changes }) => ({ dest, msg: changes.map((change) => `${change.action} ${change.subject}\n`).join(''), rc: 0, stdout_lines: changes.map((change) => change.subject) }),
});

function excluded({ rsync_opts }: Args): (relative: string) => boolean {
  const patterns = rsync_opts.filter((option) => option.startsWith('--exclude=')).map((option) => globToRegExp(option.slice(10).replace(/^\/|\/$/g, '')));
  return (relative) => relative.split('/').some((_part, index, parts) => patterns.some((pattern) => pattern.test(parts[index]!) || pattern.test(parts.slice(0, index + 1).join('/'))));
}

async function readSource(given: Args, controller: Controller): Promise<Inputs> {
  const path = controller.findFile('files', given.src);
  if (!isLocalDirectory(path)) return { kind: 'file', file: await readLocalFile(path, asTheyAre(controller)) };
  const { directories, files } = await readLocalTree(path, asTheyAre(controller));
  const skip = excluded(given);
  return { kind: 'tree', tree: { directories: directories.filter(({ relative }) => !skip(relative)), files: files.filter(({ relative }) => !skip(relative)) } };
}

function allPaths(...trees: readonly Tree[]): TreePaths {
  const entries = Object.entries(Object.assign({}, ...trees.map(({ entries: some }) => some)) as Tree['entries']);
  const ofType = (type: string): string[] => entries.filter(([, state]) => state.type === type).map(([path]) => path).sort();
  return { directories: ofType('directory'), files: ofType('file') };
}

function* removals(now: Tree, source: TreeSource, skip: (relative: string) => boolean): Generator<Change> {
  const wanted = new Set([...source.directories, ...source.files].map(({ relative }) => relative));
  const superfluous = Object.keys(now.entries).filter((relative) => !wanted.has(relative) && !skip(relative)).sort();
  const roots = superfluous.filter((relative) => !superfluous.some((other) => relative.startsWith(`${other}/`)));
  for (const relative of roots) {
    const path = joinPath(now.root, relative);
    const kept = superfluous.filter((other) => other === relative || other.startsWith(`${relative}/`)).flatMap((other) => {
      const state = now.entries[other]!;
      return state.type === 'file' && state.sha256 !== undefined ? [keep(joinPath(now.root, other), state.sha256, undefined)] : [];
    });
    yield { action: 'delete', subject: `${now.entries[relative]!.type} ${path}`, commands: [...kept, sh`rm -rf ${pathWord(path)}`], ...affects(path) };
  }
}
