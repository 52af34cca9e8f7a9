/** YAML as Ansible reads it. Values of plain scalars are those of PyYAML 6, except that nothing is a number in base 60. */
import { describe, expect, it } from 'vitest';
import { CtplayErrors, type CtplayError } from '../../../src/errors.ts';
import { sourceOf, valueOf } from '../../../src/load/yaml/node.ts';
import { parseYaml } from '../../../src/load/yaml/parse.ts';
import { resolvePlain } from '../../../src/load/yaml/scalar.ts';
import type { Secret } from '../../../src/shell.ts';
import { Templar } from '../../../src/template/index.ts';
import { Float } from '../../../src/template/python/values.ts';

const value = (text: string): unknown => valueOf(parseYaml(text, 'test.yaml'));

function errorsOf(text: string): readonly CtplayError[] {
  try {
    parseYaml(text, 'test.yaml');
  } catch (error) {
    if (error instanceof CtplayErrors) return error.errors;
    throw error;
  }
  throw new Error('no error was found');
}

describe('plain scalars', () => {
  it.each<[string, unknown]>([
    ['yes', true], ['Yes', true], ['yEs', 'yEs'], ['no', false], ['on', true], ['Off', false], ['OFF', false], ['true', true],
    ['TRUE', true], ['tRue', 'tRue'], ['y', 'y'], ['n', 'n'], ['Y', 'Y'], ['~', null], ['', null], ['null', null], ['nULL', 'nULL'], ['none', 'none'],
    ['0', 0], ['-1', -1], ['+1', 1], ['0644', 420], ['00', 0], ['08', '08'], ['0o17', '0o17'], ['0x1F', 31], ['0xg', '0xg'], ['0b101', 5],
    ['1_000', 1000], ['1__0', 10], ['12:30', '12:30'], ['22:22', '22:22'], ['60:99', '60:99'],
    ['1.5', 1.5], ['-.5', '-.5'], ['+1.5', 1.5], ['1e3', '1e3'], ['1.0e3', '1.0e3'], ['1.5e-3', 0.0015], ['1_0.5', 10.5], ['12:30.5', '12:30.5'],
    ['.inf', Infinity], ['-.INF', -Infinity], ['.nan', NaN], ['inf', 'inf'], ['nan', 'nan'], ['1.2.3', '1.2.3'], ['10.0.0.1', '10.0.0.1'], ['2024-01-01', '2024-01-01'],
    ['--', '--'], ['+0x1f', 31], ['-0b1', -1], ['1e+3', '1e+3'], ['9007199254740993', '9007199254740993'], ['52:54:00:12:34:56', '52:54:00:12:34:56'],
  ])('%s', (text, expected) => {
    expect(resolvePlain(text)).toEqual(expected);
  });
  it.each([['1.', 1], ['2.0', 2], ['1.5e+3', 1500], ['0.', 0]])('%s is a float of a whole number', (text, expected) => {
    expect(resolvePlain(text)).toEqual(new Float(expected));
  });
});

describe('values', () => {
  it.each<[string, string, unknown]>([
    ['quoted scalars are text', `a: 'yes'\nb: "0644"`, { a: 'yes', b: '0644' }],
    ['an empty document', '# nothing\n', null],
    ['a document mark', '---\n- 1\n...\n', [1]],
    ['aliases', 'a: &x [1]\nb: *x', { a: [1], b: [1] }],
    ['merge: own keys win', 'a: &x {k: 1, l: 2}\nb: {<<: *x, k: 3}', { a: { k: 1, l: 2 }, b: { k: 3, l: 2 } }],
    ['merge: the earlier of several wins', 'b:\n  <<: [{k: 1}, {k: 2, m: 3}]', { b: { k: 1, m: 3 } }],
    ['keys stay as written', '0644: a\non: b', { '0644': 'a', on: 'b' }],
    ['standard tags', 'a: !!str 5\nb: !!int "7"\nc: !!binary aGk=', { a: '5', b: 7, c: 'hi' }],
    ['block scalars', 'a: |\n  one\n  two\nb: >-\n  one\n  two', { a: 'one\ntwo\n', b: 'one two' }],
  ])('%s', (_name, text, expected) => {
    expect(value(text)).toEqual(expected);
  });

  it('opens vaults into secrets, and locks them without a password', () => {
    const text = 'a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n';
    const opened = valueOf(parseYaml(text, 'v.yaml', { decrypt: (envelope) => envelope.split('\n')[1]! })) as { a: Secret };
    expect(opened.a.reveal()).toBe('6162');
    const locked = value(text) as { a: Secret };
    expect(JSON.stringify(locked)).toBe('{"a":"***"}');
    expect(() => locked.a.reveal()).toThrow('no vault password was given');
  });
});

describe('unsafe text', () => {
  const render = (yaml: string): unknown => new Templar({ lookup: () => undefined, names: () => [] }).render(value(yaml));
  it.each([
    'a {{ b }} c', '{{ b }}', '{{ "quoted" }} and \'quoted\'', '{% if x %}y{% endif %}', '{# gone #}', '{{{ x }}}', 'C:\\x7b {{ y }}', '{"a": "{{ b }}"}', '["{{ b }}"]', 'two\nlines {{ x }}\n', 'a\\" {{ x }}', '{{ x }}\\\\', '}} {{', '{%raw%}{{ x }}{%endraw%}', 'plain',
  ])('%j renders to itself', (text) => {
    expect(render(`!unsafe ${JSON.stringify(text)}`)).toBe(text);
  });
  it('reaches into lists and mappings', () => {
    expect(render("!unsafe ['{% x %}', {k: '{{ y }}', n: 1}]")).toEqual(['{% x %}', { k: '{{ y }}', n: 1 }]);
  });
});

describe('places', () => {
  const source = sourceOf(parseYaml('- name: x\n  copy:\n    dest: /a\n    mode: &m "0644"\n  vars:\n    l: [1, {k: *m}]\n', 'p.yaml'));
  it.each<[string, readonly (string | number)[], number, number, number]>([
    ['a value', [0, 'copy', 'dest'], 3, 11, 13],
    ['a quoted value', [0, 'copy', 'mode'], 4, 14, 20],
    ['in a flow list', [0, 'vars', 'l', 0], 6, 9, 10],
    ['nothing there: its nearest ancestor', [0, 'copy', 'dest', 'x'], 3, 11, 13],
    ['an alias: where the value stands', [0, 'vars', 'l', 1, 'k'], 4, 14, 20],
  ])('%s', (_name, path, line, column, endColumn) => {
    expect(source.at(path)).toEqual({ file: 'p.yaml', line, column, endLine: line, endColumn });
  });
  it('a key', () => {
    expect(source.keyAt([0, 'copy', 'mode'])).toMatchObject({ line: 4, column: 5, endColumn: 9 });
  });
  it('ends before the blanks behind it', () => {
    expect(source.at([0])).toMatchObject({ line: 1, column: 3, endLine: 6, endColumn: 20 });
  });
});

describe('errors', () => {
  it.each<[string, string, { message: string; line: number; column: number; hint?: RegExp }]>([
    ['a tab', 'a:\n\tb: 1\n', { message: 'a tab is used for indentation', line: 2, column: 1 }],
    ['an unquoted template', 'a: 1\nb: {{ x }}\n', { message: 'a value that starts with {{ must be quoted', line: 2, column: 4, hint: /Write b: "\{\{ x \}\}"/ }],
    ['an unquoted template with text behind it', '- a: {{ x }}/y\n', { message: 'a value that starts with {{ must be quoted', line: 1, column: 6, hint: /Write a: "\{\{ x \}\}\/y"/ }],
    ['an unquoted template in a flow mapping', 'a: {b: x{{ y }}, c: 1}\n', { message: 'a value with {{ in it must be quoted here', line: 1, column: 9, hint: /quotes/ }],
    ['no blank after a colon', '- hosts:all\n  tasks: []\n', { message: "a blank is missing after 'hosts:'", line: 1, column: 8, hint: /Write 'hosts: all'/ }],
    ['a colon in a value', 'a: b: c\n', { message: "this value holds a ': ' and so looks like a mapping in a mapping", line: 1, column: 4, hint: /Quote/ }],
    ['a colon before a template in a value', '- shell: echo "x: {{ y }}"\n', { message: "this value holds a ': ' and so looks like a mapping in a mapping", line: 1, column: 10 }],
    ['an open quote', "- 'x\n- y\n", { message: 'a quote is opened and never closed', line: 1, column: 3 }],
    ['text after a quote', 'a: "{{ x }}" and\n', { message: 'there is text after the closing quote', line: 1, column: 14, hint: /"\{\{ x \}\} and"/ }],
    ['a condition that starts with a quote', 'when: "a" == b\n', { message: 'there is text after the closing quote', line: 1, column: 11, hint: /'"a" == b'/ }],
    ['double quotes in double quotes', 'a: "{{ x == "b" }}/c"\n', { message: 'there is text after the closing quote', line: 1, column: 14, hint: /inside it: "\{\{ x == 'b' \}\}\/c"/ }],
    ['single quotes in single quotes', "a: '{{ x == 'b' }}'\n", { message: 'there is text after the closing quote', line: 1, column: 14, hint: /inside it: '\{\{ x == "b" \}\}'/ }],
    ['the same in a mapping on one line', '- copy: {a: "{{ x == "b" }}", c: 1}\n', { message: 'there is text after the closing quote', line: 1, column: 23, hint: /quotes, and use the other kind of quotes inside it\.$/ }],
    ['two quoted parts', 'a: "{{ x }}" == "{{ y }}"\n', { message: 'there is text after the closing quote', line: 1, column: 14, hint: /: "\{\{ x \}\} == \{\{ y \}\}"$/ }],
    ['a wrong indentation', '- name: x\n   copy: y\n', { message: 'this line has a value and then deeper lines below it', line: 1, column: 9 }],
    ['a list item too far left', '- hosts: all\n  tasks:\n  - name: x\n   copy: y\n', { message: 'this line is indented by a number of blanks that fits nothing above it', line: 4, column: 1 }],
    ['an open bracket', 'a: [1, 2\nb: 3\n', { message: 'a [ or { is not closed, or closed at a wrong place', line: 2, column: 1 }],
    ['a reserved character', 'a: @x\n', { message: "a value can't start with '@'", line: 1, column: 4, hint: /Quote/ }],
    ['a percent sign', 'a: %x\n', { message: "a value can't start with '%'", line: 1, column: 4 }],
    ['a wrong escape', 'a: "\\d"\n', { message: 'in double quotes a backslash starts an escape, and there is no such escape', line: 1, column: 5, hint: /single quotes/ }],
    ['a key given twice', 'a: 1\nb: 2\na: 3\n', { message: "the key 'a' is given twice in one mapping", line: 3, column: 1, hint: /line 1/ }],
    ['an unknown anchor', 'a: *nope\n', { message: "there is no anchor '&nope' before this", line: 1, column: 4, hint: /alias/ }],
    ['an unknown tag', 'a: !foo bar\n', { message: "the tag '!foo' is not known", line: 1, column: 9 }],
    ['two documents', '- 1\n---\n- 2\n', { message: 'the file holds more than one YAML document', line: 3, column: 1 }],
    ['a mapping as a key', '? [a]\n: 1\n', { message: 'a key must be a plain word or a string', line: 1, column: 3 }],
    ['a merge of nothing that merges', 'a: {<<: 5}\n', { message: "'<<' takes a mapping or a list of mappings", line: 1, column: 9 }],
  ])('%s', (_name, text, { message, line, column, hint }) => {
    const [first] = errorsOf(text);
    expect(first).toMatchObject({ code: 'yaml.syntax', message });
    expect({ line: first!.details.span!.line, column: first!.details.span!.column }).toEqual({ line, column });
    if (hint) expect(first!.details.hint).toMatch(hint);
  });
});
