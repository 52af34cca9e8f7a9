/** Passwords from files, and from programs that print them. */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { CtplayError, type ErrorCode } from '../errors.ts';
import { readText } from '../load/read-file.ts';
import { Secret } from '../shell.ts';

/** The first line of a file, or of what a program prints. `what` names the password; errors have the given code. */
export function passwordFrom(source: string, what: string, code: ErrorCode): Secret {
  const file = path.resolve(source.startsWith('~/') ? path.join(homedir(), source.slice(2)) : source);
  const password = (isProgram(file) ? output(file, what, code) : readText(file, what)).split('\n')[0]!.trim();
  if (password === '') throw new CtplayError(code, `'${file}' holds no password (${what})`);
  return new Secret(password);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function output(file: string, what: string, code: ErrorCode): string {
  try {
    return execFileSync(file, { encoding: 'utf8', stdio: ['inherit', 'pipe', 'inherit'] });
  } catch (error) {
    throw new CtplayError(code, `the program '${file}', which should print ${what}, failed`, { found: (error as Error).message.split('\n')[0] });
  }
}
