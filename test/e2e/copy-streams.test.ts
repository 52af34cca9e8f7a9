/** Directories with many files and large files, copied as streams: odd names, a full disk, runs that are cut off. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ctplay, startCtplay, workspace, type Ended, type Workspace } from '../harness/ctplay.ts';
import { withLab } from '../harness/lab.ts';

const lab = withLab({ hosts: 1 });
let files: Workspace;
let source: string;

beforeEach(() => {
  files = workspace();
  source = path.join(files.folder, 'source');
  mkdirSync(source);
});
afterEach(async () => {
  await ctplay('reset', '-i', lab().inventory);
  await on('chattr -i /root/t/* 2>/dev/null; umount /root/t 2>/dev/null; rm -rf /root/t');
  files.dispose();
});

const on = (command: string): Promise<string> => lab().output('host1', command);
const play = (more = '', become = true): string => files.write('play.yaml', `- hosts: all\n  become: ${become}\n  tasks:\n    - copy: { src: ${source}/, dest: /root/t${more} }\n`);
const run = (playbook: string, ...flags: string[]): Promise<Ended> => ctplay('run', playbook, '-i', lab().inventory, ...flags);

function put(name: string, content: string | Buffer, mode = 0o644): void {
  const file = path.join(source, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
}

async function converges(playbook: string): Promise<void> {
  const first = await run(playbook);
  expect(first, first.stdout + first.stderr).toMatchObject({ status: 0 });
  const again = await run(playbook);
  expect(again.stdout).toMatch(/changed=0 .*failed=0/);
}

/** Every path below the target with its mode, owner and digest; nothing of ctplay's own among them. */
const look = (): Promise<string> => on("cd /root/t && find . -mindepth 1 -printf '%p %y %m %u\\n' | LC_ALL=C sort; find . -type f -exec sha256sum {} + | LC_ALL=C sort -k2");
const digest = (content: string): string => createHash('sha256').update(content).digest('hex');

describe('a tree', () => {
  it('arrives with odd names, modes and owners, and goes as a whole', async () => {
    const long = 'n'.repeat(250);
    const names = ['plain', '.hidden', '-rf', 'a b', "it's", '"', '$HOME', '`id`', '*', '[a]', 'new\nline', '\\n', 'ümläut', long, `deep/${long}/${long}/f`, 'only/.hidden', 'empty dir/x'];
    for (const name of names) put(name, name);
    put('program', '#!/bin/sh\n', 0o755);
    put('empty', '');
    await converges(play(', mode: preserve, owner: "2", group: "3"'));
    const there = await on(`cd /root/t; for f in plain .hidden ./-rf 'a b' "it's" '"' '$HOME' '\`id\`' '*' '[a]' 'new
line' '\\n' ümläut only/.hidden 'empty dir/x'; do cat "$f"; echo; done; cat deep/*/*/f; echo; stat -c '%a %u %g' program plain .hidden empty only; find . -name '*ctplay*'`);
    expect(there).toBe([...names.filter((name) => name.length < 200), `deep/${long}/${long}/f`, '755 2 3', '644 2 3', '644 2 3', '644 2 3', '755 2 3'].join('\n'));
    expect(await ctplay('reset', '-i', lab().inventory)).toMatchObject({ status: 0 });
    expect(await on('ls -d /root/t 2>/dev/null || echo gone')).toBe('gone');
  });

  it('leaves the umask, inherited groups and set-id bits as single files have them', async () => {
    put('a', 'a');
    put('shared/b', 'b');
    await on('umask 022; mkdir -p /root/t/shared; chgrp 5 /root/t/shared; chmod 2775 /root/t/shared; echo old >/root/t/a; chown 7:8 /root/t/a; chmod 4750 /root/t/a');
    await converges(play());
    expect(await on("cd /root/t; stat -c '%n %a %u %g' a shared shared/b")).toBe('a 4750 7 8\nshared 2775 0 5\nshared/b 644 0 5');
  });

  it('of thousands of files arrives whole', async () => {
    for (let index = 0; index < 2500; index++) put(`d${index % 10}/f${index}`, String(index));
    await converges(play());
    expect(await on("cd /root/t; find . -type f | wc -l; cat d3/f2403; find . -name '*ctplay*'")).toBe('2500\n2403');
  });

  it('gives back what it replaced, links too, with a copy beside where that was asked for', async () => {
    for (const name of ['a', 'b', 'c', 'd']) put(name, `new ${name}`);
    await on('mkdir /root/t; cd /root/t; printf "old a" >a; chmod 600 a; printf "old b" >b; ln -s /etc/hostname c');
    const before = await look();
    await converges(play(', backup: true'));
    expect(await on('cd /root/t; cat a b c d; readlink c; cat a.*~; rm ./*~; stat -c %a a')).toBe('new anew bnew cnew dold a600');
    expect(await ctplay('reset', '-i', lab().inventory)).toMatchObject({ status: 0 });
    expect((await look()).replace(/^\.\/c .*\n/m, '')).toBe(before.replace(/^\.\/c .*\n/m, ''));
  });

  it('shows in check mode what it would do, and does nothing', async () => {
    put('a', 'text\n');
    put('d/b', 'more\n');
    const checked = await run(play(), '--check', '--diff');
    expect(checked.stdout).toMatch(/create file \/root\/t\/a[^]*\+text[^]*create file \/root\/t\/d\/b[^]*\+more/);
    expect(await on('ls -d /root/t 2>/dev/null || echo none')).toBe('none');
  });

  it('that does not fit leaves nothing half-written, and is finished once there is room', async () => {
    await on('mkdir /root/t; mount -t tmpfs -o size=1m tmpfs /root/t; mkdir /root/t/d; printf old >/root/t/d/f0');
    for (let index = 0; index < 20; index++) put(`d/f${index}`, Buffer.alloc(100_000, String(index)));
    const full = await run(play());
    expect(full.stdout).toContain('No space left on device');
    expect(await on("cd /root/t; find . -name '*ctplay*' -o -type f ! -size 100000c ! -size 3c; find . -type f | wc -l")).toBe('1');
    await on('mount -o remount,size=10m /root/t');
    await converges(play());
    expect(await on('cd /root/t/d; ls -A | wc -l; cat f* | wc -c')).toBe('20\n2000000');
    expect(await ctplay('reset', '-i', lab().inventory)).toMatchObject({ status: 0 });
    expect(await on('cd /root/t; find . -type f; head -c 20 d/f0')).toBe('./d/f0\nold');
  });

  it.each([
    ['interrupted', 'SIGINT'],
    ['killed', 'SIGKILL'],
  ] as const)('that is %s in the middle is finished by the next run, and can be taken back', async (_how, signal) => {
    for (let index = 0; index < 60; index++) put(`d${index % 3}/f${index}`, Buffer.alloc(1_000_000, String(index)));
    await on('mkdir -p /root/t/d0; printf old >/root/t/d0/f0');
    const running = startCtplay(['run', play(), '-i', lab().inventory]);
    await on('until [ -d /root/t/d0/.ctplay.new ]; do sleep 0.02; done');
    running.process.kill(signal);
    await running.ended;
    await on('while pgrep -x tar >/dev/null; do sleep 0.05; done');
    expect(await on("cd /root/t; find . -type f ! -path '*/.ctplay.new/*' ! -size 1000000c ! -size 3c")).toBe('');
    await converges(play());
    expect(await on("cd /root/t; find . -type f -size 1000000c | wc -l; find . -name '*ctplay*'")).toBe('60');
    expect(await ctplay('reset', '-i', lab().inventory)).toMatchObject({ status: 0 });
    expect(await on('cd /root/t; find . -type f; head -c 20 d0/f0')).toBe('./d0/f0\nold');
  });

  it('of which a killed run left something unplaced is cleaned, by a run or by a reset', async () => {
    put('d/a', 'a');
    await converges(play());
    const leftover = 'mkdir /root/t/.ctplay.new /root/t/d/.ctplay.new; echo half >/root/t/d/.ctplay.new/a';
    await on(leftover);
    await converges(play());
    expect(await on("find /root/t -name '*ctplay*'")).toBe('');
    await on(leftover);
    expect(await ctplay('reset', '-i', lab().inventory)).toMatchObject({ status: 0 });
    expect(await on('ls -d /root/t 2>/dev/null || echo gone')).toBe('gone');
  });

  it('is copied file by file where the host has no tar, or each has to be judged', async () => {
    put('a', 'good');
    put('d/b', 'good');
    await on('mv /bin/tar /bin/tar.away');
    try {
      await converges(play());
    } finally {
      await on('mv /bin/tar.away /bin/tar');
    }
    expect(await look()).toContain(`${digest('good')}  ./d/b`);
    put('a', 'bad');
    put('d/b', 'good, too');
    const judged = await run(play(', validate: "grep -q good %s"'));
    expect(judged.status).toBe(2);
    expect(await look()).toContain(`${digest('good')}  ./a`);
  });
});

describe('a large file', () => {
  const large = (): string => files.write('play.yaml', `- hosts: all\n  become: true\n  tasks:\n    - copy: { src: ${source}/large, dest: /root/t/large }\n`);

  it('that a killed run cuts off leaves the old one, and is whole after the next run', async () => {
    const content = Buffer.alloc(150_000_000, 'large');
    put('large', content);
    await on('mkdir /root/t; printf old >/root/t/large');
    const running = startCtplay(['run', large(), '-i', lab().inventory]);
    await on('until [ -s /root/t/.large.ctplay ]; do sleep 0.01; done');
    running.process.kill('SIGKILL');
    await running.ended;
    expect(await on('cat /root/t/large')).toBe('old');
    await converges(large());
    expect(await on('cd /root/t; ls -A; sha256sum <large')).toBe(`large\n${createHash('sha256').update(content).digest('hex')}  -`);
    expect(await ctplay('reset', '-i', lab().inventory)).toMatchObject({ status: 0 });
    expect(await on('cd /root/t; ls -A; cat large')).toBe('large\nold');
  });

  it('that does not fit leaves the old one', async () => {
    put('large', Buffer.alloc(20_000_000));
    await on('mkdir /root/t; mount -t tmpfs -o size=5m tmpfs /root/t; printf old >/root/t/large');
    expect((await run(large())).stdout).toContain('No space left on device');
    expect(await on('cd /root/t; ls -A; cat large')).toBe('large\nold');
  });
});
