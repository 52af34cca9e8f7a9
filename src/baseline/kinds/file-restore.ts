/** How files come back: what was added goes, what differs is put back from the contents kept at capture. */
import { sh, type Command } from '../../shell.ts';
import type { Difference, Remainder, Restoration, RestoreContext } from '../kind.ts';
import { printable, sortOut } from './differing.ts';
import { archiveOf, keptSize, type FileItem } from './file-read.ts';
import { takeNotice } from './file-notice.ts';

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

interface Added {
  readonly key: string;
  readonly now: FileItem;
}
interface Wanted {
  readonly key: string;
  readonly before: FileItem;
}

/** A folder that was added goes as a whole, with what isn't watched in it, unless something in it is to stay. */
function* removal(added: readonly Added[], { now, protects }: RestoreContext): Generator<Restoration> {
  if (added.length === 0) return;
  const folders = new Set(added.filter((one) => one.now.type === 'directory').map(({ key }) => key));
  // What is to stay isn't among the differences, but it is on the host.
  const there = now['file']?.state === 'present' ? Object.keys(now['file'].value) : [];
  const above = (path: string) => parents(path).filter((parent) => folders.has(parent));
  const kept = new Set(there.flatMap((path) => (above(path).length === 0 || protects('file', path) === undefined ? [] : above(path))));
  const whole = new Set([...folders].filter((path) => !kept.has(path)));
  const tops = added.filter(({ key }) => !parents(key).some((parent) => whole.has(parent)));
  const trees = tops.filter(({ key }) => whole.has(key)).map(({ key }) => key);
  const files = tops.filter(({ key }) => !folders.has(key)).map(({ key }) => key);
  const shells = tops.filter(({ key }) => folders.has(key) && !whole.has(key)).map(({ key }) => key).reverse();
  const commands = [
    ...(files.length === 0 ? [] : [perPath(sh`rm -f --`, files)]),
    ...(trees.length === 0 ? [] : [perPath(sh`rm -rf --one-file-system --`, trees)]),
    ...(shells.length === 0 ? [] : [perPath(sh`rmdir --ignore-fail-on-non-empty --`, shells)]),
  ];
  const typed = [...(files.length === 0 ? [] : [sh`rm ${files}`]), ...(trees.length === 0 ? [] : [sh`rm -r ${trees}`])];
  yield { stage, keys: added.map(({ key }) => key), change: { action: 'delete', subject: named([...trees, ...files, ...shells]), from: shown(added.map((one) => [one.key, one.now])), commands, typed } };
}

/** Folders that stand where files belong; what is in them was added and is gone by now. */
function* emptied(paths: readonly string[]): Generator<Restoration> {
  if (paths.length > 0) yield { stage, keys: [], change: { action: 'delete', subject: named(paths), from: 'folders', commands: [perPath(sh`rm -rf --one-file-system --`, [...paths].reverse())] } };
}

function* folders(wanted: readonly Wanted[]): Generator<Restoration> {
  if (wanted.length === 0) return;
  const commands = [perPath(sh`mkdir -p --`, wanted.map(({ key }) => key)), ...attributeCommands(wanted)];
  yield { stage, keys: wanted.map(({ key }) => key), change: { action: 'create', subject: named(wanted.map(({ key }) => key)), to: shown(wanted.map(({ key, before }) => [key, before])), commands } };
}

function* links(wanted: readonly (Wanted & Partial<Added>)[]): Generator<Restoration> {
  for (const { key, before, now } of wanted) {
    const owner = before.owner === '0:0' ? [] : [sh`chown -h ${before.owner} -- ${key}`];
    yield { stage, keys: [key], change: { action: now ? 'update' : 'create', subject: `link ${printable(key)}`, ...(now?.target === undefined ? {} : { from: printable(now.target) }), to: printable(before.target ?? ''), commands: [sh`ln -sfn -- ${before.target ?? ''} ${key}`, ...owner] } };
  }
}

function* putBack(wanted: readonly Wanted[], { contents }: RestoreContext): Generator<Restoration | Remainder> {
  const large = wanted.filter(({ before }) => (before.size ?? 0) > keptSize);
  for (const { key } of large) yield { key, why: 'it is larger than what a baseline keeps of a file (256 KiB)' };
  const small = wanted.filter((one) => !large.includes(one));
  if (small.length === 0) return;
  if (contents === undefined) {
    for (const { key } of small) yield { key, why: 'what was kept at capture is gone' };
    return;
  }
  const paths = small.map(({ key }) => key);
  const list = paths.map((path) => `${path.slice(1)}\n`).join('');
  const extract = sh`tar -C / -xzpf ${archiveOf(contents)} --numeric-owner --verbatim-files-from -T -`.withInput(list);
  yield { stage, keys: paths, change: { action: 'update', subject: named(paths), to: shown(small.map(({ key, before }) => [key, before])), commands: [extract], why: 'the contents were kept at capture' } };
}

function* attributes(changed: readonly (Wanted & Added)[]): Generator<Restoration> {
  if (changed.length === 0) return;
  yield {
    stage,
    keys: changed.map(({ key }) => key),
    change: { action: 'update', subject: `mode and owner of ${named(changed.map(({ key }) => key))}`, from: shown(changed.map(({ key, now }) => [key, now])), to: shown(changed.map(({ key, before }) => [key, before])), commands: attributeCommands(changed) },
  };
}

/** One command for all of the same owner or mode. The owner first: chown(1) takes set-user-ID bits away. */
function attributeCommands(wanted: readonly Wanted[]): Command[] {
  const group = (value: (item: FileItem) => string): Map<string, string[]> => {
    const groups = new Map<string, string[]>();
    for (const { key, before } of wanted) groups.set(value(before), [...(groups.get(value(before)) ?? []), key]);
    return groups;
  };
  return [
    ...[...group(({ owner }) => owner)].map(([owner, paths]) => perPath(sh`chown ${owner} --`, paths)),
    ...[...group(({ mode }) => mode ?? '0755')].map(([mode, paths]) => perPath(sh`chmod ${mode} --`, paths)),
  ];
}

/** The command for any number of paths: they go over standard input, since a host limits the length of arguments. */
function perPath(command: Command, paths: readonly string[]): Command {
  return sh`xargs -0 ${command}`.withInput(paths.map((path) => `${path}\0`).join(''));
}

function parents(path: string): string[] {
  const names = path.split('/').slice(1, -1);
  return names.map((_, index) => `/${names.slice(0, index + 1).join('/')}`);
}

function named(paths: readonly string[]): string {
  const names = paths.map(printable);
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`;
}

function shown(files: readonly (readonly [string, FileItem])[]): Record<string, string> {
  return Object.fromEntries(files.map(([path, { type, mode, owner, target }]) => [printable(path), [type, mode, owner === '0:0' ? '' : owner, target && printable(target)].filter((word) => word !== undefined && word !== '').join(' ')]));
}
