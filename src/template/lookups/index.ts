/** All lookups by name. */
import { CtplayError, didYouMean } from '../../errors.ts';
import { fileLookups } from './files.ts';
import { listLookups } from './lists.ts';
import { passwordLookups } from './password.ts';
import { sequenceLookups } from './sequence.ts';
import { tableLookups } from './tables.ts';
import { urlLookups } from './url.ts';
import { variableLookups } from './variables.ts';
import { iterate } from '../python/iterate.ts';
import type { Context } from '../context.ts';
import type { Definition } from '../define.ts';
import type { Kwargs } from '../python/values.ts';

const lookups: ReadonlyMap<string, Definition> = new Map(
  [fileLookups, listLookups, passwordLookups, sequenceLookups, tableLookups, urlLookups, variableLookups].flatMap((table) => Object.entries(table)),
);

const collections = /^(?:ansible\.(?:builtin|legacy|utils)|community\.general)\./;

export function lookupNames(): string[] {
  return [...lookups.keys()].sort();
}

/** The list that a lookup gives for its terms. Throws for a lookup that there isn't. */
export function runLookup(context: Context, name: string, terms: readonly unknown[], options: Kwargs): readonly unknown[] {
  const definition = lookups.get(name.replace(collections, ''));
  if (definition === undefined) throw new CtplayError('template.value', `there is no lookup '${name}'`, { hint: didYouMean(name, lookups.keys()) });
  return iterate(definition.call(context, name, null, terms, options));
}

/** Each lookup's parameters by its name. */
export function lookupSignatures(): Readonly<Record<string, string>> {
  return Object.fromEntries(lookupNames().map((name) => [name, lookups.get(name)!.signature]));
}
