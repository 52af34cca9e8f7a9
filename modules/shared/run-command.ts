/** What `command`, `shell`, `raw` and `script` share: guards, where to run, and Ansible's return values. */
import { Type } from 'typebox';
import type { Change, Fact, ReadResult } from '../../src/module.ts';
import { nothing, sh, type Command } from '../../src/shell.ts';
import { settled } from '../facts/settled.ts';
import { expandedWord, fileDomain, globWord, pathWord } from './path.ts';

/** Arguments of all modules that run a command of the user's. */
export const guardArguments = {
  creates: Type.Optional(Type.String({ minLength: 1, description: 'A path, or a pattern of paths; when there is one, the command is not run.' })),
  removes: Type.Optional(Type.String({ minLength: 1, description: 'A path, or a pattern of paths; when there is none, the command is not run.' })),
  unless: Type.Optional(Type.String({ minLength: 1, description: 'A shell command that changes nothing; when it succeeds, the command is not run.' })),
  chdir: Type.Optional(Type.String({ minLength: 1, description: 'The directory to run in.' })),
};

/** Arguments of those that feed it. */
export const inputArguments = {
  stdin: Type.Optional(Type.String({ description: 'What the command reads on its standard input.' })),
  stdin_add_newline: Type.Boolean({ default: true, description: 'End `stdin` with a line break.' }),
  strip_empty_ends: Type.Boolean({ default: true, description: 'Drop line breaks at the end of the outputs.' }),
};

export interface Guards {
  readonly creates?: string;
  readonly removes?: string;
  readonly unless?: string;
  readonly chdir?: string;
}

/** Why the command need not run: `what` and its `reason`, such as `exists`; empty when it must. */
export interface GuardReading {
  readonly what?: string;
  readonly reason?: string;
}

/** The guards as one fact. `unless` may look at anything, so any change makes it stale. */
export function guard({ creates, removes, unless, chdir }: Guards): Fact<GuardReading> {
  if (creates === undefined && removes === undefined && unless === undefined) return settled({});
  const enter = chdir === undefined ? nothing : sh`cd ${pathWord(chdir)} 2>/dev/null; `;
  const find = (pattern: string): Command => sh`__ctplay_found=; for __ctplay_path in ${globWord(pattern)}; do { [ -e "$__ctplay_path" ] || [ -L "$__ctplay_path" ]; } && __ctplay_found=1 && break; done; `;
  const undecided = sh`[ -n "$__ctplay_why" ] || `;
  const reasons: Readonly<Record<string, GuardReading>> = { creates: { what: creates!, reason: 'exists' }, removes: { what: removes!, reason: 'does not exist' }, unless: { what: unless!, reason: 'succeeds' } };
  return {
    kind: 'guard',
    key: creates ?? removes ?? unless ?? '',
    read: sh`${enter}__ctplay_why=; ${creates === undefined ? nothing : sh`${find(creates)}[ -z "$__ctplay_found" ] || __ctplay_why=creates; `}${
      removes === undefined ? nothing : sh`${find(removes)}${undecided}[ -n "$__ctplay_found" ] || __ctplay_why=removes; `
    }${unless === undefined ? nothing : sh`${undecided}! /bin/sh -c ${unless} >/dev/null 2>&1 || __ctplay_why=unless; `}[ -z "$__ctplay_why" ] || { echo "$__ctplay_why"; false; }`,
    inShell: chdir === undefined && unless === undefined,
    domains: unless === undefined ? [creates, removes].flatMap((pattern) => (pattern === undefined ? [] : [fileDomain(pattern.replace(/[^/]*[*?[].*$/, ''))])) : ['*'],
    parse: ({ stdout }) => reasons[stdout.trim()] ?? {},
  };
}

/** Ansible's words for a `chdir` that isn't there. */
const noDirectory = 'Unable to change directory before execution';

/** The change that runs a command; nothing where a guard says so. */
export function* runUnlessGuarded({ reason }: GuardReading, shown: string, command: Command, { chdir }: Guards, why?: string): Generator<Change> {
  if (reason !== undefined) return;
  if (chdir === undefined) yield { action: 'run', subject: shown, commands: [command], ...(why === undefined ? {} : { why }) };
  else {
    const enter = sh`cd ${pathWord(chdir)} 2>/dev/null || { echo ${`${noDirectory}: ${chdir}`} >&2; exit 2; }; ${command}`;
    yield { action: 'run', subject: shown, commands: [withInputOf(enter, command)], typed: [sh`cd ${pathWord(chdir)} && ${command}`], ...(why === undefined ? {} : { why }) };
  }
}

/** The command reading `stdin`, if there is one. */
export function feed(command: Command, { stdin, stdin_add_newline }: { readonly stdin?: string; readonly stdin_add_newline: boolean }): Command {
  return stdin === undefined ? command : command.withInput(stdin_add_newline ? `${stdin}\n` : stdin);
}

/** The words of a command as a shell line; with `expand`, the host expands `~` and variables in each. */
export function commandLine(words: readonly string[], expand: boolean): Command {
  return words.map((word) => (expand ? expandedWord(word) : sh`${word}`)).reduce((line, word) => sh`${line} ${word}`);
}

/** What they mean, for the pages of modules. */
export const commandReturnValues: Readonly<Record<string, string>> = {
  cmd: 'the command',
  rc: 'its exit status; 0 when a guard held it back',
  stdout: 'what it printed',
  stdout_lines: 'the same as a list of lines',
  stderr: 'what it printed to standard error',
  stderr_lines: 'the same as a list of lines',
  start: 'when it began, as `2026-01-31 12:00:00.000000` in UTC',
  end: 'when it ended',
  delta: 'how long it took, as `0:00:01.500000`',
  msg: 'why it was held back, or that it failed',
};

/** Ansible's `rc`, `stdout`, `stdout_lines`, `start` …, of the command that ran, or of a guard that held it back. */
export function commandReturns(cmd: unknown, result: ReadResult | undefined, { what, reason }: GuardReading, strip = true): Record<string, unknown> {
  if (result === undefined) {
    const words = reason === undefined ? '' : `skipped, since ${what} ${reason}`;
    return { cmd, rc: 0, stdout: words, stdout_lines: linesOf(words), stderr: '', stderr_lines: [], msg: reason === undefined ? '' : `Did not run command since '${what}' ${reason}` };
  }
  const [stdout, stderr] = [result.stdout, result.stderr].map((text) => (strip ? text.replace(/[\r\n]+$/, '') : text)) as [string, string];
  if (result.status === 2 && stderr.startsWith(noDirectory)) return { cmd, rc: null, stdout, stdout_lines: [], stderr: '', stderr_lines: [], changed: false, msg: stderr };
  // A command that failed may have changed something; of one that was ended nothing is known.
  const failed = result.status === 0 ? { msg: '' } : { msg: 'non-zero return code', changed: result.status !== null };
  return { cmd, rc: result.status ?? -1, stdout, stdout_lines: linesOf(stdout), stderr, stderr_lines: linesOf(stderr), ...timing(result), ...failed };
}

/** Lines as Python's splitlines gives them for line feeds: a break at the end starts no further line. */
export function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split(/\r?\n/);
}

function timing({ startedAt, durationMs }: ReadResult): Record<string, unknown> {
  if (startedAt === undefined || durationMs === undefined) return {};
  return { start: timestamp(startedAt), end: timestamp(startedAt + durationMs), delta: duration(durationMs) };
}

/** `2026-01-31 12:00:00.000000` in UTC. */
function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('T', ' ').replace('Z', '000');
}

/** `0:00:01.500000` */
function duration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${String(Math.round(milliseconds % 1000)).padStart(3, '0')}000`;
}

function withInputOf(command: Command, source: Command): Command {
  return source.input === undefined ? command : command.withInput(source.input);
}
