import { describe, expect, it } from 'vitest';
import { compare, differencesOf } from '../../../src/baseline/compare.ts';
import { factsOf, sameValue, statesOf } from '../../../src/baseline/fingerprint.ts';
import type { Difference, Json, KindStates } from '../../../src/baseline/kind.ts';
import { originOf, originWords, makersOf, type Origin } from '../../../src/baseline/origin.ts';
import type { LedgerSubject } from '../../../src/engine/ledger.ts';
import { thing, thingKind } from './machinery.ts';

describe('facts and states', () => {
  it('are named by kind and fact, and sorted', () => {
    expect(Object.keys(factsOf([thingKind]))).toEqual(['thing/things']);
    const states = statesOf([thingKind], { 'thing/things': { b: { mark: false, colour: 'red' }, a: thing('blue') } });
    expect(JSON.stringify(states)).toBe('{"thing":{"state":"present","value":{"a":{"colour":"blue","mark":false},"b":{"colour":"red","mark":false}}}}');
  });

  it.each<[a: Json, b: Json, same: boolean]>([
    [{ a: 1, b: [1, { c: 2, d: 3 }] }, { b: [1, { d: 3, c: 2 }], a: 1 }, true],
    [[1, 2], [2, 1], false],
    [{ a: null }, {}, false],
    ['', null, false],
  ])('%j and %j: %s', (a, b, same) => expect(sameValue(a, b)).toBe(same));
});

describe('differencesOf', () => {
  it.each<[what: string, before: Record<string, Json>, now: Record<string, Json>, expected: Difference[]]>([
    ['nothing', { a: 1 }, { a: 1 }, []],
    ['in the order of numbers', {}, { br10: 1, br2: 1 }, [{ key: 'br2', now: 1 }, { key: 'br10', now: 1 }]],
    ['added, gone and other', { a: 1, b: 2 }, { b: 3, c: 4 }, [{ key: 'a', before: 1 }, { key: 'b', before: 2, now: 3 }, { key: 'c', now: 4 }]],
  ])('tells %s', (_what, before, now, expected) => expect(differencesOf(before, now)).toEqual(expected));
});

const present = (value: Record<string, Json>): KindStates => ({ thing: { state: 'present', value } });
const unavailable = (reason: 'not-running' | 'denied'): KindStates => ({ thing: { state: 'unavailable', reason, detail: `it is ${reason}` } });

describe('compare', () => {
  it.each<[what: string, before: KindStates, now: KindStates, keys: string[], why: string[]]>([
    ['two readings', present({ a: 1 }), present({ b: 1 }), ['a', 'b'], []],
    ['without what follows from others', present({}), present({ a: 1, shadow: 1 }), ['a'], []],
    ['two that could not be made, for the same reason', unavailable('denied'), unavailable('denied'), [], []],
    ['a kind that the baseline has not', {}, present({ a: 1 }), [], []],
    ['one that can no longer be made', present({ a: 1 }), unavailable('not-running'), [], ["it can't be read: it is not-running"]],
    ['one that could not be made at capture', unavailable('not-running'), present({}), [], ['it could not be read at capture: it is not-running']],
    ['two that fail for different reasons', unavailable('denied'), unavailable('not-running'), [], ["it can't be read: it is not-running"]],
  ])('%s', (_what, before, now, keys, why) => {
    const { differences, incomparable } = compare([thingKind], before, now);
    expect(differences.map(({ difference }) => difference.key)).toEqual(keys);
    expect(incomparable).toEqual(why.map((one) => ({ kind: 'thing', why: one })));
  });
});

describe('originOf', () => {
  const intent = { type: 'intent', id: 'i', run: 'r1', at: '2026-01-01T00:00:00Z', module: 'm', subject: 'thing a', args: {}, before: {}, revertible: true, playbook: '/x/site.yaml', task: 'Make a' } as const;
  const subject: LedgerSubject = { module: 'm', subject: 'thing a', args: {}, before: {}, revertible: true, halfMade: false, intents: [{ ...intent, changes: [{ action: 'update', subject: 'dinge c: colour' }] }] };
  const made: Origin = { by: 'ctplay', run: 'r1', playbook: '/x/site.yaml', task: 'Make a' };

  it.each<[what: string, difference: Difference, origin: Origin]>([
    ['what the ledger names', { key: 'a', now: thing('red') }, made],
    ['what a change in the ledger is about, under another name', { key: 'c', before: thing('red'), now: thing('blue') }, made],
    ['what is gone, by the ledger', { key: 'a', before: thing('red') }, made],
    ['what is marked', { key: 'b', now: thing('red', true) }, { by: 'ctplay' }],
    ['what was marked and is gone', { key: 'b', before: thing('red', true) }, { by: 'hand' }],
    ['what nobody knows', { key: 'b', now: thing('red') }, { by: 'hand' }],
  ])('tells of %s', (_what, difference, origin) => expect(originOf({ kind: thingKind, difference }, makersOf([subject]))).toEqual(origin));

  it.each<[origin: Origin, words: string]>([
    [{ by: 'hand' }, 'by hand'],
    [{ by: 'ctplay' }, 'by ctplay'],
    [made, 'by ctplay (site.yaml: Make a)'],
  ])('%j: %s', (origin, words) => expect(originWords(origin)).toBe(words));
});
