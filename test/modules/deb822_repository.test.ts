import { describe, expect, it } from 'vitest';
import type { LocatedFile } from '../../modules/facts/file.ts';
import deb822Repository, { sourceText } from '../../modules/deb822_repository.ts';
import { argsOf, problemsOf } from '../harness/arguments.ts';
import { planOf } from '../harness/module.ts';
import { missing, textFile } from '../harness/files.ts';

const path = '/etc/apt/sources.list.d/the-lab.sources';
const given = { name: 'The Lab', uris: ['https://example.org/debian'], suites: ['bookworm'], components: ['main', 'extra'] };
const text = 'Components: main extra\nX-Repolib-Name: The Lab\nSuites: bookworm\nTypes: deb\nURIs: https://example.org/debian\n';
const plan = (more: Record<string, unknown>, file: LocatedFile) => planOf(deb822Repository, argsOf(deb822Repository, { ...given, ...more }), { file }).map(({ action, subject }) => `${action} ${subject}`);

describe('a source', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['has its fields in the order of Ansible', {}, text],
    ['has booleans as apt wants them', { enabled: false, by_hash: true }, `By-Hash: yes\nComponents: main extra\nEnabled: no\n${text.slice(text.indexOf('X-'))}`],
    ['has the key in itself', { signed_by: '-----BEGIN-----\n\nabc\n-----END-----\n' }, text.replace('Suites', 'Signed-By:\n -----BEGIN-----\n .\n abc\n -----END-----\nSuites')],
    ['names the file of the key', { signed_by: '/etc/apt/keyrings/x.asc' }, text.replace('Suites', 'Signed-By: /etc/apt/keyrings/x.asc\nSuites')],
  ])('%s', (_name, more, expected) => expect(sourceText(argsOf(deb822Repository, { ...given, ...more }))).toBe(expected));

  it.each<[string, Record<string, unknown>, LocatedFile, string[]]>([
    ['is made', {}, missing(path), [`create file ${path}`]],
    ['is left alone', {}, textFile(path, text), []],
    ['is written anew', {}, textFile(path, 'x'), [`update file ${path}`]],
    ['is removed', { state: 'absent' }, textFile(path, text), ['delete apt source The Lab']],
    ['is not removed twice', { state: 'absent' }, missing(path), []],
  ])('%s', (_name, more, file, expected) => expect(plan(more, file)).toEqual(expected));
});

it.each([
  [{ name: 'x' }, ['state: present needs uris', 'state: present needs suites']],
  [{ ...given, signed_by: 'https://example.org/key' }, ['keys are not downloaded']],
])('%j is a wrong task', (wrong, messages) => expect(problemsOf(deb822Repository, wrong)).toEqual(messages));
