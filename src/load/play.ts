/** Plays, and playbooks that import playbooks. */
import path from 'node:path';
import { CtplayError, didYouMean } from '../errors.ts';
import { placesInCollections } from './collections.ts';
import { loadEntries } from './entries.ts';
import { checkNotifications } from './handlers.ts';
import { asList, checkedKeywords, sharedKeywords } from './keyword-values.ts';
import { keywordsOf } from './keywords.ts';
import { checkModuleDefaults } from './module-defaults.ts';
import { hostsOf, orderOf, staticVariables, strategyOf, varsFiles, varsPrompts } from './play-values.ts';
import { loadRoles } from './role.ts';
import { enterFile, isFile, namesWithin, readYaml, type LoadScope } from './scope.ts';
import { staticText } from './static-text.ts';
import type { Keywords, Play } from './tree.ts';
import { describeNode, sourceOf, valueOf, type YamlEntry, type YamlMap, type YamlNode } from './yaml/node.ts';

/** The plays of a playbook's outermost list, imported ones in their place. Problems are added to the scope's. */
export async function loadPlays(root: YamlNode, scope: LoadScope): Promise<readonly Play[]> {
  if (root.kind !== 'list') {
    const looksLikePlay = root.kind === 'map' && root.entries.has('hosts');
    scope.problems.add(
      new CtplayError('playbook.structure', 'a playbook must be a list of plays', {
        span: root.span,
        expected: "a list, each play starting with '- '",
        found: root.kind === 'scalar' && root.value === null ? 'an empty file' : describeNode(root),
        hint: looksLikePlay ? "Put '- ' before 'hosts' and indent the rest of the play by two blanks." : undefined,
      }),
    );
    return [];
  }
  const plays: Play[] = [];
  for (const item of root.items) {
    if (item.kind !== 'map') {
      scope.problems.add(new CtplayError('playbook.structure', 'a play must be a mapping', { span: item.span, expected: "a mapping with 'hosts' and 'tasks'", found: describeNode(item) }));
      continue;
    }
    const imported = item.entries.get('import_playbook') ?? item.entries.get('ansible.builtin.import_playbook');
    if (imported) plays.push(...(await importPlaybook(item, imported, scope)));
    else {
      const play = await loadPlay(item, scope);
      if (play) plays.push(play);
    }
  }
  return plays;
}

async function importPlaybook(node: YamlMap, imported: YamlEntry, scope: LoadScope): Promise<readonly Play[]> {
  const written = valueOf(imported.value);
  const span = imported.value.span;
  const given = checkedKeywords(node, 'import', scope.problems, new Set([imported.key]), 'import_playbook');
  for (const [key] of given) {
    if (!['name', 'when', 'tags', 'vars'].includes(key)) scope.problems.add(new CtplayError('playbook.keyword', `import_playbook has no keyword '${key}'`, { span: node.entries.get(key)!.keySpan, hint: 'It takes name, when, tags and vars.' }));
  }
  if (typeof written !== 'string' || written === '') {
    scope.problems.add(new CtplayError('playbook.structure', 'import_playbook takes the name of a file', { span, expected: 'a path', found: describeNode(imported.value) }));
    return [];
  }
  const name = staticText(written, scope, span, { what: 'import_playbook is', hint: 'Give the variable with -e.' });
  if (name === undefined) return [];
  const places = [path.resolve(path.dirname(scope.file), name), ...placesInCollections('playbooks', name, scope).flatMap((place) => [`${place}.yml`, `${place}.yaml`])];
  const file = places.find(isFile);
  try {
    if (file === undefined) throw new CtplayError('file.missing', `there is no playbook '${name}'`, { span, detail: `looked for:\n${places.join('\n')}` });
    const inner = { ...enterFile(scope, file, span), playbookFolder: path.dirname(file) };
    const plays = await loadPlays(readYaml(file, 'the playbook', scope.decrypt), inner);
    const outer = sharedKeywords(given);
    return plays.map((play) => ({ ...play, keywords: importedKeywords(outer, play.keywords) }));
  } catch (error) {
    scope.problems.take(error);
    return [];
  }
}

/** What stands at an import adds up with what each imported play says itself. */
function importedKeywords(outer: Keywords, own: Keywords): Keywords {
  return {
    ...own,
    ...(outer.when ? { when: [...outer.when, ...(own.when ?? [])] } : {}),
    ...(outer.tags ? { tags: [...(own.tags ?? []), ...outer.tags] } : {}),
    ...(outer.vars ? { vars: { ...own.vars, ...outer.vars } } : {}),
  };
}

async function loadPlay(node: YamlMap, scope: LoadScope): Promise<Play | undefined> {
  const { problems } = scope;
  if (!node.entries.has('hosts') && !hasPlayKey(node)) {
    problems.add(notAPlay(node, scope));
    return undefined;
  }
  const before = problems.count;
  const given = checkedKeywords(node, 'play', problems);
  checkModuleDefaults(given, scope);
  const keywords = sharedKeywords(given);
  const files = varsFiles(given.get('vars_files'), scope);
  const named = namesWithin(scope, keywords);
  const inner: LoadScope = { ...scope, ...named, variables: [staticVariables(files, scope), ...named.variables], moduleDefaults: { ...scope.moduleDefaults, ...keywords.moduleDefaults } };
  const value = (name: string): unknown => {
    const found = given.get(name);
    return found && (valueOf(found) ?? undefined);
  };
  const optional = (name: string, property: string): Record<string, unknown> => (value(name) === undefined ? {} : { [property]: value(name) });
  const name = value('name');
  const play: Play = {
    ...(name === undefined ? {} : { name: String(name) }),
    keywords,
    source: sourceOf(node),
    hosts: hostsOf(node, scope),
    varsFiles: files,
    varsPrompt: varsPrompts(given.get('vars_prompt'), scope),
    strategy: strategyOf(given.get('strategy'), scope),
    serial: asList(value('serial')),
    ...optional('gather_facts', 'gatherFacts'),
    ...optional('max_fail_percentage', 'maxFailPercentage'),
    ...orderOf(given.get('order'), scope),
    ...optional('force_handlers', 'forceHandlers'),
    preTasks: await loadEntries(given.get('pre_tasks'), inner),
    roles: await loadRoles(given.get('roles'), inner),
    tasks: await loadEntries(given.get('tasks'), inner),
    postTasks: await loadEntries(given.get('post_tasks'), inner),
    handlers: await loadEntries(given.get('handlers'), { ...inner, handlers: true }),
  };
  // Where a handler has an error of its own, it is missing here.
  if (problems.count === before) checkNotifications(play, problems);
  return play;
}

function hasPlayKey(node: YamlMap): boolean {
  return ['tasks', 'roles', 'pre_tasks', 'post_tasks', 'handlers', 'gather_facts', 'vars_files'].some((key) => node.entries.has(key));
}

/** A mapping with neither hosts nor tasks: a task in the wrong file, or a play with a typing error. */
function notAPlay(node: YamlMap, scope: LoadScope): CtplayError {
  const keys = [...node.entries.keys()];
  const typo = keys.map((key) => (keywordsOf('play').has(key) ? undefined : didYouMean(key, ['hosts', 'tasks', 'roles', 'import_playbook']))).find((hint) => hint !== undefined);
  const module = keys.find((key) => scope.registry.has(key));
  return new CtplayError('playbook.structure', 'this is no play', {
    span: node.span,
    expected: "a mapping with 'hosts', or import_playbook",
    found: `a mapping with ${keys.slice(0, 6).map((key) => `'${key}'`).join(', ')}`,
    hint: typo ?? (module === undefined ? undefined : `'${module}' is a module: tasks stand under a play's 'tasks:'.`),
  });
}
