/** What filters, tests, lookups and methods may ask of the rendering that they are part of. */
import type { LookupContext } from './types.ts';
import type { Kwargs } from './python/values.ts';

export interface Context {
  /** Applies a filter by its name. Throws when there is none. */
  filter(name: string, value: unknown, args?: readonly unknown[], kwargs?: Kwargs): unknown;
  /** Applies a test by its name. Throws when there is none. */
  test(name: string, value: unknown, args?: readonly unknown[], kwargs?: Kwargs): boolean;
  hasTest(name: string): boolean;
  hasFilter(name: string): boolean;
  /** The value of a variable, rendered; Undefined when there is none. */
  variable(name: string): unknown;
  variableNames(): Iterable<string>;
  /** Renders a value as a task's argument would be. */
  render(value: unknown): unknown;
  /** Renders a template file's text, with extra variables and changes to the syntax. */
  renderFile(text: string, path: string, extra: ReadonlyMap<string, unknown>, convert: boolean, syntax: Readonly<Record<string, string>>): unknown;
  /** Calls a function value. Throws when it is none. */
  call(callee: unknown, args: readonly unknown[], kwargs: Kwargs): unknown;
  /** Runs a lookup plugin and gives its list. */
  lookup(name: string, terms: readonly unknown[], options: Kwargs): readonly unknown[];
  /** The controller. Throws when this rendering has none. */
  readonly controller: LookupContext;
  /** The controller's clock, or this machine's. */
  now(): Date;
  /** To be called by what may give something else the next time though all variables are the same: by files, the clock, chance. */
  volatile(): void;
}
