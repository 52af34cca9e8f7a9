/** What is mounted, from /proc/self/mounts (proc(5)). */
import type { Fact } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';

export interface Mount {
  readonly src: string;
  readonly path: string;
  readonly fstype: string;
  readonly opts: string;
}

export const mountTable: Fact<readonly Mount[]> = {
  kind: 'mount',
  key: '',
  read: sh`cat /proc/self/mounts`,
  domains: ['mount'],
  parse: ({ stdout }) => stdout.split('\n').flatMap((line) => parseMount(line) ?? []),
};

/** A line of fstab(5) or of /proc/self/mounts; undefined for comments and empty lines. */
export function parseMount(line: string): (Mount & { readonly dump: string; readonly passno: string }) | undefined {
  if (/^\s*(#|$)/.test(line)) return undefined;
  const [src, path, fstype, opts = 'defaults', dump = '0', passno = '0'] = line.trim().split(/\s+/).map((word) => word.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8))));
  return src === undefined || path === undefined || fstype === undefined ? undefined : { src, path, fstype, opts, dump, passno };
}
