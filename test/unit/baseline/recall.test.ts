import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Copies } from '../../../src/baseline/copies.ts';
import { makeBaseline, parseBaseline, parseHead, type Baseline, type BaselineHead } from '../../../src/baseline/document.ts';
import { contentsOf, parseContents } from '../../../src/baseline/host-store.ts';
import { recall } from '../../../src/baseline/recall.ts';
import { Round } from '../../../src/baseline/round.ts';
import { thing } from './machinery.ts';

const about: Omit<BaselineHead, 'format' | 'states'> = { id: 'id-1', name: 'default', host: 'h', machineId: 'm1', capturedAt: '2026-03-01T08:00:00.000Z', capturedBy: 'ann@desk', settings: { folders: ['/etc'] }, contents: '' };
const make = (more: Partial<typeof about> = {}): Baseline => makeBaseline({ ...about, ...more }, { thing: { state: 'present', value: { a: thing('red') } } });
const first = make();
const later = make({ id: 'id-2', capturedAt: '2026-03-02T08:00:00.000Z', capturedBy: 'bob@lap' });
const tampered = first.text.replace('"red"', '"blue"');
const forged = `${first.text.split('\n')[0]!}`.replace(first.head.states, makeBaseline(about, {}).head.states) + '\n{}\n';

describe('a baseline as text', () => {
  it('comes back whole', () => expect(parseBaseline(first.text, 'x')).toEqual(first));

  it.each<[what: string, text: string, message: RegExp]>([
    ['changed', tampered, /the baseline x was changed after it was captured/],
    ['cut off', first.text.slice(0, -20), /was changed after/],
    ['empty', '', /can't be read/],
    ['no JSON', 'hello', /can't be read/],
    ['null', 'null', /can't be read/],
    ['of the future', '{"format":2}\n{}\n', /captured by a newer ctplay/],
  ])('is refused when it is %s', (_what, text, message) => expect(() => parseBaseline(text, 'x')).toThrow(message));

  it('can be listed by its head', () => expect(parseHead(first.text.split('\n')[0]!, 'x')).toMatchObject({ name: 'default', host: 'h' }));
});

describe('recall', () => {
  const found = (stored: string, more: { machineId?: string; contents?: string } = {}) => ({ host: 'h', name: 'default', machineId: 'm1', contents: '', stored, ...more });

  it.each<[what: string, stored: string, copy: Baseline | string | undefined, expected: { id: string; putBack: boolean; uncopied: boolean; note?: RegExp }]>([
    ["the host's, where both are the same", 'same\n', first, { id: 'id-1', putBack: false, uncopied: false }],
    ["the host's, where there is no copy", `other\n${first.text}`, undefined, { id: 'id-1', putBack: false, uncopied: true }],
    ["the host's, where the copy is spoilt", `other\n${first.text}`, tampered, { id: 'id-1', putBack: false, uncopied: true }],
    ['the copy, where the host has none', 'none\n', first, { id: 'id-1', putBack: true, uncopied: false, note: /is gone from the host/ }],
    ["the copy, where the host's was changed", `other\n${tampered}`, first, { id: 'id-1', putBack: true, uncopied: false, note: /was changed on the host/ }],
    ["the copy, where the host's was changed with care", `other\n${forged}`, first, { id: 'id-1', putBack: true, uncopied: false, note: /was changed on the host/ }],
    ["the host's, where it was captured again elsewhere", `other\n${later.text}`, first, { id: 'id-2', putBack: false, uncopied: true, note: /captured again by bob@lap/ }],
    ["the copy, where the host's is older", `other\n${first.text}`, later, { id: 'id-2', putBack: true, uncopied: false, note: /is an older one/ }],
  ])('takes %s', (_what, stored, copy, { id, note, ...expected }) => {
    const recalled = recall(found(stored), typeof copy === 'object' ? copy.text : copy);
    expect(recalled).toMatchObject({ ...expected, contents: true, baseline: { head: { id } } });
    expect(recalled.notes).toHaveLength(note ? 1 : 0);
    if (note) expect(recalled.notes[0]).toMatch(note);
  });

  it.each<[what: string, stored: string, copy: string | undefined, machineId: string, code: string]>([
    ['no baseline at all', 'none\n', undefined, 'm1', 'baseline.missing'],
    ['a spoilt one and no copy', `other\n${tampered}`, undefined, 'm1', 'baseline.unreadable'],
    ['a copy of another machine', 'none\n', first.text, 'm2', 'baseline.other-machine'],
  ])('refuses %s', (_what, stored, copy, machineId, code) => {
    expect(() => recall(found(stored, { machineId }), copy)).toThrow(expect.objectContaining({ code }));
  });

  it('tells of a machine that is a copy of the captured one', () => {
    expect(recall(found('same\n', { machineId: 'm2' }), first.text).notes).toEqual([expect.stringMatching(/captured of another machine \(machine-id m1\)/)]);
    expect(recall(found('same\n', { machineId: '' }), first.text).notes).toEqual([]);
  });

  const sum = 'a'.repeat(64);
  const listing = `${sum}  ./files.tar.gz\n`;
  it.each<[what: string, contents: string, whole: boolean]>([
    ['are there', `capture id-0\n${'b'.repeat(64)}  ./x\ncapture id-1\n${listing}`, true],
    ['are gone', '', false],
    ['are others', `capture id-1\n${'b'.repeat(64)}  ./files.tar.gz\n`, false],
    ['are of another capture', `capture id-0\n${listing}`, false],
  ])('knows whether the contents %s', (_what, contents, whole) => {
    const baseline = make({ contents: parseContents(listing).digest });
    expect(recall(found('same\n', { contents }), baseline.text).contents).toBe(whole);
  });

  it('reads listings', () => {
    expect(parseContents(listing).files).toEqual(['files.tar.gz']);
    expect(contentsOf('', 'id')).toBeUndefined();
    expect(contentsOf('capture id\n', 'id')).toBe('');
  });
});

describe('on this machine', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ctplay-copies-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const env = { XDG_STATE_HOME: folder };

  it('copies of two inventories are two, private, and replaced whole', async () => {
    const [one, two] = [Copies.of(['a/hosts.yml'], env), Copies.of(['b/hosts.yml'], env)];
    await one.commit('h', 'default', 'id-1', first.text);
    expect(await two.read('h', 'default')).toBeUndefined();
    await one.commit('h', 'default', 'id-2', later.text);
    expect(await one.read('h', 'default')).toBe(later.text);
    expect(await one.names('h')).toEqual(['default']);
    expect(await one.names('other')).toEqual([]);
    const files = readdirSync(folder, { recursive: true }).map(String);
    expect(files.filter((file) => file.includes('id-1'))).toEqual([]);
    for (const file of files) expect(statSync(path.join(folder, file)).mode & 0o077, file).toBe(0);
    expect(await one.remove('h', 'default')).toBe(true);
    expect(await one.remove('h', 'default')).toBe(false);
  });

  it.each(['../../escape', '.', '..', 'a/b', 'ümlaut'])('a host called %s has a folder of its own', async (host) => {
    const copies = Copies.of(['hosts'], env);
    await copies.commit(host, 'default', 'id-1', first.text);
    expect(await copies.read(host, 'default')).toBe(first.text);
    const hosts = path.join(path.dirname(copies.file('x')), 'hosts');
    expect(readdirSync(hosts)).toHaveLength(1);
    await rmSync(hosts, { recursive: true });
  });

  it('a round goes on until every host is clean', async () => {
    const copies = Copies.of(['round'], env);
    const round = await Round.read(copies, 'default');
    expect(round.unfinished(['a', 'b'])).toEqual(['a', 'b']);
    await round.begin(['a', 'b', 'c']);
    await Promise.all([round.finish('a'), round.finish('c')]);
    const next = await Round.read(copies, 'default');
    expect(next.unfinished(['a', 'b', 'c', 'd'])).toEqual(['b', 'd']);
    await next.begin(['a']);
    expect((await Round.read(copies, 'default')).unfinished(['a', 'b'])).toEqual(['a', 'b']);
    expect((await Round.read(copies, 'other')).unfinished(['a'])).toEqual(['a']);
    await copies.writeFile('round-default.json', '{');
    expect((await Round.read(copies, 'default')).unfinished(['a'])).toEqual(['a']);
  });
});
