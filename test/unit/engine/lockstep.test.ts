import { describe, expect, it } from 'vitest';
import { Lockstep, type Position } from '../../../src/engine/lockstep.ts';

/** Walks hosts through their positions and tells the order in which they had their turns. */
async function orderOf(walks: Readonly<Record<string, readonly Position[]>>, pauses: Readonly<Record<string, number>> = {}): Promise<string[]> {
  const lockstep = new Lockstep(Object.keys(walks));
  const order: string[] = [];
  const walk = async ([host, positions]: [string, readonly Position[]]): Promise<void> => {
    for (const at of positions) {
      await lockstep.turn(host, at);
      order.push(`${host}${at.join('.')}`);
      await new Promise((resolve) => setTimeout(resolve, pauses[host] ?? 0));
    }
    lockstep.leave(host);
  };
  await Promise.all(Object.entries(walks).map(walk));
  return order;
}

describe('Lockstep', () => {
  it.each([
    ['lets nobody start a task before all have finished the one before', { a: [[0], [1]], b: [[0], [1]] }, { b: 5 }, 'a0 b0 a1 b1'],
    ['goes on in the order of the batch, whoever comes first', { a: [[0], [1], [2]], b: [[0], [1], [2]] }, { a: 5 }, 'a0 b0 a1 b1 a2 b2'],
    ['has a rescue run before the tasks behind its block', { a: [[0, 0, 0], [0, 1, 0], [1]], b: [[0, 0, 0], [1]] }, {}, 'a0.0.0 b0.0.0 a0.1.0 a1 b1'],
    ['does not wait for a host that has left', { a: [[0], [1]], b: [[0]] }, {}, 'a0 b0 a1'],
    ['holds a host that skipped an include', { a: [[0, 0, 0], [0, 0, 1], [1]], b: [[1]] }, {}, 'a0.0.0 a0.0.1 a1 b1'],
  ])('%s', async (_name, walks, pauses, order) => {
    expect((await orderOf(walks as Record<string, Position[]>, pauses)).join(' ')).toBe(order);
  });
});
