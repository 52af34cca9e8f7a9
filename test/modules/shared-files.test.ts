/** Modes, paths, words and records: the pieces under the modules about files. */
import { describe, expect, it } from 'vitest';
import { modeProblem, resolveMode } from '../../modules/shared/mode.ts';
import { expandedWord, fileDomain, globWord, joinPath, missingAbove, nameOf, parentOf, pathWord } from '../../modules/shared/path.ts';
import { splitWords } from '../../modules/shared/shlex.ts';
import { globToRegExp } from '../../modules/shared/glob.ts';
import { parseRecord, parseRecords } from '../../modules/shared/record.ts';
import { FileContent } from '../../modules/shared/file-content.ts';

describe('modes', () => {
  // What chmod(1) of coreutils makes of them, with umask 022.
  it.each([
    ['0644', 0o777, false, 0o644],
    ['644', 0, false, 0o644],
    ['0o1777', 0, true, 0o1777],
    [420, 0, false, 0o644],
    ['u=rw,g=r,o=', 0o777, false, 0o640],
    ['u+x', 0o644, false, 0o744],
    ['a-w', 0o666, false, 0o444],
    ['go-rwx', 0o755, true, 0o700],
    ['a+X', 0o644, false, 0o644],
    ['a+X', 0o744, false, 0o755],
    ['a+X', 0o644, true, 0o755],
    ['u=rwX,g=rX,o=', 0o644, true, 0o750],
    ['g=u', 0o640, false, 0o660],
    ['o=g-w', 0o660, false, 0o664],
    ['+x', 0o644, false, 0o755],
    ['+w', 0o444, false, 0o644],
    ['u+s,+t', 0o755, true, 0o5755],
    ['g-s', 0o2755, true, 0o755],
    ['u=rwx', 0o4755, false, 0o755],
    ['u=rwx', 0o4755, true, 0o4755],
  ])('%s on %o', (mode, current, isDirectory, expected) => {
    expect(resolveMode(mode, current, isDirectory).toString(8)).toBe(expected.toString(8));
  });

  it.each([
    ['0644', undefined],
    [0o644, undefined],
    [0, undefined],
    [644, 'the number 644 is the mode 1204'],
    [755, 'the number 755 is the mode 1363'],
    [1777, 'the number 1777 is the mode 3361'],
    ['rw-r--r--', "'rw-r--r--' is no file mode"],
    ['0888', "'0888' is no file mode"],
    ['u=q', "'u=q' is no file mode"],
    ['', "'' is no file mode"],
  ])('problem of %s', (mode, message) => {
    expect(modeProblem(mode)?.message).toBe(message);
  });
});

describe('paths', () => {
  it.each([
    ['/etc/hosts', '/etc/hosts'],
    ['/a b', "'/a b'"],
    ['~/x', '~/x'],
    ['~', '~'],
    ['~bob/a b', "~bob'/a b'"],
    ['a~b', "'a~b'"],
    ['-rf', './-rf'],
    ['$HOME/x', '"${HOME-\\$HOME}"/x'],
    ['${HOME}x', '"${HOME-\\${HOME\\}}"x'],
    ['a$', "'a$'"],
    ['$1', "'$1'"],
  ])('%s as a word', (path, word) => {
    expect(pathWord(path).text).toBe(word);
  });

  it('keeps an empty word', () => {
    expect(expandedWord('').text).toBe("''");
  });

  it.each([
    ['/a/*.b', '/a/*.b'],
    ['/a b/[ab]?', "'/a b/'[ab]?"],
    ['/x/[!a-z]*', '/x/[!a-z]*'],
    ['/x/[$(id)]', "/x/'[$(id)]'"],
    ['~/*', '~/*'],
  ])('%s as a pattern', (pattern, word) => {
    expect(globWord(pattern).text).toBe(word);
  });

  it.each([
    ['/etc//hosts/', 'file:etc:hosts'],
    ['/', 'file'],
    ['/a:b', 'file:a_b'],
    ['~/x', 'file'],
    ['$HOME/x', 'file'],
  ])('%s stands for', (path, domain) => {
    expect(fileDomain(path)).toBe(domain);
  });

  it.each([
    ['/a/b', '/a', 'b'],
    ['/a/b/', '/a', 'b'],
    ['/a', '/', 'a'],
    ['a', '.', 'a'],
  ])('parts of %s', (path, parent, name) => {
    expect([parentOf(path), nameOf(path)]).toEqual([parent, name]);
  });

  it('joins', () => {
    expect([joinPath('/', 'a'), joinPath('/a/', 'b'), joinPath('a', 'b')]).toEqual(['/a', '/a/b', 'a/b']);
  });

  it.each([
    ['/a/b/c', '/a', ['/a/b/c', '/a/b']],
    ['/a', '/', ['/a']],
    ['/a/b', '/a/b', []],
    ['x/y', '.', ['x/y', 'x']],
  ])('what is missing above %s', (path, existing, expected) => {
    expect(missingAbove(path, existing)).toEqual(expected);
  });
});

describe('words', () => {
  // What Python's shlex.split gives.
  it.each([
    ['a b  c', ['a', 'b', 'c']],
    [`'a b' "c d"`, ['a b', 'c d']],
    [`a\\ b`, ['a b']],
    [`"a\\"b" 'c\\d'`, ['a"b', 'c\\d']],
    [`"a\\nb"`, ['a\\nb']],
    [`a"b"c`, ['abc']],
    [`'' ""`, ['', '']],
    ['  ', []],
    ['a\nb', ['a', 'b']],
  ])('%s', (line, words) => {
    expect(splitWords(line)).toEqual({ words });
  });

  it.each([`'a`, `"a`, 'a\\'])('%s does not end', (line) => {
    expect(splitWords(line)).toHaveProperty('problem');
  });
});

describe('patterns of names', () => {
  it.each([
    ['*.log', 'a.log', true],
    ['*.log', 'a.logs', false],
    ['a?c', 'abc', true],
    ['[!a]*', 'abc', false],
    ['[ab]*', 'b', true],
    ['a.b', 'axb', false],
    ['a+(b)', 'a+(b)', true],
  ])('%s of %s', (glob, name, expected) => {
    expect(globToRegExp(glob).test(name)).toBe(expected);
  });
});

describe('records', () => {
  it('keeps everything that a value may hold', () => {
    expect([...parseRecord('a=1\0b=x=y\n\0c=\0junk\0')]).toEqual([['a', '1'], ['b', 'x=y\n'], ['c', '']]);
  });
  it('splits at the first field', () => {
    expect(parseRecords('x=0\0p=1\0q=2\0p=3\0', 'p').map((record) => Object.fromEntries(record))).toEqual([{ p: '1', q: '2' }, { p: '3' }]);
  });
});

describe('contents', () => {
  it.each([
    ['text', Buffer.from('äb\n'), true],
    ['Latin-1', Buffer.from([0xe4, 0x0a]), false],
    ['binary', Buffer.from([0, 1]), false],
  ])('%s survives editing', (_what, bytes, isText) => {
    const content = new FileContent(bytes);
    expect(content.isText).toBe(isText);
    expect(Buffer.from(content.encode(content.text)).equals(bytes)).toBe(true);
  });
  it('never enters JSON', () => {
    expect(JSON.stringify({ content: new FileContent(Buffer.from('secret')) })).toBe('{}');
  });
});
