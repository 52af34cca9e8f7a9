/** Modules that bring things from elsewhere: git, archives, downloads, requests, mirrors. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import fetch from '../../modules/fetch.ts';
import find from '../../modules/find.ts';
import getUrl from '../../modules/get_url.ts';
import git from '../../modules/git.ts';
import synchronize from '../../modules/synchronize.ts';
import template from '../../modules/template.ts';
import unarchive from '../../modules/unarchive.ts';
import uri from '../../modules/uri.ts';
import { noArchive, remoteArchive } from '../../modules/facts/archive.ts';
import { noFile } from '../../modules/facts/file.ts';
import { parseResponse, type HttpResponse } from '../../modules/facts/http.ts';
import type { ListedFile } from '../../modules/facts/listing.ts';
import { resolveRef, type GitFacts } from '../../modules/facts/repository.ts';
import { noTree, tree, type Tree } from '../../modules/facts/tree.ts';
import { inlineContent } from '../../modules/shared/local-file.ts';
import { argsOf, controllerOf, prepared, problemsOf } from '../harness/arguments.ts';
import { directory, fileState, missing, sha256, textFile } from '../harness/files.ts';
import { commandsOf, planOf } from '../harness/module.ts';

describe('git', () => {
  const [a, b] = ['a'.repeat(40), 'b'.repeat(40)];
  const refs = { HEAD: a!, 'refs/heads/main': a!, 'refs/heads/dev': b!, 'refs/tags/v1': 'c'.repeat(40), 'refs/tags/v1^{}': b! };
  it.each([
    ['HEAD', { commit: a, branch: 'main' }],
    ['dev', { commit: b, branch: 'dev' }],
    ['v1', { commit: b }],
    ['abcdef0', { commit: 'abcdef0' }],
    ['nothing', undefined],
  ])('resolves %s', (version, expected) => expect(resolveRef({ refs }, version)).toEqual(expected));

  const facts = (local: GitFacts['local'], more: Partial<GitFacts> = {}): { git: GitFacts } => ({ git: { local, remote: { state: 'present', value: { refs } }, occupied: false, ...more } });
  const copy = (more = {}): GitFacts['local'] => ({ state: 'present', value: { head: a!, branch: 'main', url: 'r', modified: false, ...more } });
  const plan = (given: Record<string, unknown>, now: { git: GitFacts }) => commandsOf(planOf(git, argsOf(git, { repo: 'r', dest: '/d', recursive: false, ...given }), now));
  it.each<[string, Record<string, unknown>, { git: GitFacts }, string[]]>([
    ['a clone', { version: 'dev', depth: 1, key_file: '/k' }, facts({ state: 'absent' }), [`GIT_SSH_COMMAND='ssh -o BatchMode=yes -i '\\''/k'\\'' -o IdentitiesOnly=yes' GIT_TERMINAL_PROMPT=0 git clone -q --origin origin --depth 1 --branch dev r /d`]],
    ['a clone of a commit', { version: 'abcdef0' }, facts({ state: 'absent' }), ['GIT_TERMINAL_PROMPT=0 git clone -q --origin origin r /d', 'GIT_TERMINAL_PROMPT=0 git -C /d checkout -q abcdef0']],
    ['no clone', { clone: false }, facts({ state: 'absent' }), []],
    ['what is there', {}, facts(copy()), []],
    ['no update', { update: false, version: 'dev' }, facts(copy()), []],
    ['another branch', { version: 'dev' }, facts(copy()), ['GIT_TERMINAL_PROMPT=0 git -C /d fetch -q --tags --force origin +refs/heads/dev:refs/remotes/origin/dev', `GIT_TERMINAL_PROMPT=0 git -C /d checkout -q -B dev ${b}`]],
    ['another remote', {}, facts(copy({ url: 'old' })), ['GIT_TERMINAL_PROMPT=0 git -C /d remote set-url origin r']],
    ['an edit to throw away', { force: true }, facts(copy({ modified: true })), ['GIT_TERMINAL_PROMPT=0 git -C /d fetch -q --tags --force origin +refs/heads/main:refs/remotes/origin/main', `GIT_TERMINAL_PROMPT=0 git -C /d checkout -q -f -B main ${a}`, `GIT_TERMINAL_PROMPT=0 git -C /d reset -q --hard ${a}`]],
  ])('%s', (_what, given, now, commands) => {
    expect(plan(given, now)).toEqual(commands);
  });
  it.each<[string, Record<string, unknown>, { git: GitFacts }, string]>([
    ['no git', {}, facts({ state: 'unavailable', reason: 'not-installed', detail: '' }), 'git is not installed'],
    ['no answer', {}, facts({ state: 'absent' }, { remote: { state: 'unavailable', reason: 'unreadable', detail: 'refused' } }), 'the repository r does not answer'],
    ['an edit', { version: 'dev' }, facts(copy({ modified: true })), 'was changed by hand'],
    ['another thing', {}, facts({ state: 'absent' }, { occupied: true }), '/d is there and is no working copy'],
    ['no such version', { version: 'none' }, facts({ state: 'absent' }), "has no branch, tag or commit 'none'"],
  ])('refuses %s', (_what, given, now, message) => {
    expect(() => plan(given, now)).toThrow(message);
  });
  it('reverts', () => {
    const args = argsOf(git, { repo: 'r', dest: '/d' });
    expect(commandsOf([...git.revert!(args, facts(copy()), facts({ state: 'absent' }))])).toEqual(['rm -rf /d']);
    expect([...git.revert!(args, facts(copy({ modified: true })), facts({ state: 'absent' }))]).toEqual([]);
    expect(commandsOf([...git.revert!(args, facts(copy()), facts(copy({ head: b, branch: 'dev' })))])).toEqual([`GIT_TERMINAL_PROMPT=0 git -C /d checkout -q -B dev ${b}`]);
  });
});

describe('unarchive', () => {
  const contents = { directories: ['d'], files: [{ relative: 'd/f', sha256: sha256('f') }] };
  const local = { file: { name: 'a.tar', path: '/a.tar', size: 1, mode: '0644', ...inlineContent(Buffer.from('x')) }, contents };
  const now = (entries: Tree['entries']) => ({ guard: {}, dest: directory('/o'), tree: { ...noTree, root: '/o', exists: true, entries }, archive: noArchive });
  it('unpacks what is missing', () => {
    const [change] = planOf(unarchive, argsOf(unarchive, { src: 'a.tar', dest: '/o', owner: 'bob' }), now({}), local);
    expect(change).toMatchObject({ action: 'create', to: 'd and 1 more' });
    expect(commandsOf([change!])[0]).toContain(`tar -xf "$t" -C "$d"`);
    expect(commandsOf([change!])[0]).toContain(`tar -tf "$t" | xargs -d '\\n' chown -h bob --`);
  });
  it('does nothing when all is there', () => {
    expect(planOf(unarchive, argsOf(unarchive, { src: 'a.tar', dest: '/o' }), now({ d: fileState({ type: 'directory' }), 'd/f': fileState({ sha256: sha256('f') }) }), local)).toEqual([]);
    expect(planOf(unarchive, argsOf(unarchive, { src: 'a.tar', dest: '/o', creates: '/c' }), { ...now({}), guard: { what: '/c', reason: 'exists' } }, local)).toEqual([]);
  });
  it.each([
    [{ ...now({}), dest: missing('/o') }, {}, 'the directory /o does not exist'],
    [now({}), { remote_src: true }, 'a.tar does not exist on the host'],
    [{ ...now({}), archive: { exists: true, unpacked: false, problem: 'bad', entries: [] } }, { remote_src: true }, 'a.tar cannot be read on the host'],
  ])('refuses', (facts, given, message) => {
    expect(() => planOf(unarchive, argsOf(unarchive, { src: 'a.tar', dest: '/o', ...given }), facts, 'remote_src' in given ? undefined : local)).toThrow(message);
  });
  it.each([
    [0, './\n./f\n\n', { exists: true, unpacked: true, entries: ['./', './f'] }],
    [0, './f\n\n./f: Contents differ\n', { exists: true, unpacked: false, entries: ['./f'] }],
    [3, '', noArchive],
    [4, '', { exists: true, unpacked: false, problem: 'no tar', entries: [] }],
  ])('reads %s %j', (status, stdout, expected) => {
    expect(remoteArchive('/a', '/o').parse({ status, stdout, stderr: 'no tar' })).toEqual(expected);
  });
  it('includes or excludes', () => {
    expect(problemsOf(unarchive, { src: 'a.tar', dest: '/o', include: ['x'], exclude: ['y'] })).toEqual(['include and exclude exclude each other']);
  });
  it('does not download', () => expect(problemsOf(unarchive, { src: 'https://x/y.tar', dest: '/o' })).toEqual(['archives are not unpacked from the net']));
});

describe('get_url', () => {
  const digest = { exists: true, checksum: 'ab' };
  const plan = (given: Record<string, unknown>, target = missing('/o'), found: Record<string, unknown> = { exists: false }) => planOf(getUrl, argsOf(getUrl, { url: 'https://x/y', dest: '/o', ...given }), { target, digest: found, inside: { exists: false }, md5: {} });
  it.each([
    ['a file that is there', {}, textFile('/o', 'x'), digest, []],
    ['the right digest', { checksum: 'sha1:AB' }, textFile('/o', 'x'), digest, []],
    ['another digest', { checksum: 'sha1:cd' }, textFile('/o', 'x'), digest, ['update']],
    ['force', { force: true }, textFile('/o', 'x'), digest, ['run']],
    ['nothing there', {}, missing('/o'), undefined, ['create']],
    ['another mode', { mode: '0600' }, textFile('/o', 'x'), digest, ['update']],
  ])('%s', (_what, given, target, found, actions) => {
    expect(plan(given, target, found).map(({ action }) => action)).toEqual(actions);
  });
  it('goes past the proxy and shows its certificate', () => {
    const shown = commandsOf(plan({ use_proxy: false, client_cert: '/c.pem', client_key: '/k.pem' })).join('\n');
    expect(shown).toContain("--noproxy '*' --cert /c.pem --key /k.pem");
    expect(shown).toContain('--no-proxy --certificate /c.pem --private-key /k.pem');
    expect(shown).not.toContain('apt-helper');
    expect(problemsOf(getUrl, { url: 'https://x/y', dest: '/o', checksum: 'sha256:https://x/SHA256SUMS' })).toEqual(['the file with checksums is not downloaded']);
  });
  it('keeps the password to itself', () => {
    const shown = commandsOf(plan({ url_username: 'u', url_password: 'secret', headers: { A: 'b' } })).join('\n');
    expect(shown).not.toContain('secret');
    expect(shown).toContain("-H 'A: b'");
    expect(shown).not.toContain('apt-helper');
  });
});

describe('uri', () => {
  const response: HttpResponse = { status: 200, url: 'http://x/', headers: { content_type: 'application/json' }, cookies: ['id=7; Path=/'], body: '{"a":1}', installed: true };
  const plan = (given: Record<string, unknown>, now: HttpResponse | undefined) => planOf(uri, argsOf(uri, { url: 'http://x/', ...given }), { guard: {}, response: now });
  it('reads without changing', () => {
    expect(plan({}, response)).toEqual([]);
    expect(uri.returns!(argsOf(uri, { url: 'http://x/' }), { before: { guard: {}, response }, now: { guard: {}, response }, changes: [], results: [], pending: false }, undefined)).toMatchObject({ status: 200, json: { a: 1 }, content_type: 'application/json', cookies: { id: '7' }, cookies_string: 'id=7' });
  });
  it.each([
    [{ ...response, installed: false }, 'curl is not installed'],
    [{ ...response, status: 0, problem: 'refused' }, 'http://x/ does not answer'],
    [{ ...response, status: 500 }, 'http://x/ answered with status 500'],
  ])('refuses', (now, message) => expect(() => plan({}, now)).toThrow(message));
  it('calls curl as it is told', () => {
    const [change] = plan({ method: 'PUT', src: '/f', remote_src: true, http_agent: 'me', client_cert: '/c', ca_path: '/a', use_proxy: false }, undefined);
    expect(change!.commands[0]!.display).toContain("-X PUT --data-binary @/f -m 30 -L -A me --cert /c --cacert /a --noproxy '*' http://x/");
    expect(problemsOf(uri, { url: 'http://x/', src: '/f' })).toEqual(['src is a file of the host here']);
  });
  it('sends what changes something as a change', () => {
    const [change] = plan({ method: 'POST', body: { a: 1 }, body_format: 'json', status_code: [200, 201] }, undefined);
    expect(change!.action).toBe('run');
    expect(change!.commands[0]!.display).toContain("-X POST -H 'Content-Type: application/json' --data-binary @- -m 30");
    expect(change!.commands[0]!.display).toContain('case $c in 200 | 201)');
    expect(change!.commands[0]!.input).toEqual({ kind: 'text', text: '{"a":1}' });
    expect(plan({ method: 'PUT', body: { a: [1, 2] }, body_format: 'form-urlencoded' }, undefined)[0]!.commands[0]!.input).toEqual({ kind: 'text', text: 'a=1&a=2' });
  });
  it('reads the last of several answers', () => {
    const stdout = '200 http://x/b\0HTTP/1.1 301 Moved\r\nLocation: /b\r\n\r\nHTTP/1.1 200 OK\r\nX-A: 1\r\nSet-Cookie: id=7\r\n\r\n\0bo\0dy';
    expect(parseResponse({ status: 0, stdout, stderr: '' })).toEqual({ status: 200, url: 'http://x/b', headers: { x_a: '1', set_cookie: 'id=7' }, cookies: ['id=7'], body: 'bo\0dy', installed: true });
    expect(parseResponse({ status: 7, stdout: '', stderr: 'curl: (7) refused\n' })).toMatchObject({ status: 0, problem: 'curl: (7) refused' });
  });
});

describe('find', () => {
  const listed = (path: string, more: Partial<ListedFile> = {}): ListedFile => ({ ...fileState(), path, contains: true, ...more });
  const files = [listed('/d/a.log', { mtime: 0, size: 2048 }), listed('/d/b.txt', { mtime: 990, mode: '0600' }), listed('/d/sub', { type: 'directory' }), listed('/d/l', { type: 'link' })];
  it.each([
    [{}, ['/d/a.log', '/d/b.txt']],
    [{ patterns: '*.log,x' }, ['/d/a.log']],
    [{ patterns: ['^b\\.'], use_regex: true }, ['/d/b.txt']],
    [{ excludes: '*.log' }, ['/d/b.txt']],
    [{ age: '60' }, ['/d/a.log']],
    [{ age: '-1m' }, ['/d/b.txt']],
    [{ size: '1k' }, ['/d/a.log']],
    [{ size: '-1k' }, ['/d/b.txt']],
    [{ mode: '600' }, ['/d/b.txt']],
    [{ file_type: 'directory' }, ['/d/sub']],
    [{ file_type: 'any' }, ['/d/a.log', '/d/b.txt', '/d/sub', '/d/l']],
  ])('%j', (given, paths) => {
    const now = { listing: { files, now: 1000, skipped: {} } };
    const values = find.returns!(argsOf(find, { paths: '/d', ...given }), { before: now, now, changes: [], results: [], pending: false }, undefined);
    expect((values['files'] as { path: string }[]).map(({ path }) => path)).toEqual(paths);
    expect(values).toMatchObject({ matched: paths.length, examined: 4 });
  });
});

describe('fetch', () => {
  const args = argsOf(fetch, { src: '/etc/motd', dest: '/tmp/got' });
  it('brings what differs', () => {
    expect(planOf(fetch, args, { file: textFile('/etc/motd', 'x'), sha1: {}, md5: {} }, { path: '/tmp/got/h/etc/motd', sha256: undefined })).toMatchObject([{ action: 'run', download: { from: '/etc/motd', to: '/tmp/got/h/etc/motd' } }]);
    expect(planOf(fetch, args, { file: textFile('/etc/motd', 'x'), sha1: {}, md5: {} }, { path: '/p', sha256: sha256('x') })).toEqual([]);
  });
  it('may go on without', () => {
    expect(() => planOf(fetch, args, { file: missing('/etc/motd'), sha1: {}, md5: {} }, { path: '/p', sha256: undefined })).toThrow('/etc/motd does not exist');
    expect(planOf(fetch, { ...args, fail_on_missing: false }, { file: missing('/etc/motd'), sha1: {}, md5: {} }, { path: '/p', sha256: undefined })).toEqual([]);
  });
});

describe('synchronize', () => {
  const content = { ...inlineContent(Buffer.from('x')) };
  const source = { directories: [{ relative: 'd', mode: '0755' }], files: [{ relative: 'd/x', mode: '0755', content }] };
  const now: Tree = { root: '/o', exists: true, existing: '/o', asked: { directories: [], files: [] }, entries: { old: fileState({ type: 'directory' }), 'old/f': fileState({ sha256: sha256('f') }), 'keep.o': fileState() } };
  it('removes what the source lacks', () => {
    const changes = planOf(synchronize, argsOf(synchronize, { src: 's/', dest: '/o', delete: true, rsync_opts: ['--exclude=*.o'] }), { file: noFile, tree: now }, { kind: 'tree', tree: source });
    expect(changes.map(({ action, subject }) => `${action} ${subject}`)).toEqual(['create directory /o/d', 'create file /o/d/x', 'delete directory /o/old']);
    expect(commandsOf(changes.slice(-1))).toEqual([expect.stringContaining('cp /o/old/f'), 'rm -rf /o/old']);
  });
  it.each([
    [{ src: 's', dest: '/o', mode: 'pull' }, 'synchronize does not pull'],
    [{ src: 's', dest: '/o', owner: true }, 'synchronize does not carry the owner over'],
    [{ src: 's', dest: '/o', links: true }, 'synchronize does not carry links over'],
    [{ src: 's', dest: '/o', copy_links: false }, 'links are not copied as links'],
    [{ src: 's', dest: '/o', rsync_opts: ['-z'] }, 'the option -z of rsync is not understood'],
  ])('problem of %j', (given, message) => expect(problemsOf(synchronize, given)).toEqual([message]));
  it('takes what rsync alone would heed', () => expect(problemsOf(synchronize, { src: 's', dest: '/o', compress: true, times: true, group: false, dest_port: 22 })).toEqual([]));
});

describe('template', () => {
  it('writes what was rendered', () => {
    const inputs = { content: inlineContent(Buffer.from('text\n')) };
    const args = argsOf(template, { src: 'a.j2', dest: '/o', mode: '0640' });
    expect(planOf(template, args, { target: missing('/o') }, inputs)).toMatchObject([{ action: 'create', to: { mode: '0640' }, text: { to: 'text\n' } }]);
    expect(planOf(template, args, { target: textFile('/o', 'text\n', { mode: '0640' }) }, inputs)).toEqual([]);
    expect(planOf(template, { ...args, force: false }, { target: textFile('/o', 'old') }, inputs)).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, string, string]>([
    ['as it is', {}, 'x\n', 'x\n'],
    ['with settings of the task', { trim_blocks: false, lstrip_blocks: true }, 'x\n', '#jinja2: trim_blocks: False, lstrip_blocks: True\nx\n'],
    ['with delimiters', { variable_start_string: "[%'", comment_end_string: '\\*' }, 'x\n', "#jinja2: variable_start_string: '[%\\'', comment_end_string: '\\\\*'\nx\n"],
    ['with settings of its own behind them', { trim_blocks: false }, '#jinja2: trim_blocks: True\nx\n', '#jinja2: trim_blocks: False, trim_blocks: True\nx\n'],
  ])('is rendered %s', async (_name, given, text, rendered) => {
    const folder = mkdtempSync(join(tmpdir(), 'ctplay-'));
    writeFileSync(join(folder, 'a.j2'), text);
    const { content } = await prepared(template, argsOf(template, { src: 'a.j2', dest: '/o', ...given }), controllerOf(folder));
    rmSync(folder, { recursive: true });
    expect(content.text).toBe(rendered);
  });
});

describe('trees', () => {
  it('reads paths, links and digests', () => {
    const stdout = `root=/o\0existing=/o\0exists=\0asked=dd\0asked=fd/x\0path=./d\0stat=41ed 0 0 4 1 1 1 1 2 1\0owner=root\0group=root\0path=./d/x=y\0stat=81a4 0 0 1 1 1 1 2 1 1\0owner=root\0group=root\0path=./l\0stat=a1ff 0 0 1 1 1 1 3 1 1\0owner=root\0group=root\0path=./l\0target=d\0digests=\0${'a'.repeat(64)}  ./d/x=y\0`;
    expect(tree('/o', { everything: true }).parse({ status: 0, stdout, stderr: '' })).toMatchObject({
      root: '/o', exists: true, asked: { directories: ['d'], files: ['d/x'] },
      entries: { d: { type: 'directory', mode: '0755' }, 'd/x=y': { type: 'file', sha256: 'a'.repeat(64) }, l: { type: 'link', target: 'd' } },
    });
  });
});
