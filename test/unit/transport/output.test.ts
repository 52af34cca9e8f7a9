import { expect, it } from 'vitest';
import { Output } from '../../../src/transport/output.ts';

it.each([
  ['all within the limit', 10, ['abc', 'def'], 'abcdef', 0],
  ['exactly the limit', 6, ['abc', 'def'], 'abcdef', 0],
  ['a packet across the limit', 4, ['abc', 'def'], 'abcd', 2],
  ['packets beyond the limit', 3, ['abc', 'def', 'ghi'], 'abc', 6],
  ['nothing kept', 0, ['abc'], '', 3],
  ['a character across packets', 10, [Buffer.from('€').subarray(0, 1), Buffer.from('€').subarray(1)], '€', 0],
  ['a character that the limit cuts', 4, ['a€€'], 'a€', 3],
  ['an invalid sequence', 10, [Buffer.from([0x61, 0xc3, 0x62, 0xff])], 'a\ufffdb\ufffd', 0],
  ['an unfinished character at the end', 10, [Buffer.from([0x61, 0xe2, 0x82])], 'a\ufffd', 0],
  ['a byte order mark', 10, ['\ufeffa'], '\ufeffa', 0],
])('keeps %s', (_name, limit, packets, text, dropped) => {
  const output = new Output(limit);
  for (const packet of packets) output.append(Buffer.from(packet as string));
  expect(output.text()).toBe(text);
  expect(output.dropped).toBe(dropped);
});
