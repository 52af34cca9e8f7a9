import { MessageChannel } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CtplayError } from '../../../../src/errors.ts';
import { Peer } from '../../../../src/transport/held/peer.ts';

type Near = { readonly double: { readonly asked: number; readonly answered: number } };
type Far = {
  readonly add: { readonly asked: readonly [number, number]; readonly answered: number };
  readonly fourfold: { readonly asked: number; readonly answered: number };
  readonly refuse: { readonly asked: undefined; readonly answered: never };
  readonly wait: { readonly asked: undefined; readonly answered: string };
  readonly tell: { readonly asked: string; readonly answered: void };
  readonly told: { readonly asked: undefined; readonly answered: readonly string[] };
};

let channel: MessageChannel;
let peer: Peer<Far, Near>;
let messages: number;

beforeEach(() => {
  channel = new MessageChannel();
  messages = 0;
  channel.port2.on('message', () => messages++);
  const told: string[] = [];
  const far: Peer<Near, Far> = new Peer<Near, Far>(channel.port2, {
    add: ([a, b]) => a + b,
    fourfold: async (number) => 2 * (await far.call('double', number)),
    refuse: () => {
      throw new CtplayError('ssh.auth', 'refused', { hint: 'Ask again.' });
    },
    wait: (_asked, signal) => new Promise((resolve) => {
      if (signal.aborted) resolve('refused to begin');
      signal.addEventListener('abort', () => resolve('gave up'));
    }),
    tell: (line) => void told.push(line),
    told: () => told,
  });
  peer = new Peer<Far, Near>(channel.port1, { double: (number) => 2 * number });
});
afterEach(() => channel.port1.close());

describe('a call', () => {
  it('is answered', async () => {
    expect(await peer.call('add', [2, 3])).toBe(5);
  });

  it('may lead to one in the other direction', async () => {
    expect(await peer.call('fourfold', 3)).toBe(12);
  });

  it('fails as it failed there', async () => {
    await expect(peer.call('refuse', undefined)).rejects.toMatchObject({ name: 'CtplayError', code: 'ssh.auth', details: { hint: 'Ask again.' } });
  });

  it('is aborted there, too', async () => {
    const controller = new AbortController();
    const waiting = peer.call('wait', undefined, controller.signal);
    setTimeout(() => controller.abort(), 5);
    expect(await waiting).toBe('gave up');
    expect(await peer.call('wait', undefined, AbortSignal.abort())).toBe('refused to begin');
  });

  it('is answered no more once the other side is gone', async () => {
    const waiting = peer.call('wait', undefined);
    const failed = expect(waiting).rejects.toThrow('gone');
    peer.end(new Error('it is gone'));
    await failed;
    await expect(peer.call('add', [1, 1])).rejects.toThrow('gone');
    expect(peer.waiting).toBe(0);
  });
});

it('what is said in one turn arrives in its order, as one message', async () => {
  for (let index = 0; index < 100; index++) peer.note('tell', `line ${index}`);
  const sums = await Promise.all([peer.call('add', [1, 2]), peer.call('add', [3, 4])]);
  expect(messages).toBe(1);
  expect(sums).toEqual([3, 7]);
  expect(await peer.call('told', undefined)).toEqual(Array.from({ length: 100 }, (_, index) => `line ${index}`));
});
