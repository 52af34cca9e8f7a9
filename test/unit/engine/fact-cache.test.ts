import { describe, expect, it } from 'vitest';
import { FactCache } from '../../../src/engine/fact-cache.ts';
import { BatchOfReadings } from '../../../src/engine/reading.ts';
import { overlaps } from '../../../src/fact.ts';
import type { Fact, JointReader } from '../../../src/module.ts';
import { nothing, sh } from '../../../src/shell.ts';

function fact(key: string, command: string, domains: string[]): Fact<string> {
  return { kind: 'test', key, read: sh`${command}`, domains, parse: (result) => `${key}=${result.stdout}` };
}
const answer = (stdout: string): { status: number; stdout: string; stderr: string } => ({ status: 0, stdout, stderr: '' });

describe('overlaps', () => {
  it.each([
    ['link', 'link', true],
    ['link', 'link:br0', true],
    ['link:br0', 'link', true],
    ['link:br0', 'link:br1', false],
    ['link', 'links', false],
    ['*', 'anything', true],
    ['docker', 'link', false],
  ])('%s and %s: %s', (a, b, expected) => {
    expect(overlaps(a, b)).toBe(expected);
  });
});

describe('FactCache', () => {
  it('asks for facts with the same command once', () => {
    const cache = new FactCache();
    expect(cache.missing([fact('a', 'ip', ['link:a']), fact('b', 'ip', ['link:b']), fact('c', 'docker', ['docker'])]).map(({ fact }) => fact.read.text)).toEqual(['ip', 'docker']);
  });

  it('forgets what a change touched, and only that', () => {
    const cache = new FactCache();
    const a = fact('a', 'ip a', ['link:a']);
    const b = fact('b', 'ip b', ['link:b']);
    for (const one of cache.missing([a, b])) cache.store(one, answer('1'));
    cache.invalidate(['link:a']);
    expect(cache.missing([a, b]).map(({ fact }) => fact.read.text)).toEqual([quoted('ip a')]);
    cache.invalidate(['*']);
    expect(cache.missing([a, b])).toHaveLength(2);
  });

  it('takes a shared answer for stale when any of its facts is touched', () => {
    const cache = new FactCache();
    const a = fact('a', 'ip', ['link:a']);
    const b = fact('b', 'ip', ['link:b']);
    for (const one of cache.missing([a])) cache.store(one, answer('1'));
    expect(cache.missing([b])).toEqual([]);
    cache.invalidate(['link:b']);
    expect(cache.missing([a])).toHaveLength(1);
  });

  it('asks no host for a fact without a command', () => {
    const cache = new FactCache();
    const settled: Fact<string> = { kind: 'test', key: 'a', read: nothing, domains: [], parse: () => 'known' };
    expect(cache.missing([settled])).toEqual([]);
    expect(cache.values({ settled })).toEqual({ settled: 'known' });
  });

  it('gives each fact its own value of a shared answer', () => {
    const cache = new FactCache();
    const facts = { a: fact('a', 'ip', ['l']), b: fact('b', 'ip', ['l']) };
    for (const one of cache.missing(Object.values(facts))) cache.store(one, answer('x'));
    expect(cache.values(facts)).toEqual({ a: 'a=x', b: 'b=x' });
  });
});

describe('a batch of readings', () => {
  const reader: JointReader<string> = {
    command: (names) => sh`cat ${names}`,
    split: ({ stdout }, names) => names.map((_name, index) => answer(stdout.split(' ')[index]!)),
  };
  const joint = (name: string): Fact<string> => ({ ...fact(name, `cat ${name}`, []), joint: { reader, question: name } });

  it('reads joint facts by one command and gives each its own answer', () => {
    const cache = new FactCache();
    const facts = { a: joint('a'), other: fact('other', 'ip', []), b: joint('b') };
    const batch = new BatchOfReadings(cache.missing(Object.values(facts)));
    expect(batch.steps.map(({ command }) => command.text)).toEqual(['cat a b', 'ip']);
    batch.store(['1 2', 'x'].map((stdout) => ({ ...answer(stdout), dropped: { stdout: 0, stderr: 0 }, skipped: false, timedOut: false, durationMs: 0 })), cache);
    expect(cache.values(facts)).toEqual({ a: 'a=1', other: 'other=x', b: 'b=2' });
  });

  it('does not put more facts into a command than its arguments may hold', () => {
    const facts = Array.from({ length: 1001 }, (_, index) => joint(`f${index}`));
    expect(new BatchOfReadings(new FactCache().missing(facts)).steps).toHaveLength(3);
  });
});

function quoted(text: string): string {
  return sh`${text}`.text;
}
