import { describe, expect, it } from 'vitest';
import command from '../../modules/command.ts';
import raw from '../../modules/raw.ts';
import script from '../../modules/script.ts';
import shell from '../../modules/shell.ts';
import { argsOf, problemsOf } from '../harness/arguments.ts';
import { commandsOf, planOf } from '../harness/module.ts';

const found = (pattern: string): string => `__ctplay_found=; for __ctplay_path in ${pattern}; do { [ -e "$__ctplay_path" ] || [ -L "$__ctplay_path" ]; } && __ctplay_found=1 && break; done; `;
const end = '[ -z "$__ctplay_why" ] || { echo "$__ctplay_why"; false; }';

describe('command', () => {
  it.each([
    [{ _raw_params: 'ls "a b" | wc' }, ["ls 'a b' '|' wc"]],
    [{ cmd: 'echo $HOME', chdir: '~/x' }, ['cd ~/x 2>/dev/null || { echo \'Unable to change directory before execution: ~/x\' >&2; exit 2; }; echo "${HOME-\\$HOME}"']],
    [{ argv: ['a', ''] }, ["a ''"]],
  ])('%j', (given, commands) => {
    expect(commandsOf(planOf(command, argsOf(command, given), { guard: {} }))).toEqual(commands);
  });

  it('feeds its input', () => {
    const changes = planOf(command, argsOf(command, { _raw_params: 'cat', stdin: 'x', chdir: '/' }), { guard: {} });
    expect(changes[0]!.commands[0]!.input).toEqual({ kind: 'text', text: 'x\n' });
    expect(changes[0]!.action).toBe('run');
  });

  it('is held back by a guard', () => {
    expect(planOf(command, argsOf(command, { _raw_params: 'x' }), { guard: { what: '/y', reason: 'exists' } })).toEqual([]);
  });

  it.each([
    [{ creates: '/a b/*' }, `__ctplay_why=; ${found("'/a b/'*")}[ -z "$__ctplay_found" ] || __ctplay_why=creates; ${end}`, true],
    [{ removes: '/x', chdir: '/y' }, `cd /y 2>/dev/null; __ctplay_why=; ${found('/x')}[ -n "$__ctplay_why" ] || [ -n "$__ctplay_found" ] || __ctplay_why=removes; ${end}`, false],
    [{ unless: 'test -e x' }, `__ctplay_why=; [ -n "$__ctplay_why" ] || ! /bin/sh -c 'test -e x' >/dev/null 2>&1 || __ctplay_why=unless; ${end}`, false],
  ])('asks for %j', (given, read, inShell) => {
    const { guard } = command.facts(argsOf(command, { _raw_params: 'x', ...given }), undefined);
    expect([guard.read.display, guard.inShell]).toEqual([read, inShell]);
  });

  it.each([
    [{}, 'command needs one command line'],
    [{ _raw_params: 'a', argv: ['b'] }, 'command needs one command line'],
    [{ _raw_params: "echo 'a" }, "the command line cannot be split into words: a quotation that starts with ' does not end"],
    [{ _raw_params: ' ' }, 'the command line is empty'],
  ])('problem of %j', (given, message) => {
    expect(problemsOf(command, given)[0]).toBe(message);
  });

  it.each([
    ['what it printed', { status: 0, stdout: 'a\n\nb\n\n', stderr: '', startedAt: 0, durationMs: 61_500 }, { rc: 0, stdout: 'a\n\nb', stdout_lines: ['a', '', 'b'], delta: '0:01:01.500000', start: '1970-01-01 00:00:00.000000', end: '1970-01-01 00:01:01.500000' }],
    ['its failure', { status: 3, stdout: '', stderr: 'bad\n' }, { rc: 3, stderr: 'bad', changed: true, msg: 'non-zero return code' }],
    ['that its directory is missing', { status: 2, stdout: '', stderr: 'Unable to change directory before execution: /y\n' }, { rc: null, stderr: '', changed: false, msg: 'Unable to change directory before execution: /y' }],
    ['that there is none', { status: 127, stdout: '', stderr: 'sh: x: not found' }, { rc: 2, msg: "[Errno 2] No such file or directory: b'x'" }],
    ['that it was killed', { status: null, stdout: '', stderr: '' }, { rc: -1 }],
  ])('returns %s', (_what, result, values) => {
    expect(command.returns!(argsOf(command, { _raw_params: 'x' }), { before: { guard: {} }, now: { guard: {} }, changes: [], results: [result], pending: false }, undefined)).toMatchObject(values);
  });

  it('returns why it did not run', () => {
    const guard = { what: '/y', reason: 'exists' };
    expect(command.returns!(argsOf(command, { _raw_params: 'x' }), { before: { guard }, now: { guard }, changes: [], results: [], pending: false }, undefined)).toMatchObject({ rc: 0, stdout: 'skipped, since /y exists', msg: "Did not run command since '/y' exists" });
  });
});

describe('shell, raw and script', () => {
  it('gives the script to a shell as one word', () => {
    expect(commandsOf(planOf(shell, argsOf(shell, { _raw_params: `echo 'a'; exit 1` }), { guard: {} }))).toEqual([`/bin/sh -c 'echo '\\''a'\\''; exit 1'`]);
    expect(commandsOf(planOf(shell, argsOf(shell, { cmd: 'x', executable: '/bin/bash', chdir: '/y' }), { guard: {} }))).toEqual(["cd /y 2>/dev/null || { echo 'Unable to change directory before execution: /y' >&2; exit 2; }; /bin/bash -c x"]);
    expect(commandsOf(planOf(raw, argsOf(raw, { _raw_params: 'a | b' }), {}))).toEqual([`/bin/sh -c 'a | b'`]);
  });

  it('sends a script and removes it', () => {
    const inputs = { script: { name: 's', path: '/s', size: 1, mode: '0644', sha256: '', sha1: '', input: { kind: 'text', text: '#!/bin/sh' } as const }, words: ['a b'] };
    const [change] = planOf(script, argsOf(script, { _raw_params: "s 'a b'", executable: '/usr/bin/perl' }), { guard: {} }, inputs);
    expect(commandsOf([change!])).toEqual([`t=$(mktemp) && trap 'rm -f "$t"' EXIT && cat >"$t" && chmod 700 "$t" && /usr/bin/perl "$t" 'a b' </dev/null`]);
    expect(change!.commands[0]!.input).toEqual({ kind: 'text', text: '#!/bin/sh' });
  });

  it.each([
    [shell, {}, 'shell needs one script'],
    [shell, { cmd: ' ' }, 'the script is empty'],
    [script, {}, 'script needs one script'],
  ])('problems', (module, given, message) => {
    expect(problemsOf(module as typeof shell, given)[0]).toBe(message);
  });
});
