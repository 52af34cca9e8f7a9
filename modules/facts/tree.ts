/** Many paths below one directory in a few processes: what stat(1) and sha256sum(1) say of each. */
import type { Fact } from '../../src/module.ts';
import { joinCommands, nothing, sh, type Command } from '../../src/shell.ts';
import { fileDomain, pathWord } from '../shared/path.ts';
import { stagingName } from '../shared/place-together.ts';
import { parseRecord, parseRecords } from '../shared/record.ts';
import { existingAbove, statFormat, stateOf, type FileState } from './file.ts';

export interface Tree {
  /** The directory, with `~` and variables expanded. */
  readonly root: string;
  readonly exists: boolean;
  /** The deepest directory above (or at) the root that exists. */
  readonly existing: string;
  /** What is there, by relative path; what isn't, or can't be seen, is left out. */
  readonly entries: Readonly<Record<string, FileState>>;
  /** The relative paths that were asked for, parents first. */
  readonly asked: TreePaths;
  /** Whether the host has tar(1). */
  readonly tar?: boolean;
  /** The directories, as paths from the root or `.`, in which a run that was killed left what it had not put in place. */
  readonly staged?: readonly string[];
}

/** The tree of a task that isn't about one. */
export const noTree: Tree = { root: '', exists: false, existing: '/', entries: {}, asked: { directories: [], files: [] } };

export interface TreePaths {
  readonly directories: readonly string[];
  readonly files: readonly string[];
}

/** Which paths below the root: those named, those that another directory of the host has, or all that are there. */
export type TreeQuestion = { readonly paths: TreePaths } | { readonly like: string } | { readonly everything: true };

/** The paths below a directory. */
export function tree(root: string, question: TreeQuestion): Fact<Tree> {
  return {
    kind: 'tree',
    key: root,
    read: joinCommands(
      [
        sh`LC_ALL=C; export LC_ALL; p=${pathWord(root)}`,
        'like' in question ? sh`o=$(cd ${pathWord(question.like)} 2>/dev/null && pwd) || exit 0; find "$o" -mindepth 1 -printf 'asked=%y%P\\0'` : nothing,
        existingAbove,
        sh`printf 'root=%s\\0existing=%s\\0' "$p" "$e"; ! command -v tar >/dev/null || printf 'tar=\\0'; cd "$p" 2>/dev/null || exit 0; printf 'exists=\\0'`,
        'paths' in question ? readNamed(question.paths) : 'like' in question ? readLike : readEverything,
      ],
      '\n',
    ),
    domains: [fileDomain(root)],
    parse: ({ stdout }) => parseTree(stdout, root, 'paths' in question ? question.paths : undefined),
  };
}

const eachStat = String.raw`path=%n\0${statFormat}`;
const digestMark = sh`; printf 'digests=\\0'; `;
const readEverything = sh`find . -mindepth 1 -printf 'asked=%y%P\\0'; find . -mindepth 1 -exec stat --printf ${eachStat} {} +; find . -type l -printf 'path=%p\\0target=%l\\0'${digestMark}find . -type f -exec sha256sum -z {} +`;
const readLike = sh`( cd "$o" && find . -mindepth 1 -print0 ) | xargs -0r stat --printf ${eachStat} 2>/dev/null${digestMark}( cd "$o" && find . -type f -print0 ) | xargs -0r sha256sum -z 2>/dev/null; :`;

/** What a program's arguments may take, well below the limit of execve(2). */
const argumentBytes = 500_000;

function readNamed({ directories, files }: TreePaths): Command {
  const below = (paths: readonly string[]): string[] => paths.map((path) => `./${path}`);
  const [folders, contents] = [below(directories), below(files)];
  if (folders.length + contents.length === 0) return nothing;
  const many = [...folders, ...contents].reduce((bytes, path) => bytes + path.length, 0) > argumentBytes;
  const each = (tool: Command, paths: Command): Command => (many ? sh`printf '%s\\0' ${paths} | xargs -0r ${tool}` : sh`${tool} ${paths}`);
  const digests = files.length === 0 ? nothing : sh`${each(sh`sha256sum -z`, sh`"$@"`)} 2>/dev/null`;
  return sh`set -- ${folders}
for d in . "$@"; do [ ! -d "$d/"${stagingName} ] || printf 'staged=%s\\0' "$d"; done
set -- ${contents}
for f do [ ! -L "$f" ] || printf 'path=%s\\0target=%s\\0' "$f" "$(readlink "$f")"; done
${each(sh`stat --printf ${eachStat}`, sh`${folders} "$@"`)} 2>/dev/null${digestMark}${digests}
:`;
}

function parseTree(stdout: string, root: string, paths: TreePaths | undefined): Tree {
  const [described = '', hashed = ''] = stdout.split(/(?<=\0)digests=\0/);
  const head = parseRecord(described);
  const fields = new Map<string, Map<string, string>>();
  for (const record of parseRecords(described, 'path')) {
    const path = withoutDot(record.get('path')!);
    fields.set(path, new Map([...(fields.get(path) ?? []), ...record]));
  }
  for (const line of hashed.split('\0')) fields.get(withoutDot(line.slice(66)))?.set('sha256', line.slice(0, 64));
  const entries: Record<string, FileState> = {};
  for (const [path, record] of fields) {
    const state = stateOf(record);
    if (state) entries[path] = state;
  }
  const listed = described.split('\0').filter((field) => field.startsWith('asked=')).map((field) => field.slice(6));
  const asked = paths ?? { directories: listed.filter((item) => item.startsWith('d')).map(tail), files: listed.filter((item) => !item.startsWith('d')).map(tail) };
  const staged = described.split('\0').filter((field) => field.startsWith('staged=')).map((field) => withoutDot(field.slice(7)));
  return { root: head.get('root') ?? root, exists: head.has('exists'), existing: head.get('existing') ?? '/', entries, asked, ...(head.has('tar') ? { tar: true } : {}), ...(staged.length > 0 ? { staged } : {}) };
}

const tail = (item: string): string => item.slice(1);
const withoutDot = (path: string): string => path.replace(/^\.\//, '');
