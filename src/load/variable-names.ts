/** Names that a template can use for a variable. */
import { CtplayError, type SourceSpan } from '../errors.ts';
import type { Problems } from './problems.ts';
import type { YamlNode } from './yaml/node.ts';

const pattern = /^[A-Za-z_]\w*$/;

/** Reports a name that no variable can have, with one like it that can. */
export function checkVariableName(name: string, span: SourceSpan, problems: Problems): void {
  if (pattern.test(name)) return;
  const better = name.replace(/[^A-Za-z0-9_]+/g, '_').replace(/^(?=\d)/, '_');
  problems.add(
    new CtplayError('playbook.structure', `'${name}' can't be the name of a variable`, {
      span,
      expected: 'letters, digits and underscores, not starting with a digit',
      hint: pattern.test(better) ? `'${better}' can.` : undefined,
    }),
  );
}

/** The same for all names of a mapping of variables. */
export function checkVariableNames(vars: YamlNode, problems: Problems): void {
  for (const { key, keySpan } of vars.kind === 'map' ? vars.entries.values() : []) checkVariableName(key, keySpan, problems);
}
