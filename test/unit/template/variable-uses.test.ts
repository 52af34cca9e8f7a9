import { describe, expect, it } from 'vitest';
import { isOpenLookup, VariableUses } from '../../../src/template/index.ts';

/** `motd.stat.size` for a part that is looked at, with `?` behind it where only its presence counts. */
const shown = (gathered: VariableUses): string[] | 'open' => (gathered.isOpen ? 'open' : gathered.uses.map(({ name, keys, shallow }) => [name, ...keys].join('.') + (shallow ? '?' : '')));

const inTemplate = (text: string, plainBackslashes = true): string[] | 'open' => {
  const gathered = new VariableUses();
  gathered.addTemplate(text, plainBackslashes);
  return shown(gathered);
};
const inExpression = (text: string): string[] | 'open' => {
  const gathered = new VariableUses();
  gathered.addExpression(text);
  return shown(gathered);
};

describe('parts of variables in expressions', () => {
  it.each([
    ['motd.stat.exists', ['motd.stat.exists']],
    ["motd['stat']['size'] == 6", ['motd.stat.size']],
    ['motd.results[0].stat.mode', ['motd.results.0.stat.mode']],
    ['motd.stat[key]', ['key', 'motd.stat']],
    ['motd.stat[key].deep', ['key', 'motd.stat']],
    ['motd', ['motd']],
    ['motd.stat', ['motd.stat']],
    ['motd.stat | to_json', ['motd.stat']],
    ['motd | attr("stat")', ['motd']],
    ['motd.stat.items()', ['motd.stat']],
    ['motd.stat.get("checksum")', ['motd.stat']],
    ['motd.stat.copy().checksum', ['motd.stat']],
    ['(motd or other).stat', ['motd', 'other']],
    ['(a.b if c.d else motd).stat', ['c.d', 'a.b', 'motd']],
    ['[motd, {"k": motd.stat.uid}]', ['motd', 'motd.stat.uid']],
    ['motd.stat.path[1:size]', ['motd.stat.path', 'size']],
    ['"checksum" in motd.stat', ['motd.stat']],
    ['motd is changed', ['motd?']],
    ['motd is not failed and motd is ansible.builtin.skipped', ['motd?', 'motd?']],
    ['motd.stat is changed', ['motd.stat']],
    ['motd.results is changed', ['motd.results']],
    ['motd is defined', ['motd?']],
    ['motd.stat.checksum is defined', ['motd.stat.checksum?']],
    ['motd.stat[key] is defined', ['key', 'motd.stat']],
    ['motd.stat.keys() is defined', ['motd.stat']],
    ['motd is mapping', ['motd']],
    ['motd.stat.size is divisibleby(other.by)', ['motd.stat.size', 'other.by']],
    ['f(motd, *rest, **more.x)', ['f', 'motd', 'rest', 'more.x']],
    ['hostvars[h].motd.stat.size', ['h', 'motd.stat.size']],
    ["hostvars['a']['motd']", ['motd']],
    ['ansible_delegated_vars[h].motd.stat.size', ['h', 'motd.stat.size']],
    ["vars['motd'].stat.mode", ['motd.stat.mode']],
    ["lookup('env', motd.stat.path)", ['motd.stat.path']],
    ["q('ansible.builtin.file', 'x')", []],
  ])('%s', (text, uses) => expect(inExpression(text)).toEqual(uses));

  it.each([
    'hostvars', 'hostvars[h]', 'hostvars[h][name].stat', 'hostvars[h].items()', 'ansible_delegated_vars[h]', "hostvars['a'].get('motd')", "groups.web | map('extract', hostvars, 'motd')", 'hostvars.values()',
    'vars', 'vars[name]', "vars.get('motd')", "vars | dict2items",
    "lookup('vars', 'motd')", "lookup('ansible.builtin.vars', name)", "query('template', 'x.j2')", 'lookup(name)', 'lookup(*words)', 'lookup', "ask | default(q)",
    'motd.', '1 +',
  ])('any variable with %s', (text) => expect(inExpression(text)).toBe('open'));
});

describe('parts of variables in templates', () => {
  it.each([
    ['no template', []],
    ['{# motd #}', []],
    ['{% raw %}{{ motd }}{% endraw %}', []],
    ['{{ motd.stat.size }} of {{ other }}', ['motd.stat.size', 'other']],
    ['{% if motd.stat.exists %}{{ motd.stat.mode }}{% elif motd is failed %}{% else %}{{ motd.msg }}{% endif %}', ['motd.stat.exists', 'motd.stat.mode', 'motd?', 'motd.msg']],
    ['{% set copy = motd %}{{ copy.stat }}', ['copy', 'motd', 'copy.stat']],
    ['{% set stat %}{{ motd.stat.uid }}{% endset %}', ['stat', 'motd.stat.uid']],
    ['{% for one in motd.results if one.ok %}{{ one.stat }}{% else %}{{ motd.msg }}{% endfor %}', ['one', 'motd.results', 'one.ok', 'one.stat', 'motd.msg']],
    ['{% with x = motd.stat %}{{ x }}{% endwith %}', ['x', 'motd.stat', 'x']],
    ['{% macro m(a=motd.a) %}{{ motd.b }}{% endmacro %}{{ m() }}', ['motd.a', 'motd.b', 'm']],
    ['{% call m(motd.a) %}{{ motd.b }}{% endcall %}', ['m', 'motd.a', 'motd.b']],
    ['{% filter replace(motd.a, "") %}{{ motd.b }}{% endfilter %}', ['motd.a', 'motd.b']],
    ['{% block b %}{{ motd.a }}{% endblock %}', ['motd.a']],
  ])('%s', (text, uses) => expect(inTemplate(text)).toEqual(uses));

  it.each(['{% include "x" %}', '{% import "x" as x %}', '{% from "x" import y %}', '{% extends "x" %}', '{{ hostvars }}', '{% for h in hostvars %}{% endfor %}', '{{ motd', '{% endif %}', '{% nothing %}'])('any variable with %s', (text) =>
    expect(inTemplate(text)).toBe('open'));

  it('of files by their own delimiters', () => expect(inTemplate("#jinja2: variable_start_string: '[%', variable_end_string: '%]'\n[% motd.stat.uid %] {{ other }}", false)).toEqual(['motd.stat.uid']));
});

it.each([['vars', true], ['ansible.builtin.vars', true], ['template', true], ['items', false], ['ansible.builtin.file', false]])('the lookup %s sees more than it is given: %s', (name, open) => expect(isOpenLookup(name)).toBe(open));
