/** A role's argument specification as a task that checks the role's variables before its other tasks run. */
import type { Source, Task } from './tree.ts';
import { valueOf, type YamlNode } from './yaml/node.ts';

/** The task for an entry point (`main`, or the name of `tasks_from`) of a role, or undefined where nothing is specified. */
export function validationTask(specs: YamlNode | undefined, entryPoint: string, role: { readonly name: string; readonly folder: string }, source: Source): Task | undefined {
  const spec = specs?.kind === 'map' ? specs.entries.get(entryPoint)?.value : undefined;
  if (!spec) return undefined;
  const value = valueOf(spec);
  if (typeof value !== 'object' || value === null) return undefined;
  const { options = {}, short_description: description } = value as { options?: Record<string, unknown>; short_description?: string };
  return {
    kind: 'task',
    name: `Validating arguments against arg spec '${entryPoint}'${description === undefined ? '' : ` - ${description}`}`,
    keywords: { tags: ['always'] },
    source,
    module: 'validate_argument_spec',
    args: {
      validate_args_context: { type: 'role', name: role.name, argument_spec_name: entryPoint, path: role.folder },
      argument_spec: options,
      provided_arguments: Object.fromEntries(Object.keys(options).map((name) => [name, `{{ ${name} | default(omit) }}`])),
    },
    argsPath: [],
  };
}
