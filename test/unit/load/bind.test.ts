/** Arguments against a schema: before rendering, and after. */
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { defineAction } from '../../../src/module.ts';
import { bindArguments, checkArguments } from '../../../src/load/bind.ts';
import type { Task } from '../../../src/load/tree.ts';
import { sourceOf, valueOf } from '../../../src/load/yaml/node.ts';
import { parseYaml } from '../../../src/load/yaml/parse.ts';
import { Secret } from '../../../src/shell.ts';

const module = defineAction({
  summary: 'a module for these tests',
  args: Type.Object({
    name: Type.String({ minLength: 1, description: 'The bridge.', aliases: ['bridge'] }),
    state: Type.Enum(['present', 'absent'], { default: 'present', description: 'What should be.' }),
    power: Type.Optional(Type.Union([Type.Literal('on'), Type.Literal('off')], { description: 'A word that YAML takes for a boolean.' })),
    mtu: Type.Optional(Type.Integer({ minimum: 68, maximum: 65_535, description: 'Bytes.' })),
    ratio: Type.Optional(Type.Number({ description: 'A number.' })),
    up: Type.Boolean({ default: true, description: 'Whether it is up.' }),
    addresses: Type.Optional(Type.Array(Type.String(), { description: 'Addresses.' })),
    tags: Type.Optional(Type.Array(Type.Integer({ minimum: 1 }), { description: 'Tags.' })),
    mac: Type.Optional(Type.String({ pattern: '^[0-9a-f:]{17}$', description: 'A MAC address, as 02:00:ac:0f:2a:64.' })),
    ports: Type.Array(Type.Union([Type.String({ minLength: 1 }), Type.Object({ name: Type.String(), tag: Type.Optional(Type.Integer({ minimum: 1, maximum: 4094 })), up: Type.Boolean({ default: true }) })]), { default: [], description: 'Ports.' }),
    labels: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'Labels.' })),
    password: Type.Optional(Type.String({ secret: true, maxLength: 8, description: 'Never shown.' })),
    that: Type.Optional(Type.Array(Type.String(), { raw: true, description: 'Expressions.' })),
    said: Type.Optional(Type.Unsafe<string | readonly string[]>({ type: ['string', 'array'], description: 'Words.' })),
    mode: Type.Optional(Type.Union([Type.Integer(), Type.String()], { description: 'Permissions.' })),
  }),
  refuses: { regexp: 'Use `name`.' },
  *validate(args) {
    if (args.name === 'lo') yield { path: ['name'], message: "'lo' is no bridge", hint: 'Choose another name.' };
  },
  run: () => ({}),
});

function task(yaml: string, keywords: Task['keywords'] = {}): Task {
  const node = parseYaml(yaml, 'play.yaml');
  const { thing } = valueOf(node) as { thing: Record<string, unknown> };
  return { kind: 'task', module: 'thing', args: thing, argsPath: ['thing'], keywords, source: sourceOf(node) };
}

describe('before any host is reached', () => {
  it.each<[string, string, Record<string, unknown>, [number, number]]>([
    ['unknown', '{nam: x}', { code: 'args.unknown', message: "thing has no argument 'nam'", details: { hint: "Did you mean 'name'?" } }, [1, 9]],
    ['unknown, near an alias', '{name: x, brige: y}', { code: 'args.unknown', details: { hint: "Did you mean 'bridge'?" } }, [1, 18]],
    ['unknown, deeper', '{name: x, ports: [{name: a, tga: 1}]}', { code: 'args.unknown', message: "'ports[0]' of thing has no argument 'tga'", details: { hint: "Did you mean 'tag'?" } }, [1, 36]],
    ['refused, with what to do instead', '{name: x, regexp: y}', { code: 'args.unknown', message: "thing does not take 'regexp' as Ansible's module does", details: { hint: 'Use `name`.' } }, [1, 18]],
    ['missing', '{up: true}', { code: 'args.missing', message: "thing needs the argument 'name'", details: { expected: 'a string that is not empty', hint: 'The bridge.' } }, [1, 1]],
    ['missing, deeper', '{name: x, ports: [{tag: 1}]}', { code: 'args.missing', message: "'ports[0]' of thing needs the argument 'name'" }, [1, 26]],
    ['a wrong type', '{name: x, mtu: big}', { code: 'args.type', message: "wrong value for 'mtu' of thing", details: { expected: 'an integer from 68 to 65535', found: "'big' (a string)" } }, [1, 23]],
    ['out of range', '{name: x, mtu: 10}', { code: 'args.value', details: { expected: 'an integer from 68 to 65535', found: '10 (a number)' } }, [1, 23]],
    ['no choice', '{name: x, state: presnt}', { code: 'args.value', details: { expected: 'one of present, absent', found: "'presnt' (a string)", hint: "Did you mean 'present'?" } }, [1, 25]],
    ['no boolean', '{name: x, up: maybe}', { code: 'args.type', details: { expected: 'true or false' } }, [1, 22]],
    ['a mapping for text', '{name: {a: 1}}', { code: 'args.type', details: { expected: 'a string that is not empty', found: 'a mapping' } }, [1, 15]],
    ['no pattern', '{name: x, mac: zz}', { code: 'args.value', details: { found: "'zz' (a string)", hint: 'A MAC address, as 02:00:ac:0f:2a:64.' } }, [1, 23]],
    ['an item of a wrong type', '{name: x, tags: [1, two]}', { code: 'args.type', message: "wrong value for 'tags[1]' of thing", details: { expected: 'an integer of at least 1' } }, [1, 28]],
    ['inside one branch of a union', '{name: x, ports: [{name: a, tag: 5000}]}', { code: 'args.value', message: "wrong value for 'ports[0].tag' of thing", details: { expected: 'an integer from 1 to 4094' } }, [1, 41]],
    ['none of several types', '{name: x, said: {a: 1}}', { code: 'args.type', details: { expected: 'a string or a list', found: 'a mapping' } }, [1, 24]],
    ['no branch of a union', '{name: x, ports: [[1]]}', { code: 'args.type', details: { expected: 'a string that is not empty or a mapping with name, tag and up', found: 'a list of 1' } }, [1, 26]],
    ['a secret is not shown', '{name: x, password: hunter2hunter2}', { code: 'args.value', details: { expected: 'a string of at most 8 characters', found: 'a value that is kept secret' } }, [1, 28]],
    ['twice by an alias', '{name: x, bridge: y}', { code: 'args.value', message: "'name' is given twice: 'bridge' is another name for it" }, [1, 18]],
    ['the alias is where the error is', "{bridge: ''}", { code: 'args.value', message: "wrong value for 'name' of thing", details: { found: 'an empty string' } }, [1, 17]],
    ['what the module says itself', '{name: lo}', { code: 'args.value', message: "'lo' is no bridge", details: { hint: 'Choose another name.' } }, [1, 15]],
    ['the shape around a template', '{name: x, ports: [{name: "{{ n }}", tga: 1}]}', { code: 'args.unknown' }, [1, 44]],
    ['nothing counts as not given', '{name: }', { code: 'args.missing' }, [1, 1]],
  ])('%s', (_name, args, expected, [line, column]) => {
    const errors = checkArguments(module, task(`thing: ${args}`));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject(expected);
    expect(errors[0]!.details.span).toMatchObject({ file: 'play.yaml', line, column });
  });

  it.each([
    '{name: x}',
    '{bridge: "{{ b }}", mtu: "{{ m }}", ports: "{{ p }}", up: "{{ u }}", state: "{{ s }}"}',
    '{name: x, ports: [eth0, "{{ p }}", {name: "{{ n }}", tag: "{{ t }}"}]}',
    '{name: "lo{{ n }}"}',
    '{name: x, addresses: 10.0.0.1/24, tags: "1,2", up: "yes", mtu: "1500"}',
    '{name: x, labels: {a: "{{ b }}", c: 1}}',
    '{name: x, mode: 0644}',
    '{name: !vault "$ANSIBLE_VAULT;1.1;AES256"}',
  ])('%s is right as far as it is known', (args) => {
    expect(checkArguments(module, task(`thing: ${args}`))).toEqual([]);
  });

  it('finds everything that is wrong at once', () => {
    const errors = checkArguments(module, task('thing: {nme: x, mtu: big, up: maybe}'));
    expect(errors.map(({ code }) => code)).toEqual(['args.unknown', 'args.type', 'args.type']);
  });
  it('takes module_defaults for given', () => {
    expect(checkArguments(module, task('thing: {mtu: 1500}'), { name: 'x' })).toEqual([]);
  });
  it('hides values of a no_log task', () => {
    const [error] = checkArguments(module, task('thing: {name: x, mtu: big}', { noLog: true }));
    expect(error!.details.found).toBe('a value that no_log hides');
  });
});

describe('after rendering', () => {
  const filled = { state: 'present', up: true, ports: [] };
  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['defaults', { name: 'x' }, { ...filled, name: 'x' }],
    ['an alias', { bridge: 'x' }, { ...filled, name: 'x' }],
    ['booleans from words', { name: 'x', up: 'no' }, { ...filled, name: 'x', up: false }],
    ['booleans from numbers', { name: 'x', up: 0 }, { ...filled, name: 'x', up: false }],
    ['integers from text', { name: 'x', mtu: ' 1500 ' }, { ...filled, name: 'x', mtu: 1500 }],
    ['numbers from text', { name: 'x', ratio: '1.5e2' }, { ...filled, name: 'x', ratio: 150 }],
    ['text from numbers', { name: 5 }, { ...filled, name: '5' }],
    ['text from booleans, as Python spells them', { name: true }, { ...filled, name: 'True' }],
    ['a list from one', { name: 'x', addresses: 'a' }, { ...filled, name: 'x', addresses: ['a'] }],
    ['a list from commas', { name: 'x', addresses: 'a, b' }, { ...filled, name: 'x', addresses: ['a', 'b'] }],
    ['a list of integers from commas', { name: 'x', tags: '1,2' }, { ...filled, name: 'x', tags: [1, 2] }],
    ['a list from a number', { name: 'x', tags: 7 }, { ...filled, name: 'x', tags: [7] }],
    ['an empty list from empty text', { name: 'x', addresses: '' }, { ...filled, name: 'x', addresses: [] }],
    ['a word that YAML took for a boolean', { name: 'x', power: false }, { ...filled, name: 'x', power: 'off' }],
    ['the first of several types', { name: 'x', said: 5 }, { ...filled, name: 'x', said: '5' }],
    ['a list where text may stand, too', { name: 'x', said: ['a'] }, { ...filled, name: 'x', said: ['a'] }],
    ['null where several types may stand', { name: 'x', said: null }, { ...filled, name: 'x' }],
    ['unions keep what fits', { name: 'x', mode: 420 }, { ...filled, name: 'x', mode: 420 }],
    ['unions keep text that looks like a number', { name: 'x', mode: '0644' }, { ...filled, name: 'x', mode: '0644' }],
    ['defaults and coercion inside lists', { name: 'x', ports: ['a', { name: 7, tag: '5' }] }, { ...filled, name: 'x', ports: ['a', { name: '7', tag: 5, up: true }] }],
    ['mappings of text', { name: 'x', labels: { a: 1 } }, { ...filled, name: 'x', labels: { a: '1' } }],
    ['a mapping from words', { name: 'x', labels: 'a=1, b=2' }, { ...filled, name: 'x', labels: { a: '1', b: '2' } }],
    ['null counts as not given', { name: 'x', mtu: null, state: null }, { ...filled, name: 'x' }],
    ['expressions stay as they are', { name: 'x', that: ['{{ a }} == 1'] }, { ...filled, name: 'x', that: ['{{ a }} == 1'] }],
    ['secrets are revealed to the module', { name: 'x', password: new Secret('s') }, { ...filled, name: 'x', password: 's' }],
  ])('%s', (_name, given, expected) => {
    expect(bindArguments(module, 'thing', given, task('thing: {}'))).toEqual(expected);
  });

  it.each<[string, Record<string, unknown>, string, RegExp]>([
    ['unknown', { name: 'x', nope: 1 }, 'args.unknown', /no argument 'nope'/],
    ['a wrong type', { name: 'x', mtu: 'big' }, 'args.type', /'mtu'/],
    ['no integer', { name: 'x', mtu: 1.5 }, 'args.type', /'mtu'/],
    ['missing', {}, 'args.missing', /'name'/],
    ['the module itself', { name: 'lo' }, 'args.value', /no bridge/],
  ])('%s is refused', (_name, given, code, message) => {
    expect(() => bindArguments(module, 'thing', given, task('thing: {}'))).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) as string }));
  });

  it('does not share defaults between tasks', () => {
    const first = bindArguments(module, 'thing', { name: 'x' }, task('thing: {}'));
    (first.ports as string[]).push('eth0');
    expect(bindArguments(module, 'thing', { name: 'x' }, task('thing: {}')).ports).toEqual([]);
  });
});
