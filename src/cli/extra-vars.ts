/** -e: variables from the command line, which win over all others. */
import { CtplayError } from '../errors.ts';
import { parseFreeForm } from '../load/free-form.ts';
import { loadVarsFile } from '../load/playbook.ts';
import { variablesOf } from '../load/scope.ts';
import { parseYaml } from '../load/yaml/parse.ts';
import type { Decrypt } from '../load/yaml/tags.ts';

/** `NAME=VALUE …` (strings, as in Ansible), a JSON or YAML mapping in braces, or @FILE. Later ones win. Throws usage.option, and as loadVarsFile. */
export function extraVariables(given: readonly string[], decrypt?: Decrypt): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  for (const text of given) {
    if (text.startsWith('@')) Object.assign(all, loadVarsFile(text.slice(1), { decrypt }));
    else if (/^\s*[{[]/.test(text)) Object.assign(all, variablesOf(parseYaml(text, '-e', { decrypt })));
    else Object.assign(all, keyValues(text));
  }
  return all;
}

function keyValues(text: string): Readonly<Record<string, string>> {
  const { options, raw } = parseFreeForm(text, (key) => /^[A-Za-z_]\w*$/.test(key));
  if (raw !== undefined) throw new CtplayError('usage.option', '-e takes NAME=VALUE, a mapping in braces or @FILE', { found: raw.trim(), hint: 'Quote the whole of it for your shell: -e \'name="two words"\'.' });
  return options;
}
