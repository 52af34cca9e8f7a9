import { describe, expect, it } from 'vitest';
import { FactCache } from '../../../src/engine/fact-cache.ts';
import { overlaps, type Fact } from '../../../src/module.ts';
import { sh } from '../../../src/shell.ts';

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
    expect(cache.missing([fact('a', 'ip', ['link:a']), fact('b', 'ip', ['link:b']), fact('c', 'docker', ['docker'])]).map(({ command }) => command.text)).toEqual(['ip', 'docker']);
  });

  it('forgets what a change touched, and only that', () => {
    const cache = new FactCache();
    const a = fact('a', 'ip a', ['link:a']);
    const b = fact('b', 'ip b', ['link:b']);
    for (const { command, domains } of cache.missing([a, b])) cache.store(command, domains, answer('1'));
    cache.invalidate(['link:a']);
    expect(cache.missing([a, b]).map(({ command }) => command.text)).toEqual([quoted('ip a')]);
    cache.invalidate(['*']);
    expect(cache.missing([a, b])).toHaveLength(2);
  });

  it('takes a shared answer for stale when any of its facts is touched', () => {
    const cache = new FactCache();
    const a = fact('a', 'ip', ['link:a']);
    const b = fact('b', 'ip', ['link:b']);
    for (const { command, domains } of cache.missing([a])) cache.store(command, domains, answer('1'));
    expect(cache.missing([b])).toEqual([]);
    cache.invalidate(['link:b']);
    expect(cache.missing([a])).toHaveLength(1);
  });

  it('gives each fact its own value of a shared answer', () => {
    const cache = new FactCache();
    const facts = { a: fact('a', 'ip', ['l']), b: fact('b', 'ip', ['l']) };
    for (const { command, domains } of cache.missing(Object.values(facts))) cache.store(command, domains, answer('x'));
    expect(cache.values(facts)).toEqual({ a: 'a=x', b: 'b=x' });
  });
});

function quoted(text: string): string {
  return sh`${text}`.text;
}
