/** group_vars/ and host_vars/ in a folder: `NAME`, `NAME.yml`, `NAME.yaml`, `NAME.json`, or a folder `NAME` of such files. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { getOrAdd } from '../../get-or-add.ts';
import { isFile, isFolder, readYaml, variablesOf } from '../scope.ts';
import type { Decrypt } from '../yaml/tags.ts';

const extensions = ['', '.yml', '.yaml', '.json'];

/** Reads each name's variables once. */
export class VarsFolder {
  readonly #folder: string;
  readonly #decrypt: Decrypt | undefined;
  readonly #cache = new Map<string, Readonly<Record<string, unknown>>>();
  /** Whether there is anything in group_vars/ and host_vars/: mostly there is not, and a look for each name of a large fleet takes long. */
  readonly #filled = new Map<string, boolean>();

  constructor(folder: string, decrypt?: Decrypt) {
    this.#folder = folder;
    this.#decrypt = decrypt;
  }

  /** Reads the files anew when they are asked for again. */
  forget(): void {
    this.#cache.clear();
    this.#filled.clear();
  }

  group(name: string): Readonly<Record<string, unknown>> {
    return this.#read('group_vars', name);
  }

  host(name: string): Readonly<Record<string, unknown>> {
    return this.#read('host_vars', name);
  }

  #read(kind: 'group_vars' | 'host_vars', name: string): Readonly<Record<string, unknown>> {
    const folder = `${this.#folder}/${kind}`;
    if (!getOrAdd(this.#filled, folder, () => isFolder(folder) && readdirSync(folder).length > 0)) return {};
    const base = path.join(folder, name);
    return getOrAdd(this.#cache, base, () => Object.assign({}, ...varsFiles(base).map((file) => variablesOf(readYaml(file, 'a file of variables', this.#decrypt)))) as Record<string, unknown>);
  }
}

/** The first of the possible forms counts. */
function varsFiles(base: string): readonly string[] {
  for (const extension of extensions) {
    const file = base + extension;
    if (isFile(file)) return [file];
    if (isFolder(file)) return filesBelow(file);
  }
  return [];
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.') && !name.endsWith('~'))
    .sort()
    .flatMap((name) => {
      const file = path.join(folder, name);
      if (isFolder(file)) return path.extname(name) === '' ? filesBelow(file) : [];
      return extensions.includes(path.extname(name)) ? [file] : [];
    });
}
