import { describe, expect, it } from 'vitest';
import { batches } from '../../../src/engine/batches.ts';
import type { Source } from '../../../src/load/tree.ts';

const span = { file: 'p.yaml', line: 3, column: 5 };
const source: Source = { file: 'p.yaml', span, at: () => span, keyAt: () => span };
const hosts = ['a', 'b', 'c', 'd', 'e', 'f'];

describe('batches', () => {
  it.each<[serial: unknown[], expected: string[]]>([
    [[], ['abcdef']],
    [[2], ['ab', 'cd', 'ef']],
    [['4'], ['abcd', 'ef']],
    [[1, 2], ['a', 'bc', 'de', 'f']],
    [['50%'], ['abc', 'def']],
    [['1%'], ['a', 'b', 'c', 'd', 'e', 'f']],
    [[1, '100%'], ['a', 'bcdef']],
    [[0], ['abcdef']],
    [[100], ['abcdef']],
  ])('serial %j', (serial, expected) => {
    expect(batches(hosts, { serial, source }).map((batch) => batch.join(''))).toEqual(expected);
  });

  it('gives no batch for no hosts', () => {
    expect(batches([], { serial: [2], source })).toEqual([]);
  });

  it('refuses what is no size, at its place', () => {
    expect(() => batches(hosts, { serial: ['some'], source })).toThrow(expect.objectContaining({ code: 'playbook.keyword', details: expect.objectContaining({ span, found: '"some"' }) }));
  });
});
