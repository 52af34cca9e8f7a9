/** All filters by name. A collection's full name means the same as the short one. */
import type { Definition } from '../define.ts';
import { cryptFilters } from './crypt.ts';
import { dateFilters } from './dates.ts';
import { dictFilters } from './dicts.ts';
import { encodingFilters } from './encoding.ts';
import { ipFilters } from './ip.ts';
import { listFilters } from './lists.ts';
import { markupFilters } from './markup.ts';
import { miscFilters } from './misc.ts';
import { numberFilters } from './numbers.ts';
import { pathFilters } from './paths.ts';
import { regexFilters } from './regex.ts';
import { selectFilters } from './select.ts';
import { setFilters } from './sets.ts';
import { textFilters } from './text.ts';
import { urlFilters } from './urls.ts';
import { utilsFilters } from './utils.ts';

const filters: ReadonlyMap<string, Definition> = new Map(
  [
    textFilters, markupFilters, numberFilters, listFilters, selectFilters, setFilters, dictFilters, encodingFilters,
    regexFilters, pathFilters, dateFilters, cryptFilters, urlFilters, miscFilters, ipFilters, utilsFilters,
  ].flatMap((table) => Object.entries(table)),
);

const collections = /^(?:ansible\.(?:builtin|legacy|utils|netcommon)|community\.general)\./;

export function findFilter(name: string): Definition | undefined {
  return filters.get(name) ?? filters.get(name.replace(collections, ''));
}

export function filterNames(): string[] {
  return [...filters.keys()].sort();
}

/** Each filter's parameters by its name. */
export function filterSignatures(): Readonly<Record<string, string>> {
  return Object.fromEntries(filterNames().map((name) => [name, filters.get(name)!.signature]));
}
