import { describe, expect, it } from 'vitest';
import { HandlerQueue } from '../../../src/engine/handler-queue.ts';
import type { HandlerEntry } from '../../../src/engine/play-roles.ts';
import type { RoleContext } from '../../../src/load/tree.ts';

const web = { name: 'web' } as RoleContext;

/** A handler by name, with its topics and its role. */
function handler(name: string, listen: readonly string[] = [], role?: RoleContext): HandlerEntry {
  return { entry: { kind: 'task', name, listen } as unknown as HandlerEntry['entry'], role, around: [] };
}

async function run(handlers: readonly HandlerEntry[], topics: readonly string[], notifies: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const queue = new HandlerQueue(handlers, (name) => Promise.resolve(name.replace('{{ x }}', 'filled')));
  const notified = new Set(topics);
  const order: string[] = [];
  for (let next = await queue.take(notified); next; next = await queue.take(notified)) {
    const name = `${next.role ? `${next.role.name}:` : ''}${next.entry.name!}`;
    order.push(name);
    if (notifies[name] !== undefined) notified.add(notifies[name]);
  }
  return order;
}

describe('HandlerQueue', () => {
  it.each([
    ['runs handlers in the order of their definition', [handler('one'), handler('two')], ['two', 'one'], {}, ['one', 'two']],
    ['runs all that listen to a topic', [handler('one', ['t']), handler('two'), handler('three', ['t'])], ['t'], {}, ['one', 'three']],
    ["takes a play's handler before a role's of the same name", [handler('one', [], web), handler('one')], ['one'], {}, ['one']],
    ["finds a role's handler by the role's name", [handler('one', [], web), handler('one')], ['web : one'], {}, ['web:one']],
    ['takes the first of a list with the same name', [handler('one'), handler('one', ['t'])], ['one'], {}, ['one']],
    ['runs what a handler notifies', [handler('one'), handler('two')], ['one'], { one: 'two' }, ['one', 'two']],
    ['runs an earlier one again when a later one notifies it', [handler('one'), handler('two')], ['two'], { two: 'one' }, ['two', 'one']],
    ['reads templates in names', [handler('restart {{ x }}')], ['restart filled'], {}, ['restart {{ x }}']],
    ['leaves alone what nobody notified', [handler('one')], ['other'], {}, []],
  ])('%s', async (_name, handlers, topics, notifies, order) => {
    expect(await run(handlers, topics, notifies as Record<string, string>)).toEqual(order);
  });
});
