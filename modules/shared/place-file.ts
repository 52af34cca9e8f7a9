/** The plan of a single file with given content, and the way back; shared by all modules that write whole files. */
import { PreconditionError } from '../../src/errors.ts';
import type { Change, Fact, Reading } from '../../src/module.ts';
import { sh, type Command } from '../../src/shell.ts';
import { file, noFile, type FileState, type LocatedFile } from '../facts/file.ts';
import { settled } from '../facts/settled.ts';
import { affects, affectsFiles } from './affects.ts';
import { attributeChanges, modeOfNew, modeToSet, ownersToSet, type Attributes } from './attributes.ts';
import { removeMade } from './directories.ts';
import { keep, keepEdited, stateFolder } from './keep.ts';
import { nameOf, parentOf, pathWord } from './path.ts';
import { filesWriter, type Placement } from './place-together.ts';
import { restoreFile, writeFile, type Content } from './write-file.ts';

/** Contents up to this many bytes are shown as diffs. */
export const diffLimit = 32 * 1024;

export interface PlaceOptions extends Attributes {
  /** The new content as text, where it can be shown as a diff. */
  readonly text?: string | undefined;
  readonly backup?: boolean | undefined;
  readonly validate?: string | undefined;
  readonly unsafe?: boolean | undefined;
  readonly why?: string;
  /** Where it is one file of a tree that can be placed together with others: the tree's directory, and the path below it. */
  readonly within?: { readonly root: string; readonly relative: string } | undefined;
}

/** The changes that make `located` a regular file with this content and these attributes. Throws PreconditionError where it can't be. */
export function* placeFile(located: LocatedFile, content: Content, options: PlaceOptions): Generator<Change> {
  const { path } = located;
  const state = known(located);
  if (state !== undefined && (state.type === 'directory' || (state.type !== 'link' && state.type !== 'file'))) {
    throw new PreconditionError(`${path} is a ${state.type}`, { expected: 'a regular file, or nothing yet', hint: 'Remove it first, or choose another path.' });
  }
  if (state === undefined) requireParent(located);
  if (state?.type === 'file' && state.sha256 === undefined) unreadable(path);
  if (state !== undefined && state.sha256 === content.sha256) {
    yield* attributeChanges(path, options, state);
    return;
  }
  const old = state?.type === 'file' ? state : undefined;
  const newOwners = old ? ownersToSet(options, old) : givenOwners(options);
  const sameOwners = old !== undefined && newOwners === undefined;
  const owners = sameOwners ? `${old.uid}:${old.gid}` : newOwners;
  const mode = old ? (modeToSet(options, old) ?? old.mode) : modeOfNew(options, 0o666);
  const shown = options.text !== undefined && (old === undefined || old.content?.isText === true);
  const backup = options.backup && state !== undefined ? timestampedCopy(path) : undefined;
  yield {
    action: state === undefined ? 'create' : state.type === 'link' ? 'replace' : 'update',
    subject: `file ${path}`,
    ...(state === undefined ? {} : { from: summary(state) }),
    to: { ...(old ? summary(old) : {}), sha256: content.sha256, ...(mode === undefined ? {} : { mode }), ...(newOwners === undefined ? {} : { owner: newOwners }) },
    ...(shown ? { text: { label: path, from: old?.content?.text ?? '', to: options.text! } } : {}),
    commands: [
      ...(backup === undefined ? [] : [backup]),
      writeFile(path, content, { mode, owners, sameOwners, validate: options.validate, unsafe: options.unsafe, first: keep(path, old?.sha256, content.sha256) }),
    ],
    ...(options.within && 'input' in content && options.validate === undefined && options.unsafe !== true
      ? { joint: { writer: filesWriter, request: { ...options.within, sha256: content.sha256, input: content.input, mode, owners, before: old?.sha256, backup } satisfies Placement } }
      : {}),
    ...(options.text === undefined ? {} : { typed: typedFile(path, options.text, old ? modeToSet(options, old) : mode, newOwners) }),
    ...affectsFiles(path),
    ...(options.why === undefined ? {} : { why: options.why }),
  };
}

function typedFile(path: string, text: string, mode: string | undefined, owners: string | undefined): Command[] {
  return [sh`printf %s ${text} >${pathWord(path)}`, ...(mode === undefined ? [] : [sh`chmod ${mode} ${pathWord(path)}`]), ...(owners === undefined ? [] : [sh`chown ${owners} ${pathWord(path)}`])];
}

/** What reset must know of a path for `revertFile`. */
export function fileToRevert(before: LocatedFile): Fact<LocatedFile> {
  if (before.path === '') return settled(noFile);
  return file(before.path, { kept: before.state === 'present' ? (before.value.sha256 ?? '') : '' });
}

/** The way back to what a path was before. What a person changed since is kept aside. Plans nothing where that is so already. */
export function* revertFile(now: LocatedFile, before: LocatedFile): Generator<Change> {
  const path = before.path;
  const [state, old] = [now.state === 'present' ? now.value : undefined, before.state === 'present' ? before.value : undefined];
  if (before.state === 'unavailable' || now.state === 'unavailable' || state?.type === 'directory') return;
  if (old?.type === 'directory') return;
  const aside = state?.type === 'file' && state.sha256 !== undefined && now.written === false ? [keepEdited(path, state.sha256)] : [];
  const why = aside.length > 0 ? 'it was edited since; the edit is kept in the folder edited of ctplay' : 'as it was before ctplay';
  if (old === undefined) {
    if (state !== undefined) yield { action: 'delete', subject: `file ${path}`, from: summary(state), commands: [...aside, sh`rm -f ${pathWord(path)}`], ...affects(path), why };
    yield* removeMade(parentOf(path), before.existing, now.existing);
    return;
  }
  if (old.type === 'link') {
    if (state?.type === 'link' && state.target === old.target) return;
    yield { ...restoring(path, state, old, why), commands: [...aside, sh`ln -sfn ${old.target ?? ''} ${pathWord(path)}`] };
    return;
  }
  if (old.type !== 'file' || old.sha256 === undefined) return;
  if (state?.type === 'file' && state.sha256 === old.sha256) {
    yield* attributeChanges(path, { mode: old.mode, owner: String(old.uid), group: String(old.gid) }, state);
    return;
  }
  if (!now.kept) {
    throw new PreconditionError(`what ${path} held before is no longer kept on the host`, { expected: `backup/${old.sha256} in /var/lib/ctplay`, hint: 'Put the old content back by hand.' });
  }
  if (now.existing !== parentOf(path) && state === undefined) requireParent(now);
  yield { ...restoring(path, state, old, why), commands: [...aside, restoreFile(path, old.sha256, stateFolder, { mode: old.mode, owners: `${old.uid}:${old.gid}` })] };
}

/** The state of a path that must be known to plan: undefined when nothing is there. Throws where the host won't say. */
export function known<T>(located: Reading<T> & { readonly path: string }): T | undefined {
  if (located.state === 'unavailable') {
    const hint = located.reason === 'denied' ? 'Use become.' : undefined;
    throw new PreconditionError(`${located.path} cannot be read`, { found: located.detail, hint });
  }
  return located.state === 'present' ? located.value : undefined;
}

/** Throws unless the directory that a new path goes into is there. */
export function requireParent(located: LocatedFile): void {
  const parent = parentOf(located.path);
  if (located.existing === parent) return;
  throw new PreconditionError(`the directory ${parent} does not exist`, {
    expected: `a directory for ${nameOf(located.path)}`,
    hint: `Make it first: file: {path: ${parent}, state: directory}.`,
  });
}

export function unreadable(path: string): never {
  throw new PreconditionError(`${path} cannot be read`, { hint: 'Use become.' });
}

/** `owner:group` for chown(1) of something new; undefined when neither is given. */
export function givenOwners({ owner, group }: Attributes): string | undefined {
  return owner === undefined && group === undefined ? undefined : `${owner ?? ''}${group === undefined ? '' : `:${group}`}`;
}

/** A copy beside the file as Ansible's `backup` makes it, under a name that nothing has; prints it. */
export function timestampedCopy(path: string): Command {
  return sh`p=${pathWord(path)}; n=$$; d=$(date +%Y-%m-%d@%H:%M:%S); while b="$p.$n.$d~"; [ -e "$b" ]; do n=$((n + 1)); done; cp -p "$p" "$b" && echo "backup_file=$b"`;
}

/** What there is to say of a file in `from → to`. */
export function summary(state: FileState): Record<string, unknown> {
  if (state.type === 'link') return { link: state.target };
  return { ...(state.type === 'file' ? {} : { type: state.type }), ...(state.sha256 === undefined ? {} : { sha256: state.sha256 }), mode: state.mode, owner: `${state.owner}:${state.group}` };
}

function restoring(path: string, state: FileState | undefined, old: FileState, why: string): Omit<Change, 'commands'> {
  return { action: state === undefined ? 'create' : 'update', subject: `file ${path}`, ...(state === undefined ? {} : { from: summary(state) }), to: summary(old), ...affects(path), why };
}

