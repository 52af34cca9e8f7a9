/** Filters on paths (Python's os.path and ntpath). */
import { existsSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, posix, resolve } from 'node:path';
import { define } from '../define.ts';
import { glob } from '../lookups/glob.ts';
import { text } from '../python/text.ts';
import { Tuple, isString, typeName, valueError } from '../python/values.ts';
import type { Context } from '../context.ts';
import type { Definition } from '../define.ts';

const onPath = (body: (path: string) => unknown): Definition => define('', (_, value) => body(text(value)));

/** os.path.dirname(): what is before the last slash, without slashes at its end. */
function parent(path: string): string {
  const head = path.slice(0, path.lastIndexOf('/') + 1);
  return /^\/+$/.test(head) ? head : head.replace(/\/+$/, '');
}

/** os.path.splitext(): dots at the start of the name belong to it. */
function splitExtension(path: string): Tuple {
  const nameStart = path.lastIndexOf('/') + 1;
  const dot = path.lastIndexOf('.');
  const stem = path.slice(nameStart, Math.max(nameStart, dot));
  return dot < nameStart || /^\.*$/.test(stem) ? Tuple.of2(path, '') : Tuple.of2(path.slice(0, dot), path.slice(dot));
}

function expandUser(path: string): string {
  const user = /^~([^/]*)/.exec(path);
  if (user === null) return path;
  if (user[1] === '') return (process.env['HOME'] ?? homedir()).replace(/\/$/, '') + path.slice(1);
  return user[1] === 'root' ? `/root${path.slice(5)}` : path;
}

function expandVars(context: Context, path: string): string {
  return path.replace(/\$(?:(\w+)|\{([^}]*)\})/g, (whole, bare?: string, braced?: string) => context.controller.env[(bare ?? braced)!] ?? whole);
}

function joinPaths(parts: readonly string[]): string {
  return parts.slice(1).reduce((path, part) => (part.startsWith('/') || path === '' ? part : path.endsWith('/') ? path + part : `${path}/${part}`), parts[0]!);
}

/** Resolves links as far as the path exists. */
function realPath(path: string): string {
  const full = resolve(path);
  return existsSync(full) ? realpathSync(full) : full === '/' ? full : join(realPath(dirname(full)), basename(full));
}

/** ntpath.splitdrive(): a letter with a colon, or \\host\share. */
function splitDrive(path: string): Tuple {
  const drive = /^(?:[A-Za-z]:|[\\/]{2}[^\\/]+[\\/][^\\/]+)/.exec(path)?.[0] ?? '';
  return Tuple.of2(drive, path.slice(drive.length));
}

function windowsParts(path: string): { head: string; tail: string } {
  const [drive, rest] = splitDrive(path) as unknown as [string, string];
  const cut = Math.max(rest.lastIndexOf('/'), rest.lastIndexOf('\\')) + 1;
  const head = rest.slice(0, cut);
  return { head: drive + (/^[\\/]*$/.test(head) ? head : head.replace(/[\\/]+$/, '')), tail: rest.slice(cut) };
}

export const pathFilters: Readonly<Record<string, Definition>> = {
  basename: onPath((path) => path.slice(path.lastIndexOf('/') + 1)),
  dirname: onPath(parent),
  expanduser: onPath(expandUser),
  expandvars: define('', (context, value) => expandVars(context, text(value))),
  fileglob: define('', (context, value) => glob(resolve(context.controller.basedir, text(value)))),
  path_join: define('', (_, value) => {
    if (isString(value)) return text(value);
    if (!Array.isArray(value)) throw valueError(`path_join expects a string or a list, found ${typeName(value)}`);
    if (value.length === 0) throw valueError('path_join needs at least one part');
    return joinPaths(value.map(text));
  }),
  realpath: define('', (context, value) => {
    context.volatile();
    return realPath(text(value));
  }),
  relpath: define('start="."', (_, value, start) => posix.relative(resolve(text(start)), resolve(text(value))) || '.'),
  splitext: onPath(splitExtension),
  win_basename: onPath((path) => windowsParts(path).tail),
  win_dirname: onPath((path) => windowsParts(path).head),
  win_splitdrive: onPath(splitDrive),
};
