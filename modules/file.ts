import { Type, type Static } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule, type Change, type Fact } from '../src/module.ts';
import { sh } from '../src/shell.ts';
import { attributesOf, deviations, type Deviations } from './facts/deviations.ts';
import { file, noFile, presence, type FileState, type LocatedFile, type Presence } from './facts/file.ts';
import { settled } from './facts/settled.ts';
import { affects, affectsFiles, affectsFrom } from './shared/affects.ts';
import { attributeArguments, attributeChanges, attributeProblems, everyBit, modeOfNew } from './shared/attributes.ts';
import { removeMade } from './shared/directories.ts';
import { fileReturns, fileReturnValues } from './shared/file-returns.ts';
import { keep } from './shared/keep.ts';
import { octal, resolveMode, type Mode } from './shared/mode.ts';
import { joinPath, missingAbove, parentOf, pathWord } from './shared/path.ts';
import { fileToRevert, givenOwners, known, requireParent, revertFile, summary } from './shared/place-file.ts';
import { makeDirectoryCommand } from './shared/place-tree.ts';
import { each, fileRefusals } from './shared/refusals.ts';

const args = Type.Object({
  path: Type.String({ minLength: 1, aliases: ['dest', 'name'], description: 'The path on the host.' }),
  state: Type.Optional(
    Type.Enum(['file', 'directory', 'touch', 'link', 'hard', 'absent'], {
      description:
        'What the path should be. `file` changes attributes only; `touch` makes an empty file, or sets its times; `absent` removes it with all that is in it. Left out: what it is, or a directory with `recurse`.',
    }),
  ),
  src: Type.Optional(Type.String({ minLength: 1, description: 'What a link leads to, as it will be written into it; for `hard` the existing file.' })),
  ...attributeArguments,
  recurse: Type.Boolean({ default: false, description: 'Give mode and owner to everything in the directory, too.' }),
  force: Type.Boolean({ default: false, description: 'Put a link in the place of a file or an empty directory, or make one that leads nowhere yet.' }),
  follow: Type.Boolean({ default: true, description: 'Attributes are for what a link leads to, not for the link.' }),
  access_time: Type.Optional(Type.String({ description: 'For `touch`: `preserve`, `now`, or YYYYMMDDhhmm.ss.' })),
  modification_time: Type.Optional(Type.String({ description: 'For `touch`: `preserve`, `now`, or YYYYMMDDhhmm.ss.' })),
  unsafe_writes: Type.Boolean({ default: false, description: 'As in Ansible; no content is written here, so it makes no difference.' }),
});
type Args = Static<typeof args>;

/** Files, directories and links: that they are there, and whose they are. */
export default defineModule({
  summary: 'Make or remove files, directories and links, and set their mode and owner',
  description:
    'The content of files is for `copy` and `template`. `ctplay reset` removes the directories that were made as far as they are empty, and brings back files and links that were removed, but not directories that were removed with what was in them.',
  args,
  refuses: { ...fileRefusals, ...each(['access_time_format', 'modification_time_format'], 'Write the time as YYYYMMDDhhmm.ss, or convert it with the filter `strftime`.') },
  returnValues: { ...fileReturnValues('path'), dest: 'the same as `path`', src: 'what a link leads to, as asked for' },
  examples: `
- file: {path: /srv/lab, state: directory, mode: '0755'}
- file:
    path: /etc/resolv.conf
    state: link
    src: ../run/systemd/resolve/stub-resolv.conf
    force: true
- file: {path: /tmp/old, state: absent}
`,
  *validate({ path, state, src, recurse, mode, access_time, modification_time }) {
    if (mode !== undefined) yield* attributeProblems({ mode });
    if ((state === 'link' || state === 'hard') && src === undefined) yield { path: ['src'], message: `state: ${state} needs src`, hint: 'src is what the link leads to, path the link itself.' };
    if (src !== undefined && state !== undefined && state !== 'link' && state !== 'hard') yield { path: ['src'], message: 'src goes with state: link or hard' };
    if (recurse && state !== undefined && state !== 'directory') yield { path: ['recurse'], message: 'recurse goes with state: directory' };
    if (state === 'absent' && /^\/+\.?$/.test(path)) yield { path: ['path'], message: 'the root directory cannot be removed' };
    for (const [name, time] of Object.entries({ access_time, modification_time })) {
      if (time !== undefined && !/^(preserve|now|\d{12}(\.\d{2})?)$/.test(time)) yield { path: [name], message: `'${time}' is no time`, hint: 'Write preserve, now, or YYYYMMDDhhmm.ss.' };
    }
  },
  brief: true,
  subject: ({ path }) => `file ${path}`,
  facts({ path, state, src, recurse, follow, ...attributes }) {
    const source: Fact<Presence> = src === undefined ? settled(noFile) : state === 'hard' ? file(src, { follow: true }) : presence(/^[/~]/.test(src) ? src : joinPath(parentOf(path), src));
    return {
      path: file(path, { follow: follow && ['file', 'directory', undefined].includes(state), digest: 'own' }),
      source,
      deviations: recurse ? deviations(path, attributes) : settled<Deviations>({ found: [], more: false }),
    };
  },
  *plan(given, { path: located, source, deviations: below }) {
    const state = known(located);
    switch (given.state ?? (given.recurse ? 'directory' : 'file')) {
      case 'absent':
        if (state !== undefined) yield removal(located.path, state);
        return;
      case 'directory':
        yield* planDirectory(given, located, state);
        yield* planBelow(given, located.path, below);
        return;
      case 'touch':
        yield* planTouch(given, located, state);
        return;
      case 'link':
      case 'hard':
        yield* planLink(given, located, state, source);
        return;
      case 'file':
        if (state === undefined) throw new PreconditionError(`${located.path} does not exist`, { hint: 'state: touch makes an empty file, copy writes one with content, state: directory a directory.' });
        if (given.state === 'file' && state.type === 'directory') throw new PreconditionError(`${located.path} is a directory`, { expected: 'a file', hint: 'Use state: directory.' });
        yield* attributeChanges(located.path, given, state, { follow: given.follow });
    }
  },
  revertFacts: (_given, before) => ({
    path: fileToRevert(before.path),
    source: settled(noFile),
    deviations: before.deviations.found.length === 0 ? settled<Deviations>({ found: [], more: false }) : attributesOf(before.deviations.found.map(({ path }) => path)),
  }),
  *revert(given, { path: now, deviations: current }, { path: before, deviations: below }) {
    for (const { path, mode, uid, gid } of below.found) {
      const is = current.found.find((one) => one.path === path);
      if (is === undefined || (is.mode === mode && is.uid === uid && is.gid === gid)) continue;
      const word = pathWord(path);
      yield { action: 'update', subject: `file ${path}`, from: { mode: is.mode, owner: `${is.uid}:${is.gid}` }, to: { mode, owner: `${uid}:${gid}` }, commands: [sh`chown ${`${uid}:${gid}`} ${word} && chmod ${everyBit(mode)} ${word}`], ...affects(path) };
    }
    const state = now.state === 'present' ? now.value : undefined;
    if (before.state === 'absent' && (given.state === 'directory' || given.recurse)) {
      yield* removeMade(before.path, before.existing, now.existing);
    } else if (before.state === 'present' && before.value.type === 'directory') {
      const { mode, uid, gid } = before.value;
      if (state !== undefined) yield* attributeChanges(before.path, { mode, owner: String(uid), group: String(gid) }, state);
    } else yield* revertFile(now, before);
  },
  returns: ({ path, src }, { now }) => ({ ...fileReturns(now.path), dest: path, path, ...(src === undefined ? {} : { src }) }),
});

function* planDirectory(given: Args, { path, existing }: LocatedFile, state: FileState | undefined): Generator<Change> {
  if (state === undefined) {
    const [mode, owner] = [modeOfNew(given, 0o777), givenOwners(given)];
    const to = { type: 'directory', ...(mode === undefined ? {} : { mode }), ...(owner === undefined ? {} : { owner }) };
    const made = missingAbove(path, existing);
    const above = made.slice(1);
    const why = above.length > 0 ? `${above.at(-1)} is missing, too` : undefined;
    yield { action: 'create', subject: `directory ${path}`, to, commands: [makeDirectoryCommand(path, given, made)], ...affectsFrom(path, existing), ...(why === undefined ? {} : { why }) };
  } else if (state.type !== 'directory') {
    throw new PreconditionError(`${path} is a ${state.type}`, { expected: 'a directory, or nothing yet', hint: 'Remove it first with state: absent.' });
  } else yield* attributeChanges(path, given, state);
}

function* planBelow(given: Args, path: string, { found, more, problem }: Deviations): Generator<Change> {
  if (problem !== undefined) throw new PreconditionError(`what is in ${path} cannot be read`, { found: problem });
  if (found.length === 0) return;
  const owners = givenOwners(given);
  const word = pathWord(path);
  yield {
    action: 'update',
    subject: `all in ${path}`,
    from: `${found.length}${more ? ' or more' : ''} with other attributes, such as ${found[0]!.path} (${found[0]!.mode} ${found[0]!.uid}:${found[0]!.gid})`,
    to: { ...(given.mode === undefined ? {} : { mode: given.mode }), ...(owners === undefined ? {} : { owner: owners }) },
    commands: [
      ...(owners === undefined ? [] : [sh`chown -hR ${owners} ${word}`]),
      ...(given.mode === undefined ? [] : [sh`chmod -R ${recursiveMode(given.mode)} ${word}`]),
    ],
    ...affects(path),
  };
}

/** A mode for all below a directory: a number as such, a symbolic one for chmod(1) to apply to each path. */
function recursiveMode(mode: Mode): string {
  return typeof mode === 'string' && !/^(0o)?[0-7]+$/.test(mode) ? mode : everyBit(octal(resolveMode(mode, 0, true)));
}

function* planTouch(given: Args, located: LocatedFile, state: FileState | undefined): Generator<Change> {
  const { path } = located;
  const word = pathWord(path);
  const [access, modification] = [given.access_time ?? 'now', given.modification_time ?? 'now'];
  const times = [
    ...(access === 'preserve' ? [] : [access === 'now' ? sh`touch -a ${word}` : sh`touch -a -t ${access} ${word}`]),
    ...(modification === 'preserve' ? [] : [modification === 'now' ? sh`touch -m ${word}` : sh`touch -m -t ${modification} ${word}`]),
  ];
  const commands = access === 'now' && modification === 'now' ? [sh`touch ${word}`] : times;
  if (state === undefined) {
    requireParent(located);
    const [mode, owners] = [modeOfNew(given, 0o666), givenOwners(given)];
    const attributes = [...(owners === undefined ? [] : [sh`chown ${owners} ${word}`]), ...(mode === undefined ? [] : [sh`chmod ${mode} ${word}`])];
    const make = access === 'now' && modification === 'now' ? commands : [sh`touch ${word}`, ...commands];
    yield { action: 'create', subject: `file ${path}`, to: { size: 0, ...(mode === undefined ? {} : { mode }) }, commands: [keep(path, undefined, emptySha256), ...make, ...attributes], ...affectsFiles(path) };
    return;
  }
  if (commands.length > 0) yield { action: 'run', subject: `file ${path}: times`, commands, ...affects(path) };
  yield* attributeChanges(path, given, state);
}

const emptySha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

function* planLink(given: Args, located: LocatedFile, state: FileState | undefined, source: Presence): Generator<Change> {
  const { path } = located;
  const src = given.src!;
  const hard = given.state === 'hard';
  const found = known(source);
  if (found === undefined && (hard || !given.force)) {
    throw new PreconditionError(`${source.path}, which ${path} should lead to, does not exist`, { hint: hard ? 'A hard link needs an existing file.' : 'Make it first, or say force: true for a link that leads nowhere yet.' });
  }
  const right = hard ? state?.inode === found?.inode && state?.device === found?.device && state !== undefined : state?.type === 'link' && state.target === src;
  if (!right) {
    if (state === undefined) requireParent(located);
    else if (state.type !== 'link' && !given.force) {
      throw new PreconditionError(`${path} is a ${state.type} already`, { expected: 'a link, or nothing yet', hint: 'force: true puts the link in its place.' });
    }
    const word = pathWord(path);
    const emptied = state?.type === 'directory' ? [sh`rmdir ${word}`] : [];
    const kept = state?.type === 'file' ? [keep(path, state.sha256, undefined)] : [];
    const owners = givenOwners(given);
    yield {
      action: state === undefined ? 'create' : state.type === 'link' ? 'update' : 'replace',
      subject: `link ${path}`,
      ...(state === undefined ? {} : { from: state.type === 'link' ? state.target : summary(state) }),
      to: src,
      commands: [...kept, ...emptied, sh`ln ${hard ? sh`-fT` : sh`-sfT`} ${hard ? pathWord(src) : sh`${src}`} ${word}`, ...(owners === undefined ? [] : [sh`chown -h ${owners} ${word}`])],
      ...(emptied.length > 0 ? affects(path) : affectsFiles(path)),
    };
    return;
  }
  if (state !== undefined) yield* attributeChanges(path, given, state, { follow: false });
}

function removal(path: string, state: FileState): Change {
  const directory = state.type === 'directory';
  const remove = sh`rm ${directory ? sh`-rf` : sh`-f`} ${pathWord(path)}`;
  return {
    action: 'delete',
    subject: `${directory ? 'directory' : 'file'} ${path}`,
    from: summary(state),
    typed: [remove],
    commands: [...(state.type === 'file' && state.sha256 !== undefined ? [keep(path, state.sha256, undefined)] : []), remove],
    ...(directory ? affects(path) : affectsFiles(path)),
  };
}
