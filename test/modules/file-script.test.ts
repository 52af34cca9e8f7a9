/** The script that looks at paths, run by the sh, stat and sha256sum of this machine. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { file, type FileQuestion, type LocatedFile } from '../../modules/facts/file.ts';
import { fileReader, type FileInQuestion } from '../../modules/facts/file-script.ts';
import { statFact, type StatQuestion } from '../../modules/facts/stat.ts';
import type { ReadResult } from '../../src/module.ts';
import { joinCommands, nothing, sh, type Command } from '../../src/shell.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ctplay-files-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => path.join(folder, name);
const odd = ['a return\r', 'paragraph\u2029', 'star *', 'a line\nbreak', 'back\\slash', 'space at its end ', "a 'quote'", '-dash', 'two  blanks', 'tab\there'];
for (const name of ['plain', ...odd]) writeFileSync(at(name), `content of ${name}`);
writeFileSync(at('empty'), '');
mkdirSync(at('folder'));
writeFileSync(at('folder/inner'), 'inner');
symlinkSync(at('plain'), at('link'));
symlinkSync(at('nowhere'), at('dangling'));
symlinkSync('file=1', at('odd link'));
symlinkSync('targets=', at('odder link'));
const oddTargets = ['a line\nbreak', 'a "quote" and \'another\'', ' -> "x"', 'back\\slash\\n', 'größer\u2029', 'tab\there', '\u0007\u001b'];
oddTargets.forEach((target, index) => symlinkSync(target, at(`to odd ${index}`)));
symlinkSync('plain', at('a\ttab and a\nbreak'));
const oddContents = ['no break at its end', '\n\n', ' \t blanks \n', '-n $x `x` "\' \\n %s\\0', 'größer\n', 'return\r\n', 'a\0b', '\0', 'bell\u0007', 'ÿ'.repeat(700)];
oddContents.forEach((content, index) => writeFileSync(at(`content ${index}`), content));

/** Shells by name. Debian's BusyBox has programs of its own in it, of which stat(1) knows too little. */
const shells: Readonly<Record<string, { readonly words: readonly string[]; readonly before?: Command }>> = {
  dash: { words: ['dash'] },
  bash: { words: ['bash'] },
  'bash as sh': { words: ['bash', '--posix'] },
  'BusyBox ash': { words: ['busybox', 'ash'], before: joinCommands(['stat', 'sha256sum', 'readlink', 'cat', 'base64', 'head'].map((name) => sh`${name}() { /usr/bin/env ${name} "$@"; }`), '; ') },
};

function runIn(shell: string, command: Command): ReadResult {
  const { words, before = nothing } = shells[shell]!;
  return run(joinCommands([before, command], '\n'), words);
}

function run(command: Command, [program = '/bin/sh', ...words]: readonly string[] = []): ReadResult {
  const { status, stdout, stderr } = spawnSync(program, [...words, '-c', command.text], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return { status, stdout, stderr };
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

describe('paths of which much is expected', () => {
  const asked = questions.map((question): FileInQuestion => ({ ...question, large: true }));
  const states = (which: readonly FileInQuestion[], command: Command): unknown[] => {
    const answers = fileReader.split(run(command), which);
    return which.map(({ path: name, ...question }, index) => unread(file(name, question).parse(answers[index]!)));
  };

  it.each([
    ['with openssl', fileReader.command(asked)],
    ['without', sh`command() { false; }; ${fileReader.command(asked)}`],
  ])('are told of in the same way %s', (_how, command) => {
    expect(states(asked, command)).toEqual(states(questions, fileReader.command(questions)));
  });
});

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

  it.each(Object.keys(shells))('are the same in %s', (shell) => {
    const answers = fileReader.split(runIn(shell, fileReader.command(questions)), questions);
    expect(facts.map((fact, index) => unread(fact.parse(answers[index]!)))).toEqual(facts.map((fact, index) => unread(fact.parse(together[index]!))));
  });

  it.each([
    ['of this stat(1)', sh`:`],
    ['of one that quotes otherwise', sh`stat() { QUOTING_STYLE=shell-escape-always command stat "$@"; }`],
    ['of one that quotes as it did before', sh`stat() { QUOTING_STYLE=locale command stat "$@"; }`],
  ])('are links with what they hold, by the words %s', (_which, before) => {
    const asked = ['plain', ...oddTargets.map((_target, index) => `to odd ${index}`), 'a\ttab and a\nbreak', 'link'].map((name): FileInQuestion => ({ path: at(name) }));
    const answers = fileReader.split(run(sh`${before}\n${fileReader.command(asked)}`), asked);
    const states = answers.map((answer, index) => file(asked[index]!.path).parse(answer));
    expect(states.map((one) => (one.state === 'present' ? one.value.target : one.state))).toEqual([undefined, ...oddTargets, 'plain', at('plain')]);
  });

  const everyContent = [...oddContents.keys()];
  it.each<[string, readonly number[]]>([
    ['few', everyContent.filter((index) => oddContents[index]!.length < 100)],
    ['many', everyContent],
    ...everyContent.map((index): [string, readonly number[]] => [JSON.stringify(oddContents[index]!.slice(0, 20)), [index]]),
  ])('have any content: %s', (_which, indexes) => {
    const asked = indexes.map((index): FileInQuestion => ({ path: at(`content ${index}`), content: { limit: 10_000 } }));
    for (const shell of Object.keys(shells)) {
      const answers = fileReader.split(runIn(shell, fileReader.command(asked)), asked);
      const states = answers.map((answer, index) => file(asked[index]!.path, asked[index]).parse(answer));
      expect(states.map((one) => (one.state === 'present' && one.value.content ? String(Buffer.from(one.value.content.bytes)) : undefined))).toEqual(indexes.map((index) => oddContents[index]));
    }
  });

  it('have no digest through a link where their own is asked for', () => {
    const asked: FileInQuestion[] = [{ path: at('link'), digest: 'own' }, { path: at('plain'), digest: 'own' }];
    expect(fileReader.split(run(fileReader.command(asked)), asked).map(({ stdout }) => stdout.includes('sha256='))).toEqual([false, true]);
  });

  it('send no content that is known', () => {
    const [known] = facts.filter((_fact, index) => index === 1).map((fact) => fact.parse(run(fact.read)));
    const sha256 = known?.state === 'present' ? known.value.sha256! : '';
    const asked: FileInQuestion[] = [{ path: at('plain'), content: { limit: 100, unless: sha256 } }, { path: at('link'), content: { limit: 100, unless: 'other' } }];
    const answers = fileReader.split(run(fileReader.command(asked)), asked);
    expect(answers.map(({ stdout }) => stdout.includes('content='))).toEqual([false, true]);
  });
});

describe('all that there is to know of paths', () => {
  execFileSync('mkfifo', [at('fifo')]);
  const all: StatQuestion = { follow: false, checksum: 'sha1', mime: true, attributes: true };
  const asked: (readonly [string, StatQuestion])[] = [
    ...['absent', 'plain', ...odd, 'folder', 'empty', 'fifo', 'link', 'dangling'].map((name) => [at(name), all] as const),
    ['/dev/null', all],
    [at('link'), { ...all, follow: true, checksum: 'md5' }],
    [at('dangling'), { ...all, follow: true }],
    [at('plain'), { follow: false, mime: false }],
  ];
  const facts = asked.map(([name, question]) => statFact(name, question));
  const joint = facts.map((fact) => fact.joint!.question as FileInQuestion);
  const together = fileReader.split(run(fileReader.command([...questions, ...joint])), [...questions, ...joint]).slice(questions.length);

  it.each(asked.map(([name, question], index) => [path.relative(folder, name), question.follow, question, index] as const))('%s, followed: %s', (_name, _follow, question, index) => {
    const [fact, [name]] = [facts[index]!, asked[index]!];
    const found = fact.parse(together[index]!);
    expect({ ...found, atime: 0 }).toEqual({ ...fact.parse(run(fact.read)), atime: 0 });
    const exists = (question.follow ? statSync : lstatSync)(name, { throwIfNoEntry: false }) !== undefined;
    expect(found['exists']).toBe(exists);
    if (!exists) return;
    expect(found['path']).toBe(name);
    if (question.mime) {
      const words = execFileSync('file', ['-b', '--mime-type', '--mime-encoding', ...(question.follow ? ['-L'] : []), '--', name], { encoding: 'utf8' });
      // file(1) leaves the character set of a link to nowhere away.
      expect(`${String(found['mimetype'])}; charset=${String(found['charset'])}`).toBe(words.includes('charset') ? words.trim() : `${words.trim()}; charset=binary`);
    }
    if (found['isreg'] === true && question.checksum !== undefined) expect(found['checksum']).toBe(createHash(question.checksum).update(readFileSync(name)).digest('hex'));
    else expect(found['checksum']).toBeUndefined();
  });

  it('a link says what it holds and where that leads', () => {
    expect(facts.map((fact, index) => fact.parse(together[index]!)).flatMap(({ lnk_target, lnk_source }) => (lnk_target === undefined ? [] : [[lnk_target, lnk_source]]))).toEqual([[at('plain'), at('plain')], [at('nowhere'), at('nowhere')]]);
  });
});
