import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { diffStat, diffText, renderDiff } from '../../../src/report/diff.ts';
import { createStyle } from '../../../src/report/style.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ctplay-diff-'));
afterAll(() => rmSync(folder, { recursive: true }));

const numbers = (from: number, to: number): string => Array.from({ length: to - from + 1 }, (_, index) => `${from + index}\n`).join('');

describe('against diff -u', () => {
  it.each([
    ['a line changed', 'a\nb\nc\n', 'a\nB\nc\n'],
    ['a line added at the end', 'a\nb\n', 'a\nb\nc\n'],
    ['a new file', '', 'a\nb\n'],
    ['an emptied file', 'a\n', ''],
    ['no line feed at the end', 'a\nb', 'a\nB'],
    ['a line feed lost', 'a\nb\n', 'a\nb'],
    ['two hunks', numbers(1, 30), numbers(1, 30).replace('\n5\n', '\nfive\n').replace('\n25\n', '\n')],
    ['neighbours that share context', numbers(1, 20), numbers(1, 20).replace('\n5\n', '\nfive\n').replace('\n10\n', '\nten\n')],
  ])('%s', (_what, from, to) => {
    writeFileSync(path.join(folder, 'from'), from);
    writeFileSync(path.join(folder, 'to'), to);
    const real = spawnSync('diff', ['-u', 'from', 'to'], { cwd: folder, encoding: 'utf8' });
    expect(real.status).toBe(1);
    expect(diffText('x', from, to)?.lines.slice(2)).toEqual(real.stdout.trimEnd().split('\n').slice(2));
  });

  it('what it prints can be applied', () => {
    const from = numbers(1, 12);
    const to = from.replace('3\n', 'three\n').replace('12\n', '12\n13\n');
    writeFileSync(path.join(folder, 'file'), from);
    execFileSync('git', ['apply', '-p0'], { cwd: folder, input: `--- file\n+++ file\n${diffText('file', from, to)!.lines.slice(2).join('\n')}\n` });
    expect(readFileSync(path.join(folder, 'file'), 'utf8')).toBe(to);
  });
});

it('gives nothing for equal texts', () => expect(diffText('x', 'a\n', 'a\n')).toEqual({ lines: [], added: 0, removed: 0 }));

it('counts lines', () => expect(diffStat('a\nb\nc\n', 'a\nB\nc\nd\n')).toBe('+2 -1'));

it('gives up on large texts that have nothing in common, quickly', () => {
  const began = Date.now();
  const lines = renderDiff('/var/log/big', numbers(1, 50_000), numbers(100_001, 150_000), createStyle(false));
  expect(lines).toEqual(['/var/log/big: too different to compare, 50000 lines before and 50000 lines after']);
  expect(Date.now() - began).toBeLessThan(2_000);
});

it('shows all of a long new file', () => expect(diffText('x', '', numbers(1, 50_000))?.added).toBe(50_000));

it('keeps control sequences in a file away from the terminal', () => expect(renderDiff('x', '', '\x1b[2Jboo\n', createStyle(false)).at(-1)).toBe('+boo'));
