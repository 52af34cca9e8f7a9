/** The methods of dict (Python's Library Reference, "Mapping Types"). */
import { define, defineLenient } from '../define.ts';
import { copyDict, dictEntries, dictGet, dictKeys, dictSet, dictValues } from './dict.ts';
import { iterate } from './iterate.ts';
import { repr } from './text.ts';
import { DictView, Tuple, isDict, valueError } from './values.ts';
import type { Dict, Kwargs } from './values.ts';
import type { Definition } from '../define.ts';

const reading = (signature: string, body: (self: Dict, ...args: unknown[]) => unknown): Definition =>
  define(signature, (_, self, ...args) => body(self as Dict, ...args));

/** A method that changes the dict in place; only those that templates made themselves can be. */
const changing = (signature: string, body: (self: Map<unknown, unknown>, ...args: unknown[]) => unknown): Definition =>
  define(signature, (_, self, ...args) => {
    if (!(self instanceof Map)) throw valueError('this mapping can\'t be changed');
    const result = body(self as Map<unknown, unknown>, ...args);
    return result === undefined ? null : result;
  });

/** The entries of a dict or of a list of pairs. */
export function entriesOf(value: unknown): [unknown, unknown][] {
  if (isDict(value)) return dictEntries(value);
  return iterate(value).map((pair, index) => {
    const items = iterate(pair);
    if (items.length !== 2) throw valueError(`dictionary update sequence element #${index} has length ${items.length}; 2 is required`);
    return [items[0], items[1]];
  });
}

export const dictMethods: Readonly<Record<string, Definition>> = {
  clear: changing('', (self) => self.clear()),
  copy: reading('', copyDict),
  // The fallback may be undefined: it matters only when it is used.
  get: defineLenient('key, default=None', (_, self, key, fallback) => {
    const found = dictGet(self as Dict, key);
    return found === undefined ? fallback : found;
  }),
  fromkeys: reading('keys, value=None', (_, keys, value) => new Map(iterate(keys).map((key) => [key, value]))),
  items: reading('', (self) => new DictView('items', dictEntries(self).map(([key, value]) => Tuple.of2(key, value)))),
  keys: reading('', (self) => new DictView('keys', dictKeys(self))),
  pop: changing('key, *fallback', (self, key, fallback) => {
    const found = dictGet(self, key);
    if (found === undefined) {
      if ((fallback as unknown[]).length === 0) throw valueError(`the dict has no key ${repr(key)}`);
      return (fallback as unknown[])[0];
    }
    for (const candidate of self.keys()) if (dictGet(new Map([[candidate, true]]), key) === true) self.delete(candidate);
    return found;
  }),
  popitem: changing('', (self) => {
    const last = [...self].at(-1);
    if (last === undefined) throw valueError('popitem(): dictionary is empty');
    self.delete(last[0]);
    return Tuple.of2(last[0], last[1]);
  }),
  setdefault: changing('key, default=None', (self, key, fallback) => {
    const found = dictGet(self, key);
    if (found !== undefined) return found;
    dictSet(self, key, fallback);
    return fallback;
  }),
  update: changing('*others, **entries', (self, others, entries) => {
    for (const other of others as unknown[]) for (const [key, value] of entriesOf(other)) dictSet(self, key, value);
    for (const [key, value] of entries as Kwargs) self.set(key, value);
  }),
  values: reading('', (self) => new DictView('values', dictValues(self))),
};
