import { describe, expect, it } from 'vitest';
import copy from '../../modules/copy.ts';
import { noFile } from '../../modules/facts/file.ts';
import { noTree, type Tree } from '../../modules/facts/tree.ts';
import { stateFolder } from '../../modules/shared/keep.ts';
import { inlineContent } from '../../modules/shared/local-file.ts';
import { argsOf, problemsOf } from '../harness/arguments.ts';
import { denied, directory, fileState, link, marked, missing, sha256, textFile } from '../harness/files.ts';
import { commandsOf, planOf } from '../harness/module.ts';

const input = (text: string) => ({ kind: 'file' as const, file: { name: 'n', size: text.length, mode: '0755', ...inlineContent(Buffer.from(text)) } });
const facts = { target: noFile, tree: noTree, source: noFile, sourceTree: noTree };
const plan = (given: Record<string, unknown>, target: typeof noFile, text = 'new\n') => planOf(copy, argsOf(copy, { dest: '/srv/f', content: text, ...given }), { ...facts, target }, input(text));
const keepNew = `umask 077; ${stateFolder.text}; { [ -d "$k/backup/written" ] || mkdir -p "$k/backup/written"; } && : >"$k/backup/written/"${sha256('new\n')}`;

describe('plan', () => {
  it('writes what is missing beside the path and moves it there', () => {
    const [change] = plan({ mode: '0600', owner: 'www-data' }, missing('/srv/f'));
    expect(change).toMatchObject({ action: 'create', subject: 'file /srv/f', to: { mode: '0600', owner: 'www-data' }, text: { label: '/srv/f', from: '', to: 'new\n' } });
    expect(commandsOf([change!])).toEqual([
      `${keepNew} || exit; p=/srv/f; t=/srv/.f.ctplay; { [ ! -e "$t" ] && [ ! -L "$t" ]; } || rm -f "$t"; umask 077; set -C; printf %s *** >"$t" && chown www-data "$t" && chmod 0600 "$t" && mv -fT "$t" "$p" || { s=$?; rm -f "$t"; exit $s; }`,
    ]);
    expect(change!.commands[0]!.text).toContain(`printf %s 'new\n' >"$t"`);
  });

  it("leaves the mode to the host's umask, not to the one that what is kept has", () => {
    expect(commandsOf(plan({}, missing('/srv/f')))).toEqual([expect.stringContaining(`( ${keepNew} ) || exit; p=/srv/f;`)]);
  });

  it('keeps the old content, mode and owner', () => {
    const [change] = plan({}, textFile('/srv/f', 'old\n', { mode: '0604', uid: 5, gid: 6 }));
    expect(change).toMatchObject({ action: 'update', text: { from: 'old\n', to: 'new\n' } });
    expect(commandsOf([change!])[0]).toContain(`cp /srv/f "$k/backup/"${sha256('old\n')}.part`);
    expect(commandsOf([change!])[0]).toContain('{ [ -O "$p" ] && [ -G "$p" ] && [ -O "$t" ] && [ -G "$t" ] || chown 5:6 "$t"; } && chmod 0604 "$t"');
  });

  it.each([
    ['the same content', {}, textFile('/srv/f', 'new\n'), []],
    ['the same through a link', {}, link('/srv/f', 'g', { sha256: sha256('new\n') }), []],
    ['no force', { force: false }, textFile('/srv/f', 'old\n'), []],
    ['another mode', { mode: '0600' }, textFile('/srv/f', 'new\n'), ['chmod 0600 /srv/f']],
    ['the mode of the source', { mode: 'preserve' }, textFile('/srv/f', 'new\n'), ['chmod 0755 /srv/f']],
    ['another owner by number', { owner: '7', group: 'games' }, textFile('/srv/f', 'new\n'), ['chown 7:games /srv/f']],
    ['the owner by number', { owner: '0' }, textFile('/srv/f', 'new\n'), []],
    ['a set-id program', { owner: 'www-data' }, textFile('/srv/f', 'new\n', { mode: '4755' }), ['chown www-data /srv/f', 'chmod 4755 /srv/f']],
  ])('%s', (_what, given, target, commands) => {
    expect(commandsOf(plan(given, target))).toEqual(commands);
  });

  it('makes the directory of a path with a trailing slash', () => {
    const args = argsOf(copy, { src: 'n', dest: '/srv/d/' });
    expect(commandsOf(planOf(copy, args, { ...facts, target: missing('/srv/d/n', '/srv') }, input('new\n')))[0]).toBe('mkdir -p /srv/d');
  });

  it.each([
    ['a missing directory', missing('/srv/no/f', '/srv'), 'the directory /srv/no does not exist'],
    ['a directory', directory('/srv/f'), '/srv/f is a directory'],
    ['what may not be read', denied('/srv/f'), '/srv/f cannot be read'],
    ['a file that may not be read', { ...textFile('/srv/f', ''), value: fileState() } as typeof noFile, '/srv/f cannot be read'],
  ])('refuses %s', (_what, target, message) => {
    expect(() => plan({}, target)).toThrow(message);
  });

  it('makes only what a directory lacks', () => {
    const source = {
      directories: [{ relative: 'a', mode: '0755' }, { relative: 'b', mode: '0755' }],
      files: [{ relative: 'a/one', mode: '0644', content: { ...inlineContent(Buffer.from('1')) } }, { relative: 'b/two', mode: '0644', content: { ...inlineContent(Buffer.from('2')) } }],
    };
    const now: Tree = { root: '/srv/d', exists: true, existing: '/srv/d', asked: { directories: [], files: [] }, entries: { a: fileState({ type: 'directory' }), 'a/one': fileState({ sha256: sha256('1') }) } };
    const changes = planOf(copy, argsOf(copy, { src: 'x/', dest: '/srv/d' }), { ...facts, tree: now }, { kind: 'tree', tree: source });
    expect(changes.map(({ subject }) => subject)).toEqual(['directory /srv/d/b', 'file /srv/d/b/two']);
  });
});

describe('revert', () => {
  const args = argsOf(copy, { content: 'new\n', dest: '/srv/f' });
  const revert = (now: typeof noFile, before: typeof noFile) => [...copy.revert!(args, { ...facts, target: now }, { ...facts, target: before })];
  const ours = marked(textFile('/srv/f', 'new\n'), { kept: true, written: true });

  it.each([
    ['deletes what was not there', ours, missing('/srv/f'), ['rm -f /srv/f']],
    ['has nothing to do twice', marked(missing('/srv/f'), {}), missing('/srv/f'), []],
    ['has nothing to do when it is so already', marked(textFile('/srv/f', 'old\n'), { kept: true }), textFile('/srv/f', 'old\n'), []],
    ['gives the mode back', marked(textFile('/srv/f', 'old\n', { mode: '0600' }), { kept: true }), textFile('/srv/f', 'old\n'), ['chmod 0644 /srv/f']],
    ['links again', ours, link('/srv/f', '../g'), ['ln -sfn ../g /srv/f']],
  ])('%s', (_what, now, before, commands) => {
    expect(commandsOf(revert(now, before))).toEqual(commands);
  });

  it('puts the old content back', () => {
    expect(commandsOf(revert(ours, textFile('/srv/f', 'old\n', { mode: '0600', uid: 3, gid: 4 })))[0]).toContain(`cat "$k/backup/"${sha256('old\n')} >"$t" && chown 3:4 "$t" && chmod 0600 "$t" && mv -fT`);
  });

  it('keeps an edit aside', () => {
    const [change] = revert(marked(textFile('/srv/f', 'edited\n'), { written: false }), missing('/srv/f'));
    expect(commandsOf([change!])[0]).toContain(`cp /srv/f "$k/edited/"${sha256('edited\n')}.part`);
    expect(change!.why).toContain('edited since');
  });

  it('says when the old content is lost', () => {
    expect(() => revert(marked(textFile('/srv/f', 'new\n'), { written: true }), textFile('/srv/f', 'old\n'))).toThrow('what /srv/f held before is no longer kept');
  });
});

describe('arguments', () => {
  it.each([
    [{ dest: '/f' }, ['copy needs src or content']],
    [{ dest: '/f', src: 'a', content: 'b' }, ['src and content exclude each other']],
    [{ dest: '/f/', content: 'b' }, ['content needs the name of a file as dest, not of a directory']],
    [{ dest: '/f', src: 'a', mode: 644 }, ['the number 644 is the mode 1204']],
    [{ dest: '/f', src: 'a', mode: 'preserve' }, []],
    [{ dest: '/f', content: 'b', remote_src: true }, ['remote_src goes with src, not with content']],
  ])('%j', (given, messages) => {
    expect(problemsOf(copy, given)).toEqual(messages);
  });

  it.each([
    ['text', 'a', 'a'],
    ['a number', 5, '5'],
    ['a truth value', true, 'True'],
    ['a mapping', { a: [1, 'b'] }, '{"a": [1, "b"]}'],
  ])('content may be %s', async (_what, content, text) => {
    const inputs = await copy.prepare!(argsOf(copy, { dest: '/f', content }), undefined as never);
    expect(inputs).toMatchObject({ kind: 'file', file: { text } });
  });
});
