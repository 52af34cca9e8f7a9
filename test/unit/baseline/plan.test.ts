import { describe, expect, it } from 'vitest';
import type { Difference, ManagementPath, RestoreContext } from '../../../src/baseline/kind.ts';
import { planBack } from '../../../src/baseline/plan.ts';
import { leftOf, whyLeft } from '../../../src/baseline/proof.ts';
import { keepMatcher, keepsSubject, protection } from '../../../src/baseline/protection.ts';
import { CtplayError } from '../../../src/errors.ts';
import { thing, thingKind } from './machinery.ts';

const management: ManagementPath = { clientAddress: '10.0.0.1', clientPort: 5, serverAddress: '10.0.0.2', serverPort: 22, links: ['eth0', 'br0'], route: '10.0.0.0/24 dev eth0', services: ['ssh.service', 'ssh.socket'], processes: [7] };

describe('protection', () => {
  it.each<[kind: string, key: string, keep: string[], why: string | undefined]>([
    ['link', 'br0', [], 'it carries the management session'],
    ['link', 'br1', [], undefined],
    ['service', 'ssh', [], 'it carries the management session'],
    ['service', 'ssh.socket', [], 'it carries the management session'],
    ['service', 'sshd-keygen', [], undefined],
    ['file', 'br0', [], undefined],
    ['link', 'br1', ['br?'], '--keep br? names it'],
    ['package', 'nano', ['br?', 'package'], '--keep package names it'],
  ])('%s %s with --keep %j: %s', (kind, key, keep, why) => expect(protection(management, keep)(kind, key)).toBe(why));

  it.each<[pattern: string, kind: string, key: string, matches: boolean]>([
    ['file:/home/*', 'file', '/home/a/b', true],
    ['/home/*', 'file', '/home', false],
    ['file', 'file', '/etc/x', true],
    ['fil', 'file', '/etc/x', false],
    ['a.b', 'file', 'axb', false],
    ['*', 'link', 'x', true],
    ['link:br-*', 'link', 'br-1', true],
    ['link:br-*', 'address', 'br-1', false],
    ['a*', 'rule', 'a\nb', true],
  ])('%s names %s %j: %s', (pattern, kind, key, matches) => expect(keepMatcher(pattern)(kind, key)).toBe(matches));

  it.each<[pattern: string, subject: string, matches: boolean]>([
    ['br0', 'bridge br0', true],
    ['link:br0', 'bridge br0', true],
    ['bridge*', 'bridge br0', true],
    ['br', 'bridge br0', false],
    ['bridge', 'bridge br0', false],
  ])('%s names what the ledger calls %s: %s', (pattern, subject, matches) => expect(keepsSubject(pattern, subject)).toBe(matches));
});

function context(keep: readonly string[] = []): RestoreContext {
  return { baseline: {}, now: {}, management, protects: protection(management, keep), contents: undefined };
}
const added = (key: string): Difference => ({ key, now: thing('red') });
const gone = (key: string): Difference => ({ key, before: thing('red') });
const painted = (key: string): Difference => ({ key, before: thing('red'), now: thing('blue') });
const of = (...differences: Difference[]) => differences.map((difference) => ({ kind: thingKind, difference }));

describe('planBack', () => {
  it('orders by stage and passes on what can not be settled', () => {
    const way = planBack(of(gone('a'), added('b'), painted('c'), added('d')), context());
    expect(way.steps.map(({ stage, keys, change }) => [stage, keys, change.commands.map(String)])).toEqual([
      ['processes', ['b'], ['break b']],
      ['processes', ['d'], ['break d']],
      ['links', ['a'], ['make a']],
    ]);
    expect(way.unsettled).toEqual([{ kind: 'thing', key: 'c', why: 'paint is dry' }]);
  });

  it('does not even ask about what is to stay', () => {
    const way = planBack(of(added('a'), added('b')), context(['a']));
    expect(way.steps.map(({ keys }) => keys)).toEqual([['b']]);
    expect(way.unsettled).toEqual([{ kind: 'thing', key: 'a', why: '--keep a names it' }]);
  });

  it('has nothing to do for what only shows how others are', () => {
    const { restore: _, ...shown } = thingKind;
    expect(planBack([{ kind: shown, difference: added('a') }], context())).toEqual({ steps: [], unsettled: [] });
  });
});

describe('what is left', () => {
  const way = planBack(of(added('a'), added('b'), painted('c')), context());
  const failed = new CtplayError('task.failed', 'a command exited with 1', { detail: 'first\nDevice or resource busy' });
  const reasons = { way, failures: new Map([[way.steps[0]!, failed]]), protects: protection(management, ['d']), interrupted: false };

  it('is told in the words that name it, where a command was about many', () => {
    const many = new CtplayError('task.failed', 'a command exited with 1', { detail: "rm: cannot remove '/etc/a': Read-only\nrm: 1 more: Busy" });
    expect(whyLeft({ kind: 'thing', key: 'a', ...reasons, failures: new Map([[way.steps[0]!, many]]) })).toBe("a command exited with 1: rm: cannot remove '/etc/a': Read-only");
  });

  it.each<[key: string, why: string, interrupted?: boolean]>([
    ['a', 'a command exited with 1: Device or resource busy'],
    ['b', 'it came back, or its change had no effect'],
    ['b', 'the reset was interrupted', true],
    ['c', 'paint is dry'],
    ['d', '--keep d names it'],
    ['e', 'there is no way back by itself: it shows what others are'],
  ])('%s: %s', (key, why, interrupted = false) => expect(whyLeft({ kind: 'thing', key, ...reasons, interrupted })).toBe(why));

  it('is told with its words and its origin; kinds that could not be compared are left, too', () => {
    const comparison = { differences: of(added('a'), added('b')), incomparable: [{ kind: 'other', why: 'it is asleep' }] };
    expect(leftOf(comparison, new Map(), (_kind, key) => (key === 'a' ? 'so it is' : undefined))).toEqual([
      { kind: 'thing', key: 'a', subject: 'thing a', words: ['was added'], by: 'hand', why: 'so it is' },
      { kind: 'other', key: '', subject: 'other', words: ["can't be compared"], by: 'hand', why: 'it is asleep' },
    ]);
  });
});
