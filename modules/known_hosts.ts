import { Type, type Static } from 'typebox';
import { createHash, createHmac } from 'node:crypto';
import { defineModule, type Fact } from '../src/module.ts';
import { sh } from '../src/shell.ts';
import { file, type LocatedFile } from './facts/file.ts';
import { affectsFrom } from './shared/affects.ts';
import { fileReturns, fileReturnValues } from './shared/file-returns.ts';
import { inlineContent } from './shared/local-file.ts';
import { parseKnownHost } from './shared/key-lines.ts';
import { parentOf, pathWord } from './shared/path.ts';
import { fileToRevert, known, placeFile, revertFile, unreadable } from './shared/place-file.ts';

const args = Type.Object({
  name: Type.String({ minLength: 1, aliases: ['host'], description: 'The host, as ssh is told it: a name, an address, or `[address]:port`.' }),
  key: Type.Optional(Type.String({ minLength: 1, description: 'Lines as in known_hosts: names, type and key. Needed for `present`.' })),
  path: Type.String({ default: '~/.ssh/known_hosts', minLength: 1, description: 'The file.' }),
  hash_host: Type.Boolean({ default: false, description: 'Write a hash of the name instead of the name.' }),
  state: Type.Enum(['present', 'absent'], { default: 'present', description: 'Whether the keys of the host should be known.' }),
});
type Args = Static<typeof args>;
interface Facts {
  readonly [name: string]: Fact<unknown>;
  readonly file: Fact<LocatedFile>;
}

/** Keys of hosts that users log in to from the host. */
export default defineModule<typeof args, Facts, undefined>({
  summary: 'Have a host in known_hosts, or not',
  args,
  returnValues: { ...fileReturnValues('path'), name: 'the argument', key: 'the argument', hash_host: 'the argument' },
  examples: `
- known_hosts:
    name: host2
    key: host2 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILjVpGgKgXZ3LZ9D2XYlLRW5gQUdW0GyLrQH8Nq5V0Ci
    path: /etc/ssh/ssh_known_hosts
`,
  *validate({ state, key }) {
    if (state === 'present' && key === undefined) yield { path: ['key'], message: 'state: present needs key', hint: 'ssh-keyscan HOST prints the lines.' };
    for (const line of (key ?? '').split('\n').filter((candidate) => candidate.trim() !== '')) {
      if (parseKnownHost(line) === undefined && !line.startsWith('#')) yield { path: ['key'], message: `'${line.slice(0, 40)}' is no line of known_hosts`, hint: 'It has names, a type and the key, as ssh-keyscan prints it.' };
    }
  },
  brief: true,
  subject: ({ name, path }) => `known host ${name} in ${path}`,
  facts: ({ path }) => ({ file: file(path, { follow: true, digest: true, content: { limit: 1 << 22 } }) }),
  *plan(given, { file: located }) {
    const state = known(located);
    if (state !== undefined && state.content === undefined) unreadable(located.path);
    const old = state?.content?.text ?? '';
    const text = withKnownHost(old, given);
    if (text === old) return;
    const parent = parentOf(located.path);
    if (located.existing !== parent) yield { action: 'create', subject: `directory ${parent}`, commands: [sh`mkdir -p -m 0700 ${pathWord(parent)}`], ...affectsFrom(parent, located.existing) };
    const { input, sha256, text: shown } = inlineContent(Buffer.from(text));
    yield* placeFile({ ...located, existing: parent }, { sha256, input }, { ...(state === undefined ? { mode: '0644' } : {}), text: shown });
  },
  revertFacts: (_given, before) => ({ file: fileToRevert(before.file) }),
  *revert(_given, now, before) {
    yield* revertFile(now.file, before.file);
  },
  returns: ({ name, key, hash_host, path }, { now }) => ({ ...fileReturns(now.file), name, key: key ?? null, hash_host, path }),
});

/** The text with the given keys for the host, and no other key of the same types; without all its keys when absent. */
export function withKnownHost(text: string, { name, key = '', state, hash_host }: Pick<Args, 'name' | 'key' | 'state' | 'hash_host'>): string {
  const wanted = key.split('\n').flatMap((line) => parseKnownHost(line) ?? []);
  const present = new Set<string>();
  const kept = (text === '' ? [] : text.replace(/\n$/, '').split('\n')).filter((line) => {
    const found = parseKnownHost(line);
    if (!found || !matches(found.names, name) || found.marker !== '') return true;
    if (state === 'absent') return wanted.length > 0 && !wanted.some((one) => one.key === found.key);
    const same = wanted.find((one) => one.type === found.type);
    if (same === undefined) return true;
    if (same.key !== found.key || hash_host !== found.names.startsWith('|')) return false;
    present.add(same.key);
    return true;
  });
  const added = state === 'absent' ? [] : wanted.filter((one) => !present.has(one.key)).map((one) => `${hash_host ? hashed(name, one.key) : one.names} ${one.type} ${one.key}`);
  const lines = [...kept, ...added];
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** Whether the names of a line, plain or hashed, are about the host. */
function matches(names: string, name: string): boolean {
  const [, version, salt, hash] = /^\|(1)\|([^|]+)\|(.+)$/.exec(names) ?? [];
  if (version === undefined) return names.split(',').includes(name);
  return createHmac('sha1', Buffer.from(salt!, 'base64')).update(name).digest('base64') === hash;
}

/** A hashed name. The salt follows from name and key, so that the plan is the same each time. */
function hashed(name: string, key: string): string {
  const salt = createHash('sha1').update(`${name} ${key}`).digest();
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}
