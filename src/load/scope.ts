/** What the loader carries along while it walks down a playbook. */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { CtplayError, type SourceSpan } from '../errors.ts';
import type { Registry } from '../registry.ts';
import { hasTemplate } from './has-template.ts';
import { asList } from './keyword-values.ts';
import type { Problems } from './problems.ts';
import { readText } from './read-file.ts';
import type { Keywords } from './tree.ts';
import { describeNode, valueOf, type YamlNode } from './yaml/node.ts';
import { parseYaml } from './yaml/parse.ts';
import type { Decrypt } from './yaml/tags.ts';

export interface RoleScope {
  readonly name: string;
  readonly folder: string;
}

export interface LoadScope {
  readonly registry: Registry;
  /** Folders that hold roles, after `roles/` beside the playbook. */
  readonly rolesPath: readonly string[];
  /** Folders that hold `ansible_collections`, after `collections/` beside the playbook. */
  readonly collectionsPath: readonly string[];
  /** Collections in which roles are looked up that name none, the first first. */
  readonly collections: readonly string[];
  readonly playbookFolder: string;
  readonly problems: Problems;
  readonly decrypt?: Decrypt | undefined;
  /** Variables of -e, which are known before the run. */
  readonly extraVars: Readonly<Record<string, unknown>>;
  /** What the play, blocks and roles around say themselves of variables, the innermost first: for names that are read before the run. */
  readonly variables: readonly Readonly<Record<string, unknown>>[];
  /** Tasks here are handlers. */
  readonly handlers: boolean;
  /** The file that is being read. */
  readonly file: string;
  /** Files and roles that are being read, outermost first, to find circles. */
  readonly chain: readonly string[];
  readonly role?: RoleScope;
  /** By short module name, from the plays and blocks around. */
  readonly moduleDefaults: Readonly<Record<string, unknown>>;
  /** What tasks notify that say nothing themselves. */
  readonly notify?: readonly string[];
}

/** A YAML file's tree; a file that is a vault as a whole is opened first. Throws CtplayError or CtplayErrors. */
export function readYaml(file: string, what: string, decrypt: Decrypt | undefined, span?: SourceSpan): YamlNode {
  const text = readText(file, what, span);
  if (!text.startsWith('$ANSIBLE_VAULT;')) return parseYaml(text, file, { decrypt });
  const start: SourceSpan = { file, line: 1, column: 1 };
  if (!decrypt) throw new CtplayError('vault', `'${file}' is encrypted and no vault password was given`, { span: start, hint: 'Use --vault-password-file or --ask-vault-pass.' });
  const node = parseYaml(decrypt(text, start), file, { decrypt });
  // A file of variables is a mapping; the words of encrypted tasks are no secrets to be hidden everywhere.
  if (node.kind === 'map') rememberTexts(node, decrypt);
  return node;
}

function rememberTexts(node: YamlNode, decrypt: Decrypt): void {
  if (node.kind === 'scalar') {
    if (typeof node.value === 'string' && !hasTemplate(node.value)) decrypt.remember?.(node.value);
    return;
  }
  const children = node.kind === 'list' ? node.items : [...node.entries.values()].map(({ value }) => value);
  for (const child of children) rememberTexts(child, decrypt);
}

/** What keywords add to the names that are known inside. */
export function namesWithin(scope: LoadScope, { vars, collections = [] }: Keywords): Pick<LoadScope, 'variables' | 'collections'> {
  return { variables: vars ? [vars, ...scope.variables] : scope.variables, collections: [...collections, ...scope.collections] };
}

/** The scope inside a block or an import, which hands down notifications and default arguments. */
export function innerScope(scope: LoadScope, given: ReadonlyMap<string, YamlNode>, keywords: Keywords): LoadScope {
  const notify = given.get('notify');
  return {
    ...scope,
    moduleDefaults: { ...scope.moduleDefaults, ...keywords.moduleDefaults },
    ...namesWithin(scope, keywords),
    ...(notify ? { notify: asList(valueOf(notify)).map(String) } : {}),
  };
}

/**
 * The scope inside a file that is spliced in. Throws playbook.structure when the file is being read already.
 */
export function enterFile(scope: LoadScope, file: string, span: SourceSpan): LoadScope {
  if (scope.chain.includes(file)) {
    const circle = [...scope.chain.slice(scope.chain.indexOf(file)), file].map((one) => path.relative(scope.playbookFolder, one) || one);
    throw new CtplayError('playbook.structure', 'files import each other in a circle', { span, detail: circle.join('\n→ '), hint: 'include_tasks is expanded when it is reached, so that a `when` can end the circle.' });
  }
  return { ...scope, file, chain: [...scope.chain, file] };
}

/**
 * A file of tasks that a task names: looked for beside the file with the task, in the role's tasks/, beside the playbook. Throws
 * file.missing with the places.
 */
export function findTasksFile(name: string, scope: LoadScope, span: SourceSpan): string {
  const roleFolders = scope.role ? [path.join(scope.role.folder, 'tasks'), scope.role.folder] : [];
  const folders = [path.dirname(scope.file), ...roleFolders, scope.playbookFolder, path.join(scope.playbookFolder, 'tasks')];
  const places = path.isAbsolute(name) ? [name] : [...new Set(folders.map((folder) => path.resolve(folder, name)))];
  const found = places.find(isFile);
  if (found === undefined) throw new CtplayError('file.missing', `there is no file '${name}' with tasks`, { span, detail: `looked for:\n${places.join('\n')}` });
  return found;
}

export function isFile(file: string): boolean {
  return existsSync(file) && statSync(file).isFile();
}
export function isFolder(file: string): boolean {
  return existsSync(file) && statSync(file).isDirectory();
}

/** A mapping of variables from a file; an empty file has none. Throws playbook.structure when it is anything else. */
export function variablesOf(node: YamlNode): Readonly<Record<string, unknown>> {
  if (node.kind === 'scalar' && node.value === null) return {};
  if (node.kind !== 'map') throw new CtplayError('playbook.structure', 'a file of variables must be a mapping', { span: node.span, expected: 'a mapping of names to values', found: describeNode(node) });
  return valueOf(node) as Record<string, unknown>;
}
