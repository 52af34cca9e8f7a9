import { Type, type Static } from 'typebox';
import { PreconditionError } from '../src/errors.ts';
import { defineModule, type Change, type Fact } from '../src/module.ts';
import { sh } from '../src/shell.ts';
import { file, type LocatedFile } from './facts/file.ts';
import { affectsFrom } from './shared/affects.ts';
import { FileContent } from './shared/file-content.ts';
import { inlineContent } from './shared/local-file.ts';
import { formatAuthorizedKey, parseAuthorizedKey, withKeys, type AuthorizedKey } from './shared/key-lines.ts';
import { parentOf, pathWord } from './shared/path.ts';
import { fileToRevert, known, placeFile, requireParent, revertFile, unreadable } from './shared/place-file.ts';

const args = Type.Object({
  user: Type.String({ minLength: 1, pattern: '^[a-zA-Z_][a-zA-Z0-9._-]*\\$?$', description: 'Whose file it is.' }),
  key: Type.String({ minLength: 1, description: 'One public key, or several in lines.' }),
  state: Type.Enum(['present', 'absent'], { default: 'present', description: 'Whether the keys should be accepted.' }),
  path: Type.Optional(Type.String({ minLength: 1, description: 'The file, when it is not `~USER/.ssh/authorized_keys`.' })),
  manage_dir: Type.Boolean({ default: true, description: 'Make the directory of the file if there is none, with the mode that sshd wants.' }),
  key_options: Type.Optional(Type.String({ description: 'Options for the keys, such as `no-port-forwarding,from="10.0.0.0/24"`.' })),
  comment: Type.Optional(Type.String({ description: 'A comment in the place of that of the key.' })),
  exclusive: Type.Boolean({ default: false, description: 'Remove all other keys.' }),
  validate_certs: Type.Boolean({ default: true, description: 'As in Ansible; keys are not read from the net here.' }),
  follow: Type.Boolean({ default: false, description: 'Where the file is a link, write what it leads to.' }),
});
type Args = Static<typeof args>;
interface Facts {
  readonly [name: string]: Fact<unknown>;
  readonly file: Fact<LocatedFile>;
}

/** Keys that may log in as a user. */
export default defineModule<typeof args, Facts, undefined>({
  summary: 'Have public keys that may log in, or not',
  args,
  returnValues: { user: 'the argument', key: 'the argument', state: 'the argument', exclusive: 'the argument', key_options: 'the argument', comment: 'the argument', manage_dir: 'the argument', path: 'the argument', follow: 'the argument', validate_certs: 'the argument', unique: 'as in Ansible: false', keyfile: 'the path of the file' },
  examples: `
- authorized_key:
    user: student
    key: "{{ lookup('file', 'keys/student.pub') }}"
`,
  *validate({ key, path, manage_dir, user }) {
    const wrong = key.split('\n').find((line) => !/^\s*(#|$)/.test(line) && parseAuthorizedKey(line) === undefined);
    if (wrong !== undefined) {
      yield { path: ['key'], message: /^https?:/.test(wrong) ? 'keys are not read from the net' : `'${wrong.slice(0, 40)}' is no public key`, hint: "It is the content of a .pub file: lookup('file', 'name.pub')." };
    }
    if (path !== undefined && manage_dir && !/\/\.ssh\//.test(path) && path.startsWith('/etc/')) yield { path: ['manage_dir'], message: `with manage_dir the directory of ${path} would belong to ${user}`, hint: 'Say manage_dir: false.' };
  },
  subject: ({ user, key }) => `keys ${keysOf({ key }).map((one) => one.key.slice(-12)).join(', ')} of ${user}`,
  facts: ({ user, path, follow }) => ({ file: file(path ?? `~${user}/.ssh/authorized_keys`, { follow, digest: true, content: { limit: 1 << 20 } }) }),
  *plan(given, { file: located }) {
    if (located.path.startsWith('~')) throw new PreconditionError(`there is no user '${given.user}' on the host`, { hint: 'Make it first with the module user.' });
    const state = known(located);
    if (state !== undefined && state.content === undefined) unreadable(located.path);
    const text = withKeys(state?.content?.text ?? '', keysOf(given), { present: given.state === 'present', exclusive: given.exclusive });
    if (state === undefined && text === '') return;
    const parent = parentOf(located.path);
    if (located.existing !== parent) {
      if (!given.manage_dir) requireParent(located);
      yield { action: 'create', subject: `directory ${parent}`, to: { mode: '0700', owner: given.user }, commands: [sh`mkdir -p -m 0700 ${pathWord(parent)} && chown ${`${given.user}:`} ${pathWord(parent)}`], ...affectsFrom(parent, located.existing) };
    }
    const { input, sha256, text: shown } = inlineContent((state?.content ?? new FileContent(new Uint8Array())).encode(text));
    // An owner that ends in a colon brings its login group along, as chown(1) has it.
    const attributes = state === undefined ? { mode: '0600', owner: `${given.user}:` } : {};
    yield* placeFile({ ...located, existing: parent }, { sha256, input }, { ...attributes, text: shown });
  },
  revertFacts: (_given, { file: located }) => ({ file: fileToRevert(located) }),
  *revert(_given, now, before): Iterable<Change> {
    yield* revertFile(now.file, before.file);
  },
  returns: ({ user, key, state, exclusive, key_options, comment, manage_dir, path, follow, validate_certs }, { now }) => ({
    user, key, state, exclusive, key_options: key_options ?? null, comment: comment ?? null, manage_dir, path: path ?? null, follow, validate_certs, unique: false, keyfile: now.file.path,
  }),
});

function keysOf({ key, key_options, comment }: Pick<Args, 'key' | 'key_options' | 'comment'>): AuthorizedKey[] {
  return key.split('\n').flatMap((line) => {
    const parsed = parseAuthorizedKey(line);
    return parsed ? [parseAuthorizedKey(formatAuthorizedKey({ ...parsed, options: key_options ?? parsed.options, comment: comment ?? parsed.comment }))!] : [];
  });
}
