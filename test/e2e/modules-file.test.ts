/** Modules about files, on a real file system. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sh } from '../../src/shell.ts';
import copy from '../../modules/copy.ts';
import fileModule from '../../modules/file.ts';
import template from '../../modules/template.ts';
import { applyLocally, revertLocally, runCommand } from '../harness/module.ts';
import { argsOf, controllerOf, prepared } from '../harness/arguments.ts';
import { openSandbox, type Sandbox } from '../harness/sandbox.ts';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';

let sandbox: Sandbox;
let local: string;
const run = (text: string): string => {
  const result = runCommand(sh`/bin/sh -c ${text}`, sandbox);
  return result.status === 0 ? result.stdout : `exit ${result.status}: ${result.stderr}`;
};

beforeAll(async () => {
  sandbox = await openSandbox();
  local = mkdtempSync(join(tmpdir(), 'ctplay-'));
});
afterAll(async () => {
  await sandbox.close();
  rmSync(local, { recursive: true });
});

describe('copy', () => {
  const content = async (args: Record<string, unknown>) => {
    const full = argsOf(copy, args);
    const inputs = await prepared(copy, full, controllerOf(local));
    return { full, ...(await applyLocally(copy, full, { ...sandbox, inputs })) };
  };

  it('writes a new file, changes nothing twice, and takes it back', async () => {
    const args = { content: 'one\n', dest: '/srv/new', mode: '0640', owner: 'www-data' };
    const first = await content(args);
    expect(first.changes.map((change) => change.action)).toEqual(['create']);
    expect(first.leftover).toEqual([]);
    expect(run('cat /srv/new; stat -c "%a %U %G" /srv/new')).toBe('one\n640 www-data root\n');
    expect((await content(args)).changes).toEqual([]);
    revertLocally(copy, first.full, first.before, sandbox);
    expect(run('ls -A /srv')).toBe('');
    expect(revertLocally(copy, first.full, first.before, sandbox)).toEqual([]);
  });

  it('puts back what was there, with its mode and owner', async () => {
    run('printf "old\\n" > /srv/old; chmod 0604 /srv/old; chown www-data:games /srv/old');
    const first = await content({ content: 'new\n', dest: '/srv/old' });
    expect(first.changes[0]?.text).toEqual({ label: '/srv/old', from: 'old\n', to: 'new\n' });
    expect(run('cat /srv/old; stat -c "%a %U %G" /srv/old')).toBe('new\n604 www-data games\n');
    revertLocally(copy, first.full, first.before, sandbox);
    expect(run('cat /srv/old; stat -c "%a %U %G" /srv/old; ls -A /srv; rm /srv/old')).toBe('old\n604 www-data games\nold\n');
  });

  it.each([
    ['ours', 'root:root', '755'],
    ['of another user', 'www-data:root', '755'],
    ['of another group', 'root:games', '755'],
    ["of our group in a directory that gives what is new the directory's own", 'root:root', '2755'],
  ])('keeps the owners of a file that is %s', async (_whose, owners, mode) => {
    run(`mkdir -p /srv/team && chown www-data:games /srv/team && chmod ${mode} /srv/team && echo old > /srv/team/f && chown ${owners} /srv/team/f`);
    const { leftover } = await content({ content: 'new\n', dest: '/srv/team/f' });
    expect(leftover).toEqual([]);
    expect(run('cat /srv/team/f; stat -c "%U:%G" /srv/team/f; rm -r /srv/team')).toBe(`new\n${owners}\n`);
  });

  it('keeps an edit aside that a person made since', async () => {
    const first = await content({ content: 'ours\n', dest: '/srv/edited' });
    run('echo theirs >> /srv/edited');
    revertLocally(copy, first.full, first.before, sandbox);
    expect(run('ls /srv; cat /var/lib/ctplay/edited/*')).toBe('ours\ntheirs\n');
  });

  it.each([['bytes', Buffer.from([0, 1, 2, 255, 10, 0])], ['quotes', Buffer.from(`'"$HOME\\\n\`id\``)], ['no line break', Buffer.from('x')], ['umlauts', Buffer.from('äöü\n')]])('carries %s unharmed', async (_name, bytes) => {
    const path = join(local, 'some file');
    writeFileSync(path, bytes);
    const first = await content({ src: path, dest: '/srv/' });
    expect(first.leftover).toEqual([]);
    expect(run(`od -An -tx1 -v '/srv/some file' | tr -d ' \\n'; rm '/srv/some file'`)).toBe(bytes.toString('hex'));
  });

  it('follows or replaces a link', async () => {
    run('mkdir -p /srv/l; echo real > /srv/l/real; ln -s real /srv/l/link');
    await content({ content: 'via\n', dest: '/srv/l/link', follow: true });
    expect(run('cat /srv/l/real; readlink /srv/l/link')).toBe('via\nreal\n');
    const replaced = await content({ content: 'own\n', dest: '/srv/l/link' });
    expect(run('cat /srv/l/real /srv/l/link; test -L /srv/l/link || echo file')).toBe('via\nown\nfile\n');
    revertLocally(copy, replaced.full, replaced.before, sandbox);
    expect(run('readlink /srv/l/link; rm -r /srv/l')).toBe('real\n');
  });

  it('copies a directory and takes it back', async () => {
    mkdirSync(join(local, 'site/sub/deep'), { recursive: true });
    writeFileSync(join(local, 'site/index'), 'index\n');
    writeFileSync(join(local, 'site/sub/page'), 'page\n');
    const first = await content({ src: join(local, 'site'), dest: '/srv/a/b', mode: '0600', directory_mode: '0711' });
    expect(first.leftover).toEqual([]);
    expect(run('cd /srv; find . -printf "%p %m\\n" | sort')).toBe('. 755\n./a 755\n./a/b 755\n./a/b/site 711\n./a/b/site/index 600\n./a/b/site/sub 711\n./a/b/site/sub/deep 711\n./a/b/site/sub/page 600\n');
    run('echo changed > /srv/a/b/site/sub/page');
    const second = await content({ src: join(local, 'site'), dest: '/srv/a/b', mode: '0600', directory_mode: '0711' });
    expect(second.changes.map((change) => change.subject)).toEqual(['file /srv/a/b/site/sub/page']);
    revertLocally(copy, first.full, first.before, sandbox);
    expect(run('ls -A /srv')).toBe('');
  });

  it('copies within the host', async () => {
    run('mkdir -p /srv/from/sub; echo 1 > /srv/from/one; echo 2 > /srv/from/sub/two');
    const whole = await content({ src: '/srv/from/', dest: '/srv/to', remote_src: true });
    expect(whole.leftover).toEqual([]);
    expect(run('diff -r /srv/from /srv/to && echo same')).toBe('same\n');
    const one = await content({ src: '/srv/from/one', dest: '/srv/to/sub', remote_src: true, mode: 'preserve' });
    expect(one.leftover).toEqual([]);
    expect(run('cat /srv/to/sub/one')).toBe('1\n');
    revertLocally(copy, whole.full, whole.before, sandbox);
    revertLocally(copy, one.full, one.before, sandbox);
    expect(run('find /srv/to -type f; rm -rf /srv/from /srv/to')).toMatch(/^$|exit 1/);
  });

  it('leaves the old file when validation fails', async () => {
    run('echo good > /srv/v');
    await expect(content({ content: 'bad\n', dest: '/srv/v', validate: 'grep -q good %s' })).rejects.toThrow('exit 1');
    expect(run('cat /srv/v; ls -A /srv; rm /srv/v')).toBe('good\nv\n');
  });

  it('expands the home directory and makes a backup when asked', async () => {
    run('echo before > ~/ctplay-note');
    await content({ content: 'after\n', dest: '~/ctplay-note', backup: true });
    expect(run('cat ~/ctplay-note; cat ~/ctplay-note.*~; rm ~/ctplay-note*')).toBe('after\nbefore\n');
  });
});

describe('template', () => {
  it('writes what was rendered', async () => {
    writeFileSync(join(local, 'greeting.j2'), 'Hello {{ name }}\n');
    const args = argsOf(template, { src: join(local, 'greeting.j2'), dest: '/srv/greeting' });
    const inputs = await prepared(template, args, controllerOf(local));
    const first = await applyLocally(template, args, { ...sandbox, inputs });
    expect(first.leftover).toEqual([]);
    expect(run('cat /srv/greeting')).toBe('Hello host1\n');
    revertLocally(template, args, first.before, sandbox);
    expect(run('ls -A /srv')).toBe('');
  });
});

describe('file', () => {
  const apply = async (args: Record<string, unknown>) => {
    const full = argsOf(fileModule, args);
    return { full, ...(await applyLocally(fileModule, full, sandbox)) };
  };

  it('makes directories with those above, and removes only what it made', async () => {
    run('mkdir /srv/kept');
    const made = await apply({ path: '/srv/kept/a/b', state: 'directory', mode: '0750', owner: 'www-data' });
    expect(made.leftover).toEqual([]);
    expect(run('stat -c "%a %U" /srv/kept/a/b /srv/kept/a')).toBe('750 www-data\n750 www-data\n');
    expect((await apply({ path: '/srv/kept/a/b', state: 'directory', mode: 'u=rwx,g=rx,o=' })).changes).toEqual([]);
    run('touch /srv/kept/a/foreign');
    revertLocally(fileModule, made.full, made.before, sandbox);
    expect(run('find /srv | sort')).toBe('/srv\n/srv/kept\n/srv/kept/a\n/srv/kept/a/foreign\n');
    run('rm /srv/kept/a/foreign');
    revertLocally(fileModule, made.full, made.before, sandbox);
    expect(run('find /srv; rmdir /srv/kept')).toBe('/srv\n/srv/kept\n');
  });

  it('gives attributes to all below, and their old ones back', async () => {
    run('mkdir -p /srv/r/s; touch /srv/r/s/f; ln -s /etc/passwd /srv/r/l; chmod 0604 /srv/r/s/f');
    const args = { path: '/srv/r', state: 'directory', recurse: true, mode: 'u=rwX,g=rX,o=', group: 'games' };
    const first = await apply(args);
    expect(first.leftover).toEqual([]);
    expect((await apply(args)).changes).toEqual([]);
    expect(run('cd /srv/r; stat -c "%n %a %G" . s s/f; stat -c "%a %G" /etc/passwd')).toBe('. 750 games\ns 750 games\ns/f 640 games\n644 root\n');
    revertLocally(fileModule, first.full, first.before, sandbox);
    expect(run('cd /srv/r; stat -c "%n %a %G" . s s/f; rm -r /srv/r')).toBe('. 755 root\ns 755 root\ns/f 604 root\n');
  });

  it('removes a file and brings it back', async () => {
    run('echo precious > /srv/p; chmod 0600 /srv/p');
    const gone = await apply({ path: '/srv/p', state: 'absent' });
    expect(gone.leftover).toEqual([]);
    expect((await apply({ path: '/srv/p', state: 'absent' })).changes).toEqual([]);
    revertLocally(fileModule, gone.full, gone.before, sandbox);
    expect(run('cat /srv/p; stat -c %a /srv/p; rm /srv/p')).toBe('precious\n600\n');
  });

  it.each([
    ['nothing', ':', 'ls -A /srv', ''],
    ['another link', 'ln -s elsewhere /srv/link', 'readlink /srv/link', 'elsewhere\n'],
    ['a file', 'echo text > /srv/link', 'cat /srv/link', 'text\n'],
  ])('puts a link in the place of %s, and back', async (_what, before, look, expected) => {
    run(`rm -f /srv/link; ${before}`);
    const made = await apply({ path: '/srv/link', src: 'target', state: 'link', force: true });
    expect(made.leftover).toEqual([]);
    expect(run('readlink /srv/link')).toBe('target\n');
    revertLocally(fileModule, made.full, made.before, sandbox);
    expect(run(look)).toBe(expected);
    run('rm -f /srv/link');
  });

  it('makes a hard link', async () => {
    run('echo x > /srv/one');
    expect((await apply({ path: '/srv/two', src: '/srv/one', state: 'hard' })).leftover).toEqual([]);
    expect(run('stat -c %h /srv/one; rm /srv/one /srv/two')).toBe('2\n');
  });

  it('touches, and leaves times alone when told to', async () => {
    const made = await apply({ path: '/srv/t', state: 'touch', mode: '0600' });
    expect(run('stat -c "%a %s" /srv/t')).toBe('600 0\n');
    expect((await apply({ path: '/srv/t', state: 'touch', access_time: 'preserve', modification_time: 'preserve' })).changes).toEqual([]);
    expect((await apply({ path: '/srv/t', state: 'touch', modification_time: '202001020304.05' })).changes.map((change) => change.action)).toEqual(['run']);
    expect(run('LC_ALL=C TZ=UTC stat -c %y /srv/t')).toContain('2020-01-02 03:04:05');
    revertLocally(fileModule, made.full, made.before, sandbox);
    expect(run('ls -A /srv')).toBe('');
  });
});
