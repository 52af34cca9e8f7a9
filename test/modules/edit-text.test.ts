/** The edits of lineinfile, blockinfile and replace; the expected texts are those of Ansible 2.14. */
import { describe, expect, it } from 'vitest';
import { withBlock } from '../../modules/shared/block-edit.ts';
import { withLine, withoutLines, type LineEdit } from '../../modules/shared/line-edit.ts';
import { replaceAll } from '../../modules/replace.ts';

const line = (edit: Partial<LineEdit> & { line: string }): LineEdit => ({ backrefs: false, firstmatch: false, ...edit });

describe('lineinfile', () => {
  it.each<[string, string, Partial<LineEdit> & { line: string }, string, string]>([
    ['adds at the end', 'a\nb\n', { line: 'c' }, 'a\nb\nc\n', 'line added'],
    ['ends the last line first', 'a\nb', { line: 'c' }, 'a\nb\nc\n', 'line added'],
    ['leaves a line that is there', 'a\nb\n', { line: 'a' }, 'a\nb\n', ''],
    ['adds to nothing', '', { line: 'a' }, 'a\n', 'line added'],
    ['replaces the last match', 'x=1\nx=2\ny\n', { regexp: '^x=', line: 'x=3' }, 'x=1\nx=3\ny\n', 'line replaced'],
    ['replaces the first match', 'x=1\nx=2\n', { regexp: '^x=', line: 'x=3', firstmatch: true }, 'x=3\nx=2\n', 'line replaced'],
    ['uses groups', 'port = 22\n', { regexp: '^(port)\\s*=\\s*\\d+$', line: '\\1 = 2222', backrefs: true }, 'port = 2222\n', 'line replaced'],
    ['does nothing with groups and no match', 'a\n', { regexp: '^(b)', line: '\\1c', backrefs: true }, 'a\n', ''],
    ['finds a text', 'a [x] b\n', { search_string: '[x]', line: 'new' }, 'new\n', 'line replaced'],
    ['inserts after the last match', 'a\nb\na\nc\n', { line: 'n', insertafter: '^a' }, 'a\nb\na\nn\nc\n', 'line added'],
    ['inserts after the first match', 'a\nb\na\nc\n', { line: 'n', insertafter: '^a', firstmatch: true }, 'a\nn\nb\na\nc\n', 'line added'],
    ['inserts after a match at the end', 'a\nb', { line: 'n', insertafter: '^b' }, 'a\nb\nn\n', 'line added'],
    ['inserts before', 'a\nb\n', { line: 'n', insertbefore: '^b' }, 'a\nn\nb\n', 'line added'],
    ['inserts at the beginning', 'a\n', { line: 'n', insertbefore: 'BOF' }, 'n\na\n', 'line added'],
    ['adds at the end when the place is not found', 'a\n', { line: 'n', insertbefore: '^z' }, 'a\nn\n', 'line added'],
    ['replaces rather than inserts', 'x=1\n# here\n', { regexp: '^x', line: 'x=2', insertafter: '# here' }, 'x=2\n# here\n', 'line replaced'],
  ])('%s', (_what, text, edit, expected, message) => {
    expect(withLine(text, line(edit))).toEqual({ text: expected, message });
    expect(withLine(expected, line(edit)).text).toBe(expected);
  });

  it.each([
    ['by pattern', { regexp: '^#' }, 'a\n', 2],
    ['by line', { line: '# b' }, 'a\n# c\n', 1],
    ['by text', { search_string: 'c' }, 'a\n# b\n', 1],
    ['none', { line: 'z' }, 'a\n# b\n# c\n', 0],
  ])('removes %s', (_what, edit, text, found) => {
    expect(withoutLines('a\n# b\n# c\n', edit)).toEqual({ text, found, message: found === 0 ? '' : `${found} line(s) removed` });
  });
});

describe('blockinfile', () => {
  const edit = (more: Partial<Parameters<typeof withBlock>[1]>) => ({ block: 'x\ny', marker: '# {mark} M', marker_begin: 'BEGIN', marker_end: 'END', append_newline: false, prepend_newline: false, ...more });
  const block = '# BEGIN M\nx\ny\n# END M\n';
  it.each([
    ['appends', 'a\n', edit({}), `a\n${block}`],
    ['ends the last line first', 'a', edit({}), `a\n${block}`],
    ['fills an empty file', '', edit({}), block],
    ['replaces what is between the markers', 'a\n# BEGIN M\nold\n# END M\nb\n', edit({}), `a\n${block}b\n`],
    ['removes', `a\n${block}b\n`, edit({ block: '' }), 'a\nb\n'],
    ['removes nothing', 'a', edit({ block: '' }), 'a'],
    ['goes to the beginning', 'a\n', edit({ insertbefore: 'BOF' }), `${block}a\n`],
    ['goes after the last match', 'a\nb\na\nc\n', edit({ insertafter: '^a' }), `a\nb\na\n${block}c\n`],
    ['goes before the last match', 'a\nb\n', edit({ insertbefore: '^b' }), `a\n${block}b\n`],
    ['finds a last line without its end', 'a\n# BEGIN M\nold\n# END M', edit({}), `a\n${block}`],
    ['keeps a distance', 'a\nb\n', edit({ insertafter: '^a', prepend_newline: true, append_newline: true }), `a\n\n${block}\nb\n`],
  ])('%s', (_what, text, how, expected) => {
    expect(withBlock(text, how)).toBe(expected);
    expect(withBlock(expected, how)).toBe(expected);
  });
});

describe('replace', () => {
  it.each([
    ['every match', 'a1 a2\na3\n', { regexp: 'a(\\d)', replace: 'b\\1' }, 'b1 b2\nb3\n', 3],
    ['at each line', 'x\nx\n', { regexp: '^x$', replace: 'y' }, 'y\ny\n', 2],
    ['with names', 'k=v\n', { regexp: '(?P<key>\\w+)=', replace: '\\g<key>: ' }, 'k: v\n', 1],
    ['after', 'o\n[s]\no\n', { regexp: 'o', replace: 'p', after: '\\[s\\]' }, 'o\n[s]\np\n', 1],
    ['before', 'o\n[s]\no\n', { regexp: 'o', replace: 'p', before: '\\[s\\]' }, 'p\n[s]\no\n', 1],
    ['between', 'o\n<\no\n>\no\n', { regexp: 'o', replace: 'p', after: '<', before: '>' }, 'o\n<\np\n>\no\n', 1],
    ['nothing', 'abc\n', { regexp: 'z', replace: 'y' }, 'abc\n', 0],
  ])('%s', (_what, text, edit, expected, count) => {
    expect(replaceAll(edit, text)).toEqual({ text: expected, count });
  });
});
