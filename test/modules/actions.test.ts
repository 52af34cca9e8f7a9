/** Modules that run on the controller. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import addHost from '../../modules/add_host.ts';
import assertModule from '../../modules/assert.ts';
import debug from '../../modules/debug.ts';
import fail from '../../modules/fail.ts';
import groupBy from '../../modules/group_by.ts';
import includeVars from '../../modules/include_vars.ts';
import pause from '../../modules/pause.ts';
import setFact from '../../modules/set_fact.ts';
import type { Action, ActionContext, ActionResult } from '../../src/module.ts';
import { CtplayError } from '../../src/errors.ts';
import type { TObject } from 'typebox';
import { argsOf, controllerOf, problemsOf } from '../harness/arguments.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ctplay-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const variables: Readonly<Record<string, unknown>> = { yes: true, no: false, list: [1, 2] };
const context = (more: Partial<ActionContext> = {}): ActionContext => ({
  ...controllerOf(folder),
  render: (value) => value,
  evaluate(expression) {
    if (!(expression in variables)) throw new CtplayError('template.undefined', `'${expression}' is undefined`);
    return variables[expression];
  },
  condition: (expression) => variables[String(expression)] === true,
  checkMode: false,
  verbosity: 0,
  signal: new AbortController().signal,
  ...more,
});
const run = async <S extends TObject>(action: Action<S>, given: Record<string, unknown>, more?: Partial<ActionContext>): Promise<ActionResult> => action.run(argsOf(action, given), context(more));

describe('debug', () => {
  it.each([
    [{}, { values: { msg: 'Hello world!' } }],
    [{ msg: { a: 1 } }, { values: { msg: { a: 1 } } }],
    [{ var: 'list' }, { values: { list: [1, 2] } }],
    [{ var: 'none' }, { values: { none: 'VARIABLE IS NOT DEFINED!' } }],
    [{ msg: 'x', verbosity: 2 }, { skipped: true, values: { skipped_reason: 'Verbosity threshold not met.' } }],
  ])('%j', async (given, result) => {
    expect(await run(debug, given)).toEqual(result);
  });
  it('takes one of both', () => expect(problemsOf(debug, { msg: 'a', var: 'b' })).toEqual(['msg and var exclude each other']));
});

describe('assert and fail', () => {
  it.each([
    [{ that: 'yes' }, undefined, 'All assertions passed'],
    [{ that: ['yes', 'yes'], success_msg: 'fine' }, undefined, 'fine'],
    [{ that: ['yes', 'no'] }, true, 'Assertion failed: no'],
    [{ that: 'no', fail_msg: ['a', 'b'] }, true, 'a\nb'],
  ])('%j', async (given, failed, message) => {
    const result = await run(assertModule, given);
    expect([result.failed, result.message]).toEqual([failed, message]);
  });
  it('fails as told', async () => expect(await run(fail, { msg: 'why' })).toEqual({ failed: true, message: 'why' }));
});

describe('set_fact', () => {
  it('sets what it is given', async () => {
    expect(await run(setFact, { a: 1, b: 'yes', c: 'No', d: 'x', e: [1], cacheable: true })).toEqual({ facts: { a: 1, b: true, c: false, d: 'x', e: [1] } });
  });
  it.each([
    [{}, 'set_fact needs at least one variable'],
    [{ 'a-b': 1 }, "'a-b' is no name of a variable"],
  ])('problem of %j', (given, message) => expect(problemsOf(setFact, given)).toEqual([message]));
  it('refuses a rendered name that is none', async () => await expect(run(setFact, { '1a': 1 })).rejects.toThrow("'1a' is no name"));
});

describe('include_vars', () => {
  beforeAll(() => {
    mkdirSync(join(folder, 'd/sub'), { recursive: true });
    writeFileSync(join(folder, 'one.yml'), 'a: 1\nb: {x: 1}\n');
    writeFileSync(join(folder, 'd/1.yml'), 'b: {x: 1}\n');
    writeFileSync(join(folder, 'd/sub/2.json'), '{"b": {"y": 2}}');
    writeFileSync(join(folder, 'd/readme'), '');
  });
  it.each([
    [{ _raw_params: 'one.yml' }, { a: 1, b: { x: 1 } }],
    [{ file: 'one.yml', name: 'n' }, { n: { a: 1, b: { x: 1 } } }],
    [{ dir: 'd', ignore_unknown_extensions: true }, { b: { y: 2 } }],
    [{ dir: 'd', ignore_files: ['readme'], hash_behaviour: 'merge' }, { b: { x: 1, y: 2 } }],
    [{ dir: 'd', ignore_files: ['readme'], depth: 1 }, { b: { x: 1 } }],
    [{ dir: 'd', files_matching: '^1' }, { b: { x: 1 } }],
  ])('%j', async (given, facts) => {
    expect((await run(includeVars, given)).facts).toEqual(facts);
  });
  it('refuses other files', async () => await expect(run(includeVars, { dir: 'd' })).rejects.toThrow('is no file of variables by its name'));
});

describe('pause', () => {
  it('waits', async () => {
    const { values } = await run(pause, { seconds: 0.05 });
    expect(values).toMatchObject({ user_input: '', rc: 0 });
    expect(values?.['stdout']).toMatch(/^Paused for 0\.\d seconds$/);
  });
  it('is over when the run is', async () => {
    const stop = new AbortController();
    stop.abort();
    expect((await run(pause, { minutes: 5 }, { signal: stop.signal })).values).toMatchObject({ delta: 0 });
  });
  it('asks', async () => {
    expect((await run(pause, { prompt: 'name?', echo: false }, { prompt: async (question, { echo }) => `${question} ${echo}` })).values).toMatchObject({ user_input: 'name? false' });
  });
});

describe('inventory', () => {
  it.each([
    [{ name: 'h1', groups: 'a, b', x: 1 }, { name: 'h1', groups: ['a', 'b'], variables: { x: 1 } }],
    [{ name: 'h1:2222', groups: ['a'] }, { name: 'h1', groups: ['a'], variables: { ansible_port: 2222 } }],
    [{ name: '[fe80::1]:22' }, { name: 'fe80::1', groups: [], variables: { ansible_port: 22 } }],
  ])('%j', async (given, host) => {
    expect((await run(addHost, given)).addHost).toEqual(host);
  });
  it('groups by a value', async () => {
    expect((await run(groupBy, { key: 'os Debian 12', parents: ['a b'] })).addGroups).toEqual([{ name: 'os-Debian-12', parents: ['a-b'] }]);
    expect((await run(groupBy, { key: 'x' })).addGroups).toEqual([{ name: 'x', parents: ['all'] }]);
  });
});
