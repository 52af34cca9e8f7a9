import { describe, expect, it } from 'vitest';
import { accountsOf, parseAccounts } from '../../modules/shared/package-accounts.ts';

describe('accounts of packages', () => {
  it.each<[string, Record<string, string[]>, string[], string[]]>([
    ['go with the package that made them', { uuidd: ['uuid-runtime'] }, ['uuid-runtime', 'ed'], ['uuidd']],
    ['go with packages of another architecture', { uuidd: ['uuid-runtime'] }, ['uuid-runtime:i386'], ['uuidd']],
    ['stay while a package that stays asks for them', { ssl: ['ssl-cert', 'postgresql'] }, ['ssl-cert'], []],
    ['stay when no package made them', { backup2: [] }, ['ssl-cert'], []],
    ['stay when nothing goes', { uuidd: ['uuid-runtime'] }, [], []],
  ])('%s', (_, accounts, going, expected) => {
    expect(accountsOf({ packages: going, manual: [], accounts }, going)).toEqual(expected);
  });

  it('stay where nothing is known', () => {
    expect(accountsOf(undefined, ['ed'])).toEqual([]);
  });

  it('are read with their packages', () => {
    expect(parseAccounts(['Purg ed [1.19-1]', 'Account uuidd uuid-runtime util-linux', 'Account stray', ''])).toEqual({ uuidd: ['uuid-runtime', 'util-linux'], stray: [] });
  });
});
