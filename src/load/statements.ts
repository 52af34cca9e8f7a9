/** meta, and what brings other tasks in: imports are spliced in now, includes are kept until the run comes to them. */
import { CtplayError, didYouMean } from '../errors.ts';
import { loadEntriesFile } from './entries.ts';
import type { ModuleUse, Statement } from './find-module.ts';
import { checkedKeywords, sharedKeywords } from './keyword-values.ts';
import { loopKeys } from './loop.ts';
import { importRole } from './role.ts';
import { enterFile, findTasksFile, innerScope, namesWithin, type LoadScope } from './scope.ts';
import { staticText } from './static-text.ts';
import { repeatableParts } from './task.ts';
import type { Block, Entry, Include, Keywords, Meta } from './tree.ts';
import { sourceOf, valueOf, type YamlMap } from './yaml/node.ts';

/** The entry of a task that names a statement instead of a module. */
export function loadStatement(node: YamlMap, use: ModuleUse, statement: Statement, scope: LoadScope): Entry | undefined | Promise<Entry | undefined> {
  switch (statement) {
    case 'meta':
      return loadMeta(node, use, scope);
    case 'include_tasks':
    case 'include_role':
      return loadInclude(node, use, statement === 'include_tasks' ? 'tasks' : 'role', scope);
    case 'import_tasks':
      return importTasks(node, use, scope);
    case 'import_role':
      return loadImportedRole(node, use, scope);
  }
}

const metaActions: readonly Meta['action'][] = ['flush_handlers', 'end_play', 'end_host', 'end_batch', 'clear_facts', 'clear_host_errors', 'refresh_inventory', 'reset_connection', 'noop'];

function loadMeta(node: YamlMap, use: ModuleUse, scope: LoadScope): Meta | undefined {
  const given = checkedKeywords(node, 'task', scope.problems, use.keys);
  const written = use.argsText ?? (use.args ? valueOf(use.args) : null);
  const action = metaActions.find((one) => one === written);
  const source = sourceOf(node);
  if (action === undefined) {
    scope.problems.add(new CtplayError('playbook.structure', `there is no meta action '${String(written)}'`, { span: source.at(use.argsPath), hint: didYouMean(String(written), metaActions) ?? `There are ${metaActions.join(', ')}.` }));
    return undefined;
  }
  const name = given.get('name');
  return { kind: 'meta', ...(name ? { name: String(valueOf(name)) } : {}), keywords: sharedKeywords(given), source, action };
}

const includeArguments = {
  tasks: ['file', 'apply'],
  role: ['name', 'role', 'tasks_from', 'vars_from', 'defaults_from', 'handlers_from', 'apply', 'public', 'allow_duplicates', 'rolespec_validate'],
} as const;

function loadInclude(node: YamlMap, use: ModuleUse, what: 'tasks' | 'role', scope: LoadScope): Include | undefined {
  const given = checkedKeywords(node, 'include', scope.problems, new Set([...use.keys, ...loopKeys(node)]), `include_${what}`);
  const args = statementArguments(node, use, what, scope);
  if (!args) return undefined;
  return { ...repeatableParts(node, given, scope, sourceOf(node)), kind: 'include', what, args, argsPath: use.argsPath };
}

/** The arguments of an include or import: the file or role alone as a string, or a mapping. */
function statementArguments(node: YamlMap, use: ModuleUse, what: 'tasks' | 'role', scope: LoadScope): Record<string, unknown> | undefined {
  const main = what === 'tasks' ? 'file' : 'name';
  const source = sourceOf(node);
  const value = use.argsText ?? (use.args ? valueOf(use.args) : null);
  let args: Record<string, unknown> = {};
  if (typeof value === 'string') args = { [main]: value };
  else if (use.args?.kind === 'map') args = { ...(value as Record<string, unknown>) };
  if (args._raw_params !== undefined) {
    args = { ...args, [main]: args._raw_params };
    delete args._raw_params;
  }
  const names: readonly string[] = includeArguments[what];
  for (const name of Object.keys(args)) {
    if (!names.includes(name)) scope.problems.add(new CtplayError('args.unknown', `${use.name} has no argument '${name}'`, { span: source.keyAt([...use.argsPath, name]), hint: didYouMean(name, names) ?? `It takes ${names.join(', ')}.` }));
  }
  if (args.role !== undefined) {
    const { role, ...rest } = args;
    args = { name: role, ...rest };
  }
  if (typeof args[main] === 'string' && args[main] !== '') return args;
  scope.problems.add(new CtplayError('args.missing', what === 'tasks' ? `${use.name} needs a file` : `${use.name} needs the name of a role`, { span: source.keyAt(use.argsPath), hint: what === 'tasks' ? `Such as ${use.name}: setup.yaml` : `Such as ${use.name}: {name: webserver}` }));
  return undefined;
}

/** The file or role that an import names; undefined when it can't be known yet. */
function staticName(node: YamlMap, use: ModuleUse, name: string, keywords: Keywords, scope: LoadScope): string | undefined {
  return staticText(name, { ...scope, ...namesWithin(scope, keywords) }, sourceOf(node).at(use.argsPath), { what: `${use.name} is`, hint: `Use '${use.name.replace('import', 'include')}', which is expanded when it is reached.` });
}

async function importTasks(node: YamlMap, use: ModuleUse, scope: LoadScope): Promise<Block | undefined> {
  const given = checkedKeywords(node, 'import', scope.problems, new Set([...use.keys, ...loopKeys(node)]), 'import_tasks');
  reportLoop(node, use, scope);
  const args = statementArguments(node, use, 'tasks', scope);
  const keywords = sharedKeywords(given);
  const name = args && staticName(node, use, String(args.file), keywords, scope);
  if (name === undefined) return undefined;
  const source = sourceOf(node);
  try {
    const span = source.at([...use.argsPath, 'file']);
    const file = findTasksFile(name, scope, span);
    const block = await loadEntriesFile(file, enterFile(innerScope(scope, given, keywords), file, span));
    const title = given.get('name');
    return { kind: 'block', ...(title ? { name: String(valueOf(title)) } : {}), keywords, source, block, rescue: [], always: [] };
  } catch (error) {
    scope.problems.take(error);
    return undefined;
  }
}

async function loadImportedRole(node: YamlMap, use: ModuleUse, scope: LoadScope): Promise<Block | undefined> {
  const given = checkedKeywords(node, 'import', scope.problems, new Set([...use.keys, ...loopKeys(node)]), 'import_role');
  reportLoop(node, use, scope);
  const args = statementArguments(node, use, 'role', scope);
  const keywords = sharedKeywords(given);
  const name = args && staticName(node, use, String(args.name), keywords, scope);
  if (!args || name === undefined) return undefined;
  for (const part of ['tasks_from', 'vars_from', 'defaults_from', 'handlers_from']) {
    if (typeof args[part] === 'string') args[part] = staticName(node, use, args[part], keywords, scope);
  }
  const source = sourceOf(node);
  try {
    return await importRole({ name, from: args, keywords, source, span: source.at([...use.argsPath, 'name']) }, innerScope(scope, given, keywords));
  } catch (error) {
    scope.problems.take(error);
    return undefined;
  }
}

function reportLoop(node: YamlMap, use: ModuleUse, scope: LoadScope): void {
  for (const key of loopKeys(node)) {
    scope.problems.add(new CtplayError('playbook.keyword', `${use.name} can't loop`, { span: node.entries.get(key)!.keySpan, hint: `Use '${use.name.replace('import', 'include')}'.` }));
  }
}
