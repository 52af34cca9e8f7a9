/** module_defaults: default arguments for modules, and for groups of modules as collections define them. */
import { CtplayError, didYouMean } from '../errors.ts';
import { shortModuleName } from '../registry.ts';
import { hasTemplate } from './has-template.ts';
import type { LoadScope } from './scope.ts';
import { describeNode, type YamlNode } from './yaml/node.ts';

type Defaults = Readonly<Record<string, unknown>>;

/** Group → whether a module is in it. */
const groups: Readonly<Record<string, (module: string) => boolean>> = {
  docker: (module) => module.startsWith('docker_'),
};

/** What an entry of module_defaults is for, in one spelling: `copy` for `ansible.builtin.copy`, `group/docker` for `group/community.docker.docker`. */
export function defaultsKey(written: string): string {
  return written.startsWith('group/') ? `group/${written.slice(written.lastIndexOf('.') + 1).replace(/^group\//, '')}` : shortModuleName(written);
}

/** The entries for a module, the weaker first: its groups', then its own; each from the innermost of the levels around that has it. */
export function defaultsFor(module: string, levels: readonly (Defaults | undefined)[]): readonly unknown[] {
  const keys = [...Object.keys(groups).filter((name) => groups[name]!(module)).map((name) => `group/${name}`), module];
  return keys.map((key) => levels.map((level) => level?.[key]).findLast((one) => one !== undefined && one !== null)).filter((one) => one !== undefined);
}

/** Reports modules and groups that there are none of, and defaults that are no mapping. */
export function checkModuleDefaults(given: ReadonlyMap<string, YamlNode>, scope: LoadScope): void {
  const node = given.get('module_defaults');
  for (const mapping of node?.kind === 'list' ? node.items : node ? [node] : []) {
    if (mapping.kind !== 'map') continue;
    for (const { key, keySpan, value } of mapping.entries.values()) {
      if (hasTemplate(key)) continue;
      const name = defaultsKey(key);
      const unknown = unknownName(name, key, scope);
      if (unknown) scope.problems.add(unknown.at(keySpan));
      else if (value.kind === 'list') scope.problems.add(new CtplayError('playbook.structure', `the default arguments of ${name} must be a mapping`, { span: value.span, expected: 'a mapping of arguments', found: describeNode(value) }));
    }
  }
}

function unknownName(name: string, written: string, scope: LoadScope): CtplayError | undefined {
  if (name.startsWith('group/')) {
    return Object.hasOwn(groups, name.slice('group/'.length)) ? undefined : new CtplayError('module.unknown', `there is no group of modules '${written}'`, { hint: `There is ${Object.keys(groups).map((one) => `group/${one}`).join(', ')}. Other modules are named one by one.` });
  }
  return scope.registry.has(name) ? undefined : new CtplayError('module.unknown', `there is no module '${written}'`, { hint: didYouMean(name, scope.registry.names()) ?? '`ctplay doc` lists all modules.' });
}
