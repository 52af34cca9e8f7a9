/** The script that looks at paths, run by the sh, stat and sha256sum of this machine. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { file, type FileQuestion, type LocatedFile } from '../../modules/facts/file.ts';
import { fileReader, type FileInQuestion } from '../../modules/facts/file-script.ts';
import type { ReadResult } from '../../src/module.ts';
import type { Command } from '../../src/shell.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ctplay-files-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => path.join(folder, name);
const odd = ['a line\nbreak', 'back\\slash', 'space at its end ', "a 'quote'", '-dash', 'two  blanks', 'tab\there'];
for (const name of ['plain', ...odd]) writeFileSync(at(name), `content of ${name}`);
writeFileSync(at('empty'), '');
mkdirSync(at('folder'));
writeFileSync(at('folder/inner'), 'inner');
symlinkSync(at('plain'), at('link'));
symlinkSync(at('nowhere'), at('dangling'));
symlinkSync('file=1', at('odd link'));
symlinkSync('targets=', at('odder link'));

function run(command: Command): ReadResult {
  const stdout = execFileSync('/bin/sh', ['-c', command.text], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return { status: 0, stdout, stderr: '' };
}

/** Looking at a content changes the time at which it was last looked at. */
function unread(found: LocatedFile): unknown {
  return found.state === 'present' ? { ...found, value: { ...found.value, ...(found.path.startsWith('/proc') ? { mtime: 0, ctime: 0, inode: 0 } : {}), atime: 0, content: found.value.content && Buffer.from(found.value.content.bytes) } } : found;
}

const digest: FileQuestion = { digest: true };
const questions: FileInQuestion[] = [
  { path: at('absent') },
  { path: at('plain'), ...digest },
  { path: at('folder') },
  { path: at('plain/below'), ...digest },
  { path: at('link'), ...digest },
  { path: at('link'), follow: true, content: { limit: 100 } },
  { path: at('dangling'), ...digest },
  { path: at('folder'), inside: 'inner', content: { limit: 100 } },
  { path: at('folder'), inside: 'missing', ...digest },
  { path: at('empty'), content: { limit: 10 } },
  { path: at('plain'), content: { limit: 3 } },
  { path: '/proc/self/mounts', content: { limit: 1e6 } },
  { path: at('odd link') },
  { path: at('odder link'), ...digest },
  ...odd.map((name): FileInQuestion => ({ path: at(name), content: { limit: 100 } })),
];

describe('paths looked at together', () => {
  const facts = questions.map(({ path: name, ...question }) => file(name, question));
  const together = fileReader.split(run(fileReader.command(questions)), questions);

  it.each(questions.map((question, index) => [JSON.stringify({ ...question, path: path.relative(folder, question.path) }), index] as const))('%s gives what it gives alone', (_question, index) => {
    const fact = facts[index]!;
    expect(unread(fact.parse(together[index]!))).toEqual(unread(fact.parse(run(fact.read))));
  });

  it('are what they are', () => {
    const states = facts.map((fact, index) => fact.parse(together[index]!));
    expect(states.map((one) => (one.state === 'present' ? one.value.type : one.state))).toEqual(['absent', 'file', 'directory', 'absent', 'link', 'file', 'link', 'file', 'absent', 'file', 'file', 'file', 'link', 'link', ...odd.map(() => 'file')]);
    expect(states.map((one) => (one.state === 'present' && one.value.content ? String(Buffer.from(one.value.content.bytes)) : undefined))).toEqual([
      undefined, undefined, undefined, undefined, undefined, 'content of plain', undefined, 'inner', undefined, '', undefined, readFileSync('/proc/self/mounts', 'utf8'), undefined, undefined, ...odd.map((name) => `content of ${name}`),
    ]);
    expect(states[4]).toMatchObject({ value: { target: at('plain'), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string } });
    expect(states.flatMap((one) => (one.state === 'present' && one.value.type === 'link' ? one.value.target : []))).toEqual([at('plain'), at('nowhere'), 'file=1', 'targets=']);
    expect(states[3]).toMatchObject({ state: 'absent', existing: folder });
  });

  it('send no content that is known', () => {
    const [known] = facts.filter((_fact, index) => index === 1).map((fact) => fact.parse(run(fact.read)));
    const sha256 = known?.state === 'present' ? known.value.sha256! : '';
    const asked: FileInQuestion[] = [{ path: at('plain'), content: { limit: 100, unless: sha256 } }, { path: at('link'), content: { limit: 100, unless: 'other' } }];
    const answers = fileReader.split(run(fileReader.command(asked)), asked);
    expect(answers.map(({ stdout }) => stdout.includes('content='))).toEqual([false, true]);
  });
});
