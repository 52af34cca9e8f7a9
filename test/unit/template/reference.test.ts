import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Templar } from '../../../src/template/index.ts';
import { lookups, scopeOf } from './scope.ts';

interface Reference {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly cases: readonly { readonly template: string; readonly expected?: unknown; readonly error?: string }[];
}

const reference = JSON.parse(readFileSync(new URL('./template-cases.json', import.meta.url), 'utf8')) as Reference;

describe('what Ansible gives for the reference templates', () => {
  const templar = new Templar(scopeOf(reference.variables), { lookups });

  it.each(reference.cases.filter((one) => one.error === undefined))('$template', ({ template, expected }) => {
    expect(templar.render(template)).toStrictEqual(expected);
  });

  it.each(reference.cases.filter((one) => one.error !== undefined))('$template is an error', ({ template }) => {
    expect(() => templar.render(template)).toThrow(expect.objectContaining({ name: expect.stringMatching(/Error$/) as string, code: expect.any(String) as string }) as Error);
  });

  it('holds all cases', () => {
    expect(reference.cases).toHaveLength(199);
  });
});
