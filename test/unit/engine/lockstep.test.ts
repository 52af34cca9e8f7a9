import { describe, expect, it } from 'vitest';
import { Lockstep } from '../../../src/engine/lockstep.ts';

describe('Lockstep', () => {
  it('lets nobody start a task before all have finished the one before', async () => {
    const lockstep = new Lockstep(['fast', 'slow']);
    const order: string[] = [];
    const walk = async (host: string, pause: number): Promise<void> => {
      for (const task of [1, 2, 3]) {
        await lockstep.turn(host);
        await new Promise((resolve) => setTimeout(resolve, pause));
        order.push(`${task}`);
      }
      lockstep.leave(host);
    };
    await Promise.all([walk('fast', 0), walk('slow', 5)]);
    expect(order.join('')).toBe('112233');
  });

  it('does not wait for a host that has left', async () => {
    const lockstep = new Lockstep(['a', 'b']);
    const turn = lockstep.turn('a');
    lockstep.leave('b');
    await expect(turn).resolves.toBeUndefined();
  });
});
