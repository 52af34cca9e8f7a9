/** Lists of tasks: tasks, blocks, imports (spliced in now), includes (kept for later), meta. */
import { CtplayError, didYouMean } from '../errors.ts';
import { findModule, isStatement, type ModuleUse, type Statement } from './find-module.ts';
import { hasTemplate } from './has-template.ts';
import { asList, checkedKeywords, sharedKeywords } from './keyword-values.ts';
import { importRole } from './role.ts';
import { enterFile, findTasksFile, readYaml, type LoadScope } from './scope.ts';
import { loadTask, loopKeys, repeatableParts } from './task.ts';
import type { Block, Entry, Include, Meta } from './tree.ts';
import { describeNode, sourceOf, valueOf, type YamlMap, type YamlNode } from './yaml/node.ts';

/** The entries of a list. Problems are added to the scope's, and the entry with them left out. */
export async function loadEntries(list: YamlNode | undefined, scope: LoadScope): Promise<readonly Entry[]> {
  if (list === undefined || (list.kind === 'scalar' && list.value === null)) return [];
  if (list.kind !== 'list') {
    scope.problems.add(
      new CtplayError('playbook.structure', 'tasks must be a list', { span: list.span, expected: "a list, each task starting with '- '", found: describeNode(list), hint: list.kind === 'map' && list.entries.has('hosts') ? 'This looks like a play, which belongs into a playbook.' : undefined }),
    );
    return [];
  }
  const entries: Entry[] = [];
  for (const item of list.items) {
    const entry = await loadEntry(item, scope);
    if (entry) entries.push(entry);
  }
  return entries;
}

/** The entries of a file of tasks. */
export async function loadEntriesFile(file: string, scope: LoadScope): Promise<readonly Entry[]> {
  return loadEntries(readYaml(file, 'a list of tasks', scope.decrypt), scope);
}

async function loadEntry(node: YamlNode, scope: LoadScope): Promise<Entry | undefined> {
  if (node.kind !== 'map') {
    scope.problems.add(new CtplayError('playbook.structure', 'a task must be a mapping', { span: node.span, expected: 'a mapping with a module and keywords', found: describeNode(node), hint: looseModule(node) }));
    return undefined;
  }
  if (node.entries.has('block')) return loadBlock(node, scope);
  for (const part of ['rescue', 'always']) {
    const entry = node.entries.get(part);
    if (!entry) continue;
    scope.problems.add(new CtplayError('playbook.structure', `'${part}' stands without a 'block'`, { span: entry.keySpan, hint: `Put the tasks that '${part}' is for under 'block:' in the same entry.` }));
    return undefined;
  }
  if (node.entries.has('hosts') && node.entries.has('tasks')) {
    scope.problems.add(new CtplayError('playbook.structure', 'this is a play, and a task is expected here', { span: node.span, hint: "Plays stand in the playbook's outermost list; take it there with import_playbook." }));
    return undefined;
  }
  const use = findModule(node, scope);
  if (!use) return undefined;
  if (use.name === 'include') {
    scope.problems.add(new CtplayError('playbook.keyword', "'include' is no longer in the language", { span: sourceOf(node).keyAt(use.argsPath), hint: "Use 'import_tasks' to splice a file in when the playbook is read, 'include_tasks' to expand it when it is reached." }));
    return undefined;
  }
  return isStatement(use.name) ? loadStatement(node, use, use.name, scope) : loadTask(node, use, scope);
}

/** `- ping` for `- ping:` is a common slip. */
function looseModule(node: YamlNode): string | undefined {
  const text = node.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined;
  return text !== undefined && /^\w+$/.test(text) ? `If '${text}' is meant as a module, it needs a colon: '${text}:'.` : undefined;
}

async function loadBlock(node: YamlMap, scope: LoadScope): Promise<Block> {
  const given = checkedKeywords(node, 'block', scope.problems);
  const keywords = sharedKeywords(given);
  const inner = innerScope(scope, given, keywords);
  const name = given.get('name');
  return {
    kind: 'block',
    ...(name ? { name: String(valueOf(name)) } : {}),
    keywords,
    source: sourceOf(node),
    block: await loadEntries(given.get('block'), inner),
    rescue: await loadEntries(given.get('rescue'), inner),
    always: await loadEntries(given.get('always'), inner),
  };
}

function innerScope(scope: LoadScope, given: ReadonlyMap<string, YamlNode>, keywords: Block['keywords']): LoadScope {
  const notify = given.get('notify');
  return {
    ...scope,
    moduleDefaults: { ...scope.moduleDefaults, ...keywords.moduleDefaults },
    ...(notify ? { notify: asList(valueOf(notify)).map(String) } : {}),
  };
}

function loadStatement(node: YamlMap, use: ModuleUse, statement: Statement, scope: LoadScope): Entry | undefined | Promise<Entry | undefined> {
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

/** What can't be known when the playbook is read can't be imported. */
function isStatic(node: YamlMap, use: ModuleUse, name: string, scope: LoadScope): boolean {
  if (!hasTemplate(name)) return true;
  scope.problems.add(
    new CtplayError('playbook.structure', `${use.name} is read before any variable has a value`, { span: sourceOf(node).at(use.argsPath), found: `'${name}'`, hint: `Use '${use.name.replace('import', 'include')}', which is expanded when it is reached.` }),
  );
  return false;
}

async function importTasks(node: YamlMap, use: ModuleUse, scope: LoadScope): Promise<Block | undefined> {
  const given = checkedKeywords(node, 'import', scope.problems, new Set([...use.keys, ...loopKeys(node)]), 'import_tasks');
  reportLoop(node, use, scope);
  const args = statementArguments(node, use, 'tasks', scope);
  if (!args || !isStatic(node, use, String(args.file), scope)) return undefined;
  const source = sourceOf(node);
  const keywords = sharedKeywords(given);
  try {
    const span = source.at([...use.argsPath, 'file']);
    const file = findTasksFile(String(args.file), scope, span);
    const block = await loadEntriesFile(file, enterFile(innerScope(scope, given, keywords), file, span));
    const name = given.get('name');
    return { kind: 'block', ...(name ? { name: String(valueOf(name)) } : {}), keywords, source, block, rescue: [], always: [] };
  } catch (error) {
    scope.problems.take(error);
    return undefined;
  }
}

async function loadImportedRole(node: YamlMap, use: ModuleUse, scope: LoadScope): Promise<Block | undefined> {
  const given = checkedKeywords(node, 'import', scope.problems, new Set([...use.keys, ...loopKeys(node)]), 'import_role');
  reportLoop(node, use, scope);
  const args = statementArguments(node, use, 'role', scope);
  if (!args || !isStatic(node, use, String(args.name), scope)) return undefined;
  const source = sourceOf(node);
  const keywords = sharedKeywords(given);
  try {
    return await importRole({ name: String(args.name), from: args, keywords, source, span: source.at([...use.argsPath, 'name']) }, innerScope(scope, given, keywords));
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
