import { readdirSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { fits } from '../../../src/load/bind/fits.ts';
import type { Schema } from '../../../src/load/bind/schema.ts';
import type { AnyModule } from '../../../src/registry.ts';

const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false });

const scalars = [undefined, null, true, false, 0, 1, -1, 1.5, 4095, 70_000, NaN, '', 'x', 'absent', 'started', '10.0.0.1', '10.0.0.0/24', 'a b', '💡', 'abcdefghijklmnopqrstuvwxyz'];
const values = [...scalars, [], ['x'], [1, 'x'], [{}], {}, { a: 'x' }, { a: 1, b: [] }];

describe('a value fits', () => {
  it.each<[Schema, unknown, boolean]>([
    [{ type: 'integer', minimum: 1, maximum: 3 }, 3, true],
    [{ type: 'integer', minimum: 1, maximum: 3 }, 4, false],
    [{ type: ['string', 'null'] }, null, true],
    [{ anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] }, ['a', 1], false],
    [{ type: 'string', minLength: 2 }, '💡', false],
    [{ type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false }, { b: 1 }, false],
    [{ type: 'object', patternProperties: { '^x': { type: 'integer' } }, additionalProperties: { type: 'string' } }, { x1: 1, y: 'b' }, true],
  ])('%j: %j → %s', (schema, value, expected) => {
    expect(fits(schema, value, false)).toBe(expected);
  });

  it('anything that holds a template, where values are not known yet', () => {
    const schema: Schema = { type: 'object', properties: { mtu: { type: 'integer' } }, required: ['mtu'] };
    expect([fits(schema, { mtu: '{{ mtu }}' }, true), fits(schema, { mtu: '{{ mtu }}' }, false), fits(schema, {}, true)]).toEqual([true, false, false]);
  });

  it('no schema with a keyword that is not known here', () => {
    expect(fits({ type: 'number', multipleOf: 2 } as Schema, 4, false)).toBe(false);
  });
});

describe('ajv is of the same mind about the arguments of', () => {
  const folder = new URL('../../../modules/', import.meta.url);
  it.each(readdirSync(folder).filter((name) => name.endsWith('.ts')))('%s', async (file) => {
    const { args } = ((await import(`../../../modules/${file.slice(0, -3)}.ts`)) as { default: AnyModule }).default;
    const schema = args as Schema;
    const names = Object.keys(schema.properties ?? {});
    const fitting = Object.fromEntries(names.map((name) => [name, values.find((value) => value !== undefined && fits(schema.properties![name]!, value, false))]));
    const cases = [...values, fitting, ...names.flatMap((name) => values.map((value) => ({ ...fitting, [name]: value })))];
    const validate = ajv.compile(schema);
    const differing = cases.filter((value) => fits(schema, value, false) !== validate(value));
    expect(differing).toEqual([]);
  });
});
