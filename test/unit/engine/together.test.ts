import { describe, expect, it } from 'vitest';
import { file, presence } from '../../../modules/facts/file.ts';
import { affects, affectsFiles, affectsFrom } from '../../../modules/shared/affects.ts';
import { admission, endWithCommands, foretell, type PlannedChanges } from '../../../src/engine/together.ts';
import type { Change, Domain, Fact } from '../../../src/module.ts';
import { sh } from '../../../src/shell.ts';

type Effects = Pick<Change, 'touches' | 'brings' | 'files' | 'directories'>;
const changeOf = (effects: Effects): Change => ({ action: 'update', subject: 'it', commands: [sh`true`], ...effects });

/** A task about something that is no file. */
function about(domain: Domain, changes: boolean): PlannedChanges {
  const fact: Fact<string> = { kind: 'thing', key: domain, read: sh`read ${domain}`, domains: [domain], parse: () => '' };
  return { facts: { thing: fact }, before: { thing: '' }, changes: changes ? [changeOf({ touches: [domain] })] : [] };
}

type State = 'absent' | 'present' | 'unavailable';

/** A task about a file, with what was found there. */
function aboutFile(path: string, state: State, effects: Effects | undefined = affectsFiles(path)): PlannedChanges {
  const before = { state, path, existing: '/d' };
  return { facts: { file: file(path) }, before: { file: before }, changes: effects ? [changeOf(effects)] : [] };
}

const directory = (path: string, existing: string): PlannedChanges => aboutFile(path, 'absent', affectsFrom(path, existing));
/** A link, planned by whether there is what it leads to. */
const link = (path: string, to: string, there: boolean): PlannedChanges => ({ facts: { to: presence(to) }, before: { to: { state: there ? 'present' : 'absent', path: to } }, changes: [changeOf(affectsFiles(path))] });
const nothingToDo = (path: string): PlannedChanges => ({ ...aboutFile(path, 'present'), changes: [] });
const freely = '';
const never = undefined;

describe('a task in the trip of those before it', () => {
  it.each<[string, PlannedChanges, PlannedChanges[], string | undefined]>([
    ['about something else', about('b', true), [about('a', true)], freely],
    ['about the same', about('a', true), [about('a', true)], never],
    ['about a part of it', about('a:x', true), [about('a', true)], never],
    ['about the whole of it', about('a', true), [about('a:x', true)], never],
    ['after a change of all there is', about('b', true), [{ ...about('a', true), changes: [changeOf({})] }], never],
    ['that changes all there is', { ...about('b', true), changes: [changeOf({})] }, [about('a', true)], never],
    ['after one with nothing to do', about('b', true), [about('a', true), about('c', false)], freely],
    ['that changes what one with nothing to do has read', about('c', true), [about('a', true), about('c', false)], never],
    ['with nothing to do, about what was changed', about('a', false), [about('a', true)], never],
    ['with nothing to do, about something else', about('b', false), [about('a', true)], freely],
    ['that writes a new file after another', aboutFile('/d/b', 'absent'), [aboutFile('/d/a', 'absent')], '[ -d /d ] && [ ! -e /d/b ] && [ ! -L /d/b ]'],
    ['that changes a file after another', aboutFile('/d/b', 'present'), [aboutFile('/d/a', 'absent')], '{ [ -e /d/b ] || [ -L /d/b ]; } && ! [ /d/b -ef /d/a ]'],
    ['that changes a file after two others', aboutFile('/d/c', 'present'), [aboutFile('/d/a', 'absent'), aboutFile('/d/b', 'present')], '{ [ -e /d/c ] || [ -L /d/c ]; } && ! [ /d/c -ef /d/a ] && ! [ /d/c -ef /d/b ]'],
    ['about a file that nobody could look at', aboutFile('/d/b', 'unavailable'), [aboutFile('/d/a', 'absent')], never],
    ['about the same file', aboutFile('/d/a', 'present'), [aboutFile('/d/a', 'present')], never],
    ['about a file in a directory that was made', aboutFile('/d/a/b', 'absent'), [aboutFile('/d/a', 'absent')], never],
    ['about the directory of a file that was made', aboutFile('/d', 'present'), [aboutFile('/d/a', 'absent')], never],
    ['that writes a file into a directory that was made', aboutFile('/d/a/b/c', 'absent'), [directory('/d/a/b', '/d')], '[ -d /d/a/b ] && [ ! -e /d/a/b/c ] && [ ! -L /d/a/b/c ]'],
    ['that writes a file beside another, in a directory that was made', aboutFile('/d/a/c', 'absent'), [directory('/d/a', '/d'), aboutFile('/d/a/b', 'absent')], '[ -d /d/a ] && [ ! -e /d/a/c ] && [ ! -L /d/a/c ]'],
    ['that makes a directory in one that was made', directory('/d/a/b', '/d/a'), [directory('/d/a', '/d')], '[ -d /d/a ] && [ ! -e /d/a/b ] && [ ! -L /d/a/b ]'],
    ['about a directory that was made', aboutFile('/d/a', 'absent'), [directory('/d/a', '/d')], never],
    ['about the directory in which one was made', aboutFile('/d', 'present'), [directory('/d/a', '/d')], never],
    ['about a file that two tasks write into a directory that was made', aboutFile('/d/a/b', 'absent'), [directory('/d/a', '/d'), aboutFile('/d/a/b', 'absent')], never],
    ['about a part of something, after a directory', about('file:d:a:b', true), [directory('/d/a', '/d')], never],
    ['that makes a link to a file that was made', link('/d/l', '/d/a', false), [aboutFile('/d/a', 'absent')], '[ -e /d/a ]'],
    ['that makes a link to a file that was changed', link('/d/l', '/d/a', true), [aboutFile('/d/a', 'present')], '[ -e /d/a ]'],
    ['that makes a link to a directory that was made', link('/d/l', '/d/a', false), [directory('/d/a', '/d')], '[ -e /d/a ]'],
    ['that makes a link to something else', link('/d/l', '/d/b', true), [aboutFile('/d/a', 'absent')], '[ -e /d/b ]'],
    ['that makes a link to the directory of a file that was made', link('/d/l', '/d', true), [aboutFile('/d/a', 'absent')], '[ -e /d ]'],
    ['that makes a link to nothing, in a directory that was made', link('/d/l', '/d/a/b', false), [directory('/d/a', '/d')], '[ ! -e /d/a/b ]'],
    ['about a file, after a change of files nobody has listed', aboutFile('/d/b', 'present'), [aboutFile('/d/a', 'present', affects('/d/a'))], never],
    ['about a file, after something else', aboutFile('/d/b', 'present'), [about('a', true)], freely],
    ['about something else, after a file', about('a', true), [aboutFile('/d/b', 'present')], freely],
    ['that changes a file, after one that only looked at another', aboutFile('/d/b', 'present'), [about('a', true), nothingToDo('/d/c')], never],
    ['that only looks at a file, after a change of another', nothingToDo('/d/b'), [aboutFile('/d/a', 'present')], '{ [ -e /d/b ] || [ -L /d/b ]; } && ! [ /d/b -ef /d/a ]'],
  ])('%s', (_name, next, earlier, test) => {
    const before = foretell(next.facts, next.before, earlier);
    expect(before && admission({ ...next, before }, earlier)?.text).toBe(test);
  });

  it.each<[string, Partial<Change>, boolean]>([
    ['plain commands', {}, true],
    ['a file to fetch', { download: { from: '/a', to: '/b' } }, false],
    ['a reboot', { reconnect: { timeoutSeconds: 1, delaySeconds: 0, test: sh`true` } }, false],
    ['a user who is removed', { endsShellOf: 'eve' }, false],
  ])('needs changes that end with their commands: %s', (_name, more, ends) => {
    expect(endWithCommands([{ ...changeOf({}), ...more }])).toBe(ends);
  });
});
