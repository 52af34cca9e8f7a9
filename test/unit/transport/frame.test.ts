import { describe, expect, it } from 'vitest';
import { FrameReader } from '../../../src/transport/frame.ts';

const NONCE = 'abababac0123';

/** Feeds `text` in packets of `size` bytes; gives the data and the marks as one list of events, data joined. */
function read(text: string, size: number): string[] {
  const events: string[] = [];
  const reader = new FrameReader(NONCE, {
    data: (bytes) => {
      if (events.at(-1)?.startsWith('data ')) events[events.length - 1] += bytes.toString('latin1');
      else events.push(`data ${bytes.toString('latin1')}`);
    },
    mark: (words) => events.push(`mark ${words}`),
  });
  const bytes = Buffer.from(text, 'latin1');
  for (let start = 0; start < bytes.length; start += size) reader.push(bytes.subarray(start, start + size));
  reader.end();
  return events;
}

describe.each([1, 2, 3, 5, 11, 12, 13, 4096])('packets of %i bytes', (size) => {
  it.each([
    ['output and a mark', `out\n${NONCE} 1 0\n`, ['data out\n', 'mark 1 0']],
    ['a mark alone', `${NONCE} 1 0\n`, ['mark 1 0']],
    ['no newline before the mark', `out${NONCE} 1 0\n`, ['data out', 'mark 1 0']],
    ['marks one after the other', `${NONCE} 1 0\n${NONCE} 2 1\nx${NONCE} 3 0\n`, ['mark 1 0', 'mark 2 1', 'data x', 'mark 3 0']],
    ['the beginning of a nonce before the nonce itself', `abab${NONCE} 1 0\n`, ['data abab', 'mark 1 0']],
    ['a nonce that breaks off', 'x abababac012', ['data x abababac012']],
    ['a nonce that breaks off and goes on otherwise', 'abababac012 no\n', ['data abababac012 no\n']],
    ['a mark that breaks off', `x${NONCE} 1`, [`data x${NONCE} 1`]],
    ['output after the last mark', `${NONCE} 1 0\nlate`, ['mark 1 0', 'data late']],
    ['bytes that are no text', `\0\xff\n${NONCE} 1 0\n`, ['data \0\xff\n', 'mark 1 0']],
    ['nothing', '', []],
  ])('reads %s', (_name, text, events) => {
    expect(read(text, size)).toEqual(events);
  });
});

it('holds back no more than a possible beginning of a mark', () => {
  let seen = 0;
  const reader = new FrameReader(NONCE, { data: (bytes) => (seen += bytes.length), mark: () => {} });
  reader.push(Buffer.from('a line that ends with a'));
  expect(seen).toBe('a line that ends with '.length);
  reader.push(Buffer.from(' b'));
  expect(seen).toBe('a line that ends with a b'.length);
});
