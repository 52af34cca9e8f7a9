/** The ledgers of a host beside root's own, and what they don't hold. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startCtplay, workspace, type Ended, type Workspace } from '../harness/ctplay.ts';
import { withLab } from '../harness/lab.ts';

const lab = withLab({ hosts: 1, base: 'minimal' });
let files: Workspace;
beforeEach(() => {
  files = workspace();
  files.write('ansible.cfg', `[defaults]\ninventory = ${lab().inventory}\nvault_password_file = password\n`);
  files.write('password', 'open sesame\n');
});
afterEach(() => files.dispose());

const run = (...args: string[]): Promise<Ended> => startCtplay(args, { cwd: files.folder }).ended;
const on = (command: string): Promise<string> => lab().output('host1', command);

describe('what ran as other users', () => {
  it('is taken back as those users, and before what root made', async () => {
    files.write('play.yaml', `- hosts: all
  tasks:
    - user: {name: bob, shell: /bin/sh}
    - file: {path: /srv/bobs, state: directory, owner: bob}
    - copy: {dest: /srv/bobs/note, content: "by bob\\n"}
      become: true
      become_user: bob
    - file: {path: /tmp/nobodys, state: touch}
      become: true
      become_user: nobody
`);
    expect(await run('run', 'play.yaml')).toMatchObject({ status: 0 });
    expect(await on('stat -c "%U %n" /srv/bobs/note /tmp/nobodys')).toBe('bob /srv/bobs/note\nnobody /tmp/nobodys');
    const check = await run('reset', '--check');
    expect(check.stdout).toMatch(/delete file \/srv\/bobs\/note/);
    expect(await run('reset')).toMatchObject({ status: 0, stderr: '' });
    expect(await on('ls -d /srv/bobs /tmp/nobodys /home/bob /var/tmp/ctplay-* /var/lib/ctplay 2>/dev/null; getent passwd bob; :')).toBe('');
  });

  it('keeps no shell of a user who is to go', async () => {
    files.write('play.yaml', `- hosts: all
  tasks:
    - user: {name: eve, shell: /bin/sh}
    - {command: id -un, become: true, become_user: eve, changed_when: false}
    - user: {name: eve, state: absent, remove: true}
`);
    expect(await run('run', 'play.yaml')).toMatchObject({ status: 0, stderr: '' });
    expect(await on('getent passwd eve; ls -d /home/eve 2>/dev/null; :')).toBe('');
    expect(await run('reset')).toMatchObject({ status: 0 });
  });

  it('is done with what their own rights allow', async () => {
    const forged = { type: 'intent', id: 'x', run: 'x', at: '', module: 'file', subject: 'file /etc/marked', args: { path: '/etc/marked', state: 'touch' }, before: {}, changes: [], revertible: true };
    files.write('play.yaml', '- hosts: all\n  tasks:\n    - file: {path: /etc/marked, state: touch}\n');
    expect(await run('run', 'play.yaml')).toMatchObject({ status: 0 });
    await on(`cd / && su vagrant -c 'mkdir -p ~/.local/state/ctplay && cat >~/.local/state/ctplay/ledger.jsonl' </var/lib/ctplay/ledger.jsonl && rm -r /var/lib/ctplay`);
    expect((await run('reset')).status).toBe(2);
    expect(await on('ls /etc/marked')).toBe('/etc/marked');
    // A ledger that somebody else put there is none of theirs.
    await on(`su vagrant -c 'rm -r ~/.local/state/ctplay'; mkdir -p /var/tmp/ctplay-65534; echo '${JSON.stringify(forged)}' >/var/tmp/ctplay-65534/ledger.jsonl; chown -R vagrant /var/tmp/ctplay-65534`);
    expect(await run('reset')).toMatchObject({ status: 0 });
    await on('rm -r /var/tmp/ctplay-65534 /etc/marked');
  });
});

describe('secrets that were there before', () => {
  const old = 'the-old-secret';
  const now = () => on('cat /proc/sys/kernel/domainname');

  it.each([
    ['of a vault', "value: fresh, state: \"{{ 'present' if before == '' else 'present' }}\"", ''],
    ['of a task with no_log', 'value: fresh', '      no_log: true\n'],
  ])('%s stay out of the ledger and of what is shown, and come back', async (_, args, keyword) => {
    await on(`echo ${old} >/proc/sys/kernel/domainname`);
    files.write('secrets.yml', `before: ${old}\n`);
    expect(await run('vault', 'encrypt', 'secrets.yml')).toMatchObject({ status: 0 });
    files.write('play.yaml', `- hosts: all\n  vars_files: [secrets.yml]\n  tasks:\n    - sysctl: {name: kernel.domainname, sysctl_set: true, ${args}}\n${keyword}`);
    expect(await run('run', 'play.yaml', '--diff')).toMatchObject({ status: 0, stdout: expect.not.stringContaining(old) as string });
    expect(await now()).toBe('fresh');
    expect(await on('cat /var/lib/ctplay/ledger.jsonl')).not.toContain(old);
    expect(await on(`grep -rl ${old} /var/lib/ctplay; stat -c %a /var/lib/ctplay/backup`)).toMatch(/^\/var\/lib\/ctplay\/backup\/before\/[-0-9a-f]+\n700$/);
    for (const more of [['--check'], []]) {
      expect(await run('reset', ...more)).toMatchObject({ status: 0, stdout: expect.not.stringContaining(old) as string });
    }
    expect(await now()).toBe(old);
    expect(await on('ls -A /var/lib/ctplay 2>/dev/null || :')).toBe('');
  });
});
