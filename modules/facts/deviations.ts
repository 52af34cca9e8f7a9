/** What lies below a directory with another mode or owner than wanted: find(1). */
import type { Fact } from '../../src/module.ts';
import { joinCommands, sh, type Command } from '../../src/shell.ts';
import { isSame, type Attributes } from '../shared/attributes.ts';
import { octal, resolveMode } from '../shared/mode.ts';
import { fileDomain, pathWord } from '../shared/path.ts';

export interface Deviation {
  readonly path: string;
  /** Permission bits in octal. */
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
}

export interface Deviations {
  readonly found: readonly Deviation[];
  /** More were found than are listed. */
  readonly more: boolean;
  /** find's complaint, such as an unknown user. */
  readonly problem?: string;
}

const listed = 2000;

/** The paths below `root`, links aside, that lack the attributes. A symbolic mode is compared path by path. */
export function deviations(root: string, attributes: Attributes): Fact<Deviations> {
  const { mode, owner, group } = attributes;
  const numeric = mode !== undefined && /^(0o)?[0-7]+$/.test(typeof mode === 'number' ? octal(mode) : mode) ? octal(resolveMode(mode, 0, false)) : undefined;
  const tests: Command[] = [];
  if (owner !== undefined) tests.push(/^\d+$/.test(owner) ? sh`! -uid ${owner}` : sh`! -user ${owner}`);
  if (group !== undefined) tests.push(/^\d+$/.test(group) ? sh`! -gid ${group}` : sh`! -group ${group}`);
  if (mode !== undefined) tests.push(numeric === undefined ? sh`-true` : sh`! -perm ${numeric}`);
  return {
    kind: 'deviations',
    key: root,
    read: sh`p=${pathWord(root)}; [ -d "$p" ] || exit 0; LC_ALL=C find "$p"/ -mindepth 1 ! -type l \\( ${joinAlternatives(tests)} \\) -printf '%m %U %G %u %g %y %p\\0'`,
    domains: [fileDomain(root)],
    parse: ({ status, stdout, stderr }) => {
      const all = stdout.split('\0').flatMap((line) => {
        const [bits, uid, gid, user, team, type, ...path] = line.split(' ');
        if (path.length === 0) return [];
        const current = Number.parseInt(bits!, 8);
        const sameOwners = (owner === undefined || isSame(owner, user!, Number(uid))) && (group === undefined || isSame(group, team!, Number(gid)));
        if (sameOwners && (mode === undefined || resolveMode(mode, current, type === 'd') === current)) return [];
        return [{ path: path.join(' ').replace('//', '/'), mode: octal(current), uid: Number(uid), gid: Number(gid) }];
      });
      return { found: all.slice(0, listed), more: all.length > listed, ...(status === 0 ? {} : { problem: stderr.trim() }) };
    },
  };
}

/** The attributes that these paths have now; what is gone is left out. */
export function attributesOf(paths: readonly string[]): Fact<Deviations> {
  return {
    kind: 'attributes',
    key: paths[0] ?? '',
    read: sh`LC_ALL=C stat --printf '%a %u %g %n\\0' ${paths.map((path) => pathWord(path))} 2>/dev/null; :`,
    domains: ['file'],
    parse: ({ stdout }) => ({
      found: stdout.split('\0').flatMap((line) => {
        const [, bits, uid, gid, path] = /^(\d+) (\d+) (\d+) ([\s\S]+)$/.exec(line) ?? [];
        return path === undefined ? [] : [{ path, mode: octal(Number.parseInt(bits!, 8)), uid: Number(uid), gid: Number(gid) }];
      }),
      more: false,
    }),
  };
}

function joinAlternatives(tests: readonly Command[]): Command {
  return tests.length === 0 ? sh`-false` : tests.reduce((left, right) => joinCommands([left, sh`-o`, right], ' '));
}
