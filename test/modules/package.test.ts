import { expect, it } from 'vitest';
import { absent, present } from '../../modules/facts/reading.ts';
import packageModule from '../../modules/package.ts';
import { planOf } from '../harness/module.ts';

type Args = Parameters<typeof packageModule.plan>[0];
const now = (version?: string) => ({
  packages: present({ packages: version === undefined ? {} : { ed: { version, status: 'installed' as const, held: false } }, interrupted: false }),
  cache: present({ age: 0 }), candidates: present({ ed: '2' }), removal: absent, record: absent,
});

it.each<[Args['state'], string | undefined, string[]]>([
  ['present', undefined, ['create']],
  ['installed', '1', []],
  ['latest', '1', ['update']],
  ['latest', '2', []],
  ['removed', '1', ['delete']],
  ['absent', undefined, []],
])('%s, where version %s is there', (state, version, actions) => {
  expect(planOf(packageModule, { name: ['ed'], state, use: 'auto' }, now(version)).map((change) => change.action)).toEqual(actions);
});
