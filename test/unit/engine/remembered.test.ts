import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { answersFile, answersFolder, RememberedAnswers, type Parts } from '../../../src/engine/remembered.ts';
import type { HostTarget } from '../../../src/transport/types.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ctplay-answers-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** When, in seconds, which stamp was there, and what was read. */
type Reading = readonly [number, string | undefined, Parts];

describe('what was read of a thing', () => {
  it.each<[string, Reading[], Parts | undefined]>([
    ['is not used when it was read once', [[0, 'a', { d: '1' }]], undefined],
    ['is not used when it was read twice within a tick', [[0, 'a', { d: '1' }], [1.9, 'a', { d: '1' }]], undefined],
    ['is used when it was read alike with time between', [[0, 'a', { d: '1' }], [2, 'a', { d: '1' }]], { d: '1' }],
    ['counts from the first reading', [[0, 'a', { d: '1' }], [1, 'a', { d: '1' }], [2, 'a', { d: '1' }]], { d: '1' }],
    ['counts anew under another stamp', [[0, 'a', { d: '1' }], [9, 'b', { d: '1' }]], undefined],
    ['counts anew when it was read otherwise under the same stamp', [[0, 'a', { d: '1' }], [9, 'a', { d: '2' }]], undefined],
    ['is what was read otherwise, in time', [[0, 'a', { d: '1' }], [1, 'a', { d: '2' }], [9, 'a', { d: '2' }]], { d: '2' }],
    ['is not used once a reading showed another stamp', [[0, 'a', { d: '1' }], [9, 'a', { d: '1' }], [10, 'b', {}]], undefined],
    ['is not used once a reading showed no stamp', [[0, 'a', { d: '1' }], [9, 'a', { d: '1' }], [10, undefined, {}]], undefined],
    ['stays when nothing was read but the stamp', [[0, 'a', { d: '1' }], [9, 'a', { d: '1' }], [10, 'a', {}]], { d: '1' }],
    ['is each part for itself', [[0, 'a', { d: '1' }], [9, 'a', { d: '1', e: '2' }]], { d: '1' }],
    ['is all parts, whoever read them', [[0, 'a', { d: '1' }], [0, 'a', { e: '2' }], [9, 'a', { e: '2' }], [9, 'a', { d: '1' }]], { d: '1', e: '2' }],
    ['is not settled by a clock that was set back', [[9, 'a', { d: '1' }], [0, 'a', { d: '1' }]], undefined],
  ])('%s', async (_what, readings, expected) => {
    const file = path.join(folder, 'sequence.json');
    rmSync(file, { force: true });
    for (const [seconds, stamp, parts] of readings) {
      const answers = new RememberedAnswers(file);
      answers.remember('key', stamp, parts, 1_800_000_000_000 + seconds * 1000);
      await answers.save();
    }
    expect(new RememberedAnswers(file).recall('key')?.parts).toEqual(expected);
  });

  it('is for its own user alone, in a folder that has nothing else', async () => {
    const file = path.join(folder, 'own', 'host.json');
    const answers = new RememberedAnswers(file);
    answers.remember('key', 'a', { d: '1' });
    await answers.save();
    expect([statSync(path.dirname(file)).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o700, 0o600]);
    expect(readdirSync(path.dirname(file))).toEqual(['host.json']);
  });

  it.each([['no JSON', 'x'], ['another format', '{"format":0,"answers":{"key":{"stamp":"a","parts":{"d":{"value":"1","settled":true}}}}}'], ['no answers', '{"format":1}']])('is nothing where the file holds %s', (_what, text) => {
    const file = path.join(folder, 'damaged.json');
    writeFileSync(file, text);
    expect(new RememberedAnswers(file).recall('key')).toBeUndefined();
  });

  it('is nothing after a flush, and for whoever can write none', async () => {
    const file = path.join(folder, 'flushed.json');
    for (const now of [0, 9000]) {
      const answers = new RememberedAnswers(file);
      answers.remember('key', 'a', { d: '1' }, now);
      await answers.save();
    }
    expect(new RememberedAnswers(file).recall('key')).toEqual({ stamp: 'a', parts: { d: '1' } });
    expect(new RememberedAnswers(file, true).recall('key')).toBeUndefined();
    const nowhere = new RememberedAnswers(path.join(file, 'below-a-file', 'host.json'));
    nowhere.remember('key', 'a', { d: '1' });
    await expect(nowhere.save()).resolves.toBeUndefined();
  });
});

describe('the place for it', () => {
  const target: HostTarget = { name: 'a', connection: 'ssh', address: 'a.example', hostKeyChecking: 'strict', connectTimeoutMs: 1 };
  it.each<[Partial<HostTarget>, boolean]>([
    [{}, true],
    [{ name: 'b' }, true],
    [{ address: 'b.example' }, false],
    [{ port: 23 }, false],
    [{ user: 'root' }, false],
    [{ proxyJump: 'c' }, false],
    [{ connection: 'local' }, false],
  ])('of a host reached with %j as well: %s', (other, same) => {
    expect(answersFile('/f', { ...target, ...other }) === answersFile('/f', target)).toBe(same);
  });

  it.each([
    [{ XDG_CACHE_HOME: '/c' }, /^\/c\/ctplay\/answers$/],
    [{ XDG_CACHE_HOME: 'relative' }, /^\/.*\/\.cache\/ctplay\/answers$/],
    [{}, /^\/.*\/\.cache\/ctplay\/answers$/],
  ])('is by %j in %s', (env, expected) => {
    expect(answersFolder(env)).toMatch(expected);
  });
});
