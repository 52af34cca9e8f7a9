/** What templates can use, for the manual. */
import { filterSignatures } from './filters/index.ts';
import { globals } from './globals.ts';
import { lookupSignatures } from './lookups/index.ts';
import { testSignatures } from './tests/index.ts';

export interface TemplateReference {
  /** Name → its parameters after the value that it works on, in Python's notation; sorted by name. */
  readonly filters: Readonly<Record<string, string>>;
  readonly tests: Readonly<Record<string, string>>;
  readonly lookups: Readonly<Record<string, string>>;
  readonly functions: readonly string[];
}

/** All filters, tests, lookups and functions of the engine. */
export function templateReference(): TemplateReference {
  return { filters: filterSignatures(), tests: testSignatures(), lookups: lookupSignatures(), functions: Object.keys(globals).sort() };
}
