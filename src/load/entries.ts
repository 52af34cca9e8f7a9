/** Lists of tasks: tasks, blocks, imports (spliced in now), includes (kept for later), meta. */
import { CtplayError } from '../errors.ts';
import { findModule, isStatement } from './find-module.ts';
import { hasTemplate } from './has-template.ts';
import { checkedKeywords, sharedKeywords } from './keyword-values.ts';
import { innerScope, readYaml, type LoadScope } from './scope.ts';
import { checkModuleDefaults } from './module-defaults.ts';
import { loadLateTask } from './late-task.ts';
import { loadStatement } from './statements.ts';
import { loadTask } from './task.ts';
import type { Block, Entry } from './tree.ts';
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
  if (hasTemplate(use.name)) return loadLateTask(node, use, scope);
  return isStatement(use.name) ? loadStatement(node, use, use.name, scope) : loadTask(node, use, scope);
}

/** `- ping` for `- ping:` is a common slip. */
function looseModule(node: YamlNode): string | undefined {
  const text = node.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined;
  return text !== undefined && /^\w+$/.test(text) ? `If '${text}' is meant as a module, it needs a colon: '${text}:'.` : undefined;
}

async function loadBlock(node: YamlMap, scope: LoadScope): Promise<Block> {
  const given = checkedKeywords(node, 'block', scope.problems);
  checkModuleDefaults(given, scope);
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
