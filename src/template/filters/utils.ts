/** Other filters of ansible.utils and community.general that playbooks commonly use. */
import { define } from '../define.ts';
import { compare, equals, truthy } from '../python/compare.ts';
import { copyDict, dictEntries, dictGet, dictSet, newDict } from '../python/dict.ts';
import { entriesOf } from '../python/dict-methods.ts';
import { iterate } from '../python/iterate.ts';
import { getItem } from '../python/attributes.ts';
import { LooseVersion } from '../python/version.ts';
import { text } from '../python/text.ts';
import { isDict, isInt, isString, valueError, Undefined } from '../python/values.ts';
import { mergeDicts } from './dicts.ts';
import type { Context } from '../context.ts';
import type { Definition } from '../define.ts';

/** The indices at which a test holds (ansible.utils.index_of): one number, or a list. */
function indexOf(context: Context, value: unknown, test: unknown, operand: unknown, key: unknown, wantList: unknown): unknown {
  const items = iterate(value);
  const name = text(test);
  const args = operand === null ? [] : [operand];
  const found = items.flatMap((item, index) => {
    const part = key === null ? item : getItem(context, item, key);
    const holds = name === 'in' || context.hasTest(name) ? context.test(name, part, args) : equals(part, operand);
    return holds ? [index] : [];
  });
  return truthy(wantList) || found.length > 1 ? found : (found[0] ?? []);
}

/** Values by a path such as `a.b[0].c` (ansible.utils.get_path). */
function getPath(context: Context, value: unknown, path: string): unknown {
  const parts = [...path.matchAll(/\[(?:'([^']*)'|"([^"]*)"|(-?\d+))\]|([^.[\]]+)/g)].map(([, single, double, index, name]) => single ?? double ?? name ?? Number(index));
  return parts.reduce((inner: unknown, part) => getItem(context, inner, /^\d+$/.test(String(part)) && Array.isArray(inner) ? Number(part) : part), value);
}

/** All paths in a value and what is there (ansible.utils.to_paths). */
function toPaths(value: unknown): Map<unknown, unknown> {
  const paths = newDict();
  const walk = (inner: unknown, path: string): void => {
    if (isDict(inner)) for (const [key, item] of dictEntries(inner)) walk(item, /^\w+$/.test(text(key)) ? (path === '' ? text(key) : `${path}.${text(key)}`) : `${path}['${text(key)}']`);
    else if (Array.isArray(inner)) inner.forEach((item, index) => walk(item, `${path}[${index}]`));
    else paths.set(path, inner);
  };
  walk(value, '');
  return paths;
}

type KeyMatch = (key: unknown) => boolean;

function keyMatch(targets: unknown, how: unknown): KeyMatch {
  const words = iterate(isString(targets) ? [targets] : targets).map(text);
  switch (how) {
    case 'equality':
      return (key) => words.includes(text(key));
    case 'starts_with':
      return (key) => words.some((word) => text(key).startsWith(word));
    case 'ends_with':
      return (key) => words.some((word) => text(key).endsWith(word));
    case 'regex':
      return (key) => words.some((word) => new RegExp(word).test(text(key)));
    default:
      throw valueError(`unknown matching_parameter '${text(how)}'`, 'Known are equality, starts_with, ends_with and regex.');
  }
}

function removeKeys(value: unknown, matches: KeyMatch): unknown {
  if (Array.isArray(value)) return value.map((item) => removeKeys(item, matches));
  if (!isDict(value)) return value;
  return newDict(dictEntries(value).filter(([key]) => !matches(key)).map(([key, item]) => [key, removeKeys(item, matches)] as const));
}

function keepKeys(value: unknown, matches: KeyMatch): unknown {
  if (Array.isArray(value)) return value.map((item) => keepKeys(item, matches)).filter((item) => !isDict(item) || dictEntries(item).length > 0);
  if (!isDict(value)) return value;
  return newDict(dictEntries(value).flatMap(([key, item]): [unknown, unknown][] => {
    if (matches(key)) return [[key, item]];
    const kept = isDict(item) || Array.isArray(item) ? keepKeys(item, matches) : undefined;
    return kept !== undefined && truthy(kept) ? [[key, kept]] : [];
  }));
}

/** Lists of dicts as one, dicts with equal keys merged (community.general.lists_mergeby). */
function mergeBy(lists: readonly unknown[], key: unknown, recursive: boolean): unknown[] {
  const merged = newDict();
  for (const list of lists) {
    for (const item of iterate(list)) {
      const name = isDict(item) ? dictGet(item, key) : undefined;
      if (!isDict(item) || name === undefined) throw valueError(`lists_mergeby: each item needs the key '${text(key)}'`);
      const before = dictGet(merged, name);
      dictSet(merged, name, isDict(before) ? mergeDicts(before, item, recursive, 'replace') : copyDict(item));
    }
  }
  return dictEntries(merged).sort(([a], [b]) => compare(a, b)).map(([, item]) => item);
}

export const utilsFilters: Readonly<Record<string, Definition>> = {
  counter: define('', (_, value) => {
    const counts = newDict();
    for (const item of iterate(value)) dictSet(counts, item, ((dictGet(counts, item) as number | undefined) ?? 0) + 1);
    return counts;
  }),
  dict: define('', (_, value) => newDict(entriesOf(value))),
  dict_kv: define('key', (_, value, key) => newDict([[key, value]])),
  get_path: define('path, wantlist=False', (context, value, path, wantList) => {
    const found = getPath(context, value, text(path));
    return truthy(wantList) && !Array.isArray(found) ? [found] : found;
  }),
  groupby_as_dict: define('attribute', (_, value, attribute) => newDict(iterate(value).map((item) => {
    const key = isDict(item) ? dictGet(item, attribute) : undefined;
    if (key === undefined) throw valueError(`groupby_as_dict: an item has no '${text(attribute)}'`);
    return [key, item] as const;
  }))),
  index_of: define('test, value=None, key=None, fail_on_missing=False, wantlist=False', (context, value, test, operand, key, missing, wantList) => {
    const found = indexOf(context, value, test, operand, key, wantList);
    if (found instanceof Undefined || (truthy(missing) && !isInt(found) && !truthy(found))) throw valueError('index_of: no item fits');
    return found;
  }),
  keep_keys: define('target, matching_parameter="equality"', (_, value, target, how) => keepKeys(value, keyMatch(target, how))),
  lists_mergeby: define('*arguments, recursive=False, list_merge="replace"', (_, value, args, recursive) => {
    const rest = args as unknown[];
    return mergeBy([...(iterate(value).some(Array.isArray) ? iterate(value) : [value]), ...rest.slice(0, -1)], rest.at(-1), truthy(recursive));
  }),
  remove_keys: define('target, matching_parameter="equality"', (_, value, target, how) => removeKeys(value, keyMatch(target, how))),
  to_paths: define('prepend=None, wantlist=None', (_, value, prefix) => {
    const paths = toPaths(value);
    return prefix === null ? paths : newDict([...paths].map(([path, item]) => [`${text(prefix)}${text(path).startsWith('[') ? '' : '.'}${text(path)}`, item] as const));
  }),
  version_sort: define('reverse=False', (_, value, reverse) => {
    const sorted = [...iterate(value)].sort((a, b) => new LooseVersion(text(a)).compare(new LooseVersion(text(b))));
    return truthy(reverse) ? sorted.reverse() : sorted;
  }),
};
