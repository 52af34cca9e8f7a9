/** A working copy of git(1) and what its remote has. */
import type { Fact, Reading } from '../../src/module.ts';
import { nothing, sh, type Command } from '../../src/shell.ts';
import { fileDomain, pathWord } from '../shared/path.ts';
import { parseRecord } from '../shared/record.ts';

export interface Repository {
  /** What is checked out; empty before the first commit. */
  readonly head: string;
  /** The branch, when one is checked out. */
  readonly branch?: string;
  readonly url: string;
  readonly modified: boolean;
}

export interface Remote {
  /** Reference → commit, of the heads and tags (with `^{}` for what an annotated tag stands for) and HEAD. */
  readonly refs: Readonly<Record<string, string>>;
}

export interface GitFacts {
  readonly local: Reading<Repository>;
  readonly remote: Reading<Remote>;
  /** Something is there that is no working copy. */
  readonly occupied: boolean;
}

export interface GitQuestion {
  readonly repo: string;
  readonly remote: string;
  readonly bare: boolean;
  readonly executable: string;
  /** Sets what git needs, such as GIT_SSH_COMMAND. */
  readonly environment: Command;
  /** Ask the remote what it has, too. */
  readonly ask: boolean;
}

export function repository(path: string, { repo, remote, bare, executable, environment, ask }: GitQuestion): Fact<GitFacts> {
  const git = sh`${executable} -c safe.directory='*' -C "$p"`;
  return {
    kind: 'git',
    key: path,
    read: sh`LC_ALL=C; export LC_ALL; GIT_TERMINAL_PROMPT=0; export GIT_TERMINAL_PROMPT; ${environment.text === '' ? nothing : sh`export ${environment}; `}p=${pathWord(path)}
command -v ${executable} >/dev/null || exit 127
if [ -e ${bare ? sh`"$p/HEAD"` : sh`"$p/.git"`} ]; then printf 'head=%s\\0branch=%s\\0url=%s\\0' "$(${git} rev-parse -q --verify HEAD)" "$(${git} symbolic-ref -q --short HEAD)" "$(${git} config ${`remote.${remote}.url`})"; ${
      bare ? nothing : sh`[ -z "$(${git} status --porcelain -uno)" ] || printf 'modified=\\0'; `
    }elif [ -d "$p" ] && [ -n "$(ls -A "$p")" ]; then printf 'occupied=\\0'; fi
${ask ? sh`r=$(timeout 60 ${executable} ls-remote ${repo}) && printf 'asked=%s\\0' "$r"` : nothing}`,
    domains: [fileDomain(path)],
    parse({ status, stdout, stderr }) {
      const fields = parseRecord(stdout);
      const unavailable = { state: 'unavailable', reason: status === 127 ? 'not-installed' : 'unreadable', detail: stderr.trim() } as const;
      const branch = fields.get('branch') ?? '';
      const local: Repository = { head: fields.get('head') ?? '', url: fields.get('url') ?? '', modified: fields.has('modified'), ...(branch === '' ? {} : { branch }) };
      const refs = Object.fromEntries((fields.get('asked') ?? '').split('\n').filter((line) => line !== '').map((line) => line.split('\t').reverse()) as [string, string][]);
      return {
        local: status === 127 ? unavailable : fields.has('head') ? { state: 'present', value: local } : { state: 'absent' },
        remote: fields.has('asked') ? { state: 'present', value: { refs } } : unavailable,
        occupied: fields.has('occupied'),
      };
    },
  };
}

/** The commit that a branch, a tag or HEAD of the remote stands for; a commit's own name is itself. */
export function resolveRef({ refs }: Remote, version: string): { readonly commit: string; readonly branch?: string } | undefined {
  const head = refs[`refs/heads/${version}`];
  if (head !== undefined) return { commit: head, branch: version };
  const tag = refs[`refs/tags/${version}^{}`] ?? refs[`refs/tags/${version}`] ?? refs[version];
  if (version === 'HEAD' && refs['HEAD'] !== undefined) {
    const branch = Object.entries(refs).find(([name, commit]) => name.startsWith('refs/heads/') && commit === refs['HEAD']);
    return { commit: refs['HEAD'], ...(branch ? { branch: branch[0].slice(11) } : {}) };
  }
  if (tag !== undefined) return { commit: tag };
  return /^[0-9a-f]{7,40}$/.test(version) ? { commit: version } : undefined;
}
