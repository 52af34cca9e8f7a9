/** Which module a task is for, and where its arguments stand. */
import { CtplayError, didYouMean } from '../errors.ts';
import { shortModuleName } from '../registry.ts';
import { keywords, keywordsOf } from './keywords.ts';
import { hasTemplate } from './has-template.ts';
import type { LoadScope } from './scope.ts';
import { describeNode, valueOf, type YamlMap, type YamlNode } from './yaml/node.ts';

/** Words that stand where a module stands and steer the run themselves. */
export const statements = ['import_tasks', 'include_tasks', 'import_role', 'include_role', 'meta'] as const;
export type Statement = (typeof statements)[number];

export interface ModuleUse {
  /** The short name. */
  readonly name: string;
  /** The keys of the task that are no keywords because they name the module. */
  readonly keys: ReadonlySet<string>;
  readonly argsPath: readonly string[];
  /** Undefined: the module is named without arguments, as in `action: ping`. */
  readonly args: YamlNode | undefined;
  /** For `action: copy src=a`, the arguments behind the name. */
  readonly argsText?: string;
  /** From local_action. */
  readonly local: boolean;
}

export function isStatement(name: string): name is Statement {
  return (statements as readonly string[]).includes(name);
}

/** Finds the one module of a task; reports none, several, and unknown ones, and then gives undefined. */
export function findModule(map: YamlMap, scope: LoadScope): ModuleUse | undefined {
  const known = keywordsOf(scope.handlers ? 'handler' : 'task');
  const unknown = [...map.entries.values()].filter(({ key }) => !known.has(key) && !key.startsWith('with_'));
  const uses: ModuleUse[] = unknown
    .filter(({ key }) => exists(shortModuleName(key), scope))
    .map(({ key, value }) => ({ name: shortModuleName(key), keys: new Set([key]), argsPath: [key], args: value, local: false }));
  for (const key of ['action', 'local_action']) {
    const node = map.entries.get(key)?.value;
    const use = node && actionUse(key, node, scope);
    if (use) uses.push(use);
    else if (node) return undefined;
  }
  const [use, second] = uses;
  if (second) {
    const key = [...second.keys, ...second.argsPath][0]!;
    scope.problems.add(
      new CtplayError('playbook.structure', `a task is for one module, and this one names two: '${use!.name}' and '${second.name}'`, {
        span: map.entries.get(key)?.keySpan ?? map.span,
        hint: "Make it two tasks; the second starts with a '-' of its own.",
      }),
    );
    return undefined;
  }
  if (!use) reportMissing(map, unknown.map(({ key }) => key), scope);
  return use;
}

function exists(name: string, scope: LoadScope): boolean {
  return isStatement(name) || name === 'include' || scope.registry.has(name);
}

/** `action: copy src=a dest=b` or `action: {module: copy, src: a, dest: b}`. */
function actionUse(key: string, node: YamlNode, scope: LoadScope): ModuleUse | undefined {
  const base = { keys: new Set<string>(), argsPath: [key], local: key === 'local_action' };
  let written: string;
  let use: Omit<ModuleUse, 'name'>;
  if (node.kind === 'scalar' && typeof node.value === 'string') {
    const match = /^\s*((?:\{\{[^]*?\}\}|\S)+)\s*([^]*)$/.exec(node.value);
    written = match?.[1] ?? '';
    use = { ...base, args: undefined, argsText: match?.[2] ?? '' };
  } else if (node.kind === 'map' && node.entries.has('module')) {
    written = String(valueOf(node.entries.get('module')!.value));
    const rest = new Map([...node.entries].filter(([name]) => name !== 'module'));
    const [, first = '', others = ''] = /^\s*((?:\{\{[^]*?\}\}|\S)+)\s*([^]*)$/.exec(written) ?? [];
    written = first;
    use = { ...base, args: { ...node, entries: rest }, ...(others === '' ? {} : { argsText: others }) };
  } else {
    scope.problems.add(new CtplayError('playbook.structure', `'${key}' must name a module`, { span: node.span, expected: "a string such as 'copy src=a dest=b', or a mapping with 'module'", found: describeNode(node) }));
    return undefined;
  }
  const name = shortModuleName(written);
  if (hasTemplate(written) || exists(name, scope)) return { ...use, name };
  scope.problems.add(new CtplayError('module.unknown', `there is no module '${written}'`, { span: node.span, hint: didYouMean(name, scope.registry.names()) ?? '`ctplay doc` lists all modules.' }));
  return undefined;
}

function reportMissing(map: YamlMap, unknown: readonly string[], scope: LoadScope): void {
  if (unknown.length === 0) {
    scope.problems.add(new CtplayError('playbook.structure', 'this task names no module', { span: map.span, expected: "a module's name as a key, such as 'command:'", found: `only keywords: ${[...map.entries.keys()].join(', ')}` }));
    return;
  }
  const modules = [...scope.registry.names(), ...statements];
  const known = keywordsOf(scope.handlers ? 'handler' : 'task');
  for (const key of unknown) {
    const name = shortModuleName(key);
    const elsewhere = keywords.find((one) => one.name === key);
    if (elsewhere) {
      scope.problems.add(new CtplayError('playbook.keyword', `'${key}' is no keyword of a task`, { span: map.entries.get(key)!.keySpan, hint: `It is one of a ${elsewhere.on.filter((on) => on !== 'import').join(', ')}.` }));
      continue;
    }
    scope.problems.add(
      new CtplayError('module.unknown', `there is no module '${key}'`, {
        span: map.entries.get(key)!.keySpan,
        hint: didYouMean(name, [...modules, ...known.keys()]) ?? '`ctplay doc` lists all modules.',
      }),
    );
  }
}
