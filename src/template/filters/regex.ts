/** Ansible's filters with regular expressions. */
import { define } from '../define.ts';
import { allMatches, compileRegex, expandReplacement, groupOf } from '../python/regex.ts';
import { truthy } from '../python/compare.ts';
import { text } from '../python/text.ts';
import { Tuple, valueError } from '../python/values.ts';
import type { Definition } from '../define.ts';
import type { RegexFlags } from '../python/regex.ts';

const flags = (ignorecase: unknown, multiline: unknown): RegexFlags => ({ ignorecase: truthy(ignorecase), multiline: truthy(multiline) });

function regexReplace(value: unknown, pattern: unknown, replacement: unknown, options: RegexFlags): string {
  const source = text(value);
  let result = '';
  let end = 0;
  for (const match of allMatches(compileRegex(text(pattern), options), source)) {
    result += source.slice(end, match.index) + expandReplacement(text(replacement), match);
    end = match.index + match[0].length;
  }
  return result + source.slice(end);
}

/** Without groups the match, else the groups as a list; nothing when there is no match. */
function regexSearch(value: unknown, pattern: unknown, groups: readonly unknown[], options: RegexFlags): unknown {
  const references = groups.map((group) => {
    const reference = /^\\(?:g<(\S+)>|(\d+))/.exec(text(group));
    if (reference === null) throw valueError(`regex_search: unknown argument '${text(group)}'`, "Groups are written '\\\\1' or '\\\\g<name>'.");
    return (reference[1] ?? reference[2])!;
  });
  const match = compileRegex(text(pattern), options).exec(text(value));
  if (match === null) return null;
  return references.length === 0 ? match[0] : references.map((reference) => groupOf(match, reference) ?? null);
}

/** As re.findall(): the matches, the only group of each, or tuples of all groups. */
function regexFindall(value: unknown, pattern: unknown, options: RegexFlags): unknown[] {
  return allMatches(compileRegex(text(pattern), options), text(value)).map((match) => {
    const groups = match.slice(1).map((group) => (group as string | undefined) ?? '');
    if (groups.length === 0) return match[0];
    return groups.length === 1 ? groups[0] : Tuple.fromList(groups);
  });
}

function regexEscape(value: string, kind: string): string {
  if (kind === 'python') return value.replace(/[\t\n\v\f\r #$&()*+\-.?[\\\]^{|}~]/g, '\\$&');
  if (kind === 'posix_basic') return value.replace(/[\].[^$*\\]/g, '\\$&');
  throw valueError(`Invalid regex type (${kind})`, 'Known are python and posix_basic.');
}

export const regexFilters: Readonly<Record<string, Definition>> = {
  regex_escape: define('re_type="python"', (_, value, kind) => regexEscape(text(value), text(kind))),
  regex_findall: define('regex, multiline=False, ignorecase=False', (_, value, pattern, multiline, ignorecase) => regexFindall(value, pattern, flags(ignorecase, multiline))),
  regex_replace: define('pattern="", replacement="", ignorecase=False, multiline=False', (_, value, pattern, replacement, ignorecase, multiline) => regexReplace(value, pattern, replacement, flags(ignorecase, multiline))),
  regex_search: define('regex, *groups, ignorecase=False, multiline=False', (_, value, pattern, groups, ignorecase, multiline) => regexSearch(value, pattern, groups as unknown[], flags(ignorecase, multiline))),
};
