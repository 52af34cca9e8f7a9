/** One task: its module, its arguments in whatever form they are written, and its keywords. */
import { CtplayError } from '../errors.ts';
import type { AnyModule } from '../registry.ts';
import type { ModuleUse } from './find-module.ts';
import { asList, checkedKeywords, sharedKeywords } from './keyword-values.ts';
import { loopKeys, loopOf } from './loop.ts';
import { checkModuleDefaults, defaultsFor } from './module-defaults.ts';
import type { LoadScope } from './scope.ts';
import { taskSource, writtenArguments } from './task-arguments.ts';
import type { Repeatable, Source, Task } from './tree.ts';
import { checkVariableName } from './variable-names.ts';
import { describeNode, valueOf, type YamlMap, type YamlNode } from './yaml/node.ts';

/** The task of a mapping. Its arguments and keywords are checked; problems are added to the scope's. */
export async function loadTask(map: YamlMap, use: ModuleUse, scope: LoadScope): Promise<Task | undefined> {
  const { problems } = scope;
  const given = checkedKeywords(map, scope.handlers ? 'handler' : 'task', problems, new Set([...use.keys, ...loopKeys(map)]));
  checkModuleDefaults(given, scope);
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
  const repeatable = actingParts(use, map, given, scope, source);
  const listen = given.get('listen');
  const task: Task = {
    ...repeatable,
    kind: 'task',
    module: use.name,
    args: { ...(more?.kind === 'map' ? (moreValue as Record<string, unknown>) : {}), ...written.args },
    ...(argsTemplate === undefined ? {} : { argsTemplate }),
    argsPath: use.argsPath,
    ...(listen ? { listen: asList(valueOf(listen)).map(String) } : {}),
  };
  const { checkArguments } = await import('./bind.ts');
  const defaults = defaultsFor(use.name, [scope.moduleDefaults, task.keywords.moduleDefaults]).filter(isRecord);
  for (const error of checkArguments(module, task, Object.assign({}, ...defaults) as Record<string, unknown>)) problems.add(error);
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
  if (register !== undefined) checkVariableName(register, source.at(['register']), scope.problems);
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

/** The same for a task that names a module, which `local_action` runs on this machine. */
export function actingParts(use: ModuleUse, map: YamlMap, given: ReadonlyMap<string, YamlNode>, scope: LoadScope, source: Source): Repeatable {
  const parts = repeatableParts(map, given, scope, source);
  return use.local ? { ...parts, keywords: { delegateTo: 'localhost', connection: 'local', ...parts.keywords } } : parts;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
