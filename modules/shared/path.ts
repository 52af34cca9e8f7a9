/** Paths of hosts: as shell words, as domains, and their parts. Hosts are POSIX, whatever the controller is. */
import { posix } from 'node:path';
import type { Domain } from '../../src/module.ts';
import { nothing, sh, type Command } from '../../src/shell.ts';

/**
 * Text as one shell word in which the host expands a leading `~` or `~user` and variables (`$HOME`, `${HOME}`), as
 * Ansible does in paths and in the arguments of `command`. An unknown variable stays as written.
 */
export function expandedWord(text: string): Command {
  // Most paths are what they say.
  if (!text.startsWith('~') && !text.includes('$')) return sh`${text}`;
  const home = /^~([a-z_][a-z0-9_-]*)?(?=\/|$)/i.exec(text);
  const rest = home ? text.slice(home[0].length) : text;
  const front = home ? (home[1] === undefined ? sh`~` : sh`~${home[1]}`) : nothing;
  const parts = rest.split(/(\$\w+|\$\{\w+\})/).filter((part) => part !== '');
  const words = parts.map((part) => (/^\$(\w+|\{\w+\})$/.test(part) ? variableWord(part) : sh`${part}`));
  return concatenate([front, ...words]);
}

/** A path as one shell word: expanded, and never taken for an option. */
export function pathWord(path: string): Command {
  return expandedWord(path.startsWith('-') ? `./${path}` : path);
}

/** A path that the host has expanded already, as one shell word: what looks like a variable in it is part of a name. */
export function literalWord(path: string): Command {
  return sh`${path.startsWith('-') ? `./${path}` : path}`;
}

/** A path in which `*`, `?` and `[…]` are left to the host's shell. */
export function globWord(pattern: string): Command {
  const home = /^~[a-z0-9_-]*(?=\/|$)/i.exec(pattern)?.[0] ?? '';
  const parts = pattern.slice(home.length).split(/([*?]|\[[^\]/]+\])/).filter((part) => part !== '');
  const words = parts.map((part) => (part === '*' ? sh`*` : part === '?' ? sh`?` : part.startsWith('[') ? bracketWord(part) : sh`${part}`));
  return concatenate([home === '' ? nothing : expandedWord(home), ...words]);
}

/** The domain of a path: `file:etc:hosts`, so that a directory overlaps with what is in it. A path that only the host can complete stands for all files. */
export function fileDomain(path: string): Domain {
  if (!path.startsWith('/') || path.includes('$')) return 'file';
  const names = /\/(?:[/.]|$)/.test(path) ? posix.normalize(path).replace(/\/$/, '') : path;
  return `file${names.replaceAll(':', '_').replaceAll('/', ':')}`;
}

/** The path without trailing slashes, except for `/` itself. */
export function trimSlash(path: string): string {
  return path.replace(/(?<=.)\/+$/, '');
}

export const parentOf = (path: string): string => posix.dirname(trimSlash(path));
export const nameOf = (path: string): string => posix.basename(path);
export const joinPath = (directory: string, name: string): string => `${directory.replace(/(?<=.)\/+$/, '')}/${name}`.replace(/^\/\//, '/');

/** The directories between `existing` and `path`, `path` included, deepest first. */
export function missingAbove(path: string, existing: string): string[] {
  const parts = path.split('/');
  const paths = parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
  return paths.filter((candidate) => candidate !== '' && candidate !== existing && candidate.startsWith(existing === '.' ? '' : existing));
}

function variableWord(reference: string): Command {
  const name = reference.replace(/[${}]/g, '');
  if (/^[0-9]/.test(name)) return sh`${reference}`;
  return reference.includes('{') ? sh`"\${${name}-\\$\{${name}\\}}"` : sh`"\${${name}-\\$${name}}"`;
}

function bracketWord(part: string): Command {
  const inner = part.slice(1, -1);
  return /^[!^]?[\w.,-]+$/.test(inner) ? concatenate([sh`[`, inner.startsWith('!') ? sh`!` : nothing, sh`${inner.replace(/^!/, '')}`, sh`]`]) : sh`${part}`;
}

function concatenate(words: readonly Command[]): Command {
  return words.reduce((left, right) => sh`${left}${right}`, nothing);
}
