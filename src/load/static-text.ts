/** Names of files and roles that are read before the run: what they may hold templates over. */
import { CtplayError, type SourceSpan } from '../errors.ts';
import { Templar } from '../template/index.ts';
import { hasTemplate } from './has-template.ts';
import type { LoadScope } from './scope.ts';

/**
 * The text with its templates rendered from what is known by now: `-e` variables, what the play and the blocks and roles around say
 * themselves, playbook_dir, and in a role role_path and role_name. Undefined, with a problem added, when it needs anything else; `hint` says what to do then.
 */
export function staticText(text: string, scope: LoadScope, span: SourceSpan, { what, hint }: { readonly what: string; readonly hint: string }): string | undefined {
  if (!hasTemplate(text)) return text;
  const own = { playbook_dir: scope.playbookFolder, ...(scope.role ? { role_path: scope.role.folder, role_name: scope.role.name } : {}) };
  const known = Object.assign({}, ...scope.variables.toReversed(), own, scope.extraVars) as Record<string, unknown>;
  const templar = new Templar({ lookup: (name) => (Object.hasOwn(known, name) ? { value: known[name] } : undefined), names: () => Object.keys(known) });
  try {
    return String(templar.render(text, { span }));
  } catch (error) {
    if (!(error instanceof CtplayError)) throw error;
    scope.problems.add(
      error.code === 'template.undefined'
        ? new CtplayError('playbook.structure', `${what} read before any variable but those of -e and of the play itself has a value`, { span, found: `'${text}'`, hint })
        : error.at(span),
    );
    return undefined;
  }
}
