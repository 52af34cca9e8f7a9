import { describe, expect, it } from 'vitest';
import { defaultsFor, defaultsKey } from '../../../src/load/module-defaults.ts';

describe('module_defaults', () => {
  it.each([
    ['copy', 'copy'],
    ['ansible.builtin.copy', 'copy'],
    ['group/docker', 'group/docker'],
    ['group/community.docker.docker', 'group/docker'],
  ])('%s is %s', (written, key) => {
    expect(defaultsKey(written)).toBe(key);
  });

  it.each<[string, readonly (Record<string, unknown> | undefined)[], readonly unknown[]]>([
    ['nothing', [undefined, {}], []],
    ['the innermost level', [{ docker_network: { a: 1 } }, { docker_network: { b: 2 } }, undefined], [{ b: 2 }]],
    ['a group before the module itself', [{ docker_network: { a: 1 } }, { 'group/docker': { b: 2 } }], [{ b: 2 }, { a: 1 }]],
    ['no group of other modules', [{ 'group/other': { a: 1 }, copy: { b: 1 } }], []],
    ['a template', [{ docker_network: '{{ d }}' }], ['{{ d }}']],
  ])('takes %s', (_what, levels, expected) => {
    expect(defaultsFor('docker_network', levels)).toEqual(expected);
  });
});
