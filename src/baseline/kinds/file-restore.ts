/** How files come back: what was added goes, what differs is put back from the contents kept at capture. */
import { sh, type Command } from '../../shell.ts';
import type { Difference, Remainder, Restoration, RestoreContext } from '../kind.ts';
import { printable, sortOut } from './differing.ts';
import { takeNotice } from './file-notice.ts';
import { apart, named, perPath, shown } from './file-paths.ts';
import { archiveOf, keptSize, type FileItem } from './file-read.ts';
import { removal, removing, type Added } from './file-removal.ts';

const stage = 'files';

export function* restoreFiles(differences: readonly Difference<FileItem>[], context: RestoreContext): Generator<Restoration | Remainder> {
  const { added, gone, changed } = sortOut(differences);
  const retyped = changed.filter(({ before, now }) => before.type !== now.type);
  yield* removal([...added, ...retyped.filter(({ now }) => now.type !== 'directory')].map(({ key, now }) => ({ key, now })), context);
  yield* emptied(retyped.filter(({ now }) => now.type === 'directory').map(({ key }) => key));

  const missing = [...gone, ...retyped];
  yield* folders(missing.filter(({ before }) => before.type === 'directory'));
  yield* links([...missing, ...changed.filter(({ before, now }) => before.type === 'link' && now.type === 'link' && (before.target !== now.target || before.owner !== now.owner))].filter(({ before }) => before.type === 'link'));
  const contents = [...missing, ...changed.filter(({ before, now }) => now.type === 'file' && (before.sha256 !== now.sha256 || before.modified !== now.modified))].filter(({ before }) => before.type === 'file');
  const handled = new Set(contents.map(({ key }) => key));
  yield* putBack(contents, context);
  yield* attributes(changed.filter(({ key, before, now }) => before.type === now.type && before.type !== 'link' && !handled.has(key) && (before.mode !== now.mode || before.owner !== now.owner)));
  yield* takeNotice(differences.map(({ key }) => key), context);
}

interface Wanted {
  readonly key: string;
  readonly before: FileItem;
}

/** Folders that stand where files belong; what is in them was added and is gone by now. */
function* emptied(paths: readonly string[]): Generator<Restoration> {
  if (paths.length > 0) yield { stage, keys: [], change: { action: 'delete', subject: named(paths), from: 'folders', commands: [removing([...paths].reverse())] } };
}

function* folders(wanted: readonly Wanted[]): Generator<Restoration> {
  if (wanted.length === 0) return;
  const commands = [perPath(sh`mkdir -p -- "$@"`, wanted.map(({ key }) => key)), ...attributeCommands(wanted)];
  yield { stage, keys: wanted.map(({ key }) => key), change: { action: 'create', subject: named(wanted.map(({ key }) => key)), to: shown(wanted.map(({ key, before }) => [key, before])), commands } };
}

function* links(wanted: readonly (Wanted & Partial<Added>)[]): Generator<Restoration> {
  for (const { key, before, now } of wanted) {
    const owner = before.owner === '0:0' ? [] : [sh`chown -h ${before.owner} -- ${key}`];
    yield { stage, keys: [key], change: { action: now ? 'update' : 'create', subject: `link ${printable(key)}`, ...(now?.target === undefined ? {} : { from: printable(now.target) }), to: printable(before.target ?? ''), commands: [sh`ln -sfn -- ${before.target ?? ''} ${key}`, ...owner] } };
  }
}

function* putBack(wanted: readonly Wanted[], { contents }: RestoreContext): Generator<Restoration | Remainder> {
  for (const { key, before } of wanted) {
    const why = unknown(before) ?? (contents === undefined ? 'what was kept at capture is gone' : undefined);
    if (why !== undefined) yield { key, why };
  }
  if (contents === undefined) return;
  for (const files of apart(wanted.filter(({ before }) => unknown(before) === undefined))) {
    const paths = files.map(({ key }) => key);
    const extract = sh`printf '%s\\0' "$@" | sed -z 's,^/,,' | tar -C / -xzpf ${archiveOf(contents)} --numeric-owner --null --no-unquote -T -`;
    yield { stage, keys: paths, change: { action: 'update', subject: named(paths), to: shown(files.map(({ key, before }) => [key, before])), commands: [perPath(extract, paths)], why: 'the contents were kept at capture' } };
  }
}

/** Why a file's content was not kept; undefined when it was. */
function unknown({ size }: FileItem): string | undefined {
  if (size === undefined) return 'its content is told as users and groups';
  return size > keptSize ? 'it is larger than what a baseline keeps of a file (256 KiB)' : undefined;
}

function* attributes(changed: readonly (Wanted & Added)[]): Generator<Restoration> {
  for (const files of apart(changed)) {
    const paths = files.map(({ key }) => key);
    const shownAs = (side: 'before' | 'now') => shown(files.map((one) => [one.key, one[side]]));
    yield { stage, keys: paths, change: { action: 'update', subject: `mode and owner of ${named(paths)}`, from: shownAs('now'), to: shownAs('before'), commands: attributeCommands(files) } };
  }
}

/** One command for all of the same owner or mode. The owner first: chown(1) takes set-user-ID bits away. */
function attributeCommands(wanted: readonly Wanted[]): Command[] {
  const group = (value: (item: FileItem) => string): Map<string, string[]> => {
    const groups = new Map<string, string[]>();
    for (const { key, before } of wanted) groups.set(value(before), [...(groups.get(value(before)) ?? []), key]);
    return groups;
  };
  return [
    ...[...group(({ owner }) => owner)].map(([owner, paths]) => perPath(sh`chown ${owner} -- "$@"`, paths)),
    ...[...group(({ mode }) => mode ?? '0755')].map(([mode, paths]) => perPath(sh`chmod ${mode} -- "$@"`, paths)),
  ];
}
