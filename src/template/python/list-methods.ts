/** The methods of list and tuple (Python's Library Reference, "Mutable Sequence Types"). */
import { define } from '../define.ts';
import { compare, equals } from './compare.ts';
import { iterate } from './iterate.ts';
import { toInt } from './number.ts';
import { Tuple, typeName, valueError } from './values.ts';
import type { Definition } from '../define.ts';

const reading = (signature: string, body: (self: unknown[], ...args: unknown[]) => unknown): Definition =>
  define(signature, (_, self, ...args) => body(self as unknown[], ...args));

/** A method that changes the list in place; tuples have none. */
const changing = (signature: string, body: (self: unknown[], ...args: unknown[]) => unknown): Definition =>
  define(signature, (_, self, ...args) => {
    if (self instanceof Tuple) throw valueError('a tuple can\'t be changed');
    const result = body(self as unknown[], ...args);
    return result === undefined ? null : result;
  });

function position(self: unknown[], item: unknown): number {
  const at = self.findIndex((candidate) => equals(candidate, item));
  if (at < 0) throw valueError(`the ${typeName(self)} does not hold the value`);
  return at;
}

export const listMethods: Readonly<Record<string, Definition>> = {
  append: changing('item', (self, item) => void self.push(item)),
  clear: changing('', (self) => void self.splice(0)),
  copy: reading('', (self) => [...self]),
  count: reading('item', (self, item) => self.filter((candidate) => equals(candidate, item)).length),
  extend: changing('items', (self, items) => void self.push(...iterate(items))),
  index: reading('item', position),
  insert: changing('index, item', (self, index, item) => void self.splice(toInt(index), 0, item)),
  pop: changing('index=-1', (self, index) => {
    const at = toInt(index);
    if (at >= self.length || at < -self.length) throw valueError('pop index out of range');
    return self.splice(at, 1)[0] ?? null;
  }),
  remove: changing('item', (self, item) => void self.splice(position(self, item), 1)),
  reverse: changing('', (self) => void self.reverse()),
  sort: changing('reverse=False', (self, reverse) => void self.sort((a, b) => (reverse === true ? compare(b, a) : compare(a, b)))),
};
