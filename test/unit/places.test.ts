import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Places } from '../../src/places.ts';

/** Work that ends when it is told to. */
function works(places: Places, names: string): { readonly begun: string[]; readonly end: (name: string) => Promise<void>; readonly add: (more: string) => void } {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const add = (more: string): void => {
    for (const name of more) {
      void places.run(async () => {
        begun.push(name);
        await new Promise<void>((resolve) => ends.set(name, resolve));
      });
    }
  };
  add(names);
  return { begun, add, end: async (name) => (ends.get(name)!(), await turn()) };
}

describe('places', () => {
  it('runs at once what finds a place, and the rest in the order in which it came', async () => {
    const { begun, end } = works(new Places(2), 'abcd');
    expect(begun).toEqual(['a', 'b']);
    await end('b');
    expect(begun).toEqual(['a', 'b', 'c']);
    await end('a');
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });

  it('gives a place to who waits, not to who comes just then', async () => {
    const places = new Places(1);
    const order: string[] = [];
    const first = places.run(async () => void order.push('first'));
    const waiting = places.run(async () => void order.push('waiting'));
    const late = first.then(() => places.run(async () => void order.push('late')));
    await Promise.all([waiting, late]);
    expect(order).toEqual(['first', 'waiting', 'late']);
  });

  it.each([
    ['a rejection', async () => await Promise.reject(new Error('no'))],
    [
      'an exception',
      (): Promise<void> => {
        throw new Error('no');
      },
    ],
  ])('passes %s on, and the place to the next', async (_what, work) => {
    const places = new Places(1);
    await expect(places.run(work)).rejects.toThrow('no');
    await expect(places.run(async () => await Promise.resolve('yes'))).resolves.toBe('yes');
  });

  it('keeps to half as many once enough have ended', async () => {
    const places = new Places(3);
    const { begun, end } = works(places, 'abcde');
    places.halve();
    await end('a');
    await end('b');
    expect(begun).toEqual(['a', 'b', 'c']);
    await end('c');
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
    await end('d');
    expect(begun).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('keeps to half as many when nobody waits', async () => {
    const places = new Places(2);
    const { begun, end, add } = works(places, 'ab');
    places.halve();
    await end('a');
    add('c');
    expect(begun).toEqual(['a', 'b']);
    await end('b');
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('keeps one place however often it is halved', async () => {
    const places = new Places(2);
    for (let times = 0; times < 3; times++) places.halve();
    await expect(places.run(async () => await Promise.resolve('yes'))).resolves.toBe('yes');
  });
});
