import { describe, expect, it } from 'vitest';
import { tagsChoose } from '../../../src/engine/tags.ts';

describe('tagsChoose', () => {
  it.each<[own: string[], only: string[], skip: string[], chosen: boolean]>([
    [[], [], [], true],
    [['a'], [], [], true],
    [['a'], ['a'], [], true],
    [['a'], ['b'], [], false],
    [[], ['a'], [], false],
    [['always'], ['b'], [], true],
    [['always'], ['b'], ['always'], false],
    [['never'], [], [], false],
    [['never', 'debug'], ['debug'], [], true],
    [['never', 'debug'], ['all'], [], false],
    [['never', 'debug'], ['never'], [], true],
    [['never', 'debug'], ['tagged'], [], false],
    [['a'], ['all'], [], true],
    [['a'], ['tagged'], [], true],
    [[], ['tagged'], [], false],
    [[], ['untagged'], [], true],
    [['a'], ['untagged'], [], false],
    [['a', 'b'], ['a'], ['b'], false],
    [['a'], [], ['all'], false],
    [['always'], [], ['all'], true],
    [['a'], [], ['tagged'], false],
    [[], [], ['untagged'], false],
  ])('task %j with --tags %j --skip-tags %j: %s', (own, only, skip, chosen) => {
    expect(tagsChoose(own, only, skip)).toBe(chosen);
  });
});
