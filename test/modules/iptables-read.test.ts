import { describe, expect, it } from 'vitest';
import { rulesExist } from '../../modules/facts/iptables.ts';
import { quote } from '../../src/shell.ts';
import { parseStanding, rulesReader, type Rule } from '../../modules/facts/iptables-read.ts';
import { packetFilter } from '../../modules/facts/packet-filter.ts';

const rule = (comment: string): Rule => ({ table: 'nat', chain: 'POSTROUTING', words: ['-s', '10.0.0.0/8', '-m', 'comment', '--comment', comment, '-j', 'MASQUERADE'] });
const answer = { status: 0, stdout: '\n*nat\nCOMMIT\n==stand\n0\n1\n0\n', stderr: '' };

describe('the reader of rules', () => {
  // As iptables-save 1.8 writes these comments.
  it.each([
    ['plain', 'plain'],
    ['with-a_line', 'with-a_line'],
    ['two words', '"two words"'],
    ['a:b', '"a:b"'],
    ["it's", '"it\\\'s"'],
    ['a"b', '"a\\"b"'],
    ['a\\b', '"a\\\\b"'],
  ])('looks for the comment %s as %s', (comment, saved) => {
    expect(rulesReader.command([[rule(comment)]]).text).toContain(quote(`--comment ${saved}`));
  });

  it('looks for a rule as iptables-save prints it, and for its comment', () => {
    expect(rulesReader.command([[rule('ctplay a')]]).text).toContain(`stands nat POSTROUTING '-A POSTROUTING -s 10.0.0.0/8 -m comment --comment "ctplay a" -j MASQUERADE' '--comment "ctplay a"' -s 10.0.0.0/8`);
    expect(rulesReader.command([[{ table: 'filter', chain: 'INPUT', words: ['-j', 'DROP'] }]]).text).toContain(`stands filter INPUT '-A INPUT -j DROP' '' -j DROP`);
  });

  it('asks for the listing alone where nobody asks for rules', () => {
    expect(rulesReader.command([[], []]).text).not.toContain('stands');
  });

  it('gives each what it asked for', () => {
    const shares = rulesReader.split(answer, [[rule('a')], [], [rule('b'), rule('c')]]);
    expect(shares.map(({ stdout }) => parseStanding(stdout))).toEqual([[true], [false], [false, true]]);
    expect(packetFilter().parse(shares[1]!)).toEqual({ state: 'present', value: { nat: { policies: {}, chains: [], rules: [] } } });
  });

  it.each([
    ['alone', answer.stdout],
    ['together with others', '==stand\n\n0\n1\n0'],
    ['where iptables did not answer', ''],
  ])('reads what stands %s', (how, stdout) => {
    const exist = rulesExist({ a: rule('a'), b: rule('b'), c: rule('c') }).parse({ ...answer, stdout });
    expect(exist).toEqual(how.startsWith('where') ? { a: false, b: false, c: false } : { a: true, b: false, c: true });
  });
});
