/** How many writes reach what is below a stream. */
import { Duplex } from 'node:stream';
import { expect, it } from 'vitest';
import { joinWrites } from '../../../src/transport/ssh/joined-writes.ts';

/** A stream that notes what each write below it holds. */
function noting(): { stream: Duplex; writes: string[] } {
  const writes: string[] = [];
  const note = (chunks: readonly { chunk: Buffer }[], done: () => void): void => {
    writes.push(chunks.map(({ chunk }) => chunk.toString()).join('+'));
    done();
  };
  const stream = joinWrites(
    new Duplex({
      read: () => {},
      write: (chunk: Buffer, _encoding, done) => note([{ chunk }], done),
      writev: note,
    }),
  );
  return { stream, writes };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it.each<[string, (stream: Duplex) => unknown, string[]]>([
  ['one write', (stream) => stream.write('a'), ['a']],
  ['several of one turn', (stream) => (stream.write('a'), stream.write('b')), ['a+b']],
  ['what is put off to the next tick', (stream) => (stream.write('a'), process.nextTick(() => stream.write('b'))), ['a+b']],
  ['a write of a later turn', async (stream) => (stream.write('a'), await turn(), stream.write('b')), ['a', 'b']],
  ['writes before the end', (stream) => (stream.write('a'), stream.end('b')), ['a+b']],
])('joins %s', async (_name, act, expected) => {
  const { stream, writes } = noting();
  // As from an event of the socket, which nothing awaits.
  await new Promise((resolve) => setImmediate(() => resolve(act(stream))));
  await turn();
  expect(writes).toEqual(expected);
});
