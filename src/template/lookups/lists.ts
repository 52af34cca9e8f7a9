/** Lookups that rearrange lists and dicts; loops written with `with_` use them. */
import { randomBytes } from 'node:crypto';
import { define } from '../define.ts';
import { dictEntries, dictGet, dictValues, newDict } from '../python/dict.ts';
import { iterate } from '../python/iterate.ts';
import { subelements } from '../filters/dicts.ts';
import { flatten } from '../filters/lists.ts';
import { truthy } from '../python/compare.ts';
import { text } from '../python/text.ts';
import { Tuple, isDict, isList, isString, typeName, valueError } from '../python/values.ts';
import type { Dict } from '../python/values.ts';
import type { Definition } from '../define.ts';

const onTerms = (body: (terms: readonly unknown[]) => readonly unknown[]): Definition => define('*terms', (_, _value, terms) => body(terms as unknown[]));

/** Lists one level opened. */
const opened = (terms: readonly unknown[]): unknown[] => terms.flatMap((term) => (isList(term) ? term : [term]));
const asList = (term: unknown): readonly unknown[] => (isString(term) || isDict(term) ? [term] : iterate(term));

function nested(terms: readonly unknown[]): unknown[] {
  if (terms.length === 0) throw valueError('with_nested requires at least one element in the nested list');
  return terms.map(asList).reduce<unknown[][]>((rows, list) => rows.flatMap((row) => list.map((item) => [...row, ...opened([item])])), [[]]);
}

function together(terms: readonly unknown[]): unknown[] {
  if (terms.length === 0) throw valueError('with_together requires at least one element in each list');
  const lists = terms.map(asList);
  const size = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: size }, (_, index) => opened(lists.map((list) => (index < list.length ? list[index] : null))));
}

function elements(terms: readonly unknown[]): unknown[] {
  const [source, path, flags] = terms;
  if (terms.length < 2 || terms.length > 3) throw valueError('subelements lookup expects a list of two or three items');
  if ((!isList(source) && !isDict(source)) || !isString(path)) throw valueError('subelements lookup expects first a dict or a list, second a string pointing to the subkey');
  if (isDict(source) && truthy(dictGet(source, 'skipped') ?? false)) return [];
  const skipMissing = flags !== undefined && isDict(flags) && truthy(dictGet(flags, 'skip_missing') ?? false);
  const items = isDict(source) ? dictValues(source) : source;
  const key = text(path).split('.');
  return items.flatMap((item) => {
    if (!isDict(item)) throw valueError(`subelements lookup expects a dictionary, got '${text(item)}'`);
    if (truthy(dictGet(item, 'skipped') ?? false)) return [];
    // The loop's first item comes without the list that its second is from.
    return subelements([item], key, skipMissing).map((pair) => Tuple.of2(key.length === 1 ? without(item, key[0]!) : item, pair[1]));
  });
}

function without(item: Dict, key: string): Map<unknown, unknown> {
  return newDict(dictEntries(item).filter(([own]) => own !== key));
}

export const listLookups: Readonly<Record<string, Definition>> = {
  cartesian: onTerms(nested),
  dict: onTerms((terms) => opened(terms).flatMap((term) => {
    if (!isDict(term)) throw valueError(`with_dict expects a dict, found ${typeName(term)}`);
    return dictEntries(term).map(([key, value]) => newDict([['key', key], ['value', value]]));
  })),
  flattened: onTerms((terms) => flatten(terms, null, true)),
  indexed_items: onTerms((terms) => opened(terms).map((item, index) => Tuple.of2(index, item))),
  items: onTerms(opened),
  list: onTerms((terms) => terms),
  nested: onTerms(nested),
  random_choice: onTerms((terms) => (terms.length === 0 ? [] : [terms[randomBytes(4).readUInt32LE() % terms.length]])),
  subelements: onTerms(elements),
  together: onTerms(together),
};
