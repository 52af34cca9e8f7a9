/** Where the controller's files are searched, as Ansible does: the roles around the task, the task's own folder, the playbook's. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { CtplayError } from '../errors.ts';
import type { LookupContext } from '../template/types.ts';
import type { Chain } from './chain.ts';
import type { RunParts } from './run-context.ts';

export type FileKind = 'files' | 'templates' | 'vars' | 'tasks';

export class ControllerFiles implements LookupContext {
  readonly basedir: string;
  readonly env = process.env;
  readonly #folders: readonly string[];
  readonly #run: Pick<RunParts, 'inventory' | 'settings'>;

  /** `taskFile` is the file that the task stands in. */
  constructor(playbookFile: string, chain: Chain, taskFile: string, run: Pick<RunParts, 'inventory' | 'settings'>) {
    this.basedir = path.dirname(path.resolve(playbookFile));
    const roles = chain.roles.map((role) => role.path).reverse();
    this.#folders = [...new Set([...roles, path.dirname(path.resolve(taskFile)), this.basedir])];
    this.#run = run;
  }

  searchPath(kind: FileKind): readonly string[] {
    return this.#folders.flatMap((folder) => [path.join(folder, kind), folder]);
  }

  find(name: string, kind: FileKind): string | undefined {
    return this.#candidates(name, kind).find((file) => existsSync(file));
  }

  /** All files that have the name somewhere on the search path, the one that `find` gives first. */
  findAll(name: string, kind: FileKind): readonly string[] {
    return this.#candidates(name, kind).filter((file) => existsSync(file));
  }

  #candidates(name: string, kind: FileKind): readonly string[] {
    const expanded = name.startsWith('~/') ? path.join(homedir(), name.slice(2)) : name;
    return path.isAbsolute(expanded) ? [expanded] : this.searchPath(kind).map((folder) => path.join(folder, expanded));
  }

  /** As `find`, but a missing file is an error that lists the places looked in. */
  require(name: string, kind: FileKind): string {
    const found = this.find(name, kind);
    if (found !== undefined) return found;
    const places = path.isAbsolute(name) ? [name] : this.searchPath(kind).map((folder) => path.join(folder, name));
    throw new CtplayError('file.missing', `there is no file '${name}' on this machine`, { expected: `one of\n${places.join('\n')}` });
  }

  /** A file's content, decrypted where it is a vault. */
  read(file: string): Uint8Array {
    let content: Uint8Array;
    try {
      content = readFileSync(file);
    } catch (cause) {
      throw new CtplayError('file.unreadable', `${file} can't be read`, { found: (cause as Error).message, cause });
    }
    return this.#run.settings.vault.open(content, file);
  }

  write(file: string, text: string): void {
    mkdirSync(path.dirname(file), { recursive: true });
    const temporary = `${file}.${process.pid}.tmp`;
    writeFileSync(temporary, text, { mode: 0o600 });
    renameSync(temporary, file);
  }

  run(command: string): string {
    try {
      return execFileSync('/bin/sh', ['-c', command], { cwd: this.basedir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 64 << 20 });
    } catch (cause) {
      const failed = cause as { stderr?: string; message: string };
      throw new CtplayError('template.value', `lookup 'pipe' ran a command that failed: ${command}`, { detail: failed.stderr ?? failed.message, cause });
    }
  }

  hosts(pattern: string): readonly string[] {
    return this.#run.inventory.select(pattern);
  }

  now(): Date {
    return new Date();
  }

  get settings(): Readonly<Record<string, unknown>> {
    return this.#run.settings.ansible ?? {};
  }
}
