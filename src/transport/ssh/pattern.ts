/** Patterns of ssh_config(5) and sshd(8): `*` and `?`, lists, and negation with `!`. */

/** Whether `text` matches one pattern, case-insensitively as host names are. */
export function matchesPattern(text: string, pattern: string): boolean {
  if (!/[*?]/.test(pattern)) return text.toLowerCase() === pattern.toLowerCase();
  const source = pattern.replace(/[.*+?^${}()|[\]\\]/g, (sign) => (sign === '*' ? '.*' : sign === '?' ? '.' : `\\${sign}`));
  return new RegExp(`^${source}$`, 'is').test(text);
}

/** Whether `text` matches a list: some pattern, and none of the negated ones. */
export function matchesList(text: string, patterns: readonly string[]): boolean {
  let matched = false;
  for (const pattern of patterns) {
    if (pattern.startsWith('!')) {
      if (matchesPattern(text, pattern.slice(1))) return false;
    } else if (matchesPattern(text, pattern)) {
      matched = true;
    }
  }
  return matched;
}
