/** Ansible's tests on files of the controller. */
import { lstatSync, statSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { define } from '../define.ts';
import { text } from '../python/text.ts';
import type { Definition } from '../define.ts';
import type { Stats } from 'node:fs';

const stat = (path: string): Stats | undefined => statSync(path, { throwIfNoEntry: false });
const lstat = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false });

const onPath = (holds: (path: string) => boolean): Definition =>
  define('', (context, value) => {
    context.volatile();
    return holds(text(value));
  });

const absolute = onPath(isAbsolute);
const directory = onPath((path) => stat(path)?.isDirectory() === true);
const file = onPath((path) => stat(path)?.isFile() === true);
const link = onPath((path) => lstat(path)?.isSymbolicLink() === true);
const mount = onPath((path) => {
  const own = lstat(path);
  const parent = lstat(dirname(resolve(path)));
  return own !== undefined && parent !== undefined && !own.isSymbolicLink() && (own.dev !== parent.dev || own.ino === parent.ino);
});
const sameFile = define('other', (context, value, other) => {
  context.volatile();
  const [a, b] = [stat(text(value)), stat(text(other))];
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
});

export const fileTests: Readonly<Record<string, Definition>> = {
  abs: absolute,
  directory,
  exists: onPath((path) => stat(path) !== undefined),
  file,
  is_abs: absolute,
  is_dir: directory,
  is_file: file,
  is_link: link,
  is_mount: mount,
  is_same_file: sameFile,
  link,
  link_exists: onPath((path) => lstat(path) !== undefined),
  mount,
  same_file: sameFile,
};
