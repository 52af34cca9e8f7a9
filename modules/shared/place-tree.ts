/** The plan of a directory with its files, and the way back. */
import { PreconditionError } from '../../src/errors.ts';
import type { Change, JointWriter } from '../../src/module.ts';
import { joinCommands, nothing, sh, type Command } from '../../src/shell.ts';
import type { FileState, LocatedFile } from '../facts/file.ts';
import type { Tree, TreePaths } from '../facts/tree.ts';
import { affects, affectsFrom } from './affects.ts';
import { attributeChanges, everyBit, modeOfNew, type Attributes } from './attributes.ts';
import { removeDirectories } from './directories.ts';
import { chunksOf, groupBy } from './group.ts';
import { keepIfEdited, stateFolder } from './keep.ts';
import type { Mode } from './mode.ts';
import { joinPath, literalWord, missingAbove, pathWord } from './path.ts';
import { givenOwners, placeFile, type PlaceOptions } from './place-file.ts';
import { stagingIn } from './place-together.ts';
import { removeWritten } from './remove-written.ts';
import { restoreFile, type Content } from './write-file.ts';

/** Their names must fit into the arguments of a program (execve(2)). */
const directoriesAtOnce = 1000;

export interface TreeSource {
  /** Parents first. */
  readonly directories: readonly { readonly relative: string; readonly mode: string }[];
  readonly files: readonly { readonly relative: string; readonly mode: string; readonly content: Content; readonly text?: string }[];
}

export interface TreeOptions extends PlaceOptions {
  readonly directoryMode?: Mode | undefined;
  /** Files keep the mode that they have at the source. */
  readonly preserve?: boolean;
  /** False: files that exist stay as they are. */
  readonly force: boolean;
}

export function pathsOf(source: TreeSource): TreePaths {
  return { directories: source.directories.map(({ relative }) => relative), files: source.files.map(({ relative }) => relative) };
}

/** The changes that make every directory and file of `source` be below the tree's root. What else is there stays. */
export function* placeTree(now: Tree, source: TreeSource, { directoryMode, preserve = false, force, ...options }: TreeOptions): Generator<Change> {
  const { mode: _fileMode, ...owners } = options;
  const directoryAttributes: Attributes = { ...ownersOnly(owners), ...(directoryMode === undefined ? {} : { mode: directoryMode }) };
  yield* unstaged(now);
  if (!now.exists) yield { ...makeDirectory(now.root, directoryAttributes), ...affectsFrom(now.root, now.existing) };
  for (const { relative, mode } of source.directories) {
    const path = joinPath(now.root, relative);
    const state = now.entries[relative];
    const attributes = preserve ? { ...directoryAttributes, mode } : directoryAttributes;
    if (state === undefined) yield makeDirectory(path, attributes);
    else if (state.type !== 'directory' && state.type !== 'link') throw new PreconditionError(`${path} is a ${state.type}`, { expected: 'a directory, or nothing yet' });
    else yield* attributeChanges(path, ownersOnly(owners), state);
  }
  for (const { relative, mode, content, text } of source.files) {
    const state = now.entries[relative];
    if (state !== undefined && !force) continue;
    yield* placeFile(located(now, relative), content, { ...options, ...(preserve ? { mode } : {}), text, within: now.tar ? { root: now.root, relative } : undefined });
  }
}

/** What a run that was killed had not put in place yet goes. */
function* unstaged({ root, staged = [] }: Tree): Generator<Change> {
  for (const directory of staged) {
    const path = stagingIn(directory === '.' ? root : joinPath(root, directory));
    yield { action: 'delete', subject: `directory ${path}`, commands: [sh`rm -rf ${literalWord(path)}`], ...affects(path), why: 'a run that was killed left it' };
  }
}

/** The way back: files and directories that weren't there go, the others get back what they held. */
export function* revertTree(now: Tree, before: Tree): Generator<Change> {
  if (!now.exists && !before.exists) return;
  yield* unstaged(now);
  for (const relative of before.asked.directories) {
    const old = before.entries[relative];
    const path = joinPath(now.root, relative);
    if (old?.type === 'directory' && now.entries[relative] === undefined) yield makeDirectory(path, { mode: old.mode, owner: String(old.uid), group: String(old.gid) });
  }
  for (const relative of before.asked.files) {
    const [state, old] = [now.entries[relative], before.entries[relative]];
    if (state === undefined && old === undefined) continue;
    const path = joinPath(now.root, relative);
    if (old === undefined) {
      yield removeWritten(path, state!);
    } else if (old.type === 'link' && old.target !== undefined) {
      if (state?.type === 'link' && state.target === old.target) continue;
      const aside = state?.type === 'file' ? [keepIfEdited(path)] : [];
      yield { action: 'update', subject: `file ${path}`, commands: [...aside, sh`ln -sfn ${old.target} ${pathWord(path)}`], ...affects(path) };
    } else if (old.type === 'file' && old.sha256 !== undefined && state?.sha256 !== old.sha256) {
      const aside = state?.type === 'file' ? [keepIfEdited(path)] : [];
      yield { action: 'update', subject: `file ${path}`, commands: [...aside, restoreFile(path, old.sha256, stateFolder, restored(old))], ...affects(path) };
    } else if (state !== undefined) yield* attributeChanges(path, { mode: old.mode, owner: String(old.uid), group: String(old.gid) }, state);
  }
  const made = before.asked.directories.filter((relative) => before.entries[relative] === undefined && now.entries[relative] !== undefined);
  const paths = made.map((relative) => joinPath(now.root, relative)).reverse();
  if (!before.exists) paths.push(...missingAbove(now.root, before.existing));
  if (paths.length > 0) yield removeDirectories(paths, literalWord);
}

function makeDirectory(path: string, attributes: Attributes): Change {
  return { action: 'create', subject: `directory ${path}`, to: { state: 'directory' }, commands: [makeDirectoriesCommand([path], attributes, literalWord)], joint: { writer: directoriesWriter, request: { path, attributes } satisfies NewDirectory }, ...affects(path) };
}

interface NewDirectory {
  readonly path: string;
  readonly attributes: Attributes;
}

/** Directories of one mode and owner, in one call of each program. */
const directoriesWriter: JointWriter<NewDirectory> = {
  commands: (directories) => groupBy(directories, ({ attributes }) => JSON.stringify(attributes)).flatMap(([, alike]) => chunksOf(alike, directoriesAtOnce)).map((some) => makeDirectoriesCommand(some.map(({ path }) => path), some[0]!.attributes, literalWord)),
};

/** Makes a directory and those above it; the attributes are for those that `made` names, by default for the last alone. */
export function makeDirectoryCommand(path: string, attributes: Attributes, made: readonly string[] = [path]): Command {
  return makeDirectoriesCommand([path], attributes, pathWord, made);
}

function makeDirectoriesCommand(paths: readonly string[], attributes: Attributes, word: (path: string) => Command, made: readonly string[] = paths): Command {
  const [mode, owners] = [modeOfNew(attributes, 0o777), givenOwners(attributes)];
  // mkdir(1) gives its mode to those it is asked for alone, and before there can be anything in them.
  if (owners === undefined && mode !== undefined && made.length === paths.length) return sh`mkdir -p -m ${everyBit(mode)} ${paths.map(word)}`;
  const words = made.map(word);
  return joinCommands([sh`mkdir -p ${paths.map(word)}`, owners === undefined ? nothing : sh`chown ${owners} ${words}`, mode === undefined ? nothing : sh`chmod ${everyBit(mode)} ${words}`], ' && ');
}

function located(now: Tree, relative: string): LocatedFile {
  const path = joinPath(now.root, relative);
  const parent = path.slice(0, path.lastIndexOf('/')) || '/';
  const state = now.entries[relative];
  return { ...(state === undefined ? { state: 'absent' } : { state: 'present', value: state }), path, existing: parent };
}

function restored(old: FileState): { mode: string; owners: string } {
  return { mode: old.mode, owners: `${old.uid}:${old.gid}` };
}

function ownersOnly({ owner, group }: Attributes): Attributes {
  return { ...(owner === undefined ? {} : { owner }), ...(group === undefined ? {} : { group }) };
}
