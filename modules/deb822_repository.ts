import { Type, type Static } from 'typebox';
import { defineModule, type Change, type Fact } from '../src/module.ts';
import { sh } from '../src/shell.ts';
import { file, type LocatedFile } from './facts/file.ts';
import { inlineContent } from './shared/local-file.ts';
import { modeProblem, type Mode } from './shared/mode.ts';
import { diffLimit, fileToRevert, known, placeFile, revertFile } from './shared/place-file.ts';

const list = (description: string) => Type.Optional(Type.Array(Type.String({ minLength: 1 }), { description }));
const flag = (description: string) => Type.Optional(Type.Boolean({ description }));

/** Fields of a source, by Ansible's names for them. */
const fields = {
  enabled: flag('`false` keeps the source, but has apt pass it over.'),
  types: Type.Array(Type.Enum(['deb', 'deb-src']), { default: ['deb'], description: 'Packages, their sources, or both.' }),
  uris: list('Where the archive is.'),
  suites: list('Releases, such as `bookworm`; or a path that ends in a slash.'),
  components: list('Parts of the archive, such as `main`.'),
  architectures: list("The architectures to take; the host's own when left out."),
  signed_by: Type.Optional(Type.String({ minLength: 1, description: 'The key that the archive is signed with: its text, or the path of a file of the host.' })),
  trusted: flag('Take the archive for authentic without a signature.'),
  allow_downgrade_to_insecure: flag('As in sources.list(5).'),
  allow_insecure: flag('As in sources.list(5).'),
  allow_weak: flag('As in sources.list(5).'),
  by_hash: flag('As in sources.list(5).'),
  check_date: flag('As in sources.list(5).'),
  check_valid_until: flag('As in sources.list(5).'),
  date_max_future: Type.Optional(Type.Integer({ description: 'Seconds, as in sources.list(5).' })),
  inrelease_path: Type.Optional(Type.String({ description: 'As in sources.list(5).' })),
  languages: list('The languages of descriptions.'),
  pdiffs: flag('As in sources.list(5).'),
  targets: list('As in sources.list(5).'),
};
const args = Type.Object({
  name: Type.String({ minLength: 1, pattern: '^[^\\n]*[A-Za-z0-9][^\\n]*$', description: 'What the source is called; its file is named after it.' }),
  state: Type.Enum(['present', 'absent'], { default: 'present', description: 'Whether apt should use it.' }),
  ...fields,
  mode: Type.Unsafe<Mode>({ type: ['string', 'integer'], default: '0644', description: 'The mode of the file.' }),
});
type Args = Static<typeof args>;
interface Facts {
  readonly [name: string]: Fact<unknown>;
  readonly file: Fact<LocatedFile>;
}

/** A source of packages in the format of deb822. */
export default defineModule<typeof args, Facts, undefined>({
  summary: 'Have a source of packages with its key, or not',
  description: 'Writes /etc/apt/sources.list.d/NAME.sources (sources.list(5), deb822). The package lists are not fetched: say `update_cache: true` in the task of `apt` that comes after.',
  args,
  refuses: { install_python_debian: 'Leave it out: no Python is needed.' },
  returnValues: { repo: 'the text of the file', dest: 'the path of the file', key_filename: 'as in Ansible: null, since no key is downloaded' },
  examples: `
- deb822_repository:
    name: docker
    uris: https://download.docker.com/linux/debian
    suites: bookworm
    components: stable
    signed_by: "{{ lookup('file', 'docker.asc') }}"
`,
  *validate({ state, uris, suites, signed_by, mode }) {
    if (state === 'present') for (const [name, value] of Object.entries({ uris, suites })) if (value === undefined) yield { path: [name], message: `state: present needs ${name}` };
    if (signed_by !== undefined && /^https?:\/\//.test(signed_by)) yield { path: ['signed_by'], message: 'keys are not downloaded', hint: 'Bring it to /etc/apt/keyrings with `get_url`, and name that file.' };
    const problem = modeProblem(mode);
    if (problem) yield problem;
  },
  subject: ({ name }) => `apt source ${name}`,
  facts: (given) => ({ file: file(pathOf(given), { digest: true, content: { limit: diffLimit } }) }),
  *plan(given, now): Iterable<Change> {
    const touches = { touches: ['file', 'apt-sources', 'apt-cache'], brings: ['apt-sources', 'apt-cache'] };
    if (given.state === 'absent') {
      if (known(now.file) !== undefined) yield { action: 'delete', subject: `apt source ${given.name}`, from: now.file.path, commands: [sh`rm -f ${now.file.path}`], ...touches };
      return;
    }
    const { input, sha256, text } = inlineContent(Buffer.from(sourceText(given)));
    for (const change of placeFile(now.file, { sha256, input }, { mode: given.mode, text })) yield { ...change, ...touches };
  },
  revertFacts: (_given, before) => ({ file: fileToRevert(before.file) }),
  *revert(_given, now, before) {
    yield* revertFile(now.file, before.file);
  },
  returns: (given) => ({ repo: given.state === 'present' ? sourceText(given) : null, dest: pathOf(given), key_filename: null }),
});

function pathOf({ name }: Args): string {
  return `/etc/apt/sources.list.d/${name.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')}.sources`;
}

/** The fields in the order of Ansible: by the names of the arguments. */
export function sourceText(given: Args): string {
  const named = [...Object.keys(fields), 'name'].sort() as (keyof typeof fields | 'name')[];
  return named.map((name) => [name, given[name]] as const).flatMap(([name, value]) => (value === undefined ? [] : [`${fieldName(name)}:${fieldValue(value)}\n`])).join('');
}

function fieldName(argument: string): string {
  if (argument === 'name') return 'X-Repolib-Name';
  if (argument === 'uris') return 'URIs';
  return argument.split('_').map((word) => word[0]!.toUpperCase() + word.slice(1)).join('-');
}

/** Each line of a text of several has a blank in front, and a dot stands for an empty one (deb822(5)). */
function fieldValue(value: string | number | boolean | readonly string[]): string {
  if (typeof value === 'boolean') return value ? ' yes' : ' no';
  const text = typeof value === 'object' ? value.join(' ') : String(value).trim();
  return text.includes('\n') ? `\n${text.split('\n').map((line) => ` ${line.trim() || '.'}`).join('\n')}` : ` ${text}`;
}
