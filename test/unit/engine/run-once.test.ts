import { describe, expect, it } from 'vitest';
import { RunOnce } from '../../../src/engine/run-once.ts';

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('RunOnce', () => {
  it('has the first host of the batch do the work, and the others wait for it', async () => {
    const once = new RunOnce(['a', 'b'], false);
    const work = (host: string) => once.run(host, 'task', async () => `done by ${host}`);
    const early = work('b');
    await after(5);
    expect(await Promise.all([work('a'), early])).toEqual([{ mine: true, outcome: 'done by a' }, { mine: false, outcome: 'done by a' }]);
  });

  it('has the next one do it when the first comes to its end before', async () => {
    const once = new RunOnce(['a', 'b', 'c'], false);
    const work = (host: string) => once.run(host, 'task', async () => host);
    const [c, b] = [work('c'), work('b')];
    once.leave('a');
    expect(await Promise.all([b, c])).toEqual([{ mine: true, outcome: 'b' }, { mine: false, outcome: 'b' }]);
  });

  it('does each turn of a loop once', async () => {
    const once = new RunOnce(['a', 'b'], true);
    let count = 0;
    const twice = async (host: string): Promise<unknown[]> => [await once.run(host, 'task', async () => ++count), await once.run(host, 'task', async () => ++count)];
    const [a, b] = await Promise.all([twice('a'), twice('b')]);
    expect(a).toEqual([{ mine: true, outcome: 1 }, { mine: true, outcome: 2 }]);
    expect(b).toEqual([{ mine: false, outcome: 1 }, { mine: false, outcome: 2 }]);
  });

  it('takes the first to come where hosts come in order', async () => {
    const once = new RunOnce(['a', 'b'], true);
    expect(await once.chosen('b', 'task')).toBe(true);
    expect(await once.chosen('a', 'task')).toBe(false);
  });

  it('passes a failure of the work on to all', async () => {
    const once = new RunOnce(['a', 'b'], true);
    const work = (host: string) => once.run(host, 'task', () => Promise.reject(new Error('broken')));
    const [a, b] = await Promise.allSettled([work('a'), work('b')]);
    expect([a.status, b.status]).toEqual(['rejected', 'rejected']);
  });
});
