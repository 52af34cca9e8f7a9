/** The keywords that say as whom to log in, and what different users know of the same host. */
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ctplay, eventsOf, workspace, type Workspace } from '../harness/ctplay.ts';
import { withLab } from '../harness/lab.ts';

const lab = withLab({ hosts: 1 });
let files: Workspace;
beforeEach(() => {
  files = workspace();
  const { inventory } = lab();
  // The lab's own inventory names a login, which would win.
  files.write('hosts.yml', `all: {hosts: {host1: {ansible_host: ${lab().hosts[0]!.managementAddress}, ansible_ssh_private_key_file: ${inventory}/.id_ed25519, ctplay_known_hosts_file: ${inventory}/.known_hosts}}}\n`);
});
afterEach(async () => {
  await ctplay('reset', '-i', lab().inventory);
  await lab().output('host1', 'rm -rf /tmp/shared');
  files.dispose();
});

const run = (text: string, ...args: string[]) => ctplay('run', files.write('play.yaml', text), '-i', path.join(files.folder, 'hosts.yml'), ...args);
const whoami = (name: string, keywords = ''): string => `    - {name: ${name}, command: whoami, register: ${name}${keywords}}\n    - debug: {msg: "${name} is {{ ${name}.stdout }}"}\n`;

describe('remote_user', () => {
  it('of a play, of the next one and of a task each count', async () => {
    const ended = await run(`- hosts: host1\n  remote_user: vagrant\n  tasks:\n${whoami('first')}${whoami('second', ', remote_user: root')}${whoami('third')}${whoami('fourth', ', become: true')}- hosts: host1\n  remote_user: root\n  tasks:\n${whoami('fifth')}`);
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    for (const line of ['first is vagrant', 'second is root', 'third is vagrant', 'fourth is root', 'fifth is root']) expect(ended.stdout).toContain(line);
  });

  it('wins over the command line, and loses against the inventory', async () => {
    expect((await run(`- hosts: host1\n  remote_user: vagrant\n  tasks:\n${whoami('it')}`, '-u', 'root')).stdout).toContain('it is vagrant');
    expect((await run(`- hosts: host1\n  remote_user: root\n  tasks:\n${whoami('it')}`, '-e', 'ansible_user=vagrant')).stdout).toContain('it is vagrant');
  });

  it('facts are read as the play logs in', async () => {
    expect((await run('- hosts: host1\n  remote_user: vagrant\n  tasks:\n    - debug: {msg: "on {{ ansible_distribution }} as {{ ansible_user_id }}"}\n')).stdout).toContain('on Debian as vagrant');
  });
});

it('a wrong port is told with its place', async () => {
  const ended = await run('- hosts: host1\n  port: "{{ 65 * 10000 }}"\n  tasks:\n    - ping:\n');
  expect(ended.stdout + ended.stderr).toMatch(/play\.yaml:\d+:\d+: 'port' must be an integer from 1 to 65535/);
});

describe('several users on one host', () => {
  const play = `- hosts: host1
  remote_user: vagrant
  tasks:
    - {name: made, file: {path: /tmp/shared, state: directory, mode: "0777"}}
    - {name: seen by root, become: true, stat: {path: /tmp/shared/file}, register: before}
    - {name: written, copy: {dest: /tmp/shared/file, content: "one"}}
    - {name: seen again, become: true, stat: {path: /tmp/shared/file}, register: after}
    - assert: {that: [not before.stat.exists, after.stat.exists]}
`;
  it('what one changes is not remembered by the other', async () => {
    const ended = await run(play, '--output', 'json');
    expect(ended.status).toBe(0);
    expect(eventsOf(ended).at(-1)).toMatchObject({ counters: { host1: { ok: 5, changed: 2 } } });
  });
});
