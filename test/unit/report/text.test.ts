import { describe, expect, it } from 'vitest';
import { clean, formatDuration, formatSeconds, padEnd, truncate, widthOf, wrap } from '../../../src/report/text.ts';

describe('widths', () => {
  it.each([
    ['abc', 3],
    ['网桥', 4],
    ['é', 1],
    ['👩‍💻', 2],
    ['🇩🇪', 2],
    ['❤️', 2],
    ['❤', 1],
    ['1️⃣', 2],
    ['⛹🏿‍♂', 2],
    ['e\u0301', 1],
    ['\u0301', 0],
    ['नि', 2],
    ['ｶﾞ', 2],
    ['\u1100\u1161\u11a8', 2],
    ['\x1b[31mred\x1b[0m', 3],
  ])('%s takes %i columns', (text, width) => expect(widthOf(text)).toBe(width));

  it.each([
    ['Install Docker', 20, 'Install Docker'],
    ['Install Docker', 10, 'Install D…'],
    ['创建网桥', 5, '创建…'],
    ['创建网桥', 6, '创建…'],
    ['abc', 1, '…'],
    ['abc', 0, ''],
  ])('%s cut to %i columns is %s', (text, columns, expected) => {
    expect(truncate(text, columns)).toBe(expected);
    expect(widthOf(truncate(text, columns))).toBeLessThanOrEqual(columns);
  });

  it('pads by columns, not by characters', () => expect(padEnd('网桥', 6)).toBe('网桥  '));
});

it.each([
  ['one two three', 7, ['one two', 'three']],
  ['a-very-long-word b', 5, ['a-very-long-word', 'b']],
  ['one\n\ntwo', 20, ['one', '', 'two']],
])('wraps %j at %i columns', (text, columns, lines) => expect(wrap(text, columns)).toEqual(lines));

it.each([
  [0, '0.0s', '0s'],
  [340, '0.3s', '0s'],
  [9_960, '10.0s', '9s'],
  [59_940, '59.9s', '59s'],
  [59_960, '1m00s', '59s'],
  [62_000, '1m02s', '1m02s'],
  [3_720_000, '1h02m', '1h02m'],
])('%i ms is %s, or counting %s', (milliseconds, duration, seconds) => {
  expect(formatDuration(milliseconds)).toBe(duration);
  expect(formatSeconds(milliseconds)).toBe(seconds);
});

it.each([
  ['colors', '\x1b[31mred\x1b[0m', 'red'],
  ['a title for the terminal', '\x1b]0;owned\x07text', 'text'],
  ['a progress line', ' 10%\r 50%\r100%\ndone', '100%\ndone'],
  ['line ends of Windows', 'a\r\nb\r\n', 'a\nb\n'],
  ['other control characters', 'a\x00b\x08c\td', 'a\uFFFDb\uFFFDc\td'],
])('makes %s harmless', (_what, text, expected) => expect(clean(text)).toBe(expected));
