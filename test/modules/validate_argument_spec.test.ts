import { describe, expect, it } from 'vitest';
import { argumentProblems, type OptionSpec } from '../../modules/shared/argument-spec.ts';

describe('argument specifications', () => {
  it.each<[string, OptionSpec, unknown, readonly string[]]>([
    ['nothing, and nothing required', {}, undefined, []],
    ['required', { required: true, description: ['The size.', 'More.'] }, undefined, ["'x' is required (The size)"]],
    ['required and null', { required: true }, null, ["'x' is required"]],
    ['required with a default', { required: true, default: 1 }, undefined, []],
    ['text', {}, 5, []],
    ['no text', {}, { a: 1 }, ["'x' must be a string, and is {\"a\":1}"]],
    ['an integer as text', { type: 'int' }, '5', []],
    ['no integer', { type: 'int' }, '5.5', ["'x' must be an integer, and is \"5.5\""]],
    ['a number', { type: 'float' }, '1e3', []],
    ['a boolean as a word', { type: 'bool' }, 'Yes', []],
    ['no boolean', { type: 'bool' }, 'maybe', ["'x' must be true or false, and is \"maybe\""]],
    ['a list from text', { type: 'list' }, 'a,b', []],
    ['no list', { type: 'list' }, { a: 1 }, ["'x' must be a list, and is {\"a\":1}"]],
    ['a wrong element', { type: 'list', elements: 'int' }, [1, 'b'], ["'x[1]' must be an integer, and is \"b\""]],
    ['no choice', { choices: ['a', 'b'] }, 'c', ["'x' must be one of a, b, and is \"c\""]],
    ['choices of a list', { type: 'list', choices: ['a', 'b'] }, ['a', 'b'], []],
    ['options of a mapping', { type: 'dict', options: { size: { type: 'int', required: true } } }, { siz: 1 }, ["'x.siz' is not known. Did you mean 'size'?", "'x.size' is required"]],
    ['options of a list', { type: 'list', elements: 'dict', options: { size: { type: 'int' } } }, [{ size: 1 }, { size: 'b' }], ["'x[1].size' must be an integer, and is \"b\""]],
    ['a size', { type: 'bytes' }, '10M', []],
    ['no size', { type: 'bytes' }, 'big', ["'x' must be a size such as 10M, and is \"big\""]],
    ['an unknown type', { type: 'integer' }, 1, ["the specification of 'x' has the unknown type 'integer'. There are str, int, float, bool, list, dict, path, raw, json, jsonarg, bytes, bits."]],
  ])('%s', (_name, option, value, expected) => {
    expect(argumentProblems({ x: option }, { x: value })).toEqual(expected);
  });
});
