import { describe, expect, it } from 'vitest';
import file from '../../modules/file.ts';
import { noFile, type LocatedFile } from '../../modules/facts/file.ts';
import type { Deviations } from '../../modules/facts/deviations.ts';
import { argsOf, problemsOf } from '../harness/arguments.ts';
import { denied, directory, link, marked, missing, textFile } from '../harness/files.ts';
import { commandsOf, planOf } from '../harness/module.ts';

const none: Deviations = { found: [], more: false };
const plan = (given: Record<string, unknown>, path: LocatedFile, more: { source?: LocatedFile; deviations?: Deviations } = {}) =>
  planOf(file, argsOf(file, { path: '/srv/x', ...given }), { path, source: noFile, deviations: none, ...more });
const target = textFile('/srv/t', 't');

describe('plan', () => {
  it.each<[string, Record<string, unknown>, LocatedFile, string[]]>([
    ['a missing directory', { state: 'directory', mode: '0750', owner: 'www-data' }, missing('/srv/x'), ['mkdir -p /srv/x && chown www-data /srv/x && chmod 00750 /srv/x']],
    ['a directory that is there', { state: 'directory' }, directory('/srv/x'), []],
    ['a directory with another mode', { state: 'directory', mode: 'g+w' }, directory('/srv/x'), ['chmod 0775 /srv/x']],
    ['a mode without the bit that is inherited', { state: 'directory', mode: '0755' }, directory('/srv/x', { mode: '2755' }), ['chmod 00755 /srv/x']],
    ['a missing directory of our own', { state: 'directory', mode: '0750' }, missing('/srv/x'), ['mkdir -p -m 00750 /srv/x']],
    ['nothing to remove', { state: 'absent' }, missing('/srv/x'), []],
    ['a directory to remove', { state: 'absent' }, directory('/srv/x'), ['rm -rf /srv/x']],
    ['a link to remove', { state: 'absent' }, link('/srv/x', 't'), ['rm -f /srv/x']],
    ['times of a file', { state: 'touch' }, textFile('/srv/x', ''), ['touch /srv/x']],
    ['times to be left', { state: 'touch', access_time: 'preserve', modification_time: 'preserve' }, textFile('/srv/x', ''), []],
    ['one time', { state: 'touch', access_time: 'preserve', modification_time: '202001020304.05' }, textFile('/srv/x', ''), ['touch -m -t 202001020304.05 /srv/x']],
    ['the right link', { state: 'link', src: 't' }, link('/srv/x', 't'), []],
    ['another link', { state: 'link', src: 't' }, link('/srv/x', 'old'), ['ln -sfT t /srv/x']],
    ['no link yet', { state: 'link', src: 't', owner: 'bob' }, missing('/srv/x'), ['ln -sfT t /srv/x', 'chown -h bob /srv/x']],
    ['an empty directory in the place of a link', { state: 'link', src: 't', force: true }, directory('/srv/x'), ['rmdir /srv/x', 'ln -sfT t /srv/x']],
    ['attributes alone', { mode: '0600' }, textFile('/srv/x', ''), ['chmod 0600 /srv/x']],
  ])('%s', (_what, given, path, commands) => {
    expect(commandsOf(plan(given, path, { source: target }))).toEqual(commands);
  });

  it('keeps a file before it goes', () => {
    const [kept, removed] = commandsOf(plan({ state: 'absent' }, textFile('/srv/x', 'precious')));
    expect(kept).toContain('cp /srv/x "$k/backup/"');
    expect(removed).toBe('rm -f /srv/x');
  });

  it('sets the attributes of all below', () => {
    const deviations = { found: [{ path: '/srv/x/a', mode: '0777', uid: 1, gid: 1 }], more: false };
    expect(commandsOf(plan({ state: 'directory', recurse: true, mode: 'u=rwX,g=,o=', group: 'games' }, directory('/srv/x', { mode: '0700', group: 'games' }), { deviations }))).toEqual(['chown -hR :games /srv/x', 'chmod -R u=rwX,g=,o= /srv/x']);
  });

  it('leaves a hard link alone', () => {
    expect(plan({ state: 'hard', src: '/srv/t' }, textFile('/srv/x', 't'), { source: target })).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, LocatedFile, string]>([
    ['a file that is not there', { mode: '0600' }, missing('/srv/x'), '/srv/x does not exist'],
    ['a directory where a file is', { state: 'directory' }, textFile('/srv/x', ''), '/srv/x is a file'],
    ['a file where a directory is', { state: 'file' }, directory('/srv/x'), '/srv/x is a directory'],
    ['a link to nothing', { state: 'link', src: 'none' }, missing('/srv/x'), 'which /srv/x should lead to, does not exist'],
    ['a link where a file is', { state: 'link', src: 't', force: false }, textFile('/srv/x', ''), '/srv/x is a file already'],
    ['what may not be seen', { state: 'touch' }, denied('/srv/x'), '/srv/x cannot be read'],
    ['a file in no directory', { state: 'touch' }, missing('/srv/no/x', '/srv'), 'the directory /srv/no does not exist'],
  ])('refuses %s', (_what, given, path, message) => {
    expect(() => plan(given, path, { source: given['src'] === 'none' ? missing('/srv/none') : target })).toThrow(message);
  });
});

describe('revert', () => {
  const revert = (given: Record<string, unknown>, now: LocatedFile, before: LocatedFile) =>
    commandsOf([...file.revert!(argsOf(file, { path: '/srv/a/b', ...given }), { path: now, source: noFile, deviations: none }, { path: before, source: noFile, deviations: none })]);

  it.each<[string, Record<string, unknown>, LocatedFile, LocatedFile, string[]]>([
    ['removes the directories that were made, as far as they are empty', { state: 'directory' }, directory('/srv/a/b'), missing('/srv/a/b', '/srv'), ['for d in /srv/a/b /srv/a; do [ ! -d "$d" ] || rmdir --ignore-fail-on-non-empty "$d"; done']],
    ['goes on where it stopped', { state: 'directory' }, missing('/srv/a/b', '/srv/a'), missing('/srv/a/b', '/srv'), ['for d in /srv/a/b /srv/a; do [ ! -d "$d" ] || rmdir --ignore-fail-on-non-empty "$d"; done']],
    ['has nothing to do twice', { state: 'directory' }, missing('/srv/a/b', '/srv'), missing('/srv/a/b', '/srv'), []],
    ['gives a directory its mode back', { state: 'directory' }, directory('/srv/a/b', { mode: '0700' }), directory('/srv/a/b'), ['chmod 0755 /srv/a/b']],
    ['removes a link', { state: 'link', src: 't' }, marked(link('/srv/a/b', 't'), {}), missing('/srv/a/b'), ['rm -f /srv/a/b']],
    ['lets a link lead where it led', { state: 'link', src: 't' }, marked(link('/srv/a/b', 't'), {}), link('/srv/a/b', 'old'), ['ln -sfn old /srv/a/b']],
    ['leaves a directory that was removed', { state: 'absent' }, missing('/srv/a/b'), directory('/srv/a/b'), []],
  ])('%s', (_what, given, now, before, commands) => {
    expect(revert(given, now, before)).toEqual(commands);
  });
});

describe('arguments', () => {
  it.each([
    [{ path: '/x', state: 'link' }, ['state: link needs src']],
    [{ path: '/x', state: 'directory', src: 'y' }, ['src goes with state: link or hard']],
    [{ path: '/', state: 'absent' }, ['the root directory cannot be removed']],
    [{ path: '/x', state: 'touch', recurse: true }, ['recurse goes with state: directory']],
    [{ path: '/x', state: 'touch', access_time: 'soon' }, ["'soon' is no time"]],
    [{ path: '/x', mode: 755 }, ['the number 755 is the mode 1363']],
  ])('%j', (given, messages) => {
    expect(problemsOf(file, given)).toEqual(messages);
  });
});
