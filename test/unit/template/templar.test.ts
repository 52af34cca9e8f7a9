import { describe, expect, it, vi } from 'vitest';
import { CtplayError } from '../../../src/errors.ts';
import { Secret } from '../../../src/shell.ts';
import { Templar, freeVariables, freeVariablesOfExpression, isTemplate, omit, templateReference } from '../../../src/template/index.ts';
import { lookups, scopeOf } from './scope.ts';
import type { LazyMapping, Scope, Variable } from '../../../src/template/index.ts';

const errorOf = (body: () => unknown): CtplayError => {
  try {
    body();
  } catch (error) {
    if (error instanceof CtplayError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

const templar = (variables: Record<string, unknown> = {}) => new Templar(scopeOf(variables), { lookups });

describe('values', () => {
  it.each([
    ['a map and a list in it', { a: ['{{ x }}', 'b'] }, { a: [5, 'b'] }],
    ['values that are no text', [1, true, null, 2.5], [1, true, null, 2.5]],
    ['text without delimiters', 'plain }} text', 'plain }} text'],
    ['a key with braces stays', { '{{ x }}': 1 }, { '{{ x }}': 1 }],
    ['a number with a line feed behind it, as in Ansible', '{{ x }}\n', 5],
    ['keys such as __proto__', JSON.parse('{"__proto__": "{{ x }}"}'), JSON.parse('{"__proto__": 5}')],
  ])('%s', (_, value, expected) => {
    expect(templar({ x: 5 }).render(value)).toStrictEqual(expected);
  });

  it('leaves out entries whose value is omit', () => {
    const scope = templar({ omit });
    expect(scope.render({ a: '{{ missing | default(omit) }}', b: 1, c: ['{{ omit }}', 2] })).toStrictEqual({ b: 1, c: [2] });
    expect(scope.render('{{ omit }}')).toBe(omit);
  });

  it('keeps the order of keys and their kinds inside a template', () => {
    const table = templar({}).render("{{ dict([[200, 'b'], [100, 'a']]) | dict2items }}");
    expect(table).toStrictEqual([{ key: 200, value: 'b' }, { key: 100, value: 'a' }]);
  });

  it('never changes what it was given', () => {
    const list = [1];
    const inner = { list };
    expect(templar({ list, inner }).render('{% set _ = list.append(2) %}{% set _ = inner.list.append(3) %}{% set _ = inner.update(a=1) %}{{ [list, inner] }}'))
      .toStrictEqual([[1, 2], { list: [1, 3], a: 1 }]);
    expect([list, inner]).toStrictEqual([[1], { list: [1] }]);
  });
});

describe('variables', () => {
  it('are rendered when they are read, and only the parts that are read', () => {
    const scope = templar({ a: { good: '{{ b }}', bad: '{{ nowhere }}' }, b: ['{{ c }}'], c: 'end' });
    expect(scope.render('{{ a.good[0] }}')).toBe('end');
    expect(scope.render('{{ a.bad | default("mended") }} {{ a.bad is defined }}')).toBe('mended False');
    expect(errorOf(() => scope.render('{{ a.bad }}')).message).toBe("'nowhere' is undefined");
  });

  it('are not rendered when they are literal, at any depth', () => {
    const scope: Scope = { lookup: (name): Variable | undefined => (name === 'fact' ? { value: { a: ['{{ x }}'] }, literal: true } : undefined), names: () => ['fact'] };
    expect(new Templar(scope).render('{{ fact.a[0] }}')).toBe('{{ x }}');
    expect(new Templar(scope).render('{{ fact }}')).toStrictEqual({ a: ['{{ x }}'] });
  });

  it('may refer to parts of themselves', () => {
    expect(templar({ a: { x: '{{ a.y }}!', y: 'why' } }).render('{{ a.x }}')).toBe('why!');
    expect(templar({ a: { x: '{{ a.y }}!', y: 'why' } }).render('{% set _ = a.pop("y") %}{{ a }}')).toStrictEqual({ x: 'why!' });
  });

  it('that go in circles are an error that names the circle', () => {
    const error = errorOf(() => templar({ a: '{{ b }}', b: '{{ c.d }}', c: { d: '{{ a }}' } }).render('{{ a }}'));
    expect(error.message).toBe('recursive loop in variables: a → b → c.d → a');
    expect(error.code).toBe('template.value');
  });

  it('can be mappings that compute their values', () => {
    const asked: unknown[] = [];
    const hostvars: LazyMapping = {
      get: (key) => {
        asked.push(key);
        return { ip: `10.0.0.${String(key).length}` };
      },
      has: (key) => key === 'h1' || key === 'host22',
      keys: () => ['h1', 'host22'],
    };
    expect(templar({ hostvars }).render("{{ hostvars['h1'].ip }}")).toBe('10.0.0.2');
    expect(asked).toStrictEqual(['h1']);
    expect(templar({ hostvars }).render("{{ hostvars | length }} {{ hostvars.nope is defined }} {{ 'h1' in hostvars }}")).toBe('2 False True');
    expect(templar({ hostvars }).render("{{ hostvars | dict2items | map(attribute='value.ip') | join(',') }}")).toBe('10.0.0.2,10.0.0.6');
    expect(templar({ hostvars }).render('{{ hostvars }}')).toStrictEqual({ h1: { ip: '10.0.0.2' }, host22: { ip: '10.0.0.6' } });
  });
});

describe('a signal thrown by the scope', () => {
  class NeedsFacts extends Error {}

  it.each([
    '{{ facts }}',
    '{{ facts | default(1) }}',
    '{{ facts is defined }}',
    '{{ outer | default(1) }}',
    '{{ [outer.inner] | map("default", 1) | list }}',
    "{{ lookup('vars', 'facts', default=1) }}",
    "{{ lookup('vars', 'facts', errors='ignore') }}",
    '{% if facts is not defined %}a{% endif %}',
    '{% set _ = outer.update(a=1) %}',
  ])('passes through %s, and the next try finds the value', (template) => {
    let isThere = false;
    const scope: Scope = {
      lookup: (name) => {
        if (name === 'facts' && !isThere) throw new NeedsFacts();
        if (name === 'outer') return { value: { inner: '{{ facts }}' } };
        return name === 'facts' ? { value: { a: 1 } } : undefined;
      },
      names: () => ['facts', 'outer'],
    };
    const shared = new Templar(scope);
    expect(() => shared.render(template)).toThrow(NeedsFacts);
    expect(() => shared.condition("outer.inner.a is defined")).toThrow(NeedsFacts);
    isThere = true;
    expect(shared.condition('outer.inner.a == 1')).toBe(true);
    expect(() => shared.render(template)).not.toThrow();
  });
});

describe('secrets', () => {
  it.each([
    ['{{ password }}', 'hunter2'],
    ['user:{{ password }}', 'user:hunter2'],
    ['{{ nested.list[0] | upper }}', 'HUNTER2'],
    ['{{ indirect }}', 'pw=hunter2'],
  ])('make %s secret', (template, text) => {
    const secret = new Secret('hunter2');
    const result = templar({ password: secret, nested: { list: [secret] }, indirect: 'pw={{ password }}' }).render(template);
    expect(result).toBeInstanceOf(Secret);
    expect((result as Secret).reveal()).toBe(text);
  });

  it('leave alone what does not touch them, and conditions', () => {
    const scope = templar({ password: new Secret('hunter2'), x: 1 });
    expect(scope.render('{{ x }}a')).toBe('1a');
    expect(scope.condition("password == 'hunter2'")).toBe(true);
    expect(JSON.stringify(scope.render({ a: '{{ password }}', b: ['{{ [password] }}'] }))).toBe('{"a":"***","b":[["***"]]}');
  });
});

describe('conditions', () => {
  it.each([
    [true, true],
    [null, true],
    ['', true],
    [0, false],
    [['x > 1', 'x < 9'], true],
    [['x > 1', 'x > 9'], false],
    [[], true],
    [[true, ['x == 5']], true],
  ])('%j is %s', (condition, expected) => {
    expect(templar({ x: 5 }).condition(condition)).toBe(expected);
  });

  it('in braces work, with a warning', () => {
    const warn = vi.fn();
    expect(templar({ x: 5 }).condition('{{ x }} == 5', { warn })).toBe(true);
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('{{ x }} == 5'), undefined);
  });
});

describe('bare expressions', () => {
  it.each([
    ['x + 1', 6],
    ['[x, 2.0]', [5, 2]],
    ['none', null],
    ["'5'", '5'],
    ['x, 1', [5, 1]],
    ["d | dict2items", [{ key: 'a', value: 1 }]],
    ['range(2)', [0, 1]],
  ])('%s', (expression, expected) => {
    expect(templar({ x: 5, d: { a: 1 } }).evaluate(expression)).toStrictEqual(expected);
  });

  it.each(['x y', 'x }}', '{{ x }}', '', 'x if'])('%j is a syntax error', (expression) => {
    expect(errorOf(() => templar({ x: 5 }).evaluate(expression)).code).toBe('template.syntax');
  });
});

describe('static analysis', () => {
  it.each([
    ['{{ a.b[c] | f_missing_ok(d) }}', undefined],
    ['{{ a.b[c] | default(d) }}', ['a', 'c', 'd']],
    ['{% for i in xs if i > y %}{{ i }}{{ loop.index }}{{ z }}{% else %}{{ i }}{% endfor %}', ['xs', 'y', 'z', 'i']],
    ['{% set v = w %}{{ v }}', ['w']],
    ['{% if a %}{% set v = 1 %}{% endif %}{{ v }}', ['a', 'v']],
    ['{% macro m(p, q=r) %}{{ p }}{{ q }}{{ s }}{{ caller() }}{% endmacro %}{{ m(t) }}', ['r', 's', 't']],
    ['{% call(u) m(v) %}{{ u }}{{ w }}{% endcall %}', ['m', 'v', 'w']],
    ['{% with a = b %}{{ a }}{{ c }}{% endwith %}{{ a }}', ['b', 'c', 'a']],
    ['{% set x %}{{ y }}{% endset %}{{ x }}', ['y']],
    ['{% filter replace(a, b) %}{{ c }}{% endfilter %}', ['a', 'b', 'c']],
    ["{{ 'x' if a is version(b) else {c: [d, (e,)]}[f:g] }}", ['a', 'b', 'c', 'd', 'e', 'f', 'g']],
    ['{% raw %}{{ a }}{% endraw %}{# {{ b }} #}', []],
  ])('%s', (template, expected) => {
    expect(freeVariables(template)).toEqual(new Set(expected ?? ['a', 'c', 'd']));
  });

  it('of conditions', () => {
    expect(freeVariablesOfExpression("ansible_facts.os_family == 'Debian' and x is not defined")).toEqual(new Set(['ansible_facts', 'x']));
  });

  it.each([['{{ x }}', true], ['{% if x %}', true], ['{# c #}', true], ['a { b } %', false]])('%j may be a template: %s', (text, expected) => {
    expect(isTemplate(text)).toBe(expected);
  });
});

describe('the reference', () => {
  const reference = templateReference();

  // Jinja2 3.1's and ansible-core 2.14's own lists, without what needs Python or Ansible's internals.
  it.each([
    ['filters', 'abs attr batch capitalize center count d default dictsort e escape filesizeformat first float forceescape format groupby indent int items join last length list lower map max min pprint random reject rejectattr replace reverse round safe select selectattr slice sort string striptags sum title tojson trim truncate unique upper urlencode urlize wordcount wordwrap xmlattr'],
    ['filters', 'b64decode b64encode basename bool checksum combinations combine comment dict2items difference dirname expanduser expandvars extract fileglob flatten from_json from_yaml from_yaml_all hash human_readable human_to_bytes intersect items2dict log mandatory md5 password_hash path_join permutations pow product quote random realpath regex_escape regex_findall regex_replace regex_search rekey_on_member relpath root sha1 shuffle split splitext strftime subelements symmetric_difference ternary to_datetime to_json to_nice_json to_nice_yaml to_uuid to_yaml type_debug union unique unvault urldecode urlsplit vault win_basename win_dirname win_splitdrive zip zip_longest'],
    ['tests', 'boolean callable defined divisibleby eq equalto escaped even false filter float ge greaterthan gt in integer iterable le lessthan lower lt mapping ne none number odd sameas sequence string test true undefined upper'],
    ['tests', 'abs all any change changed contains directory exists failed failure falsy file finished is_abs is_dir is_file is_link is_mount is_same_file isnan issubset issuperset link link_exists match mount nan reachable regex same_file search skip skipped started subset succeeded success successful superset truthy unreachable uri url urn vault_encrypted version version_compare'],
    ['lookups', 'config csvfile dict env file fileglob first_found indexed_items ini inventory_hostnames items lines list nested password pipe random_choice sequence subelements template together unvault url varnames vars'],
  ] as const)('has the %s %s', (kind, names) => {
    expect(Object.keys(reference[kind])).toEqual(expect.arrayContaining(names.split(' ')));
  });

  it('knows their parameters', () => {
    expect(reference.filters['replace']).toBe('old, new, count=None');
  });
});
