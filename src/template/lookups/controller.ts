/** The controller's files and commands, for lookups. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { CtplayError } from '../../errors.ts';
import { valueError } from '../python/values.ts';
import type { LookupContext, SearchKind } from '../types.ts';

export interface ControllerOptions {
  /** The playbook's folder. */
  readonly basedir: string;
  /** Folders searched before `basedir`, nearest first: the role's, the task file's. */
  readonly searchDirs?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The inventory's hosts for a pattern. */
  readonly hosts?: (pattern: string) => readonly string[];
  readonly settings?: LookupContext['settings'];
  /** Turns the contents of a vault into what it holds; called only for files that are vaults. */
  readonly decrypt?: (contents: Uint8Array, path: string) => Uint8Array;
}

const VAULT_MARK = '$ANSIBLE_VAULT;';

/** A LookupContext over this machine's file system and shell. */
export function nodeLookups(options: ControllerOptions): LookupContext {
  const dirs = [...new Set([...(options.searchDirs ?? []), options.basedir].map((dir) => resolve(dir)))];
  const env = options.env ?? process.env;
  const searchPath = (kind: SearchKind) => dirs.flatMap((dir) => [join(dir, kind), dir]);
  const expand = (path: string) => path.replace(/^~(?=\/|$)/, env['HOME'] ?? homedir());
  return {
    basedir: options.basedir,
    env,
    searchPath,
    find: (name, kind) => {
      const path = expand(name);
      const candidates = isAbsolute(path) ? [path] : searchPath(kind).map((dir) => join(dir, path));
      return candidates.find((candidate) => existsSync(candidate));
    },
    read: (path) => {
      const contents = readBytes(resolve(options.basedir, expand(path)));
      if (!contents.subarray(0, VAULT_MARK.length).equals(Buffer.from(VAULT_MARK))) return contents;
      if (options.decrypt === undefined) throw new CtplayError('vault', `${path} is encrypted and no vault password was given`);
      return options.decrypt(contents, path);
    },
    write: (path, text) => {
      const full = resolve(options.basedir, expand(path));
      mkdirSync(dirname(full), { recursive: true, mode: 0o700 });
      writeFileSync(full, text, { mode: 0o600 });
    },
    run: (command) => runShell(command, options.basedir, env),
    hosts: (pattern) => {
      if (options.hosts === undefined) throw valueError('the inventory is not available here');
      return options.hosts(pattern);
    },
    now: () => new Date(),
    settings: options.settings ?? {},
  };
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new CtplayError('file.unreadable', `cannot read ${path}`, { cause: error, found: (error as NodeJS.ErrnoException).code });
  }
}

function runShell(command: string, cwd: string, env: Readonly<Record<string, string | undefined>>): string {
  try {
    return execFileSync('/bin/sh', ['-c', command], { cwd, env: { ...env }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    const { status, stderr } = error as { status?: number | null; stderr?: string };
    throw new CtplayError('template.value', `the command '${command}' failed on the controller`, {
      cause: error,
      expected: 'exit status 0',
      found: status === undefined || status === null ? 'it was ended by a signal' : `exit status ${status}`,
      detail: stderr,
    });
  }
}
