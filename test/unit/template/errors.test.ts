import { describe, expect, it } from 'vitest';
import { CtplayError } from '../../../src/errors.ts';
import { Templar } from '../../../src/template/index.ts';
import { lookups, scopeOf } from './scope.ts';
import type { RenderOptions } from '../../../src/template/index.ts';

const variables = { interfaces: ['eth0'], users: { bob: { shell: '/bin/sh' } }, x: 5, inner: 'a {{ nowhere }} b', broken: '{{ x +' };
const templar = new Templar(scopeOf(variables), { lookups });

function errorOf(body: () => unknown): CtplayError {
  try {
    body();
  } catch (error) {
    if (error instanceof CtplayError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('messages', () => {
  it.each([
    ['{{ interface }}', 'template.undefined', "'interface' is undefined", "Did you mean 'interfaces'?"],
    ['{{ users.bob.shel }}', 'template.undefined', "'dict object' has no attribute 'shel'", "Did you mean 'shell'?"],
    ['{{ users["bop"] }}', 'template.undefined', "'dict object' has no attribute 'bop'", "Did you mean 'bob'?"],
    ['{{ interfaces[3] }}', 'template.undefined', "'list object' has no element 3", undefined],
    ['{{ x | uper }}', 'template.syntax', "unknown filter 'uper'", "Did you mean 'upper'?"],
    ['{{ x is definded }}', 'template.syntax', "unknown test 'definded'", "Did you mean 'defined'?"],
    ['{% fro a in b %}', 'template.syntax', "unknown tag 'fro'", "Did you mean 'for'?"],
    ["{{ lookup('fil', 'a') }}", 'template.value', "there is no lookup 'fil'", "Did you mean 'file'?"],
    ["{{ 'a'.uper() }}", 'template.undefined', "'str object' has no attribute 'uper'", "Did you mean 'upper'?"],
    ["{{ 'a' + x }}", 'template.value', 'can only concatenate str (not "int") to str', expect.stringContaining('~') as string],
    ["{{ x | default(1, bolean=true) }}", 'template.value', "default() has no argument 'bolean'", "Did you mean 'boolean'?"],
    ['{{ x | replace("a") }}', 'template.value', "replace() needs the argument 'new'", undefined],
    ['{{ x | upper(1) }}', 'template.value', 'upper() takes at most 0 arguments (1 given)', undefined],
    ['{% if x %}a', 'template.syntax', "'if' is never closed", expect.stringContaining('endif') as string],
    ['{{ x ', 'template.syntax', "'}}' is missing", expect.any(String) as string],
    ['{{ (x }}', 'template.syntax', expect.any(String) as string, undefined],
    ["{{ 'abc }}", 'template.syntax', 'the string is never closed', undefined],
    ['{{ x ? 1 : 2 }}', 'template.syntax', "unexpected character '?'", undefined],
    ['{{ x[ }}', 'template.syntax', expect.any(String) as string, undefined],
    ['{% endfor %}', 'template.syntax', "'endfor' has nothing to close", undefined],
  ])('%s', (template, code, message, hint) => {
    const error = errorOf(() => templar.render(template));
    expect(error.code).toBe(code);
    expect(error.message).toEqual(message);
    expect(error.details.hint).toEqual(hint);
  });

  it('say in which variable the mistake is', () => {
    expect(errorOf(() => templar.render('{{ inner }}')).details.detail).toBe("in the value of 'inner': a {{ nowhere }} b");
    expect(errorOf(() => templar.render('{{ broken }}')).details.detail).toBe("in the value of 'broken': {{ x +");
  });

  it('say what the text is for when it has no place', () => {
    expect(errorOf(() => templar.render('{{ nowhere }}', { name: "argument 'path'" })).details.detail).toBe("in argument 'path'");
  });
});

describe('places', () => {
  const at = (line: number, column: number, endLine?: number, endColumn?: number): RenderOptions => ({
    span: { file: 'play.yaml', line, column, ...(endLine === undefined ? {} : { endLine }), ...(endColumn === undefined ? {} : { endColumn }) },
  });
  const place = (body: () => unknown) => {
    const { span } = errorOf(body).details;
    return span === undefined ? undefined : [span.file, span.line, span.column];
  };

  it.each([
    ['in the middle of a plain scalar', 'ab {{ nowhere }}', at(7, 11), [7, 17]],
    ['in a quoted scalar', 'ab {{ nowhere }}', at(7, 11, 7, 11 + 18), [7, 18]],
    ['of a filter', '{{ x | nosuch }}', at(1, 1), [1, 8]],
    ['of an operator', "{{ 1 + 'a' }}", at(1, 1), [1, 6]],
    ['in a block scalar', 'one\ntwo {{ nowhere }}\n', at(3, 9, 6, 1), [5, 8]],
    ['of an unclosed block', 'a {% if x %} b', at(2, 5), [2, 10]],
  ])('%s', (_, template, options, [line, column]) => {
    expect(place(() => templar.render(template, options))).toEqual(['play.yaml', line, column]);
  });

  it('in conditions and expressions', () => {
    expect(place(() => templar.condition('x == 5 and nowhere', at(4, 13)))).toEqual(['play.yaml', 4, 24]);
    expect(place(() => templar.evaluate('x +', at(4, 13)))).toEqual(['play.yaml', 4, 16]);
  });

  it('in files', () => {
    expect(place(() => templar.renderText('#jinja2: trim_blocks: True\na\n{{ nowhere }}\n', { name: '/etc/x.j2' }))).toEqual(['/etc/x.j2', 3, 4]);
  });

  it('of parts of a value', () => {
    const spanAt = (path: readonly (string | number)[]) => ({ file: 'play.yaml', line: 10 + path.length, column: 5 });
    expect(place(() => templar.render({ a: ['ok', '{{ nowhere }}'] }, { spanAt }))).toEqual(['play.yaml', 12, 8]);
  });
});
