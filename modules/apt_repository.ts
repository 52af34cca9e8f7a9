import { Type, type Static } from 'typebox';
import { defineModule, type Change, type Fact } from '../src/module.ts';
import { sh } from '../src/shell.ts';
import { aptSources, hasSource, normalizeSource } from './facts/apt-sources.ts';
import { file, type LocatedFile } from './facts/file.ts';
import { affects } from './shared/affects.ts';
import { modeProblem, type Mode } from './shared/mode.ts';
import { inlineContent } from './shared/local-file.ts';
import { diffLimit, fileToRevert, known, placeFile, revertFile } from './shared/place-file.ts';

const args = Type.Object({
  repo: Type.String({ minLength: 1, description: 'The source in one line, as in sources.list(5): `deb [signed-by=/usr/share/keyrings/x.asc] https://example.org/debian bookworm main`.' }),
  state: Type.Enum(['present', 'absent'], { default: 'present', description: 'Whether apt should use it.' }),
  filename: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9._-]+$', description: 'The name of the file in /etc/apt/sources.list.d, without `.list`; made of the address when left out.' })),
  mode: Type.Unsafe<Mode>({ type: ['string', 'integer'], default: '0644', description: 'The mode of the file.' }),
  update_cache: Type.Boolean({ default: true, aliases: ['update-cache'], description: 'Run `apt-get update` after a change.' }),
  install_python_apt: Type.Boolean({ default: true, description: 'As in Ansible; no Python is needed here.' }),
  update_cache_retries: Type.Integer({ default: 5, description: 'As in Ansible; apt tries again by itself.' }),
  update_cache_retry_max_delay: Type.Integer({ default: 12, description: 'As in Ansible; apt tries again by itself.' }),
  validate_certs: Type.Boolean({ default: true, description: 'As in Ansible; makes no difference here.' }),
});
interface Facts {
  readonly [name: string]: Fact<unknown>;
  readonly sources: Fact<Readonly<Record<string, string>>>;
  readonly file: Fact<LocatedFile>;
}
const update = sh`DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 update`;

/** A source of packages. */
export default defineModule<typeof args, Facts, undefined>({
  summary: 'Have a source of packages, or not',
  description: 'Put the key of the source into a file with `copy` or `get_url`, and name that in `signed-by`.',
  args,
  refuses: { codename: 'PPAs are not looked up; write the line that the page of the PPA shows.' },
  returnValues: { repo: 'the argument', state: 'the argument', sources_added: 'files that were made', sources_removed: 'files that were removed' },
  examples: `
- apt_repository:
    repo: deb [signed-by=/usr/share/keyrings/docker.asc] https://download.docker.com/linux/debian bookworm stable
    filename: docker
`,
  *validate({ repo, mode }) {
    if (repo.startsWith('ppa:')) yield { path: ['repo'], message: 'PPAs are not looked up', hint: 'Write the line that the PPA\'s page shows, and its key.' };
    else if (!/^(deb|deb-src)\s+(\[[^\]]*\]\s+)?\S+\s+\S+/.test(repo)) yield { path: ['repo'], message: `'${repo}' is no source of packages`, hint: 'It is a line such as: deb https://example.org/debian bookworm main' };
    const problem = modeProblem(mode);
    if (problem) yield problem;
  },
  subject: ({ repo }) => `apt source ${normalizeSource(repo)}`,
  facts: (given) => ({ sources: aptSources, file: file(pathOf(given), { digest: true, content: { limit: diffLimit } }) }),
  *plan(given, now) {
    const { repo, state, mode, update_cache } = given;
    const holders = Object.entries(now.sources).filter(([, text]) => hasSource(text, repo));
    const changes: Change[] = [];
    if (state === 'present' && holders.length === 0) {
      const old = known(now.file)?.content?.text ?? '';
      changes.push(...write(now.file, `${old}${old === '' || old.endsWith('\n') ? '' : '\n'}${repo}\n`, mode));
    }
    if (state === 'absent') changes.push(...holders.map(([path, text]) => without(path, text, repo)));
    yield* changes.map((change, index) => (update_cache && index === changes.length - 1 ? { ...change, commands: [...change.commands, update] } : change));
  },
  revertFacts: (_given, before) => ({ sources: aptSources, file: fileToRevert(before.file) }),
  *revert(given, now, before) {
    if (given.state === 'present') {
      yield* revertFile(now.file, before.file);
      return;
    }
    for (const [path, text] of Object.entries(before.sources)) {
      if (!hasSource(text, given.repo) || hasSource(now.sources[path] ?? '', given.repo)) continue;
      yield { action: 'update', subject: `apt source ${normalizeSource(given.repo)}`, to: path, commands: [sh`printf '%s\\n' ${given.repo} >> ${path}`], ...affects(path) };
    }
  },
  returns({ repo, state }, { changes, now, before }) {
    const changed = changes.length > 0;
    const isThere = (located: LocatedFile): boolean => located.state === 'present';
    const made = changed && isThere(now.file) && !isThere(before.file) ? [now.file.path] : [];
    const removed = Object.keys(before.sources).filter((path) => changed && now.sources[path] === undefined);
    return { repo, state, sources_added: made, sources_removed: removed };
  },
});

function pathOf({ repo, filename }: Static<typeof args>): string {
  const address = repo.replace(/\[[^\]]+\]/, '').split(/\s+/).find((word) => !['deb', 'deb-src'].includes(word) && word !== '') ?? '';
  const suggested = address.replace(/\w+:\/\//, '').replace(/^.*@/, '').split(/[^a-zA-Z0-9]+/).filter((part) => part !== '').join('_');
  return `/etc/apt/sources.list.d/${(filename ?? suggested).replace(/\.list$/, '')}.list`;
}

function* write(located: LocatedFile, text: string, mode: Mode): Generator<Change> {
  const { input, sha256 } = inlineContent(Buffer.from(text));
  for (const change of placeFile(located, { sha256, input }, { mode, text })) yield { ...change, touches: ['file', 'apt-sources', 'apt-cache'], brings: ['apt-sources', 'apt-cache'] };
}

/** Removes the line; a file in sources.list.d that held nothing else goes, too. */
function without(path: string, text: string, repo: string): Change {
  const left = text.split('\n').filter((line) => normalizeSource(line) !== normalizeSource(repo));
  const gone = left.every((line) => line.trim() === '') && path !== '/etc/apt/sources.list';
  const command = gone ? sh`rm -f ${path}` : sh`cat > ${path}`.withInput(`${left.join('\n').trimEnd()}\n`);
  return { action: 'delete', subject: `apt source ${normalizeSource(repo)}`, from: path, commands: [command], touches: ['file', 'apt-sources', 'apt-cache'], brings: ['apt-sources', 'apt-cache'] };
}
