/** What is remembered of files, with the sh, stat and sha256sum of this machine. */
import { spawnSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { file, type FileQuestion } from '../../modules/facts/file.ts';
import { fileMemory } from '../../modules/facts/file-memory.ts';
import { fileReader, type FileInQuestion } from '../../modules/facts/file-script.ts';
import { statFact, type StatQuestion } from '../../modules/facts/stat.ts';
import type { Fact, ReadResult } from '../../src/module.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ctplay-memory-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => path.join(folder, name);
writeFileSync(at('plain'), 'plain\n');
mkdirSync(at('folder'));
writeFileSync(at('folder/inner'), 'inner\n');
symlinkSync(at('plain'), at('link'));
const otherDigest = '0'.repeat(64);

function read(...questions: readonly FileInQuestion[]): readonly ReadResult[] {
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', fileReader.command(questions).text], { encoding: 'utf8' });
  return fileReader.split({ status, stdout, stderr }, questions);
}

const programs = path.join(folder, 'programs');
mkdirSync(programs);
for (const name of ['sha256sum', 'sha1sum', 'file', 'lsattr', 'base64']) writeFileSync(path.join(programs, name), `#!/bin/sh\necho ${name} >>${at('started')}\nPATH=\${PATH#*:} exec ${name} "$@"\n`, { mode: 0o755 });

/** Which programs that read a file are started for a question. */
function started(question: FileInQuestion): string[] {
  writeFileSync(at('started'), '');
  spawnSync('/bin/sh', ['-c', fileReader.command([question]).text], { env: { PATH: `${programs}:${process.env['PATH']}` } });
  return readFileSync(at('started'), 'utf8').split('\n').filter((line) => line !== '');
}

function readOne(question: FileInQuestion): ReadResult {
  return read(question)[0]!;
}

function questionOf(fact: Fact<unknown>): FileInQuestion {
  return fact.joint!.question as FileInQuestion;
}

const all: StatQuestion = { follow: false, checksum: 'sha1', mime: true, attributes: true };
const sha256 = fileMemory.learn({ path: at('plain') }, readOne({ path: at('plain'), digest: true })).parts['sha256']!;

describe('a question of which everything is remembered', () => {
  it.each<[string, Fact<unknown>, boolean]>([
    ['the digest of a file', file(at('plain'), { digest: true }), true],
    ['its own digest', file(at('plain'), { digest: 'own' }), true],
    ['a content that is the expected one', file(at('plain'), { content: { limit: 100, unless: sha256 } }), true],
    ['a content that is another one', file(at('plain'), { content: { limit: 100, unless: otherDigest } }), true],
    ['a content', file(at('plain'), { content: { limit: 100 } }), true],
    ['what is kept', file(at('plain'), { digest: true, kept: sha256 }), false],
    ['no more than what there is', file(at('plain')), false],
    ['a file in a directory', file(at('folder'), { inside: 'inner', digest: true }), true],
    ['a file behind a link', file(at('link'), { digest: true }), false],
    ['all of a file', statFact(at('plain'), all), true],
    ['all behind a link', statFact(at('link'), { ...all, follow: true }), true],
    ['all of a link', statFact(at('link'), all), false],
    ['all of a directory', statFact(at('folder'), all), false],
    ['all of what is not there', statFact(at('absent'), all), false],
  ])('about %s has the same answer from the rest', (_what, fact, spares) => {
    const question = questionOf(fact);
    const whole = readOne(question);
    const { stamp, parts } = fileMemory.learn(question, whole);
    const rest = fileMemory.rest(question, stamp === undefined ? {} : parts);
    expect(rest !== question).toBe(spares);
    if (!spares) return;
    expect(started(rest)).toEqual([]);
    const answer = readOne(rest);
    expect(fileMemory.learn(question, answer).stamp).toBe(stamp);
    expect(unread(fact.parse(fileMemory.complete(question, answer, parts)))).toEqual(unread(fact.parse(whole)));
  });

  it('has the rest that nobody remembers', () => {
    const question = questionOf(statFact(at('plain'), all));
    const { parts } = fileMemory.learn(question, readOne(question));
    const { mime } = parts;
    const rest = fileMemory.rest(question, { mime: mime! });
    expect(rest.details).toEqual({ checksum: 'sha1', mime: false, attributes: true });
    expect(fileMemory.complete(question, readOne(rest), { mime: mime!, sha256 }).stdout).not.toContain('sha256=');
  });

  it('of another digest is asked', () => {
    const known = fileMemory.learn(questionOf(statFact(at('plain'), all)), readOne(questionOf(statFact(at('plain'), all)))).parts;
    expect(fileMemory.rest(questionOf(statFact(at('plain'), { ...all, checksum: 'md5' })), known).details).toEqual({ checksum: 'md5', mime: false, attributes: false });
  });
});

describe('questions about one path', () => {
  const one: FileQuestion = { digest: true };
  it.each<[string, FileInQuestion, boolean]>([
    ['with another digest expected', { path: '/a', content: { limit: 1, unless: 'x' } }, true],
    ['seen through links', { path: '/a', follow: true, ...one }, false],
    ['that may be a directory', { path: '/a', inside: 'b', ...one }, false],
    ['of another name', { path: '/b', ...one }, false],
  ])('%s share what is remembered: %s', (_what, question, same) => {
    expect(fileMemory.about(question) === fileMemory.about({ path: '/a', ...one })).toBe(same);
  });
});

describe('the stamp of a file', () => {
  const name = at('stamped');
  const stamp = (): string | undefined => fileMemory.learn({ path: name }, readOne({ path: name })).stamp;
  it.each<[string, () => void]>([
    ['is written to, its size and times as they were', () => { const { atime, mtime } = statSync(name); writeFileSync(name, 'other\n'); utimesSync(name, atime, mtime); }],
    ['gives its place to another', () => { writeFileSync(at('new'), 'first\n'); renameSync(at('new'), name); }],
    ['has another mode', () => chmodSync(name, 0o600)],
    ['has another name as well', () => linkSync(name, at('second'))],
  ])('is another one when it %s', async (_what, work) => {
    rmSync(at('second'), { force: true });
    writeFileSync(name, 'first\n', { mode: 0o644 });
    const before = stamp();
    expect(before).toBeDefined();
    // The kernel's clock for files has ticks of some milliseconds.
    await sleep(20);
    work();
    expect(stamp()).not.toBe(before);
  });

  it('is the same when it is read', async () => {
    writeFileSync(name, 'first\n');
    const before = stamp();
    await sleep(20);
    readOne({ path: name, digest: true });
    expect(stamp()).toBe(before);
  });

  it('is none where the change time has whole seconds', () => {
    const answer = (ctime: string): ReadResult => ({ status: 0, stdout: `stat=81a4 0 0 6 1.5 1.5 ${ctime} 7 1 8\0sha256=${'0'.repeat(64)}\0`, stderr: '' });
    expect(fileMemory.learn({ path: name }, answer('1795263082.000000000')).stamp).toBeUndefined();
    expect(fileMemory.learn({ path: name }, answer('1795263082.000000100')).stamp).toBeDefined();
  });
});

/** Looking at a file may change the time at which it was last looked at. */
function unread(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, one: unknown) => (key === 'atime' ? 0 : one)));
}
