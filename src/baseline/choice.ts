/** What of the command line chooses baselines, kinds and things. */
import { CtplayError, didYouMean } from '../errors.ts';
import type { StateKind } from './kind.ts';

export const defaultName = 'default';
export const defaultFolders: readonly string[] = ['/etc', '/root', '/home'];

/** Throws usage.option for what could not be the name of a folder. */
export function baselineName(name: string): string {
  if (/^\w[\w.-]{0,63}$/.test(name)) return name;
  throw new CtplayError('usage.option', `'${name}' can't name a baseline`, { expected: 'letters, digits, _, . and -' });
}

/** Folders separated by commas. Throws usage.option for relative ones. */
export function folderList(text: string): readonly string[] {
  const folders = text.split(',').map((folder) => folder.trim().replace(/(?<=.)\/+$/, '')).filter((folder) => folder !== '');
  const relative = folders.find((folder) => !folder.startsWith('/'));
  if (relative !== undefined) throw new CtplayError('usage.option', '--files takes absolute paths of folders on the hosts', { found: relative });
  return [...new Set(folders)].sort();
}

/** Those of the kinds that `only` names. Throws usage.option for a name that is none. */
export function chooseKinds(kinds: readonly StateKind[], only: readonly string[] | undefined): readonly StateKind[] {
  if (only === undefined) return kinds;
  const names = kinds.map((kind) => kind.name);
  for (const name of only) {
    if (!names.includes(name)) throw new CtplayError('usage.option', `there is no kind of state '${name}'`, { expected: names.join(', '), hint: didYouMean(name, names) });
  }
  return kinds.filter((kind) => only.includes(kind.name));
}
