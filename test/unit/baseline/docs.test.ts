import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { kindsOf } from '../../../src/baseline/kinds/index.ts';

it('the manual has every kind of state in its order', () => {
  const page = readFileSync(new URL('../../../docs/baseline.md', import.meta.url), 'utf8');
  const kinds = kindsOf({ folders: [] });
  expect([...page.matchAll(/^\| `([a-z][a-z-]*)` \| [^|]{10,} \|$/gm)].map((match) => match[1])).toEqual(kinds.map(({ name }) => name));
});

it('every kind has a name of its own', () => {
  const names = kindsOf({ folders: [] }).map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
