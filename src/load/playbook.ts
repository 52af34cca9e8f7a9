/** Files → the playbook's tree. Everything that can be known to be wrong without a host is found here. */
import path from 'node:path';
import type { SourceSpan } from '../errors.ts';
import type { Registry } from '../registry.ts';
import { loadEntriesFile } from './entries.ts';
import { sharedKeywords } from './keyword-values.ts';
import { loadPlays } from './play.ts';
import { Problems } from './problems.ts';
import { importRole, type RoleRequest } from './role.ts';
import { readYaml, variablesOf, type LoadScope } from './scope.ts';
import type { Block, Entry, Playbook, Source } from './tree.ts';
import type { YamlNode } from './yaml/node.ts';
import { parseYaml } from './yaml/parse.ts';
import type { Decrypt } from './yaml/tags.ts';

export interface LoadOptions {
  readonly registry: Registry;
  /** Folders that hold roles, besides `roles/` beside the playbook. */
  readonly rolesPath?: readonly string[];
  /** Folders that hold `ansible_collections`. */
  readonly collectionsPath?: readonly string[];
  /** Opens vaults; see `vaultDecrypter`. */
  readonly decrypt?: Decrypt | undefined;
  /** Variables of -e: names of imported files and roles may hold templates over them. */
  readonly extraVars?: Readonly<Record<string, unknown>>;
}

/**
 * Reads a playbook with all that it imports, and checks keywords and arguments. Throws CtplayErrors with everything that is
 * wrong in all of its files, or file.missing when the playbook itself isn't there.
 */
export async function loadPlaybook(file: string, options: LoadOptions): Promise<Playbook> {
  const absolute = path.resolve(file);
  return playbookOf(readYaml(absolute, 'the playbook', options.decrypt), absolute, options);
}

/** A playbook from a text, as if it stood in a file of this name. Throws as loadPlaybook. */
export async function parsePlaybook(text: string, file: string, options: LoadOptions): Promise<Playbook> {
  const absolute = path.resolve(file);
  return playbookOf(parseYaml(text, absolute, { decrypt: options.decrypt }), absolute, options);
}

async function playbookOf(node: YamlNode, file: string, options: LoadOptions): Promise<Playbook> {
  const scope = rootScope(file, path.dirname(file), options);
  const plays = await loadPlays(node, scope);
  scope.problems.throwIfAny();
  return { file, plays };
}

export interface DynamicOptions extends LoadOptions {
  readonly playbookFolder: string;
  /** The role whose tasks include this. */
  readonly role?: { readonly name: string; readonly path: string } | undefined;
  readonly handlers?: boolean;
  /** Where roles are looked up that name no collection. */
  readonly collections?: readonly string[];
  /** Module name → default arguments, from the plays and blocks around. */
  readonly moduleDefaults?: Readonly<Record<string, unknown>> | undefined;
}

/** The entries of a file that include_tasks names, given by its absolute path. Throws as loadPlaybook. */
export async function loadTasks(file: string, options: DynamicOptions): Promise<readonly Entry[]> {
  const scope = dynamicScope(path.resolve(file), options);
  const entries = await loadEntriesFile(scope.file, scope);
  scope.problems.throwIfAny();
  return entries;
}

export interface DynamicRole {
  /** As include_role has them: tasks_from, vars_from, defaults_from, handlers_from, allow_duplicates, rolespec_validate. */
  readonly args?: Readonly<Record<string, unknown>>;
  /** The include, for errors. */
  readonly source: Source;
}

/** The block of a role that include_role names. Throws as loadPlaybook, and file.missing when there is no such role. */
export async function loadRole(name: string, role: DynamicRole, options: DynamicOptions): Promise<Block> {
  const span: SourceSpan = role.source.span;
  const scope = dynamicScope(span.file, options);
  const request: RoleRequest = { name, from: role.args ?? {}, keywords: sharedKeywords(new Map()), source: role.source, span };
  const block = await importRole(request, scope);
  scope.problems.throwIfAny();
  return block;
}

/** The variables of a file, as vars_files and include_vars name them. Throws file.missing, yaml.syntax, playbook.structure. */
export function loadVarsFile(file: string, options: Pick<LoadOptions, 'decrypt'> & { readonly span?: SourceSpan } = {}): Readonly<Record<string, unknown>> {
  return variablesOf(readYaml(file, 'a file of variables', options.decrypt, options.span));
}

function rootScope(file: string, playbookFolder: string, options: LoadOptions): LoadScope {
  return {
    registry: options.registry,
    rolesPath: options.rolesPath ?? [],
    collectionsPath: options.collectionsPath ?? [],
    collections: [],
    variables: [],
    playbookFolder,
    problems: new Problems(),
    decrypt: options.decrypt,
    extraVars: options.extraVars ?? {},
    handlers: false,
    file,
    chain: [file],
    moduleDefaults: {},
  };
}

function dynamicScope(file: string, options: DynamicOptions): LoadScope {
  const { role } = options;
  return {
    ...rootScope(file, options.playbookFolder, options),
    handlers: options.handlers ?? false,
    moduleDefaults: options.moduleDefaults ?? {},
    collections: options.collections ?? [],
    ...(role ? { role: { name: role.name, folder: role.path } } : {}),
  };
}

