import { expect, it } from 'vitest';
import type { Restoration } from '../../../src/baseline/kind.ts';
import { dangersOf, mayEndanger } from '../../../src/guard/dangers.ts';
import { fileKind } from '../../../src/baseline/kinds/file.ts';
import type { FileItem } from '../../../src/baseline/kinds/file-read.ts';
import { contextOf, itemsOf, states, wayBack, wordsOf } from '../../harness/kind.ts';

const kind = fileKind({ folders: ['/etc', '/home'] });
const digest = 'a'.repeat(64);

function listing(...files: readonly (readonly string[])[]): string {
  return files.map((fields) => `${fields.join('\0')}\0`).join('');
}

it('records files of every name, and links to anything', () => {
  const files = listing(['/etc', 'd', '755', '0:0', '4096', '1.5', ''], ['/etc/a\nb', 'f', '600', '0:42', '3', '1.5', ''], ['/etc/l', 'l', '777', '1:1', '9', '1.5', '//digests'], ['/home/big', 'f', '644', '0:0', '99999999', '17.9', '']);
  expect(itemsOf(kind, { files: `${files}//digests\0${digest}  /etc/a\nb\0` })).toEqual({
    '/etc': { type: 'directory', mode: '0755', owner: '0:0' },
    '/etc/a\nb': { type: 'file', mode: '0600', owner: '0:42', size: 3, sha256: digest },
    '/etc/l': { type: 'link', owner: '1:1', target: '//digests' },
    '/home/big': { type: 'file', mode: '0644', owner: '0:0', size: 99999999, modified: 17 },
  });
});

it('records of the databases of users who may read and change them', () => {
  const files = listing(['/etc/shadow', 'f', '640', '0:42', '', '', '']);
  expect(itemsOf(kind, { files: `${files}//digests\0` })).toEqual({ '/etc/shadow': { type: 'file', mode: '0640', owner: '0:42' } });
  const item: FileItem = { type: 'file', mode: '0640', owner: '0:42' };
  expect(wordsOf(kind, { key: '/etc/shadow', before: item, now: { ...item, mode: '0666' } })).toBe('file /etc/shadow has mode 0666, not 0640');
  expect(steps([{ key: '/etc/shadow', before: item, now: { ...item, mode: '0666' } }])).toEqual(['files chown 0:42 < /etc/shadow && chmod 0640 < /etc/shadow']);
  expect(steps([{ key: '/etc/shadow', before: item }])).toEqual(['left /etc/shadow: its content is told as users and groups']);
});

const file: FileItem = { type: 'file', mode: '0644', owner: '0:0', size: 3, sha256: digest };
const folder: FileItem = { type: 'directory', mode: '0755', owner: '0:0' };
const link: FileItem = { type: 'link', owner: '0:0', target: '/a' };

it.each([
  [undefined, file, 'file /etc/x was added'],
  [folder, undefined, 'directory /etc/x is gone'],
  [file, link, 'link /etc/x was a file'],
  [file, { ...file, sha256: 'b', mode: '0600', owner: '1:1' }, 'file /etc/x differs, has mode 0600, not 0644, belongs to 1:1, not 0:0'],
  [link, { ...link, target: '/b\u001b[2J' }, 'link /etc/x leads to /b\\u001b[2J, not /a'],
])('tells of files: %j → %j', (before, now, words) => {
  expect(wordsOf(kind, { key: '/etc/x', ...(before ? { before } : {}), ...(now ? { now } : {}) })).toBe(words);
});

it.each([
  ['/home/lea', ['user lea']],
  ['/home/lea/.bashrc', ['user lea']],
  ['/home/lea/notes', []],
  ['/etc/motd', []],
])('the ledger may know %s by %j', (path, expected) => expect(kind.ledgerSubjects!(path, file)).toEqual([`file ${path}`, path, ...expected]));

/** Steps with what their commands read, a blank for each end of a name. */
function steps(differences: Parameters<NonNullable<typeof kind.restore>>[0], context = contextOf()): string[] {
  return [...kind.restore!(differences, context)].map((step) => ('stage' in step ? stepText(step) : `left ${step.key}: ${step.why}`));
}
function stepText({ stage, change }: Restoration): string {
  const texts = change.commands.map(({ display, input }) => (input?.kind === 'text' ? `${once(display)} < ${String(input.text).replaceAll('\0', ' ').trim()}` : once(display)));
  return `${stage} ${texts.join(' && ')}`;
}

/** Without what is done where a first try fails. */
function once(script: string): string {
  const plain = script.replaceAll(`'\\''`, `'`);
  const [, names, command] = /^(set -- .*?; |xargs -0 sh -c ')once\(\) \{ (.*?); \}; once "\$@" 2>\/dev\/null \|\| \{ .* once "\$@"; \}(?:' sh)?$/.exec(plain) ?? [];
  return command === undefined ? plain : `${names!.startsWith('set') ? names : ''}${command.replace(' -- "$@"', '')}`;
}

it('loosens what can not be changed', () => {
  const [removal, mode] = [...kind.restore!([{ key: '/etc/a', now: file }, { key: '/etc/b', before: file, now: { ...file, mode: '0600' } }], contextOf())].map((step) => ('stage' in step ? step.change.commands.at(-1)!.display : ''));
  expect(removal).toContain('done >/dev/null 2>&1; once "$@"; }');
  expect(removal).toContain('chattr -f -i -a "${f%/*}"; chattr -R -f -i -a "$f"');
  expect(mode).toContain('chattr -f -i -a "${f%/*}"; chattr -f -i -a "$f"');
});

it('changes what decides on logins by itself, and names it to the guard', () => {
  const keys = '/root/.ssh/authorized_keys';
  const planned = [...kind.restore!([{ key: keys, before: file, now: { ...file, sha256: 'b' } }, { key: '/etc/a', before: file }, { key: '/home/s', now: folder }, { key: '/home/s/.ssh', now: folder }, { key: '/home/s/.ssh/authorized_keys', now: file }], contextOf())].flatMap((step) => ('stage' in step ? [step.change] : []));
  expect(planned.map(({ subject, commands }) => [subject, ...commands.map(({ display }) => once(display))])).toEqual([
    ['/home/s', 'set -- /home/s/.ssh /home/s/.ssh/authorized_keys /home/s; rm -rf --one-file-system'],
    ['/etc/a', `printf '%s\\0' "$@" | sed -z 's,^/,,' | tar -C / -xzpf /kept/files.tar.gz --numeric-owner --null --no-unquote -T -`],
    [keys, `set -- ${keys}; printf '%s\\0' "$@" | sed -z 's,^/,,' | tar -C / -xzpf /kept/files.tar.gz --numeric-owner --null --no-unquote -T -`],
  ]);
  const guarded = (user: string) => planned.filter((change) => mayEndanger([change]) && dangersOf([change], contextOf().management, { user }).length > 0).map(({ subject }) => subject);
  expect([guarded('root'), guarded('s'), guarded('t')]).toEqual([[keys], ['/home/s'], []]);
});

it('removes folders that were added as a whole', () => {
  const added = [{ key: '/etc/n', now: folder }, { key: '/etc/n/a', now: file }, { key: '/etc/n/d', now: folder }, { key: '/etc/o', now: file }, { key: '/etc/p', now: link }];
  expect(steps(added)).toEqual(['files rm -rf --one-file-system < /etc/n /etc/o /etc/p']);
});

it('takes a folder apart in which something stays', () => {
  const added = [{ key: '/etc/n', now: folder }, { key: '/etc/n/d', now: folder }, { key: '/etc/n/d/f', now: file }];
  const keep = (key: string) => (key === '/etc/n/d/f' ? '--keep names it' : undefined);
  const context = contextOf({ now: states({ file: { '/etc/n': folder, '/etc/n/d': folder, '/etc/n/d/f': file } }), protects: (_kind, key) => keep(key) });
  expect(steps(added.slice(0, 2), context)).toEqual(['files rmdir --ignore-fail-on-non-empty < /etc/n/d /etc/n']);
});

it('puts back what is gone, differs, or became something else', () => {
  expect(
    steps([
      { key: '/etc/a', before: file },
      { key: '/etc/d', before: folder, now: file },
      { key: '/etc/d/f', before: file },
      { key: '/etc/f', before: file, now: folder },
      { key: '/etc/f/x', now: file },
      { key: '/etc/g', before: { ...file, mode: '4755', owner: '0:5' }, now: file },
      { key: '/etc/l', before: { ...link, owner: '5:5' }, now: { ...link, target: '/b' } },
      { key: '/home/big', before: { ...file, size: 300_000 } },
      { key: '/home/c', before: file, now: { ...file, sha256: 'b', mode: '0600' } },
    ]),
  ).toEqual([
    'files rm -rf --one-file-system < /etc/f/x /etc/d',
    'files rm -rf --one-file-system < /etc/f',
    'files mkdir -p < /etc/d && chown 0:0 < /etc/d && chmod 0755 < /etc/d',
    'files ln -sfn -- /a /etc/l && chown -h 5:5 -- /etc/l',
    'left /home/big: it is larger than what a baseline keeps of a file (256 KiB)',
    `files printf '%s\\0' "$@" | sed -z 's,^/,,' | tar -C / -xzpf /kept/files.tar.gz --numeric-owner --null --no-unquote -T - < /etc/a /etc/d/f /etc/f /home/c`,
    'files chown 0:5 < /etc/g && chmod 4755 < /etc/g',
  ]);
});

it('says which contents are not known when what was kept is gone', () => {
  expect(wayBack(kind, [{ key: '/etc/a', before: file }, { key: '/etc/l', before: link }], contextOf({ contents: undefined }))).toEqual(['files create link /etc/l: ln -sfn -- /a /etc/l', 'left /etc/a: what was kept at capture is gone']);
});

const running = { manager: 'systemd', enabling: 'enabled', running: true } as const;

it.each([
  ['/etc/docker/daemon.json', ['services systemctl reset-failed -- docker; systemctl restart -- docker']],
  ['/etc/default/docker', ['services systemctl reset-failed -- docker; systemctl restart -- docker']],
  ['/etc/systemd/system/web.service.d/x.conf', ['files [ ! -d /run/systemd/system ] || systemctl daemon-reload', 'services systemctl reset-failed -- web; systemctl restart -- web']],
  ['/etc/lxc/default.conf', []],
  ['/etc/cron.conf', []],
  ['/etc/ssh/sshd_config', ['services sshd -t && service ssh reload']],
])('lets daemons take notice of %s', (key, expected) => {
  const service = { docker: running, web: running, lxc: running, ssh: running };
  const context = contextOf({ baseline: states({ service: { ...service, cron: running } }), now: states({ service }) });
  expect(steps([{ key, now: file }], context).slice(1)).toEqual(expected);
});

it('restarts Docker once, where docker0 gets its old address', () => {
  const service = { service: { docker: running } };
  const bridge = (subnet: string) => ({ 'docker-network': { bridge: { pools: [{ subnet }] } } });
  const of = (before: string, now: string) => steps([{ key: '/etc/docker/daemon.json', now: file }], contextOf({ baseline: states({ ...service, ...bridge(before) }), now: states({ ...service, ...bridge(now) }) }));
  expect(of('10.1.0.0/16', '10.2.0.0/16')).toHaveLength(1);
  expect(of('10.1.0.0/16', '10.1.0.0/16')).toHaveLength(2);
});

it('leaves services alone that are to be kept', () => {
  const service = states({ service: { docker: running } });
  const protects = (of: string) => (of === 'service' ? '--keep names it' : undefined);
  expect(steps([{ key: '/etc/docker/daemon.json', now: file }], contextOf({ baseline: service, now: service, protects }))).toHaveLength(1);
});
