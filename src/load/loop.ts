/** `loop`, `with_NAME` and loop_control. */
import { CtplayError, didYouMean } from '../errors.ts';
import { hasTemplate } from './has-template.ts';
import type { LoadScope } from './scope.ts';
import type { Loop } from './tree.ts';
import { checkVariableName } from './variable-names.ts';
import { describeNode, valueOf, type YamlMap, type YamlNode } from './yaml/node.ts';

/** The keys of a task that start with `with_`. */
export function loopKeys(map: YamlMap): string[] {
  return [...map.entries.keys()].filter((key) => key.startsWith('with_'));
}

/** The loop of a task or include; problems with it are reported. */
export function loopOf(map: YamlMap, given: ReadonlyMap<string, YamlNode>, scope: LoadScope): Loop | undefined {
  const withKeys = loopKeys(map);
  const keys = [...(given.has('loop') ? ['loop'] : []), ...withKeys];
  const [key, second] = keys;
  const control = given.get('loop_control');
  if (second !== undefined) scope.problems.add(new CtplayError('playbook.structure', `a task can loop once, and this one has '${key!}' and '${second}'`, { span: map.entries.get(second)!.keySpan }));
  if (key === undefined) {
    if (control) scope.problems.add(new CtplayError('playbook.structure', "'loop_control' stands without a 'loop'", { span: map.entries.get('loop_control')!.keySpan }));
    return undefined;
  }
  const items = valueOf(map.entries.get(key)!.value);
  if (key === 'loop' && items !== null && !Array.isArray(items) && !(typeof items === 'string' && hasTemplate(items))) {
    scope.problems.add(
      new CtplayError('playbook.structure', "'loop' must be a list", {
        span: map.entries.get(key)!.value.span,
        expected: 'a list, or a template that gives one',
        found: describeNode(map.entries.get(key)!.value),
        hint: typeof items === 'object' ? 'Loop over "{{ mapping | dict2items }}".' : typeof items === 'string' && /^\w+$/.test(items) ? `For the variable of that name write "{{ ${items} }}".` : undefined,
      }),
    );
  }
  return { ...(key === 'loop' ? {} : { lookup: key.slice('with_'.length) }), items, control: loopControl(control, scope) };
}

const loopControls = ['loop_var', 'index_var', 'label', 'pause', 'extended', 'extended_allitems'];

function loopControl(node: YamlNode | undefined, scope: LoadScope): Loop['control'] {
  if (node?.kind !== 'map') return { loopVar: 'item' };
  for (const { key, keySpan } of node.entries.values()) {
    if (!loopControls.includes(key)) scope.problems.add(new CtplayError('playbook.keyword', `'loop_control' has no '${key}'`, { span: keySpan, hint: didYouMean(key, loopControls) ?? `It takes ${loopControls.join(', ')}.` }));
  }
  const value = (key: string): unknown => {
    const entry = node.entries.get(key);
    return entry && valueOf(entry.value);
  };
  const names = ['loop_var', 'index_var'].filter((key) => value(key) !== undefined);
  for (const key of names) checkVariableName(String(value(key)), node.entries.get(key)!.value.span, scope.problems);
  return {
    loopVar: String(value('loop_var') ?? 'item'),
    ...(value('index_var') === undefined ? {} : { indexVar: String(value('index_var')) }),
    ...(value('label') === undefined ? {} : { label: value('label') }),
    ...(value('pause') === undefined ? {} : { pause: value('pause') }),
    ...(value('extended') === undefined ? {} : { extended: value('extended') }),
    ...(value('extended_allitems') === undefined ? {} : { extendedAllitems: value('extended_allitems') }),
  };
}
