/** The return values that Ansible's file modules share. */
import type { LocatedFile } from '../facts/file.ts';

/** What they mean, for the pages of modules. `where`: `path` or `dest`. */
export const fileReturnValues = (where: 'path' | 'dest'): Readonly<Record<string, string>> => ({
  [where]: 'the path on the host',
  state: 'what is there: file, directory, link, hard or absent',
  mode: 'its permission bits, such as 0644',
  owner: 'the name of its owner',
  group: 'the name of its group',
  uid: 'the number of its owner',
  gid: 'the number of its group',
  size: 'its size in bytes',
});

/** Of modules that take `backup`. */
export const backupReturnValue: Readonly<Record<string, string>> = { backup_file: 'the path of the copy that `backup` made' };

/** `path`, `mode`, `owner`, `uid`, `size`, `state` … of what is there now. */
export function fileReturns(located: LocatedFile, pathKey: 'path' | 'dest' = 'path'): Record<string, unknown> {
  const path = { [pathKey]: located.path };
  if (located.state !== 'present') return { ...path, state: 'absent' };
  const { type, mode, uid, gid, owner, group, size, links } = located.value;
  return { ...path, state: type === 'file' && links > 1 && pathKey === 'path' ? 'hard' : type, mode: `0${mode.replace(/^0/, '')}`, uid, gid, owner, group, size };
}

/** The name that `timestampedCopy` printed, if it ran. */
export function backupReturn(results: readonly { readonly stdout: string }[]): Record<string, unknown> {
  const found = results.map(({ stdout }) => /^backup_file=(.*)$/m.exec(stdout)?.[1]).find((name) => name !== undefined);
  return found === undefined ? {} : { backup_file: found };
}
