import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CtplayError } from '../../../src/errors.ts';
import { Templar, nodeLookups } from '../../../src/template/index.ts';
import { scopeOf } from './scope.ts';

const files: Readonly<Record<string, string>> = {
  'templates/part.j2': 'part {{ x }} {{ item | default("-") }}\n',
  'templates/sub/near.j2': "{% include 'beside.j2' %}",
  'templates/sub/beside.j2': 'beside',
  'templates/macros.j2': "{% set version = 3 %}{% macro hello(who, mark='!') %}hello {{ who }}{{ mark }}{{ x | default(' (no x)') }}{% endmacro %}{% macro _private() %}{% endmacro %}",
  'templates/base.j2': 'head\n{% block main %}base main{% endblock %}\n{% block foot scoped %}foot {{ x }}{% endblock %}\n',
  'templates/child.j2': "{% extends 'base.j2' %}ignored{% set y = 7 %}{% block main %}child of {{ super() }}{% endblock %}",
  'templates/grandchild.j2': "{% extends 'child.j2' %}{% block main %}grand{{ super() }}{% block inner %}!{% endblock %}{% endblock %}",
  'templates/broken.j2': 'fine\nnot {{ fine\n',
  'templates/undefined.j2': 'one\n  {{ nowhere }}\n',
  'templates/list.j2': '[{{ x }}, 2]\n',
  'templates/angles.j2': '<% x %> {{ x }}',
  'files/hello.txt': '  hello\n\n',
  'files/blanks.txt': '  hello\n\n',
  'files/users.csv': 'name,uid,shell\nbob,1001,"/bin/sh, really"\namy,1002,"say ""hi"""\n',
  'files/users.tsv': 'k\tv\n',
  'files/conf.ini': '[global]\nplain = g\n[db]\nhost = db1\nPort: 5432\nurl = http://%(host)s/%%\nlong = one\n  two\n; comment\n',
  'files/app.properties': 'user.name=bob\nuser.pass = s=cret\n',
  'files/a.conf': '',
  'files/b.conf': '',
  'role/files/hello.txt': 'from the role',
  'secret.txt': '$ANSIBLE_VAULT;1.1;AES256\n6162\n',
};

let dir: string;
let templar: Templar;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ctplay-template-'));
  for (const [name, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), contents);
  }
  const lookups = nodeLookups({
    basedir: dir,
    searchDirs: [join(dir, 'role')],
    hosts: (pattern) => (pattern === 'web' ? ['web1', 'web2'] : []),
    decrypt: () => new TextEncoder().encode('opened'),
    env: process.env,
  });
  templar = new Templar(scopeOf({ x: 5, users: ['a', 'b'] }), { lookups });
});

afterAll(() => rmSync(dir, { recursive: true }));

describe('files within files', () => {
  it.each([
    ["a {% include 'part.j2' %} b", 'a part 5 - b'],
    ["{% for item in users %}{% include 'part.j2' %};{% endfor %}", 'part 5 a;part 5 b;'],
    ["{% for item in users %}{% include 'part.j2' without context %};{% endfor %}", undefined],
    ["{% include ['none.j2', 'sub/beside.j2'] %}", 'beside'],
    ["{% include 'none.j2' ignore missing %}|", '|'],
    ["{% include 'sub/near.j2' %}", 'beside'],
    ["{% import 'macros.j2' as m %}{{ m.hello('you') }} {{ m.version }}", 'hello you! (no x) 3'],
    ["{% import 'macros.j2' as m with context %}{{ m.hello('you', mark='?') }}", 'hello you?5'],
    ["{% from 'macros.j2' import hello as hi, version with context %}{{ hi('me') }}{{ version }}", 'hello me!53'],
    ["{% from 'macros.j2' import hello without context %}{{ hello('me') }}", 'hello me! (no x)'],
    ["{% import 'macros.j2' as m %}{{ m._private is defined }}", 'False'],
    ["{% include 'child.j2' %}", 'head\nchild of base mainfoot 5'],
    ["{% include 'grandchild.j2' %}", 'head\ngrandchild of base main!foot 5'],
    ["{% extends 'base.j2' %}{% block foot %}own {{ super() }}{% endblock %}", 'head\nbase mainown foot 5'],
  ])('%s', (template, expected) => {
    if (expected === undefined) expect(() => templar.renderText(template)).toThrow(/'x' is undefined/);
    else expect(templar.renderText(template)).toBe(expected);
  });

  it.each([
    ["{% from 'macros.j2' import helo %}{{ helo() }}", 'template.undefined', undefined],
    ["{% include 'none.j2' %}", 'file.missing', undefined],
    ["{% include 'broken.j2' %}", 'template.syntax', ['templates/broken.j2', 2, 5]],
    ["{% include 'undefined.j2' %}", 'template.undefined', ['templates/undefined.j2', 2, 6]],
  ])('%s is an error', (template, code, place) => {
    let error: unknown;
    try {
      templar.renderText(template);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(CtplayError);
    const { code: found, details } = error as CtplayError;
    expect(found).toBe(code);
    if (place !== undefined) expect([details.span?.file, details.span?.line, details.span?.column]).toEqual([join(dir, place[0] as string), place[1], place[2]]);
  });
});

describe('lookups', () => {
  it.each([
    ["{{ lookup('file', 'hello.txt') }}", 'from the role'],
    ["{{ lookup('file', 'blanks.txt') }}", '  hello'],
    ["{{ lookup('file', 'blanks.txt', lstrip=true) }}", 'hello'],
    ["{{ lookup('file', 'blanks.txt', rstrip=false) | length }}", '9'],
    ["{{ lookup('unvault', 'secret.txt') }}", 'opened'],
    ["{{ lookup('template', 'part.j2') }}", 'part 5 -\n'],
    ["{{ lookup('template', 'part.j2', template_vars={'item': 'i'}) }}", 'part 5 i\n'],
    ["{{ lookup('template', 'list.j2') }}", [5, 2]],
    ["{{ lookup('template', 'list.j2', convert_data=false) }}", '[5, 2]\n'],
    ["{{ lookup('template', 'angles.j2', variable_start_string='<%', variable_end_string='%>') }}", '5 {{ x }}'],
    ["{{ lookup('csvfile', 'bob file=users.csv delimiter=,') }}", '1001'],
    ["{{ lookup('csvfile', 'bob', file='users.csv', delimiter=',', col=2) }}", '/bin/sh, really'],
    ["{{ lookup('csvfile', 'amy', file='users.csv', delimiter=',', col='2') }}", 'say "hi"'],
    ["{{ lookup('csvfile', 'zed', file='users.csv', delimiter=',', default='none') }}", 'none'],
    ["{{ lookup('csvfile', 'k file=users.tsv') }}", 'v'],
    ["{{ lookup('ini', 'host', section='db', file='conf.ini') }}", 'db1'],
    ["{{ lookup('ini', 'port section=db file=conf.ini') }}", '5432'],
    ["{{ lookup('ini', 'url', section='db', file='conf.ini') }}", 'http://db1/%'],
    ["{{ lookup('ini', 'long', section='db', file='conf.ini') }}", 'one\ntwo'],
    ["{{ lookup('ini', 'nope', section='db', file='conf.ini', default='d') }}", 'd'],
    ["{{ lookup('ini', 'plain', file='conf.ini') }}", 'g'],
    ["{{ query('ini', '.*o.*', section='db', file='conf.ini', re=true) }}", ['db1', '5432', 'one\ntwo']],
    ["{{ lookup('ini', 'user.pass', type='properties', file='app.properties') }}", 's=cret'],
    ["{{ query('fileglob', '*.conf') | map('basename') | list }}", ['a.conf', 'b.conf']],
    ["{{ lookup('first_found', ['nope', 'hello.txt']) | basename }}", 'hello.txt'],
    ["{{ query('inventory_hostnames', 'web') }}", ['web1', 'web2']],
    ["{{ 'files/*.conf' | fileglob | length }}", '2'],
    ["{{ lookup('pipe', 'pwd') | basename == (lookup('pipe', 'echo $PWD') | basename) }}", true],
  ])('%s', (template, expected) => {
    expect(templar.render(template)).toStrictEqual(expected);
  });

  it.each([
    ["{{ lookup('csvfile', 'bob', file='users.csv', delimitr=',') }}", /'delimitr' is not a valid option/],
    ["{{ lookup('ini', 'x', section='nope', file='conf.ini') }}", /No section 'nope'/],
    ["{{ lookup('template', 'nope.j2') }}", /could not locate file in lookup: nope.j2/],
    ["{{ lookup('pipe', 'echo wrong >&2; exit 4') }}", /failed on the controller/],
  ])('%s is an error', (template, message) => {
    expect(() => templar.render(template)).toThrow(message);
  });

  it('password makes one up once and keeps it', () => {
    const first = templar.render("{{ lookup('password', 'credentials/bob length=10 chars=digits') }}");
    expect(first).toMatch(/^\d{10}$/);
    expect(templar.render("{{ lookup('password', 'credentials/bob length=10 chars=digits') }}")).toBe(first);
    const path = join(dir, 'credentials/bob');
    expect(readFileSync(path, 'utf8')).toBe(`${String(first)}\n`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('password keeps the salt of a hash', () => {
    const first = templar.render("{{ lookup('password', 'credentials/amy', encrypt='sha512') }}");
    expect(first).toMatch(/^\$6\$rounds=656000\$[A-Za-z0-9./]{16}\$/);
    expect(templar.render("{{ lookup('password', 'credentials/amy', encrypt='sha512') }}")).toBe(first);
  });

  it('run for loops give plain lists', () => {
    expect(templar.lookup('nested', [['a'], [1, 2]])).toStrictEqual([['a', 1], ['a', 2]]);
    expect(templar.lookup('dict', [{ k: 'v' }])).toStrictEqual([{ key: 'k', value: 'v' }]);
    expect(templar.lookup('sequence', [], new Map([['end', 2]]))).toStrictEqual(['1', '2']);
  });
});
