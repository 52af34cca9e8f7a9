/** Arguments in one string. Expected values are those of Ansible's parse_kv. */
import { describe, expect, it } from 'vitest';
import { parseFreeForm } from '../../../src/load/free-form.ts';

const command = new Set(['creates', 'removes', 'chdir', 'executable']);

describe('options of a module with named arguments', () => {
  it.each<[string, Record<string, string>, string | undefined]>([
    ['src=a dest=b', { src: 'a', dest: 'b' }, undefined],
    ['src=a   dest="b c"', { src: 'a', dest: 'b c' }, undefined],
    ["msg='it is' x=1", { msg: 'it is', x: '1' }, undefined],
    ['dest={{ a b }} mode=0644', { dest: '{{ a b }}', mode: '0644' }, undefined],
    ['dest={{ d["k v"] }}/x', { dest: '{{ d["k v"] }}/x' }, undefined],
    ['line=a=b', { line: 'a=b' }, undefined],
    ['msg="a\\nb"', { msg: 'a\nb' }, undefined],
    ['a=1\nb=2', { a: '1', b: '2' }, undefined],
    ['foo bar', {}, 'foo bar'],
    ['x={% if a %}1{% else %}2{% endif %}', { x: '{% if a %}1{% else %}2{% endif %}' }, undefined],
    ['a=', { a: '' }, undefined],
  ])('%j', (text, options, raw) => {
    expect(parseFreeForm(text, () => true)).toEqual({ options, raw });
  });
});

describe('a command line', () => {
  it.each<[string, Record<string, string>, string | undefined]>([
    ['ls -l', {}, 'ls -l'],
    ['ls creates=/x', { creates: '/x' }, 'ls'],
    ['chdir=/tmp make  all', { chdir: '/tmp' }, 'make  all'],
    ['dd if=/dev/zero of=/x', {}, 'dd if=/dev/zero of=/x'],
    ['echo "a  b" chdir=/tmp', { chdir: '/tmp' }, 'echo "a  b"'],
    ['echo creates\\=/x', {}, 'echo creates=/x'],
    ['echo one\necho two\n', {}, 'echo one\necho two\n'],
    ['cat <<E\n  indented\nE', {}, 'cat <<E\n  indented\nE'],
    ['a creates="/x y" b', { creates: '/x y' }, 'a b'],
    ['test "{{ x }}" = y', {}, 'test "{{ x }}" = y'],
  ])('%j', (text, options, raw) => {
    expect(parseFreeForm(text, (key) => command.has(key))).toEqual({ options, raw });
  });
});

it.each([
  ["echo it's", /quote .* never closed/],
  ['x={{ y', /template .* never closed/],
])('%j is refused', (text, message) => {
  expect(() => parseFreeForm(text, () => true)).toThrow(message);
});
