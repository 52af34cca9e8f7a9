/** Every argument of Ansible's own modules is taken, under all of its names, or refused with what to do instead. */
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import type { Schema } from '../../../src/load/bind/schema.ts';
import { Registry, builtinModuleNames } from '../../../src/registry.ts';

interface Documented {
  readonly doc: { readonly options?: Readonly<Record<string, { readonly aliases?: readonly string[]; readonly choices?: readonly unknown[] | Readonly<Record<string, unknown>> }>> };
}

/** Words in the place of what a task has after the module's name, and of no other name. */
const notArguments = ['free_form', 'free-form', 'key_value', 'others'];

/** Choices that are refused by the list of those that are taken. */
const otherChoices: Readonly<Record<string, readonly string[]>> = { 'systemd scope': ['global'], 'uri body_format': ['form-multipart'] };

const listed = JSON.parse(execFileSync('ansible-doc', ['-j', '-l', '-t', 'module'], { encoding: 'utf8', maxBuffer: 1 << 28 })) as Record<string, unknown>;
const ours = builtinModuleNames().filter((name) => `ansible.builtin.${name}` in listed || name in listed);
const documented = JSON.parse(execFileSync('ansible-doc', ['-j', '-t', 'module', ...ours.map((name) => `ansible.builtin.${name}`)], { encoding: 'utf8', maxBuffer: 1 << 28 })) as Record<string, Documented>;

it('knows the modules', () => expect(ours.length).toBeGreaterThan(45));

it.each(ours)('%s', async (name) => {
  const module = await new Registry().load(name);
  const { properties = {}, additionalProperties } = module.args as Schema;
  const known = new Map(Object.entries(properties).flatMap(([argument, schema]) => [argument, ...(schema.aliases ?? [])].map((one) => [one, schema] as const)));
  const missing: string[] = [];
  for (const [argument, { aliases = [], choices = [] }] of Object.entries(documented[`ansible.builtin.${name}`]!.doc.options ?? {})) {
    if (notArguments.includes(argument)) continue;
    for (const one of [argument, ...aliases]) if (!known.has(one) && module.refuses?.[one] === undefined && additionalProperties !== true) missing.push(one);
    const taken = known.get(argument)?.enum?.map(String);
    const wanted = (Array.isArray(choices) ? choices : Object.keys(choices)).map(String);
    if (taken) missing.push(...wanted.filter((choice) => !taken.includes(choice) && otherChoices[`${name} ${argument}`]?.includes(choice) !== true).map((choice) => `${argument}: ${choice}`));
  }
  expect(missing).toEqual([]);
});
