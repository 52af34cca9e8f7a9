import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Templar } from '../../../src/template/index.ts';
import { lookups, scopeOf } from './scope.ts';

/** Templates with what Ansible itself made of them; see generate.py. */
interface Recorded {
  readonly template: string;
  readonly expected?: unknown;
  readonly error?: string;
}

const folder = new URL('./', import.meta.url);
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
const templar = new Templar(scopeOf(read('generate/variables.json') as Record<string, unknown>), { lookups });

// As on the machine that the results are from.
process.env['TZ'] = 'UTC';
process.env['HOME'] = '/root';

function render(kind: string, template: string): unknown {
  if (kind === 'file') return templar.renderText(template);
  return kind === 'condition' ? templar.condition(template) : templar.render(template);
}

describe.each(readdirSync(folder).filter((name) => /^ansible-.*\.json$/.test(name)))('%s', (name) => {
  const kind = /^ansible-(\w+)-/.exec(name)![1]!;
  const cases = read(name) as Recorded[];

  it.each(cases.filter((one) => one.error === undefined))('$template', ({ template, expected }) => {
    expect(render(kind, template)).toStrictEqual(expected);
  });

  it.each(cases.filter((one) => one.error !== undefined))('$template is an error', ({ template }) => {
    expect(() => render(kind, template)).toThrow(expect.objectContaining({ code: expect.any(String) as string }) as Error);
  });
});
