/** Regular expressions among arguments, in the syntax of Python's `re`. */
import { CtplayError } from '../../src/errors.ts';
import type { ArgumentProblem } from '../../src/module.ts';
import { compileRegex, type RegexFlags } from '../../src/template/python/regex.ts';

/** A problem for each argument that is no regular expression. */
export function* patternProblems(patterns: Readonly<Record<string, string | undefined>>): Iterable<ArgumentProblem> {
  for (const [name, pattern] of Object.entries(patterns)) {
    try {
      if (pattern !== undefined) compileRegex(pattern);
    } catch (error) {
      const reason = error instanceof CtplayError ? (error.details.found ?? error.message) : (error as Error).message;
      yield { path: [name], message: `'${pattern}' is no regular expression`, hint: reason };
    }
  }
}

/** Python's `re.search` for one pattern. */
export function searcher(pattern: string, flags: RegexFlags = {}): (text: string) => RegExpExecArray | undefined {
  return (text) => compileRegex(pattern, flags).exec(text) ?? undefined;
}
