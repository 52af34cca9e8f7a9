/** Keyword values: checked for their type, brought into the tree's form. */
import { CtplayError, didYouMean } from '../errors.ts';
import { Secret } from '../shell.ts';
import { Float } from '../template/python/values.ts';
import { defaultsKey } from './module-defaults.ts';
import type { Problems } from './problems.ts';
import { keywordsOf, type Keyword, type KeywordHolder, type KeywordType } from './keywords.ts';
import { describeNode, valueOf, type YamlMap, type YamlNode } from './yaml/node.ts';
import { hasTemplate } from './has-template.ts';
import type { Keywords } from './tree.ts';
import { checkVariableNames } from './variable-names.ts';

const expectations: Readonly<Record<KeywordType, string>> = {
  boolean: 'true or false',
  integer: 'an integer',
  number: 'a number',
  text: 'a string',
  texts: 'a list of strings',
  name: 'a word',
  list: 'a list',
  mapping: 'a mapping',
  conditions: 'a condition or a list of conditions',
  any: 'a value',
  tasks: 'a list of tasks',
};

/** Whether a keyword may take this node. A string that holds a template is taken wherever its value comes later. */
function fits(type: KeywordType, node: YamlNode): boolean {
  const scalar = node.kind === 'scalar' ? node.value : undefined;
  if (node.kind === 'scalar' && scalar === null) return true;
  if (scalar instanceof Secret) return type === 'text' || type === 'any';
  if (typeof scalar === 'string' && hasTemplate(scalar) && type !== 'name' && type !== 'tasks') return true;
  switch (type) {
    case 'any':
      return true;
    case 'boolean':
      return typeof scalar === 'boolean' || scalar === 0 || scalar === 1 || (typeof scalar === 'string' && /^(?:yes|no|true|false|on|off|y|n|t|f|0|1)$/i.test(scalar));
    case 'integer':
      return Number.isInteger(scalar) || (typeof scalar === 'string' && /^\s*[-+]?\d+\s*$/.test(scalar));
    case 'number':
      return typeof scalar === 'number' || scalar instanceof Float || (typeof scalar === 'string' && /^\s*[-+]?\d+(?:\.\d*)?%?\s*$/.test(scalar));
    case 'text':
      return typeof scalar === 'string' || typeof scalar === 'number' || typeof scalar === 'boolean' || scalar instanceof Float;
    case 'name':
      return typeof scalar === 'string';
    case 'texts':
      return isText(node) || (node.kind === 'list' && node.items.every(isText));
    case 'list':
      return true;
    case 'conditions':
      return node.kind !== 'map' && (node.kind === 'scalar' || node.items.every((item) => item.kind === 'scalar'));
    case 'mapping':
      return node.kind === 'map';
    case 'tasks':
      return node.kind === 'list';
  }
}

function isText(node: YamlNode): boolean {
  return node.kind === 'scalar' && (typeof node.value === 'string' || typeof node.value === 'number');
}

/** Reports keywords of a wrong type; false when there was one. */
export function checkKeyword(keyword: Keyword, node: YamlNode, problems: Problems): boolean {
  if (fits(keyword.type, node)) return isChoice(keyword, node, problems);
  problems.add(
    new CtplayError('playbook.structure', `'${keyword.name}' must be ${expectations[keyword.type]}`, {
      span: node.span,
      expected: expectations[keyword.type],
      found: describeNode(node),
    }),
  );
  return false;
}

function isChoice({ name, choices }: Keyword, node: YamlNode, problems: Problems): boolean {
  const value = valueOf(node);
  if (choices === undefined || typeof value !== 'string' || hasTemplate(value) || choices.includes(value)) return true;
  problems.add(new CtplayError('playbook.structure', `'${name}' can't be '${value}'`, { span: node.span, expected: `one of ${choices.join(', ')}`, found: describeNode(node), hint: didYouMean(value, choices) }));
  return false;
}

/**
 * Checks the keywords of a mapping and gives those that are right, without the names in `others` (modules). Names that are
 * neither are reported with the nearest of `candidates` and the holder's keywords.
 */
export function checkedKeywords(map: YamlMap, holder: KeywordHolder, problems: Problems, others: ReadonlySet<string> = new Set(), what: string = holder): Map<string, YamlNode> {
  const known = keywordsOf(holder);
  const checked = new Map<string, YamlNode>();
  for (const { key, keySpan, value } of map.entries.values()) {
    if (others.has(key)) continue;
    const keyword = known.get(key);
    if (!keyword) {
      problems.add(new CtplayError('playbook.keyword', `${article(what)} has no keyword '${key}'`, { span: keySpan, hint: didYouMean(key, known.keys()) ?? elsewhere(key, holder) }));
    } else if (keyword.refused !== undefined) {
      problems.add(new CtplayError('playbook.keyword', `'${key}' is not supported`, { span: keySpan, hint: keyword.refused }));
    } else if (checkKeyword(keyword, value, problems)) {
      if (key === 'vars') checkVariableNames(value, problems);
      checked.set(key, value);
    }
  }
  return checked;
}

function article(word: string): string {
  return `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`;
}

/** Where a keyword belongs that is right but not here. */
function elsewhere(key: string, here: KeywordHolder): string | undefined {
  if (here === 'include' && keywordsOf('task').has(key)) return `What the included tasks should inherit goes under 'apply': apply: {${key}: …}.`;
  if (here === 'import' && keywordsOf('task').has(key)) return `An import is spliced in when the file is read; use include_tasks or include_role for '${key}'.`;
  const right = (['play', 'block', 'task', 'handler', 'role'] as const).filter((holder) => keywordsOf(holder).has(key));
  return right.length === 0 ? undefined : `'${key}' is a keyword of a ${right.join(', ')}.`;
}

/** The keywords that plays, blocks, includes and tasks share, in the tree's names. */
export function sharedKeywords(given: ReadonlyMap<string, YamlNode>): Keywords {
  const shared: Record<string, unknown> = {};
  for (const [name, property] of sharedNames) {
    const node = given.get(name);
    if (node === undefined) continue;
    const value = valueOf(node);
    if (value === null && name !== 'environment') continue;
    shared[property] = value;
  }
  for (const name of ['when', 'environment'] as const) {
    const node = given.get(name);
    if (node) shared[name] = asList(valueOf(node));
  }
  const tags = given.get('tags');
  if (tags) shared.tags = asWords(valueOf(tags));
  const collections = given.get('collections');
  if (collections) shared.collections = asWords(valueOf(collections));
  const defaults = given.get('module_defaults');
  if (defaults) shared.moduleDefaults = mergedDefaults(valueOf(defaults));
  return shared;
}

const sharedNames: readonly (readonly [string, keyof Keywords])[] = [
  ['vars', 'vars'],
  ['become', 'become'],
  ['become_user', 'becomeUser'],
  ['become_method', 'becomeMethod'],
  ['become_exe', 'becomeExe'],
  ['become_flags', 'becomeFlags'],
  ['remote_user', 'remoteUser'],
  ['port', 'port'],
  ['connection', 'connection'],
  ['no_log', 'noLog'],
  ['ignore_errors', 'ignoreErrors'],
  ['ignore_unreachable', 'ignoreUnreachable'],
  ['any_errors_fatal', 'anyErrorsFatal'],
  ['check_mode', 'checkMode'],
  ['diff', 'diff'],
  ['delegate_to', 'delegateTo'],
  ['delegate_facts', 'delegateFacts'],
  ['run_once', 'runOnce'],
  ['throttle', 'throttle'],
  ['guard', 'guard'],
  ['timeout', 'timeout'],
];

/** A list as it is, null as an empty list, anything else as a list of one. */
export function asList(value: unknown): readonly unknown[] {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

/** Words from a list or from comma-separated text. */
export function asWords(value: unknown): readonly string[] {
  return asList(value)
    .flatMap((item) => (typeof item === 'string' && !hasTemplate(item) ? item.split(',') : [String(item)]))
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** By short module name; later mappings of a list win. */
function mergedDefaults(value: unknown): Record<string, unknown> {
  const mappings = asList(value).filter((one) => typeof one === 'object' && one !== null);
  return Object.fromEntries(mappings.flatMap((one) => Object.entries(one as Record<string, unknown>)).map(([name, args]) => [defaultsKey(name), args]));
}
