/** General modules on a real system: an overlay over this machine, so that nothing of it changes. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Static, TObject } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import authorizedKey from '../../modules/authorized_key.ts';
import blockinfile from '../../modules/blockinfile.ts';
import command from '../../modules/command.ts';
import cron from '../../modules/cron.ts';
import deb822Repository from '../../modules/deb822_repository.ts';
import find from '../../modules/find.ts';
import getUrl from '../../modules/get_url.ts';
import git from '../../modules/git.ts';
import group from '../../modules/group.ts';
import hostname from '../../modules/hostname.ts';
import knownHosts from '../../modules/known_hosts.ts';
import lineinfile from '../../modules/lineinfile.ts';
import mount from '../../modules/mount.ts';
import packageFacts from '../../modules/package_facts.ts';
import raw from '../../modules/raw.ts';
import replace from '../../modules/replace.ts';
import script from '../../modules/script.ts';
import shell from '../../modules/shell.ts';
import slurp from '../../modules/slurp.ts';
import stat from '../../modules/stat.ts';
import synchronize from '../../modules/synchronize.ts';
import tempfile from '../../modules/tempfile.ts';
import unarchive from '../../modules/unarchive.ts';
import uri from '../../modules/uri.ts';
import user from '../../modules/user.ts';
import waitFor from '../../modules/wait_for.ts';
import type { FactMap, Module, ReadResult } from '../../src/module.ts';
import { sh } from '../../src/shell.ts';
import { argsOf, controllerOf, prepared } from '../harness/arguments.ts';
import { applyLocally, revertLocally, runCommand } from '../harness/module.ts';
import { openSandbox, type Sandbox } from '../harness/sandbox.ts';

let sandbox: Sandbox;
let local: string;
let server: ChildProcess;
let address: string;

const webServer = `
const server = require('node:http').createServer((request, response) => {
  if (request.url === '/json') response.setHeader('content-type', 'application/json').end('{"answer": 42}');
  else if (request.url === '/echo') request.pipe(response);
  else if (request.url === '/file') response.end('from the net\\n');
  else { response.writeHead(404); response.end('nothing here'); }
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

beforeAll(async () => {
  sandbox = await openSandbox();
  local = mkdtempSync(join(tmpdir(), 'ctplay-'));
  // In a process of its own: the commands of these tests block this one.
  server = spawn(process.execPath, ['-e', webServer], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(server.stdout!, 'data')) as [Buffer];
  address = `http://127.0.0.1:${port.toString().trim()}`;
});
afterAll(async () => {
  await sandbox.close();
  server.kill();
  rmSync(local, { recursive: true });
});

const run = (text: string): string => {
  const result = runCommand(sh`/bin/sh -c ${text}`, sandbox);
  return result.status === 0 ? result.stdout : `exit ${result.status}: ${result.stderr}`;
};

/** What the engine does with a task, and then its return values. */
async function task<S extends TObject, F extends FactMap, I>(module: Module<S, F, I>, given: Record<string, unknown>) {
  const args = argsOf(module, given);
  const inputs = await prepared(module, args, controllerOf(local));
  const done = await applyLocally(module, args, { ...sandbox, inputs });
  const results: ReadResult[] = [];
  const values = module.returns?.(args, { ...done, results, pending: false }, inputs) ?? {};
  return { args, inputs, ...done, values, actions: done.changes.map(({ action }) => action), revert: () => revertLocally(module, args as Static<S>, done.before, sandbox) };
}

/** Changes something, changes nothing the second time, and twice taken back plans nothing the second time. */
async function roundTrip<S extends TObject, F extends FactMap, I>(module: Module<S, F, I>, given: Record<string, unknown>, look: string): Promise<{ before: string; after: string }> {
  const before = run(look);
  const first = await task(module, given);
  expect(first.changes).not.toEqual([]);
  expect(first.leftover).toEqual([]);
  const after = run(look);
  expect((await task(module, given)).changes).toEqual([]);
  first.revert();
  expect(run(look)).toBe(before);
  expect(first.revert()).toEqual([]);
  return { before, after };
}

describe('users and groups', () => {
  it('makes a group and takes it back', async () => {
    expect((await roundTrip(group, { name: 'ctp-lab', gid: 4242 }, 'getent group ctp-lab || :')).after).toBe('ctp-lab:x:4242:\n');
  });

  it('makes a user and takes them back', async () => {
    const given = { name: 'ctp-user', uid: 4243, shell: '/bin/sh', groups: 'games,cdrom', comment: 'A B', password: '$6$abc$def', expires: 4102444800 };
    const { after } = await roundTrip(user, given, 'getent passwd ctp-user; id -Gn ctp-user 2>/dev/null; ls -d /home/ctp-user 2>/dev/null; grep ^ctp-user: /etc/shadow | cut -d: -f2,8; :');
    expect(after).toContain('ctp-user:x:4243:4243:A B:/home/ctp-user:/bin/sh\nctp-user');
    expect(after).toContain('/home/ctp-user\n$6$abc$def:47482\n');
  });

  it('changes a user and gives the old attributes back', async () => {
    run('useradd -m -s /bin/sh -G games ctp-old');
    const { after } = await roundTrip(user, { name: 'ctp-old', shell: '/bin/bash', groups: ['cdrom'], append: true, comment: 'New' }, 'getent passwd ctp-old; id -Gn ctp-old');
    expect(after).toMatch(/:New:\/home\/ctp-old:\/bin\/bash\n.*cdrom.*games/);
    const none = await task(user, { name: 'ctp-old', groups: [] });
    expect(run('id -Gn ctp-old')).toBe('ctp-old\n');
    none.revert();
    run('userdel -r ctp-old');
  });

  it('never shows the hash of a password', async () => {
    const first = await task(user, { name: 'ctp-secret', password: '$6$hidden$hash' });
    expect(JSON.stringify([first.before, first.now, first.changes])).not.toContain('hidden');
    expect((await task(user, { name: 'ctp-secret', password: '$6$hidden$hash' })).changes).toEqual([]);
    expect((await task(user, { name: 'ctp-secret', password: '$6$other$hash' })).changes).toHaveLength(1);
    expect((await task(user, { name: 'ctp-secret', password: '$6$more$hash', update_password: 'on_create' })).changes).toEqual([]);
    first.revert();
  });

  it('lets keys in, and only those when exclusive', async () => {
    run('useradd -m ctp-keys');
    const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOsYt a@b';
    await task(authorizedKey, { user: 'ctp-keys', key });
    expect(run('stat -c "%a %U %G" ~ctp-keys/.ssh ~ctp-keys/.ssh/authorized_keys; cat ~ctp-keys/.ssh/authorized_keys')).toBe(`700 ctp-keys ctp-keys\n600 ctp-keys ctp-keys\n${key}\n`);
    const second = await task(authorizedKey, { user: 'ctp-keys', key: 'ssh-ed25519 AAAAother c', exclusive: true, key_options: 'no-pty,from="10.0.0.0/8"' });
    expect(run('cat ~ctp-keys/.ssh/authorized_keys')).toBe('no-pty,from="10.0.0.0/8" ssh-ed25519 AAAAother c\n');
    second.revert();
    expect(run('cat ~ctp-keys/.ssh/authorized_keys')).toBe(`${key}\n`);
    await task(authorizedKey, { user: 'ctp-keys', key, state: 'absent' });
    expect(run('cat ~ctp-keys/.ssh/authorized_keys; userdel -r ctp-keys 2>/dev/null')).toBe('');
    await expect(task(authorizedKey, { user: 'ctp-nobody', key })).rejects.toThrow("there is no user 'ctp-nobody'");
  });
});

describe('the system', () => {
  it('names the host', async () => {
    expect((await roundTrip(hostname, { name: 'lab-host.example' }, 'hostname; cat /etc/hostname')).after).toBe('lab-host.example\nlab-host.example\n');
  });

  it('has jobs of cron', async () => {
    if (run('command -v crontab || :') === '') run('apt-get install -y -q cron');
    run('printf "MAILTO=me\\n1 2 3 4 5 mine\\n" | crontab -');
    const { after } = await roundTrip(cron, { name: 'ours', minute: '*/5', job: 'echo "100%" $HOME' }, 'crontab -l');
    expect(after).toBe('MAILTO=me\n1 2 3 4 5 mine\n#Ansible: ours\n*/5 * * * * echo "100%" $HOME\n');
    const first = await task(cron, { name: 'ours', special_time: 'daily', job: 'one' });
    run('crontab -l | sed s/mine/theirs/ | crontab -');
    first.revert();
    expect(run('crontab -l; crontab -r')).toBe('MAILTO=me\n1 2 3 4 5 theirs\n');
    await roundTrip(cron, { name: 'file', job: 'x', user: 'root', cron_file: 'ctp-file' }, 'cat /etc/cron.d/ctp-file 2>/dev/null; :');
  });

  it('mounts', async () => {
    const { after } = await roundTrip(mount, { path: '/srv/m n', src: 'tmpfs', fstype: 'tmpfs', opts: 'size=1m', state: 'mounted' }, 'cat /etc/fstab; grep -c "/srv/m" /proc/mounts; ls -d "/srv/m n" 2>/dev/null; :');
    expect(after).toContain('tmpfs /srv/m\\040n tmpfs size=1m 0 0\n1\n/srv/m n\n');
    await task(mount, { path: '/srv/m2', src: 'tmpfs', fstype: 'tmpfs', state: 'mounted' });
    expect((await task(mount, { path: '/srv/m2', state: 'absent_from_fstab' })).leftover).toEqual([]);
    expect(run('grep -c /srv/m2 /etc/fstab /proc/mounts; :')).toBe('/etc/fstab:0\n/proc/mounts:1\n');
    expect((await task(mount, { path: '/srv/m2', state: 'absent' })).leftover).toEqual([]);
    expect((await task(mount, { path: '/srv/m2', state: 'absent' })).changes).toEqual([]);
    expect(run('ls -d /srv/m2 2>&1')).toContain('exit');
  });

  it('has sources that apt reads', async () => {
    const given = { name: 'The Lab', uris: ['https://example.org/debian'], suites: ['bookworm'], components: ['main', 'extra'], trusted: true };
    const { before, after } = await roundTrip(deb822Repository, given, "apt-get update --print-uris | grep -o 'https://example.org[^ ]*InRelease'; ls /etc/apt/sources.list.d");
    expect(before).not.toContain('example.org');
    expect(after).toContain('https://example.org/debian/dists/bookworm/InRelease\n');
  });

  it('lists packages', async () => {
    const { values } = await task(packageFacts, {});
    expect((values['ansible_facts'] as { packages: Record<string, { arch: string }[]> }).packages['dpkg']![0]!.arch).toBe(run('dpkg --print-architecture').trim());
  });
});

describe('text in files', () => {
  const file = (text: string): void => void run(`printf '${text}' > /srv/text`);
  it.each([
    ['lineinfile', lineinfile, { path: '/srv/text', regexp: '^b', line: 'B' }, 'a\nB\n'],
    ['blockinfile', blockinfile, { path: '/srv/text', block: 'x' }, 'a\nb\n# BEGIN ANSIBLE MANAGED BLOCK\nx\n# END ANSIBLE MANAGED BLOCK\n'],
    ['replace', replace, { path: '/srv/text', regexp: '[ab]', replace: 'c' }, 'c\nc\n'],
  ])('%s edits and takes it back', async (_name, module, given, expected) => {
    file('a\\nb\\n');
    const { after } = await roundTrip(module as unknown as Module, given, 'cat /srv/text');
    expect(after).toBe(expected);
  });

  it('leaves bytes alone that are no UTF-8', async () => {
    run(`printf 'gr\\374n\\na\\n' > /srv/text`);
    await task(lineinfile, { path: '/srv/text', line: 'b' });
    expect(run('od -An -c /srv/text').replace(/\s+/g, ' ')).toBe(' g r 374 n \\n a \\n b \\n ');
  });

  it('says how to make a file that is missing', async () => {
    await expect(task(lineinfile, { path: '/srv/none', line: 'x' })).rejects.toThrow('/srv/none does not exist');
    await roundTrip(lineinfile, { path: '/srv/none', line: 'x', create: true, mode: '0600' }, 'cat /srv/none 2>/dev/null; :');
  });

  it('knows hosts', async () => {
    const key = 'host2 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOsYt';
    await roundTrip(knownHosts, { name: 'host2', key, path: '/srv/ssh/known' }, 'cat /srv/ssh/known 2>/dev/null; :');
    await task(knownHosts, { name: 'host2', key, path: '/srv/ssh/known', hash_host: true });
    expect(run('ssh-keygen -F host2 -f /srv/ssh/known | tail -1')).toMatch(/ ssh-ed25519 AAAAC3/);
    await task(knownHosts, { name: 'host2', path: '/srv/ssh/known', state: 'absent' });
    expect(run('cat /srv/ssh/known')).toBe('');
  });
});

describe('looking', () => {
  it('stats, slurps and finds', async () => {
    run('mkdir -p /srv/f/sub /srv/f/.hid; echo one > /srv/f/one.log; echo two > /srv/f/sub/two.log; echo h > /srv/f/.hid/three.log; touch -d "10 days ago" /srv/f/one.log; ln -s one.log /srv/f/link');
    expect((await task(stat, { path: '/srv/f/one.log' })).values['stat']).toMatchObject({ exists: true, isreg: true, size: 4, mode: '0644', pw_name: 'root', checksum: run('sha1sum < /srv/f/one.log').slice(0, 40) });
    expect((await task(stat, { path: '/srv/f/link' })).values['stat']).toMatchObject({ islnk: true, lnk_target: 'one.log', block_size: 4096, device_type: 0, lnk_source: '/srv/f/one.log' });
    expect((await task(stat, { path: '/srv/nothing' })).values['stat']).toEqual({ exists: false });
    expect((await task(slurp, { src: '/srv/f/one.log' })).values['content']).toBe('b25lCg==');
    const names = async (given: Record<string, unknown>) => ((await task(find, { paths: '/srv/f', ...given })).values['files'] as { path: string }[]).map(({ path }) => path).sort();
    expect(await names({})).toEqual(['/srv/f/one.log']);
    expect(await names({ recurse: true, patterns: '*.log' })).toEqual(['/srv/f/one.log', '/srv/f/sub/two.log']);
    expect(await names({ recurse: true, hidden: true })).toHaveLength(3);
    expect(await names({ recurse: true, age: '1w' })).toEqual(['/srv/f/one.log']);
    expect(await names({ recurse: true, age: '-1w' })).toEqual(['/srv/f/sub/two.log']);
    expect(await names({ recurse: true, contains: 't.o' })).toEqual(['/srv/f/sub/two.log']);
    expect(await names({ recurse: true, contains: 'o$', read_whole_file: true })).toEqual(['/srv/f/sub/two.log']);
    expect(await names({ file_type: 'directory' })).toEqual(['/srv/f/sub']);
    expect(await names({ file_type: 'link' })).toEqual(['/srv/f/link']);
    run('rm -r /srv/f');
  });

  it('waits for ports and files', async () => {
    const port = Number(new URL(address).port);
    expect((await task(waitFor, { port, timeout: 3 })).values['state']).toBe('started');
    await expect(task(waitFor, { port: 1, timeout: 1 })).rejects.toThrow('127.0.0.1:1 did not answer within 1 s');
    await task(waitFor, { port: 1, state: 'stopped', timeout: 1 });
    run(`bash -c 'exec 3<>/dev/tcp/127.0.0.1/${port}; sleep 6' >/dev/null 2>&1 &\nsleep 0.5`);
    await expect(task(waitFor, { port, state: 'drained', timeout: 1, active_connection_states: ['ESTABLISHED'] })).rejects.toThrow('still has connections');
    await task(waitFor, { port, state: 'drained', timeout: 1, active_connection_states: ['ESTABLISHED'], exclude_hosts: ['127.0.0.1'] });
    await task(waitFor, { port, state: 'drained', timeout: 20, active_connection_states: ['ESTABLISHED'] });
    run('(sleep 1; echo ready > /srv/flag) >/dev/null 2>&1 &');
    expect((await task(waitFor, { path: '/srv/flag', search_regex: '^ready', timeout: 5, sleep: 0.2 })).before['awaited']).toMatchObject({ reached: true });
    run('rm /srv/flag');
  });
});

describe('commands', () => {
  const commandOf = async (module: Module<TObject, FactMap, unknown>, given: Record<string, unknown>) => {
    const args = argsOf(module, given);
    const inputs = await prepared(module, args, controllerOf(local));
    const before = Object.fromEntries(Object.entries(module.facts(args, inputs)).map(([name, fact]) => [name, fact.parse(runCommand(fact.read, sandbox))]));
    const changes = [...module.plan(args, before, inputs)];
    const results = changes.flatMap((change) => change.commands.map((one) => runCommand(one, sandbox)));
    return module.returns!(args, { before, now: before, changes, results, pending: false }, inputs);
  };
  const any = (module: unknown) => module as Module<TObject, FactMap, unknown>;

  it.each([
    ['words', command, { _raw_params: `printf '<%s>' a "b c" 'd"e' f\\ g` }, '<a><b c><d"e><f g>'],
    ['no shell', command, { _raw_params: 'echo a | cat; echo $((1))' }, 'a | cat; echo $((1))'],
    ['variables and home', command, { argv: ['echo', '$HOME', '${HOME}/x', '~', '$CTP_NONE', 'a$'] }, '/root /root/x /root $CTP_NONE a$'],
    ['no variables', command, { argv: ['echo', '$HOME'], expand_argument_vars: false }, '$HOME'],
    ['input', command, { _raw_params: 'cat', stdin: 'typed', chdir: '/tmp' }, 'typed'],
    ['a pipe', shell, { _raw_params: 'echo a b | wc -w; pwd', chdir: '/tmp' }, '2\n/tmp'],
    ['another shell', shell, { cmd: 'echo ${BASH_VERSION%%.*}', executable: '/bin/bash' }, '5'],
    ['raw', raw, { _raw_params: 'printf x' }, 'x'],
  ])('%s', async (_what, module, given, stdout) => {
    expect(await commandOf(any(module), given)).toMatchObject({ rc: 0, stdout });
  });

  it('returns what failed', async () => {
    expect(await commandOf(any(shell), { _raw_params: 'echo a; echo b >&2; exit 3' })).toMatchObject({ rc: 3, stdout: 'a', stderr: 'b', stdout_lines: ['a'], stderr_lines: ['b'], msg: 'non-zero return code' });
  });

  it.each([
    ['creates', { creates: '/etc/host?ame' }, 'skipped, since /etc/host?ame exists'],
    ['removes', { removes: '/no/such/*' }, 'skipped, since /no/such/* does not exist'],
    ['unless', { unless: 'test -d /etc' }, 'skipped, since test -d /etc succeeds'],
  ])('is held back by %s', async (_what, guards, stdout) => {
    expect(await commandOf(any(command), { _raw_params: 'touch /srv/ran', ...guards })).toMatchObject({ stdout });
    expect(run('ls /srv/ran 2>/dev/null; :')).toBe('');
  });

  it('runs a script of the controller', async () => {
    writeFileSync(join(local, 'hello.sh'), '#!/bin/bash\necho "$0" | grep -c tmp; echo "$@" "$PWD"; cat; exit 7\n');
    expect(await commandOf(any(script), { _raw_params: `hello.sh 'a b' c`, chdir: '/srv' })).toMatchObject({ rc: 7, stdout: '1\na b c /srv\n' });
    expect(run('ls /tmp')).toBe('');
  });

  it('makes temporary files', async () => {
    const { path } = (await commandOf(any(tempfile), { state: 'directory', suffix: '.x' })) as { path: string };
    expect(path).toMatch(/^\/tmp\/ansible\.\w{8}\.x$/);
    expect(run(`stat -c '%F %a' ${path}; rmdir ${path}`)).toBe('directory 700\n');
  });
});

describe('from elsewhere', () => {
  it('downloads', async () => {
    const { after } = await roundTrip(getUrl, { url: `${address}/file`, dest: '/srv/', mode: '0600' }, 'cat /srv/file 2>/dev/null; :');
    expect(after).toBe('from the net\n');
    const sum = run('echo from the net | sha256sum').slice(0, 64);
    await roundTrip(getUrl, { url: `${address}/file`, dest: '/srv/sum', checksum: `sha256:${sum}` }, 'cat /srv/sum 2>/dev/null; :');
    await expect(task(getUrl, { url: `${address}/file`, dest: '/srv/bad', checksum: `sha256:${'0'.repeat(64)}` })).rejects.toThrow('another checksum');
    await expect(task(getUrl, { url: `${address}/missing`, dest: '/srv/bad' })).rejects.toThrow('404');
    expect(run('ls -A /srv')).not.toContain('bad');
  });

  it('asks web servers', async () => {
    expect((await task(uri, { url: `${address}/json` })).values).toMatchObject({ status: 200, json: { answer: 42 } });
    await expect(task(uri, { url: `${address}/nothing` })).rejects.toThrow('status 404');
    expect((await task(uri, { url: `${address}/nothing`, status_code: 404, return_content: true })).values).toMatchObject({ status: 404, content: 'nothing here' });
    expect((await task(uri, { url: `${address}/echo`, method: 'POST', body: { a: 1 }, body_format: 'json' })).actions).toEqual(['run']);
  });

  it('checks out repositories', async () => {
    const repository = join(local, 'repository');
    const here = (...args: string[]) => spawnSync('git', ['-C', repository, '-c', 'user.name=x', '-c', 'user.email=x@x', ...args], { encoding: 'utf8' });
    mkdirSync(repository);
    here('init', '-q', '-b', 'main');
    writeFileSync(join(repository, 'file'), 'one\n');
    here('add', '.');
    here('commit', '-qm', 'one');
    here('tag', 'v1');
    // The sandbox has its own /tmp.
    const bundle = async (): Promise<void> => {
      spawnSync('sh', ['-c', `tar -C "${repository}" -c . | ${sandbox.prefix.join(' ')} sh -c 'mkdir -p /srv/origin && tar -x -C /srv/origin'`]);
    };
    await bundle();
    const given = { repo: '/srv/origin', dest: '/srv/copy', version: 'main' };
    const first = await task(git, given);
    expect(first.leftover).toEqual([]);
    expect((await task(git, given)).changes).toEqual([]);
    writeFileSync(join(repository, 'file'), 'two\n');
    here('commit', '-qam', 'two');
    await bundle();
    const second = await task(git, given);
    expect(second.actions).toEqual(['update']);
    expect(second.leftover).toEqual([]);
    expect(run('cat /srv/copy/file')).toBe('two\n');
    const tagged = await task(git, { ...given, version: 'v1' });
    expect(run('cat /srv/copy/file')).toBe('one\n');
    tagged.revert();
    expect(run('cat /srv/copy/file; git -C /srv/copy branch --show-current')).toBe('two\nmain\n');
    run('echo edited > /srv/copy/file');
    await expect(task(git, { ...given, version: 'v1' })).rejects.toThrow('was changed by hand');
    expect((await task(git, { ...given, version: 'v1', force: true })).leftover).toEqual([]);
    await expect(task(git, { ...given, version: 'nowhere' })).rejects.toThrow("no branch, tag or commit 'nowhere'");
    first.revert();
    expect(run('ls -d /srv/copy 2>/dev/null; rm -r /srv/origin')).toBe('');
  });

  it('unpacks archives', async () => {
    mkdirSync(join(local, 'tree/sub'), { recursive: true });
    writeFileSync(join(local, 'tree/a'), 'a\n');
    writeFileSync(join(local, 'tree/sub/b'), 'b\n');
    spawnSync('tar', ['-C', join(local, 'tree'), '-czf', join(local, 'tree.tgz'), '.']);
    run('mkdir -p /srv/unpacked');
    const { after } = await roundTrip(unarchive, { src: 'tree.tgz', dest: '/srv/unpacked' }, 'cd /srv/unpacked; find . -type f | sort');
    expect(after).toBe('./a\n./sub/b\n');
    await task(unarchive, { src: 'tree.tgz', dest: '/srv/unpacked' });
    run('echo drift > /srv/unpacked/a');
    expect((await task(unarchive, { src: 'tree.tgz', dest: '/srv/unpacked' })).leftover).toEqual([]);
    expect(run('cat /srv/unpacked/a')).toBe('a\n');
    run('tar -C /srv/unpacked -cf /srv/remote.tar . && mkdir /srv/again');
    const remote = { src: '/srv/remote.tar', dest: '/srv/again', remote_src: true };
    expect((await task(unarchive, remote)).leftover).toEqual([]);
    expect((await task(unarchive, remote)).changes).toEqual([]);
    expect(run('diff -r /srv/unpacked /srv/again && rm -r /srv/unpacked /srv/again /srv/remote.tar')).toBe('');
  });

  it('mirrors a directory', async () => {
    mkdirSync(join(local, 'mirror/d'), { recursive: true });
    writeFileSync(join(local, 'mirror/x'), 'x\n', { mode: 0o755 });
    writeFileSync(join(local, 'mirror/d/y'), 'y\n');
    writeFileSync(join(local, 'mirror/skip.o'), '');
    run('mkdir -p /srv/mirror/old/deep; echo gone > /srv/mirror/old/deep/file; echo x > /srv/mirror/stay.o');
    const { after } = await roundTrip(synchronize, { src: 'mirror/', dest: '/srv/mirror', delete: true, rsync_opts: ['--exclude=*.o'] }, 'cd /srv/mirror; find . -type f -printf "%p %m\\n" | sort');
    expect(after).toBe('./d/y 644\n./stay.o 644\n./x 755\n');
  });
});
