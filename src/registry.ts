/** Finds modules: those that ship with ctplay, and the user's own in `modules/` beside the playbook. */
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { CtplayError, didYouMean } from './errors.ts';
import type { Action, Module } from './module.ts';
import { importUserModule } from './user-module.ts';

export type AnyModule = Module | Action;

/** Set by the build to the names found in modules/, separated by blanks. */
declare const CTPLAY_MODULE_NAMES: string | undefined;

/** Names of the modules that ship with ctplay, sorted. */
export function builtinModuleNames(): readonly string[] {
  if (typeof CTPLAY_MODULE_NAMES !== 'undefined') return CTPLAY_MODULE_NAMES.split(' ');
  const folder = fileURLToPath(new URL('../modules/', import.meta.url));
  return readdirSync(folder).filter((name) => name.endsWith('.ts')).map((name) => name.slice(0, -3)).sort();
}

/** Collections whose modules are known by their short name here. */
export const collections = ['ansible.builtin.', 'ansible.legacy.', 'ansible.posix.', 'community.general.', 'community.docker.', 'ctplay.'];

/** `ansible.builtin.copy` → `copy`; other names unchanged. */
export function shortModuleName(name: string): string {
  const collection = collections.find((prefix) => name.startsWith(prefix));
  return collection === undefined ? name : name.slice(collection.length);
}

/** Loads modules by name, each once. */
export class Registry {
  readonly #loaded = new Map<string, Promise<AnyModule>>();
  readonly #userFiles = new Map<string, string>();

  /** Modules in these folders (`modules/*.mjs`, `.js`) stand beside the built-in ones and win over them. */
  constructor(userFolders: readonly string[] = []) {
    for (const folder of userFolders) {
      if (!existsSync(folder)) continue;
      for (const file of readdirSync(folder)) {
        const match = /^(\w+)\.m?js$/.exec(file);
        if (match && existsSync(path.join(folder, file))) this.#userFiles.set(match[1]!, path.join(folder, file));
      }
    }
  }

  names(): readonly string[] {
    return [...new Set([...builtinModuleNames(), ...this.#userFiles.keys()])].sort();
  }

  has(name: string): boolean {
    return this.#userFiles.has(name) || builtinModuleNames().includes(name);
  }

  /** The file of a user's own module. */
  fileOf(name: string): string | undefined {
    return this.#userFiles.get(name);
  }

  /** Throws module.unknown with the nearest name, module.definition when a user's file is no module. */
  load(name: string): Promise<AnyModule> {
    let loading = this.#loaded.get(name);
    if (!loading) {
      loading = this.#import(name);
      this.#loaded.set(name, loading);
    }
    return loading;
  }

  async #import(name: string): Promise<AnyModule> {
    const userFile = this.#userFiles.get(name);
    if (userFile !== undefined) return importUserModule(userFile);
    if (!builtinModuleNames().includes(name)) {
      throw new CtplayError('module.unknown', `there is no module '${name}'`, { hint: didYouMean(name, this.names()) ?? '`ctplay doc` lists all modules.' });
    }
    return ((await import(`../modules/${name}.ts`)) as { default: AnyModule }).default;
  }
}
