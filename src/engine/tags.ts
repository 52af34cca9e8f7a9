/** Which tasks --tags and --skip-tags choose. */

/**
 * Ansible's rules: `always` runs unless skipped by name, `never` only when one of the task's tags is asked for; `all`, `tagged` and
 * `untagged` are special words of --tags and --skip-tags.
 */
export function tagsChoose(own: readonly string[], only: readonly string[], skip: readonly string[]): boolean {
  const has = (name: string): boolean => own.includes(name);
  const wanted =
    only.length === 0 || only.includes('all')
      ? !has('never') || only.some((tag) => tag !== 'all' && has(tag))
      : (has('always') && !has('never')) || only.some((tag) => has(tag)) || (only.includes('tagged') && own.length > 0 && !has('never')) || (only.includes('untagged') && own.length === 0);
  if (!wanted) return false;
  if (skip.some((tag) => has(tag))) return false;
  if (skip.includes('all')) return has('always') && !skip.includes('always');
  if (skip.includes('tagged') && own.length > 0) return false;
  return !(skip.includes('untagged') && own.length === 0);
}
