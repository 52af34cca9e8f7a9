/** Roles: a folder of tasks, handlers, variables, defaults and meta data becomes a block. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { CtplayError, didYouMean, type SourceSpan } from '../errors.ts';
import { validationTask } from './argument-specs.ts';
import { collectionOf, placesInCollections } from './collections.ts';
import { loadEntriesFile } from './entries.ts';
import { checkKeyword, sharedKeywords } from './keyword-values.ts';
import { keywordsOf } from './keywords.ts';
import { isFile, isFolder, namesWithin, readYaml, variablesOf, type LoadScope } from './scope.ts';
import type { Block, Entry, Keywords, Source } from './tree.ts';
import { staticText } from './static-text.ts';
import { checkVariableNames } from './variable-names.ts';
import { describeNode, sourceOf, valueOf, type YamlNode } from './yaml/node.ts';

/** Which role, and which of its files. */
export interface RoleRequest {
  readonly name: string;
  /** Of include_role and import_role: `tasks_from` and the like, `allow_duplicates`, `rolespec_validate`. */
  readonly from?: Readonly<Record<string, unknown>>;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly keywords: Keywords;
  readonly source: Source;
  /** Where the role is named, for errors. */
  readonly span: SourceSpan;
}

/** The block of a role, its dependencies first. Throws CtplayError when the role or one of its files isn't there. */
export async function importRole(request: RoleRequest, outer: LoadScope): Promise<Block> {
  const folder = findRole(request, outer);
  const collection = collectionOf(folder);
  const name = collection === undefined ? path.basename(folder) : `${collection}.${path.basename(folder)}`;
  if (outer.chain.includes(folder)) {
    const circle = [...outer.chain.slice(outer.chain.indexOf(folder)).filter((one) => isFolder(one)).map((one) => path.basename(one)), name];
    throw new CtplayError('playbook.structure', 'roles depend on each other in a circle', { span: request.span, detail: circle.join(' → ') });
  }
  const from = request.from ?? {};
  const own: LoadScope = { ...outer, role: { name, folder }, chain: [...outer.chain, folder] };
  const defaults = partVariables('defaults', from.defaults_from, request, own);
  const vars = partVariables('vars', from.vars_from, request, own);
  const named = namesWithin(outer, request.keywords);
  const scope: LoadScope = { ...own, variables: [request.params ?? {}, vars, ...named.variables, defaults], collections: [...(collection === undefined ? [] : [collection]), ...named.collections] };
  const meta = loadMeta(folder, scope);
  const dependencies = await loadRoles(meta.dependencies, scope);
  const tasks = await partEntries('tasks', from.tasks_from, request, scope);
  const handlers = await partEntries('handlers', from.handlers_from, request, { ...scope, handlers: true });
  const entry = typeof from.tasks_from === 'string' ? path.parse(from.tasks_from).name : 'main';
  const validation = from.rolespec_validate === false ? undefined : validationTask(meta.argumentSpecs, entry, { name, folder }, request.source);
  return {
    kind: 'block',
    name,
    keywords: request.keywords,
    source: request.source,
    block: [...dependencies, ...(validation ? [validation] : []), ...tasks],
    rescue: [],
    always: [],
    role: {
      name,
      ...(collection === undefined ? {} : { collection }),
      id: JSON.stringify([folder, request.from, request.params ?? {}, request.keywords.vars, request.keywords.when, request.keywords.tags]),
      included: request.from !== undefined,
      path: folder,
      defaults,
      vars: Object.assign({}, ...dependencies.map((one) => ({ ...one.role?.vars, ...one.keywords.vars })), vars) as Record<string, unknown>,
      params: request.params ?? {},
      handlers,
      // An include or import is meant each time, unless it says otherwise.
      allowDuplicates: meta.allowDuplicates || (request.from !== undefined && from.allow_duplicates !== false),
    },
  };
}

/** `roles:` of a play or `dependencies:` of a role: names, or mappings with keywords and parameters. */
export async function loadRoles(list: YamlNode | undefined, scope: LoadScope): Promise<readonly Block[]> {
  if (list === undefined || (list.kind === 'scalar' && list.value === null)) return [];
  if (list.kind !== 'list') {
    scope.problems.add(new CtplayError('playbook.structure', 'roles must be a list', { span: list.span, expected: 'a list of names, or of mappings with role:', found: describeNode(list) }));
    return [];
  }
  const blocks: Block[] = [];
  for (const item of list.items) {
    try {
      const request = roleRequest(item, scope);
      if (request) blocks.push(await importRole(request, { ...scope, moduleDefaults: { ...scope.moduleDefaults, ...request.keywords.moduleDefaults } }));
    } catch (error) {
      scope.problems.take(error);
    }
  }
  return blocks;
}

/** Keys of an entry that are no keywords are parameters of the role. */
function roleRequest(node: YamlNode, scope: LoadScope): RoleRequest | undefined {
  const source = sourceOf(node);
  if (node.kind === 'scalar' && typeof node.value === 'string') return staticName({ name: node.value, keywords: {}, source, span: node.span }, scope);
  const named = node.kind === 'map' ? (node.entries.get('role') ?? node.entries.get('name')) : undefined;
  const name = named && valueOf(named.value);
  if (node.kind !== 'map' || !named || typeof name !== 'string') {
    scope.problems.add(new CtplayError('playbook.structure', 'this names no role', { span: node.span, expected: "a role's name, or a mapping with 'role:'", found: describeNode(node) }));
    return undefined;
  }
  const known = keywordsOf('role');
  const given = new Map<string, YamlNode>();
  const params: Record<string, unknown> = {};
  for (const { key, value } of node.entries.values()) {
    const keyword = known.get(key);
    if (key === 'role' || key === 'name') continue;
    if (!keyword) params[key] = valueOf(value);
    else if (keyword.refused !== undefined) scope.problems.add(new CtplayError('playbook.keyword', `'${key}' is not supported`, { span: source.keyAt([key]), hint: keyword.refused }));
    else if (checkKeyword(keyword, value, scope.problems)) {
      if (key === 'vars') checkVariableNames(value, scope.problems);
      given.set(key, value);
    }
  }
  return staticName({ name, params, keywords: sharedKeywords(given), source, span: named.value.span }, scope);
}

function staticName(request: RoleRequest, scope: LoadScope): RoleRequest | undefined {
  const name = staticText(request.name, scope, request.span, { what: 'roles are', hint: 'Use an include_role task, which is expanded when it is reached.' });
  return name === undefined ? undefined : { ...request, name };
}

function findRole(request: RoleRequest, scope: LoadScope): string {
  const folders = [
    path.join(scope.playbookFolder, 'roles'),
    ...(scope.role ? [path.dirname(scope.role.folder), path.join(scope.role.folder, 'roles')] : []),
    ...scope.rolesPath,
    scope.playbookFolder,
  ];
  const places = path.isAbsolute(request.name) ? [request.name] : [...new Set([...placesInCollections('roles', request.name, scope), ...folders.map((folder) => path.resolve(folder, request.name))])];
  const found = places.find(isFolder);
  if (found !== undefined) return found;
  const names = folders.slice(0, -1).flatMap((folder) => (isFolder(folder) ? readdirSync(folder) : []));
  throw new CtplayError('file.missing', `there is no role '${request.name}'`, { span: request.span, hint: didYouMean(request.name, names), detail: `looked for:\n${places.join('\n')}` });
}

type Part = 'tasks' | 'handlers' | 'vars' | 'defaults' | 'meta';
const extensions = ['.yml', '.yaml', '.json', ''];

/** `tasks/main.yml` and the like; a `main` folder's files for variables. A file that the user named must exist. */
function partFiles(part: Part, named: unknown, request: Pick<RoleRequest, 'name' | 'span'>, scope: LoadScope): readonly string[] {
  const folder = path.join(scope.role!.folder, part);
  const base = typeof named === 'string' ? named : 'main';
  for (const extension of extensions) {
    const file = path.join(folder, base + extension);
    if (isFile(file)) return [file];
  }
  const inside = path.join(folder, base);
  if ((part === 'vars' || part === 'defaults') && isFolder(inside)) {
    return readdirSync(inside).filter((file) => /\.(ya?ml|json)$/.test(file)).sort().map((file) => path.join(inside, file));
  }
  if (typeof named !== 'string') return [];
  const there = isFolder(folder) ? readdirSync(folder) : [];
  throw new CtplayError('file.missing', `the role '${request.name}' has no ${part} '${named}'`, { span: request.span, hint: didYouMean(base, there.map((file) => path.parse(file).name)), detail: `looked for:\n${extensions.map((extension) => path.join(folder, base + extension)).join('\n')}` });
}

async function partEntries(part: 'tasks' | 'handlers', named: unknown, request: RoleRequest, scope: LoadScope): Promise<readonly Entry[]> {
  const [file] = partFiles(part, named, request, scope);
  return file === undefined ? [] : loadEntriesFile(file, { ...scope, file });
}

function partVariables(part: 'vars' | 'defaults', named: unknown, request: RoleRequest, scope: LoadScope): Readonly<Record<string, unknown>> {
  return Object.assign({}, ...partFiles(part, named, request, scope).map((file) => variablesOf(readYaml(file, `the role's ${part}`, scope.decrypt)))) as Record<string, unknown>;
}

interface RoleMeta {
  readonly dependencies: YamlNode | undefined;
  readonly allowDuplicates: boolean;
  readonly argumentSpecs: YamlNode | undefined;
}

function loadMeta(folder: string, scope: LoadScope): RoleMeta {
  const request = { name: path.basename(folder), span: { file: folder, line: 1, column: 1 } };
  const [file] = partFiles('meta', undefined, request, scope);
  const meta = file === undefined ? undefined : readYaml(file, "the role's meta data", scope.decrypt);
  if (meta && meta.kind !== 'map' && !(meta.kind === 'scalar' && meta.value === null)) {
    throw new CtplayError('playbook.structure', "a role's meta data must be a mapping", { span: meta.span, expected: 'a mapping with dependencies, allow_duplicates, …', found: describeNode(meta) });
  }
  const entry = (name: string): YamlNode | undefined => (meta?.kind === 'map' ? meta.entries.get(name)?.value : undefined);
  const duplicates = entry('allow_duplicates');
  const [specsFile] = ['.yml', '.yaml', '.json'].map((extension) => path.join(folder, 'meta', `argument_specs${extension}`)).filter(isFile);
  const specs = specsFile === undefined ? undefined : readYaml(specsFile, "the role's argument specification", scope.decrypt);
  return {
    dependencies: entry('dependencies'),
    allowDuplicates: duplicates !== undefined && valueOf(duplicates) === true,
    argumentSpecs: (specs?.kind === 'map' ? specs.entries.get('argument_specs')?.value : undefined) ?? entry('argument_specs'),
  };
}
