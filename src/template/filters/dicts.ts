/** Filters on dictionaries, Jinja2's and Ansible's. */
import { define } from '../define.ts';
import { truthy } from '../python/compare.ts';
import { copyDict, dictEntries, dictGet, dictSet, dictValues, newDict } from '../python/dict.ts';
import { foldCase, sortBy } from '../python/attribute-getter.ts';
import { getItem } from '../python/attributes.ts';
import { iterate } from '../python/iterate.ts';
import { repr, text } from '../python/text.ts';
import { Tuple, Undefined, isDict, isString, typeName, valueError } from '../python/values.ts';
import { flatten } from './lists.ts';
import { setOf } from './sets.ts';
import type { Definition } from '../define.ts';
import type { Dict } from '../python/values.ts';

function dict(value: unknown, filter: string): Dict {
  if (!isDict(value)) throw valueError(`${filter} needs a dict, found ${typeName(value)}`);
  return value;
}

type ListMerge = 'replace' | 'keep' | 'append' | 'prepend' | 'append_rp' | 'prepend_rp';
const listMerges = ['replace', 'keep', 'append', 'prepend', 'append_rp', 'prepend_rp'];

/** The second dict over the first; dicts inside are merged if `recursive`, lists as `lists` says. */
export function mergeDicts(under: Dict, over: Dict, recursive: boolean, lists: ListMerge): Map<unknown, unknown> {
  const merged = copyDict(under);
  for (const [key, value] of dictEntries(over)) {
    const before = dictGet(merged, key);
    if (recursive && isDict(before) && isDict(value)) dictSet(merged, key, mergeDicts(before, value, recursive, lists));
    else if (Array.isArray(before) && Array.isArray(value)) dictSet(merged, key, mergeLists(before, value, lists));
    else dictSet(merged, key, value);
  }
  return merged;
}

function mergeLists(under: unknown[], over: unknown[], how: ListMerge): unknown[] {
  switch (how) {
    case 'replace':
      return over;
    case 'keep':
      return under;
    case 'append':
      return [...under, ...over];
    case 'prepend':
      return [...over, ...under];
    case 'append_rp':
      return [...under.filter((item) => !setOf(over).has(item)), ...over];
    case 'prepend_rp':
      return [...over, ...under.filter((item) => !setOf(over).has(item))];
  }
}

function combine(value: unknown, others: unknown, recursive: unknown, lists: unknown): unknown {
  const how = text(lists);
  if (!listMerges.includes(how)) throw valueError(`combine: 'list_merge' must be one of ${listMerges.join(', ')}, found '${how}'`);
  const all = flatten([value, ...(others as unknown[])], 1, true);
  for (const part of all) if (part instanceof Undefined) throw part.error();
  if (all.length === 0) return newDict();
  return all.slice(1).reduce((merged, part) => mergeDicts(dict(merged, 'combine'), dict(part, 'combine'), truthy(recursive), how as ListMerge), all[0]);
}

function toDict(value: unknown, keyName: unknown, valueName: unknown): Map<unknown, unknown> {
  if (!Array.isArray(value)) throw valueError(`items2dict needs a list, found ${typeName(value)}`);
  return newDict(value.map((item) => {
    const pair = dict(item, 'items2dict');
    const [key, content] = [dictGet(pair, keyName), dictGet(pair, valueName)];
    if (key === undefined || content === undefined) throw valueError(`items2dict needs the keys '${text(keyName)}' and '${text(valueName)}' in each item, found ${repr(item)}`);
    return [key, content] as const;
  }));
}

/** Each element with each item of a list in it: the filter and the lookup `subelements`. */
export function subelements(elements: readonly unknown[], path: readonly unknown[], skipMissing: boolean): Tuple[] {
  return elements.flatMap((element) => {
    let inner: unknown = element;
    for (const key of path) {
      const found: unknown = isDict(inner) ? dictGet(inner, key) : undefined;
      if (found === undefined) {
        if (skipMissing) return [];
        throw valueError(`could not find ${repr(key)} key in iterated item ${repr(inner)}`);
      }
      inner = found;
    }
    if (!Array.isArray(inner)) throw valueError(`the key ${repr(path.at(-1))} should point to a list, got ${repr(inner)}`);
    return inner.map((item) => Tuple.of2(element, item));
  });
}

function rekey(value: unknown, key: unknown, duplicates: unknown): Map<unknown, unknown> {
  if (duplicates !== 'error' && duplicates !== 'overwrite') throw valueError(`rekey_on_member: 'duplicates' must be error or overwrite, found '${text(duplicates)}'`);
  const result = new Map<unknown, unknown>();
  for (const item of isDict(value) ? dictValues(value) : iterate(value)) {
    const name = dictGet(dict(item, 'rekey_on_member'), key);
    if (name === undefined) throw valueError(`Key ${text(key)} was not found`);
    if (dictGet(result, name) !== undefined && duplicates === 'error') throw valueError(`Key ${text(name)} is not unique, cannot correctly turn into dict`);
    dictSet(result, name, item);
  }
  return result;
}

export const dictFilters: Readonly<Record<string, Definition>> = {
  combine: define('*others, recursive=False, list_merge="replace"', (_, value, others, recursive, lists) => combine(value, others, recursive, lists)),
  dict2items: define('key_name="key", value_name="value"', (_, value, keyName, valueName) =>
    dictEntries(dict(value, 'dict2items')).map(([key, item]) => newDict([[keyName, key], [valueName, item]]))),
  dictsort: define('case_sensitive=False, by="key", reverse=False', (_, value, sensitive, by, reverse) => {
    if (by !== 'key' && by !== 'value') throw valueError('You can only sort by either "key" or "value"');
    const pairs = dictEntries(dict(value, 'dictsort')).map(([key, item]) => Tuple.of2(key, item));
    const key = (pair: unknown) => (pair as Tuple)[by === 'key' ? 0 : 1];
    return sortBy(pairs, truthy(sensitive) ? key : (pair) => foldCase(key(pair)), truthy(reverse));
  }),
  extract: define('container, morekeys=None', (context, key, container, more) => {
    const keys = more === null ? [key] : Array.isArray(more) ? [key, ...(more as unknown[])] : [key, more];
    return keys.reduce((inner, part) => getItem(context, inner, part), container);
  }),
  items2dict: define('key_name="key", value_name="value"', (_, value, keyName, valueName) => toDict(value, keyName, valueName)),
  rekey_on_member: define('key, duplicates="error"', (_, value, key, duplicates) => rekey(value, key, duplicates)),
  subelements: define('subelements, skip_missing=False', (_, value, path, skip) => {
    const elements = isDict(value) ? dictValues(value) : Array.isArray(value) ? (value as unknown[]) : undefined;
    if (elements === undefined) throw valueError('obj must be a list of dicts or a nested dict');
    if (!isString(path) && !Array.isArray(path)) throw valueError('subelements must be a list or a string');
    return subelements(elements, isString(path) ? text(path).split('.') : path, truthy(skip));
  }),
};

