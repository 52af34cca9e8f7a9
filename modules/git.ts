import { Type, type Static } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule } from '../src/module.ts';
import { nothing, sh, type Command } from '../src/shell.ts';
import { repository, resolveRef, type GitFacts } from './facts/repository.ts';
import { affects } from './shared/affects.ts';
import { pathWord } from './shared/path.ts';
import { each } from './shared/refusals.ts';

const args = Type.Object({
  repo: Type.String({ minLength: 1, aliases: ['name'], description: 'Where to clone from.' }),
  dest: Type.String({ minLength: 1, description: 'The directory of the working copy.' }),
  version: Type.String({ default: 'HEAD', minLength: 1, description: 'A branch, a tag, or a commit.' }),
  remote: Type.String({ default: 'origin', description: 'The name of the remote.' }),
  update: Type.Boolean({ default: true, description: 'Get what is new; `false` leaves an existing working copy alone.' }),
  clone: Type.Boolean({ default: true, description: 'Clone if there is none.' }),
  force: Type.Boolean({ default: false, description: 'Throw changes in the working copy away.' }),
  depth: Type.Optional(Type.Integer({ minimum: 1, description: 'How many commits of the history to get.' })),
  single_branch: Type.Boolean({ default: false, description: 'Get only the branch of `version`.' }),
  recursive: Type.Boolean({ default: true, description: 'Get submodules, too.' }),
  bare: Type.Boolean({ default: false, description: 'A repository without a working copy.' }),
  key_file: Type.Optional(Type.String({ aliases: ['ssh_key'], description: 'A private key on the host for SSH.' })),
  accept_hostkey: Type.Boolean({ default: false, description: 'Take any key of the SSH server.' }),
  accept_newhostkey: Type.Boolean({ default: false, description: 'Take the key of an SSH server that is not known yet.' }),
  ssh_opts: Type.Optional(Type.String({ description: 'Further options of ssh.' })),
  reference: Type.Optional(Type.String({ minLength: 1, description: 'A repository on the host to take objects from when it is cloned.' })),
  refspec: Type.Optional(Type.String({ minLength: 1, description: 'A further refspec to fetch, such as `+refs/pull/*:refs/heads/*`.' })),
  track_submodules: Type.Boolean({ default: false, description: 'Take the newest commit of the branch of each submodule.' }),
  umask: Type.Optional(Type.Unsafe<string | number>({ type: ['string', 'integer'], pattern: '^[0-7]{1,4}$', description: 'The umask for files of the working copy.' })),
  executable: Type.String({ default: 'git', description: 'The path of git.' }),
});
type Args = Static<typeof args>;

/** A working copy of a git repository. */
export default defineModule({
  summary: 'Have a git repository checked out',
  args,
  refuses: {
    ...each(['archive', 'archive_prefix'], 'Make one with `command: git archive …` in the working copy.'),
    separate_git_dir: 'Clone it there with `bare: true`, or keep it in the working copy.',
    ...each(['verify_commit', 'gpg_whitelist', 'gpg_allowlist'], 'Check the signature with `command: git verify-commit HEAD`.'),
  },
  returnValues: { before: 'the commit that was checked out; null when there was none', after: 'the commit that is checked out', remote_url_changed: 'whether the address of the remote was another' },
  examples: `
- git:
    repo: https://example.org/lab.git
    dest: /srv/lab
    version: v1.2
`,
  readWhen: 'due',
  subject: ({ dest }) => `working copy ${dest}`,
  facts: (given) => ({ git: repository(given.dest, { ...given, environment: environmentOf(given), ask: given.update || given.clone }) }),
  *plan(given, { git }) {
    const { dest, repo } = given;
    if (git.local.state === 'unavailable') throw new PreconditionError(`${given.executable} is not installed`, { hint: 'Install the package git.' });
    if (git.local.state === 'absent') {
      if (git.occupied) throw new PreconditionError(`${dest} is there and is no working copy of git`, { hint: 'Choose another directory, or remove it.' });
      if (given.clone) yield { action: 'create', subject: `working copy ${dest}`, to: { repo, version: given.version }, commands: cloneCommands(given, wantedCommit(given, git)), ...affects(dest) };
      return;
    }
    const local = git.local.value;
    const renamed = local.url !== repo && given.update;
    if (renamed) yield { action: 'update', subject: `working copy ${dest}: ${given.remote}`, from: local.url, to: repo, commands: [inside(given, sh`remote set-url ${given.remote} ${repo}`)], ...affects(dest) };
    if (!given.update || given.bare) return;
    const wanted = wantedCommit(given, git);
    if (local.head.startsWith(wanted.commit) && !(local.modified && given.force)) return;
    if (local.modified && !given.force) throw new PreconditionError(`the working copy ${dest} was changed by hand`, { hint: 'Commit or undo the changes there, or say force: true to throw them away.' });
    yield { action: 'update', subject: `working copy ${dest}`, from: local.head, to: wanted.commit, commands: updateCommands(given, wanted), ...affects(dest) };
  },
  revertFacts: (given) => ({ git: repository(given.dest, { ...given, environment: environmentOf(given), ask: false }) }),
  *revert(given, now, before) {
    const { dest } = given;
    if (now.git.local.state !== 'present') return;
    const is = now.git.local.value;
    if (is.modified) return;
    if (before.git.local.state === 'absent' && !before.git.occupied) yield { action: 'delete', subject: `working copy ${dest}`, from: is.head, commands: [sh`rm -rf ${pathWord(dest)}`], ...affects(dest) };
    if (before.git.local.state !== 'present') return;
    const was = before.git.local.value;
    if (was.url !== is.url) yield { action: 'update', subject: `working copy ${dest}: ${given.remote}`, from: is.url, to: was.url, commands: [inside(given, sh`remote set-url ${given.remote} ${was.url}`)], ...affects(dest) };
    if (was.head !== is.head && was.head !== '') {
      const checkout = was.branch === undefined ? sh`checkout -q ${was.head}` : sh`checkout -q -B ${was.branch} ${was.head}`;
      yield { action: 'update', subject: `working copy ${dest}`, from: is.head, to: was.head, commands: [inside(given, checkout)], ...affects(dest) };
    }
  },
  returns({ repo }, { before, now }) {
    const head = ({ local }: GitFacts): string | null => (local.state === 'present' ? local.value.head : null);
    return { before: head(before.git), after: head(now.git), remote_url_changed: before.git.local.state === 'present' && before.git.local.value.url !== repo };
  },
});

interface Wanted {
  readonly commit: string;
  readonly branch?: string;
}

function wantedCommit({ repo, version }: Args, { remote }: GitFacts): Wanted {
  if (remote.state !== 'present') throw new PreconditionError(`the repository ${repo} does not answer`, { found: remote.state === 'unavailable' ? remote.detail : undefined, hint: 'Check the address, and the key or password for it.' });
  const wanted = resolveRef(remote.value, version);
  if (!wanted) throw new PreconditionError(`the repository ${repo} has no branch, tag or commit '${version}'`, { found: Object.keys(remote.value.refs).slice(0, 10).join(', ') });
  return wanted;
}

function cloneCommands(given: Args, wanted: Wanted): Command[] {
  const { repo, dest, remote, depth, bare, recursive, single_branch, version, executable } = given;
  const branch = version !== 'HEAD' && (wanted.branch !== undefined || version !== wanted.commit) ? sh`--branch ${version} ` : nothing;
  const options = sh`${bare ? sh`--bare ` : sh`--origin ${remote} `}${depth === undefined ? nothing : sh`--depth ${depth} `}${single_branch ? sh`--single-branch ` : nothing}${recursive && !bare ? sh`--recurse-submodules ` : nothing}${branch}`;
  const clone = sh`${umaskOf(given)}${environmentOf(given)}GIT_TERMINAL_PROMPT=0 ${executable} clone -q ${given.reference === undefined ? nothing : sh`--reference ${pathWord(given.reference)} `}${given.track_submodules && recursive && !bare ? sh`--remote-submodules ` : nothing}${options}${repo} ${pathWord(dest)}`;
  return branch.text === '' && version !== 'HEAD' && !bare ? [clone, inside(given, sh`checkout -q ${wanted.commit}`)] : [clone];
}

function updateCommands(given: Args, { commit, branch }: Wanted): Command[] {
  const { remote, depth, force, recursive } = given;
  const fetch = inside(given, sh`fetch -q ${depth === undefined ? nothing : sh`--depth ${depth} `}--tags --force ${remote}${branch === undefined ? nothing : sh` ${`+refs/heads/${branch}:refs/remotes/${remote}/${branch}`}`}${given.refspec === undefined ? nothing : sh` ${given.refspec}`}`);
  const forced = force ? sh`-f ` : nothing;
  const checkout = branch === undefined ? inside(given, sh`checkout -q ${forced}${commit}`) : inside(given, sh`checkout -q ${forced}-B ${branch} ${commit}`);
  const reset = force ? [inside(given, sh`reset -q --hard ${commit}`)] : [];
  const submodules = recursive ? [sh`[ ! -e ${pathWord(`${given.dest}/.gitmodules`)} ] || ${inside(given, sh`submodule -q update --init --recursive${given.track_submodules ? sh` --remote` : nothing}`)}`] : [];
  return [fetch, checkout, ...reset, ...submodules];
}

function inside(given: Args, command: Command): Command {
  return sh`${umaskOf(given)}${environmentOf(given)}GIT_TERMINAL_PROMPT=0 ${given.executable} -C ${pathWord(given.dest)} ${command}`;
}

function umaskOf({ umask }: Args): Command {
  return umask === undefined ? nothing : sh`umask ${typeof umask === 'number' ? umask.toString(8) : umask} && `;
}

/** Assignments in front of git, with a blank at the end. */
function environmentOf({ key_file, accept_hostkey, accept_newhostkey, ssh_opts }: Args): Command {
  const options = [
    ...(accept_hostkey ? ['-o StrictHostKeyChecking=no'] : accept_newhostkey ? ['-o StrictHostKeyChecking=accept-new'] : []),
    ...(key_file === undefined ? [] : [`-i '${key_file.replaceAll("'", `'\\''`)}' -o IdentitiesOnly=yes`]),
    ...(ssh_opts === undefined ? [] : [ssh_opts]),
  ];
  return options.length === 0 ? nothing : sh`GIT_SSH_COMMAND=${`ssh -o BatchMode=yes ${options.join(' ')}`} `;
}
