/** A task whose module is a template: `action: "{{ name }} src=a"`. It is read in two steps, the second when the name is known. */
import { CtplayError, didYouMean } from '../errors.ts';
import { shortModuleName } from '../registry.ts';
import type { ModuleUse } from './find-module.ts';
import { checkedKeywords } from './keyword-values.ts';
import { loopKeys } from './loop.ts';
import { Problems } from './problems.ts';
import type { LoadScope } from './scope.ts';
import { taskSource } from './task-arguments.ts';
import { actingParts, loadTask } from './task.ts';
import type { Task } from './tree.ts';
import type { YamlMap } from './yaml/node.ts';

/** The task with its keywords checked, and `chooseModule` to get the rest. Problems with the keywords are added to the scope's. */
export function loadLateTask(map: YamlMap, use: ModuleUse, scope: LoadScope): Task {
  const given = checkedKeywords(map, scope.handlers ? 'handler' : 'task', scope.problems, new Set([...use.keys, ...loopKeys(map)]));
  const source = taskSource(map, use.argsPath);
  const chosen = new Map<string, Promise<Task>>();
  return {
    ...actingParts(use, map, given, scope, source),
    kind: 'task',
    module: use.name,
    args: {},
    argsPath: use.argsPath,
    chooseModule: (written) => {
      const name = shortModuleName(written.trim());
      let task = chosen.get(name);
      if (!task) chosen.set(name, (task = chosenTask(map, { ...use, name }, scope)));
      return task;
    },
  };
}

async function chosenTask(map: YamlMap, use: ModuleUse, scope: LoadScope): Promise<Task> {
  if (!scope.registry.has(use.name)) {
    throw new CtplayError('module.unknown', `there is no module '${use.name}'`, { hint: didYouMean(use.name, scope.registry.names()) ?? '`ctplay doc` lists all modules.' });
  }
  const problems = new Problems();
  const task = await loadTask(map, use, { ...scope, problems });
  problems.throwIfAny();
  return task!;
}
