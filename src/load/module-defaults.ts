/** module_defaults: which modules they are for must be known, as for a task. */
import { CtplayError, didYouMean } from '../errors.ts';
import { shortModuleName } from '../registry.ts';
import { hasTemplate } from './has-template.ts';
import type { LoadScope } from './scope.ts';
import { describeNode, type YamlNode } from './yaml/node.ts';

/** Reports modules that there are none of, and defaults that are no mapping. Groups of modules (`group/docker`) are passed over. */
export function checkModuleDefaults(given: ReadonlyMap<string, YamlNode>, scope: LoadScope): void {
  const node = given.get('module_defaults');
  for (const mapping of node?.kind === 'list' ? node.items : node ? [node] : []) {
    if (mapping.kind !== 'map') continue;
    for (const { key, keySpan, value } of mapping.entries.values()) {
      if (key.startsWith('group/') || hasTemplate(key)) continue;
      const name = shortModuleName(key);
      if (!scope.registry.has(name)) scope.problems.add(new CtplayError('module.unknown', `there is no module '${key}'`, { span: keySpan, hint: didYouMean(name, scope.registry.names()) ?? '`ctplay doc` lists all modules.' }));
      else if (value.kind === 'list') scope.problems.add(new CtplayError('playbook.structure', `the default arguments of ${name} must be a mapping`, { span: value.span, expected: 'a mapping of arguments', found: describeNode(value) }));
    }
  }
}
