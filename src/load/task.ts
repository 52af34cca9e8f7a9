/** One task: its module, its arguments in whatever form they are written, and its keywords. */
import { CtplayError, didYouMean, type SourceSpan } from '../errors.ts';
import type { AnyModule } from '../registry.ts';
import { optionPlace, parseFreeForm } from './free-form.ts';
import type { ModuleUse } from './find-module.ts';
import { hasTemplate } from './has-template.ts';
import { asList, checkedKeywords, isVariableName, sharedKeywords, variableNames } from './keyword-values.ts';
import type { LoadScope } from './scope.ts';
import type { Loop, Repeatable, Source, Task } from './tree.ts';
import { describeNode, nodeAt, sourceOf, valueOf, type YamlMap, type YamlNode } from './yaml/node.ts';

/** The task of a mapping. Its arguments and keywords are checked; problems are added to the scope's. */
export async function loadTask(map: YamlMap, use: ModuleUse, scope: LoadScope): Promise<Task | undefined> {
  const { problems } = scope;
  const given = checkedKeywords(map, scope.handlers ? 'handler' : 'task', problems, new Set([...use.keys, ...loopKeys(map)]));
  let module: AnyModule;
  try {
    module = await scope.registry.load(use.name);
  } catch (error) {
    if (!(error instanceof CtplayError)) throw error;
    problems.add(error.at(map.span));
    return undefined;
  }
  const written = writtenArguments(use, map, module, scope);
  if (!written) return undefined;
  const more = given.get('args');
  const moreValue = more ? valueOf(more) : null;
  let argsTemplate = written.template;
  if (typeof moreValue === 'string') argsTemplate = moreValue;
  else if (moreValue !== null && more?.kind !== 'map') problems.add(new CtplayError('playbook.structure', "'args' must be a mapping of arguments", { span: more!.span, expected: 'a mapping', found: describeNode(more!) }));
  const source = taskSource(map, use.argsPath);
  const repeatable = repeatableParts(map, given, scope, source);
  const listen = given.get('listen');
  const task: Task = {
    ...repeatable,
    ...(use.local ? { keywords: { delegateTo: 'localhost', connection: 'local', ...repeatable.keywords } } : {}),
    kind: 'task',
    module: use.name,
    args: { ...(more?.kind === 'map' ? (moreValue as Record<string, unknown>) : {}), ...written.args },
    ...(argsTemplate === undefined ? {} : { argsTemplate }),
    argsPath: use.argsPath,
    ...(listen ? { listen: asList(valueOf(listen)).map(String) } : {}),
  };
  const { checkArguments } = await import('./bind.ts');
  const defaults = { ...scope.moduleDefaults, ...task.keywords.moduleDefaults }[use.name];
  for (const error of checkArguments(module, task, isRecord(defaults) ? defaults : {})) problems.add(error);
  return task;
}

/** Name, keywords, loop, register and the like, which tasks and includes share. */
export function repeatableParts(map: YamlMap, given: ReadonlyMap<string, YamlNode>, scope: LoadScope, source: Source): Repeatable {
  const text = (name: string): string | undefined => {
    const node = given.get(name);
    const value = node && valueOf(node);
    return value === null || value === undefined ? undefined : String(value);
  };
  const name = text('name');
  const register = text('register');
  if (register !== undefined) checkVariableName(register, source, ['register'], scope);
  const loop = loopOf(map, given, scope);
  const parts: Record<string, unknown> = {};
  for (const key of ['retries', 'delay', 'async', 'poll'] as const) {
    const node = given.get(key);
    if (node && valueOf(node) !== null) parts[key] = valueOf(node);
  }
  for (const [key, property] of [['changed_when', 'changedWhen'], ['failed_when', 'failedWhen'], ['until', 'until']] as const) {
    const node = given.get(key);
    if (node) parts[property] = asList(valueOf(node));
  }
  const notify = given.get('notify');
  const topics = notify ? asList(valueOf(notify)).map(String) : scope.notify;
  return {
    ...(name === undefined ? {} : { name }),
    keywords: sharedKeywords(given),
    source,
    ...(loop ? { loop } : {}),
    ...(register === undefined ? {} : { register }),
    ...(topics ? { notify: topics } : {}),
    ...parts,
  };
}

export function loopKeys(map: YamlMap): string[] {
  return [...map.entries.keys()].filter((key) => key.startsWith('with_'));
}

/** Reports a name that no variable can have. */
export function checkVariableName(name: string, source: Source, path: readonly string[], scope: LoadScope): void {
  if (isVariableName(name)) return;
  scope.problems.add(new CtplayError('playbook.structure', `'${name}' can't be the name of a variable`, { span: source.at(path), expected: variableNames }));
}

function loopOf(map: YamlMap, given: ReadonlyMap<string, YamlNode>, scope: LoadScope): Loop | undefined {
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
  const source = sourceOf(node);
  for (const { key, keySpan } of node.entries.values()) {
    if (!loopControls.includes(key)) scope.problems.add(new CtplayError('playbook.keyword', `'loop_control' has no '${key}'`, { span: keySpan, hint: didYouMean(key, loopControls) ?? `It takes ${loopControls.join(', ')}.` }));
  }
  const value = (key: string): unknown => {
    const entry = node.entries.get(key);
    return entry && valueOf(entry.value);
  };
  const names = ['loop_var', 'index_var'].filter((key) => value(key) !== undefined);
  for (const key of names) checkVariableName(String(value(key)), source, [key], scope);
  return {
    loopVar: String(value('loop_var') ?? 'item'),
    ...(value('index_var') === undefined ? {} : { indexVar: String(value('index_var')) }),
    ...(value('label') === undefined ? {} : { label: value('label') }),
    ...(value('pause') === undefined ? {} : { pause: value('pause') }),
    ...(value('extended') === undefined ? {} : { extended: value('extended') }),
  };
}

interface WrittenArguments {
  readonly args: Readonly<Record<string, unknown>>;
  readonly template?: string;
}

/** A mapping, `k=v` words, a bare string, nothing, or a template for all of it. */
function writtenArguments(use: ModuleUse, map: YamlMap, module: AnyModule, scope: LoadScope): WrittenArguments | undefined {
  const node = use.args;
  const span = (nodeAt(map, use.argsPath) ?? map).span;
  const fromMap = node?.kind === 'map' ? (valueOf(node) as Record<string, unknown>) : {};
  const scalar = node?.kind === 'scalar' ? node.value : undefined;
  const text = use.argsText ?? (typeof scalar === 'string' ? scalar : typeof scalar === 'number' && module.freeForm !== undefined ? String(scalar) : undefined);
  if (text === undefined) {
    if (node === undefined || node.kind === 'map' || scalar === null) return { args: fromMap };
    scope.problems.add(
      new CtplayError('args.type', `the arguments of ${use.name} must be a mapping`, { span, expected: module.freeForm === undefined ? 'a mapping of arguments' : 'a mapping of arguments, or a string', found: describeNode(node) }),
    );
    return undefined;
  }
  if (module.freeForm === undefined && /^\s*\{\{[^]*\}\}\s*$/.test(text) && !text.includes('=')) return { args: fromMap, template: text };
  const free = attempt(() => parseFreeForm(text, optionTest(module)), span, scope);
  if (!free) return undefined;
  if (free.raw !== undefined && module.freeForm === undefined) {
    const words = free.raw.trim();
    scope.problems.add(
      new CtplayError('args.type', `${use.name} takes named arguments`, { span, expected: 'a mapping of arguments, or words of the form name=value', found: `'${words}'`, hint: `\`ctplay doc ${use.name}\` lists them.` }),
    );
    return undefined;
  }
  return { args: { ...fromMap, ...free.options, ...(free.raw === undefined ? {} : { [module.freeForm!]: free.raw }) } };
}

/** In the command of a free-form module only the module's own arguments count as `name=value`. */
function optionTest(module: AnyModule): (key: string) => boolean {
  if (module.freeForm === undefined) return (key) => /^\w[\w.-]*$/.test(key);
  const names = new Set<string>();
  for (const [name, schema] of Object.entries(module.args.properties)) {
    if (name === module.freeForm) continue;
    names.add(name);
    for (const alias of (schema as { aliases?: readonly string[] }).aliases ?? []) names.add(alias);
  }
  return (key) => names.has(key);
}

function attempt<T>(action: () => T, span: Repeatable['source']['span'], scope: LoadScope): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof CtplayError)) throw error;
    scope.problems.add(error.at(span));
    return undefined;
  }
}

/** Arguments may stand under the module's name or under `args:`. */
function taskSource(map: YamlMap, argsPath: readonly string[]): Source {
  const source = sourceOf(map);
  const resolve = (path: readonly (string | number)[]): readonly (string | number)[] => {
    if (path.length <= argsPath.length || nodeAt(map, path) !== undefined || !argsPath.every((part, index) => path[index] === part)) return path;
    const inArgs = ['args', ...path.slice(argsPath.length)];
    return nodeAt(map, inArgs.slice(0, 2)) === undefined ? path : inArgs;
  };
  return {
    ...source,
    at: (path) => wordSpan(map, argsPath, path, 'value') ?? source.at(resolve(path)),
    keyAt: (path) => wordSpan(map, argsPath, path, 'name') ?? source.keyAt(resolve(path)),
  };
}

/** The place of an argument that is written as `name=value` in a plain string on one line. */
function wordSpan(map: YamlMap, argsPath: readonly string[], path: readonly (string | number)[], part: 'name' | 'value'): SourceSpan | undefined {
  const node = path.length === argsPath.length + 1 ? nodeAt(map, argsPath) : undefined;
  if (node?.kind !== 'scalar' || typeof node.value !== 'string' || !node.plain || node.span.endLine !== node.span.line) return undefined;
  const place = optionPlace(node.value, String(path.at(-1)));
  if (!place) return undefined;
  const [from, to] = part === 'name' ? [place.start, place.equals] : [Math.min(place.equals + 1, place.end - 1), place.end];
  return { ...node.span, column: node.span.column + from, endColumn: node.span.column + to };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
