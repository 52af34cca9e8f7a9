/** Modules that keep one entry of a file: keys, cron, fstab, sources. */
import { describe, expect, it } from 'vitest';
import aptRepository from '../../modules/apt_repository.ts';
import authorizedKey from '../../modules/authorized_key.ts';
import cron from '../../modules/cron.ts';
import knownHosts, { withKnownHost } from '../../modules/known_hosts.ts';
import mount from '../../modules/mount.ts';
import { hasSource, normalizeSource } from '../../modules/facts/apt-sources.ts';
import { crontab, type Crontab } from '../../modules/facts/crontab.ts';
import { noFile } from '../../modules/facts/file.ts';
import { mountTable, parseMount } from '../../modules/facts/mounts.ts';
import { entryLine, withEntry } from '../../modules/shared/cron-table.ts';
import { FileContent } from '../../modules/shared/file-content.ts';
import { formatFstab, withFstabLine } from '../../modules/shared/fstab.ts';
import { parseAuthorizedKey, withKeys } from '../../modules/shared/key-lines.ts';
import type { Reading } from '../../src/module.ts';
import { argsOf, problemsOf } from '../harness/arguments.ts';
import { directory, missing, sha256, textFile } from '../harness/files.ts';
import { commandsOf, planOf } from '../harness/module.ts';

describe('authorized keys', () => {
  it.each([
    ['ssh-ed25519 AAAA a b', { options: '', type: 'ssh-ed25519', key: 'AAAA', comment: 'a b' }],
    ['no-pty,command="echo \\"a b\\"" ssh-rsa BBBB', { options: 'no-pty,command="echo \\"a b\\""', type: 'ssh-rsa', key: 'BBBB', comment: '' }],
    ['sk-ssh-ed25519@openssh.com CCCC x', { options: '', type: 'sk-ssh-ed25519@openssh.com', key: 'CCCC', comment: 'x' }],
    ['# ssh-rsa AAAA', undefined],
    ['', undefined],
    ['some text', undefined],
  ])('%s', (line, expected) => {
    expect(parseAuthorizedKey(line)).toEqual(expected);
  });

  const [one, two] = ['ssh-ed25519 ONE a', 'ssh-rsa TWO b'].map((line) => parseAuthorizedKey(line)!) as [NonNullable<ReturnType<typeof parseAuthorizedKey>>, NonNullable<ReturnType<typeof parseAuthorizedKey>>];
  it.each([
    ['adds', '# mine\n', [one], {}, '# mine\nssh-ed25519 ONE a\n'],
    ['leaves', 'ssh-ed25519 ONE a\n', [one], {}, 'ssh-ed25519 ONE a\n'],
    ['changes a comment', 'ssh-ed25519 ONE old\n', [one], {}, 'ssh-ed25519 ONE a\n'],
    ['changes options', 'no-pty ssh-ed25519 ONE a\n', [one], {}, 'ssh-ed25519 ONE a\n'],
    ['leaves only these', '# c\nssh-rsa TWO b\n', [one], { exclusive: true }, '# c\nssh-ed25519 ONE a\n'],
    ['removes', 'ssh-ed25519 ONE x\nssh-rsa TWO b', [one], { present: false }, 'ssh-rsa TWO b\n'],
    ['removes the last', 'ssh-ed25519 ONE x\n', [one, two], { present: false }, ''],
  ])('%s', (_what, text, keys, how, expected) => {
    expect(withKeys(text, keys, { present: true, exclusive: false, ...how })).toBe(expected);
  });

  it('makes the directory that sshd wants', () => {
    const changes = planOf(authorizedKey, argsOf(authorizedKey, { user: 'bob', key: 'ssh-ed25519 ONE a' }), { file: missing('/home/bob/.ssh/authorized_keys', '/home/bob') });
    expect(commandsOf(changes)[0]).toBe('mkdir -p -m 0700 /home/bob/.ssh && chown bob: /home/bob/.ssh');
    expect(commandsOf(changes)[1]).toContain('chown bob: "$t" && chmod 0600 "$t"');
  });
  it('removes nothing from nothing', () => {
    expect(planOf(authorizedKey, argsOf(authorizedKey, { user: 'bob', key: 'ssh-ed25519 ONE', state: 'absent' }), { file: missing('/home/bob/.ssh/authorized_keys') })).toEqual([]);
  });
  it.each([
    [{ user: 'b', key: 'nonsense' }, "'nonsense' is no public key"],
    [{ user: 'b', key: 'https://x/y.keys' }, 'keys are not read from the net'],
  ])('problem of %j', (given, message) => expect(problemsOf(authorizedKey, given)).toEqual([message]));
});

describe('known hosts', () => {
  const key = 'h ssh-ed25519 AAAA';
  const hashed = withKnownHost('', { name: 'h', key, state: 'present', hash_host: true });
  it.each([
    ['adds', 'x ssh-rsa B\n', { key }, 'x ssh-rsa B\nh ssh-ed25519 AAAA\n'],
    ['leaves', 'h,10.0.0.1 ssh-ed25519 AAAA\n', { key }, 'h,10.0.0.1 ssh-ed25519 AAAA\n'],
    ['replaces a key of the same type', 'h ssh-ed25519 OLD\nh ssh-rsa R\n', { key }, 'h ssh-rsa R\nh ssh-ed25519 AAAA\n'],
    ['leaves what is revoked', '@revoked h ssh-ed25519 OLD\n', { key }, '@revoked h ssh-ed25519 OLD\nh ssh-ed25519 AAAA\n'],
    ['finds a hashed name', hashed, { key, hash_host: true }, hashed],
    ['hashes a plain name', 'h ssh-ed25519 AAAA\n', { key, hash_host: true }, hashed],
    ['removes all keys', `${hashed}h ssh-rsa R\nx ssh-rsa B\n`, { state: 'absent' }, 'x ssh-rsa B\n'],
    ['removes one key', 'h ssh-ed25519 AAAA\nh ssh-rsa R\n', { key, state: 'absent' }, 'h ssh-rsa R\n'],
  ] as const)('%s', (_what, text, given, expected) => {
    expect(withKnownHost(text, { name: 'h', state: 'present', hash_host: false, ...given })).toBe(expected);
  });
  it('needs a key', () => expect(problemsOf(knownHosts, { name: 'h' })).toEqual(['state: present needs key']));
});

describe('cron', () => {
  it.each([
    ['adds a job', 'A=1\n* * * * * x\n', { name: 'n', variable: false }, '1 * * * * y', 'A=1\n* * * * * x\n#Ansible: n\n1 * * * * y\n'],
    ['changes a job', '#Ansible: n\nold\nrest\n', { name: 'n', variable: false }, 'new', '#Ansible: n\nnew\nrest\n'],
    ['removes a job', 'a\n#Ansible: n\nold\nrest\n', { name: 'n', variable: false }, undefined, 'a\nrest\n'],
    ['adds a variable', 'a\n', { name: 'V', variable: true }, 'V=1', 'V=1\na\n'],
    ['changes a variable', 'a\nV = 0\n', { name: 'V', variable: true }, 'V=1', 'a\nV=1\n'],
    ['removes the only one', 'V=0\n', { name: 'V', variable: true }, undefined, ''],
    ['removes nothing', 'a\n', { name: 'n', variable: false }, undefined, 'a\n'],
  ])('%s', (_what, text, entry, line, expected) => {
    expect(withEntry(text, entry, line)).toBe(expected);
    expect(entryLine(expected, entry)).toBe(line);
  });

  const table = (text: string): Reading<Crontab> => ({ state: 'present', value: { content: new FileContent(Buffer.from(text)), sha256: sha256(text) } });
  const plan = (given: Record<string, unknown>, reading: Reading<Crontab>) => planOf(cron, argsOf(cron, { name: 'n', job: 'do it', ...given }), { table: reading, file: noFile });
  it.each([
    [{ minute: '5', hour: '1-3' }, '#Ansible: n\n5 1-3 * * * do it\n'],
    [{ special_time: 'reboot' }, '#Ansible: n\n@reboot do it\n'],
    [{ disabled: true }, '#Ansible: n\n#* * * * * do it\n'],
    [{ env: true }, 'n="do it"\n'],
  ])('%j', (given, text) => {
    const [change] = plan(given, table(''));
    expect(change!.commands.at(-1)!.input).toEqual({ kind: 'text', text });
    expect(plan(given, table(text))).toEqual([]);
  });
  it('keeps the table that was there', () => {
    expect(commandsOf(plan({ user: 'bob' }, table('x\n')))).toEqual([expect.stringContaining(`cat >"$k/backup/"${sha256('x\n')}`), 'crontab -u bob -']);
    expect(commandsOf(plan({ state: 'absent' }, table('#Ansible: n\nx\n')))[1]).toBe('crontab -r');
  });
  it('says what is missing', () => {
    expect(() => plan({}, { state: 'unavailable', reason: 'not-installed', detail: '' })).toThrow('cron is not installed');
    expect(crontab('b').parse({ status: 127, stdout: '', stderr: '' })).toMatchObject({ reason: 'not-installed' });
    expect(crontab('b').parse({ status: 1, stdout: '', stderr: 'no crontab for b\n' })).toMatchObject({ state: 'present' });
    expect(crontab('b').parse({ status: 1, stdout: '', stderr: "must be privileged to use -u\n" })).toMatchObject({ reason: 'denied' });
  });
  it.each([
    [{ name: 'n' }, 'state: present needs job'],
    [{ name: 'n', job: 'x', cron_file: 'f' }, 'cron_file needs user, whom the job runs as'],
    [{ name: 'n', job: 'x', special_time: 'daily', hour: '1' }, 'special_time excludes minute, hour, day, month and weekday'],
  ])('problem of %j', (given, message) => expect(problemsOf(cron, given)).toEqual([message]));
});

describe('mounts', () => {
  it.each([
    ['/dev/sda1 /mnt/a\\040b ext4 rw,noatime 0 2', { src: '/dev/sda1', path: '/mnt/a b', fstype: 'ext4', opts: 'rw,noatime', dump: '0', passno: '2' }],
    ['UUID=1 / ext4', { src: 'UUID=1', path: '/', fstype: 'ext4', opts: 'defaults', dump: '0', passno: '0' }],
    ['# comment', undefined],
  ])('%s', (line, expected) => expect(parseMount(line)).toEqual(expected));
  it('writes blanks as fstab wants them', () => {
    expect(formatFstab({ src: 'a b', path: '/c\td', fstype: 'x', opts: 'o', dump: '0', passno: '0' })).toBe('a\\040b /c\\011d x o 0 0');
  });
  it.each([
    ['adds', '# f\n', 'a /m x o 0 0', '# f\na /m x o 0 0\n'],
    ['leaves other blanks', 'a  /m\tx o 0 0\n', 'a /m x o 0 0', 'a  /m\tx o 0 0\n'],
    ['replaces', 'b /m y p 0 0\nc /n z\n', 'a /m x o 0 0', 'a /m x o 0 0\nc /n z\n'],
    ['removes', 'b /m y p 0 0\nc /n z\n', undefined, 'c /n z\n'],
    ['removes nothing', 'c /n z', undefined, 'c /n z'],
  ])('%s', (_what, text, line, expected) => {
    expect(withFstabLine(text, { path: '/m', src: 'a', fstype: 'x' }, line)).toBe(expected);
  });

  const tmpfs = { src: 'tmpfs', path: '/m', fstype: 'tmpfs', opts: 'rw' };
  const plan = (given: Record<string, unknown>, fstab: string, mounted: boolean) =>
    planOf(mount, argsOf(mount, { path: '/m', src: 'tmpfs', fstype: 'tmpfs', ...given }), { fstab: textFile('/etc/fstab', fstab), mounts: mounted ? [tmpfs] : [], point: directory('/m'), kept: noFile });
  const entry = 'tmpfs /m tmpfs defaults 0 0\n';
  it.each([
    ['both', { state: 'mounted' }, '', false, ['file /etc/fstab', 'mount /m']],
    ['nothing', { state: 'mounted' }, entry, true, []],
    ['new options', { state: 'mounted', opts: 'size=1m' }, entry, true, ['file /etc/fstab', 'mount /m: options']],
    ['the entry', { state: 'present' }, '', true, ['file /etc/fstab']],
    ['the mount', { state: 'ephemeral' }, '', false, ['mount /m']],
    ['no mount', { state: 'unmounted' }, entry, true, ['mount /m']],
    ['neither', { state: 'absent' }, entry, true, ['file /etc/fstab', 'mount /m', 'directory /m: remove if empty']],
    ['a new mount', { state: 'remounted' }, entry, true, ['mount /m']],
  ])('%s', (_what, given, fstab, mounted, subjects) => {
    expect(plan(given, fstab, mounted).map(({ subject }) => subject)).toEqual(subjects);
  });
  it('needs to know what to mount', () => expect(problemsOf(mount, { path: '/m', state: 'mounted' })).toEqual(['state: mounted needs src', 'state: mounted needs fstype']));
  it('reads what is mounted', () => expect(mountTable.parse({ status: 0, stdout: 'tmpfs /m tmpfs rw 0 0\n', stderr: '' })).toMatchObject([tmpfs]));
});

describe('apt sources', () => {
  const repo = 'deb [signed-by=/k.asc] https://x.org/debian bookworm main';
  it.each([
    ['deb  [ signed-by=/k.asc ]  https://x.org/debian/ bookworm   main # mine', repo],
    [repo, repo],
  ])('%s', (line, expected) => expect(normalizeSource(line)).toBe(expected));
  it('finds a source among others', () => {
    expect(hasSource(`# ${repo}\ndeb http://y z w\n`, repo)).toBe(false);
    expect(hasSource(`deb http://y z w\n${repo}  \n`, repo)).toBe(true);
  });
  const plan = (given: Record<string, unknown>, sources: Record<string, string>, file = missing('/etc/apt/sources.list.d/x_org_debian.list')) => planOf(aptRepository, argsOf(aptRepository, { repo, ...given }), { sources, file });
  it('adds a source and fetches its list', () => {
    const [change] = plan({}, {});
    expect(change).toMatchObject({ action: 'create', text: { to: `${repo}\n` } });
    expect(commandsOf([change!]).at(-1)).toContain('apt-get -q -o DPkg::Lock::Timeout=120 update');
    expect(plan({}, { '/etc/apt/sources.list': repo })).toEqual([]);
    expect(aptRepository.facts(argsOf(aptRepository, { repo }), undefined).file.key).toBe('/etc/apt/sources.list.d/x_org_debian.list');
  });
  it('removes a source wherever it is', () => {
    expect(commandsOf(plan({ state: 'absent', update_cache: false }, { '/etc/apt/sources.list': `a b c\n${repo}`, '/etc/apt/sources.list.d/x.list': repo }))).toEqual(['cat > /etc/apt/sources.list', 'rm -f /etc/apt/sources.list.d/x.list']);
  });
  it.each([
    [{ repo: 'ppa:a/b' }, 'PPAs are not looked up'],
    [{ repo: 'https://x' }, "'https://x' is no source of packages"],
  ])('problem of %j', (given, message) => expect(problemsOf(aptRepository, given)).toEqual([message]));
});
