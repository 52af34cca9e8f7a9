/** The command line on real hosts: ansible.cfg, vaults, exec, --step. */
import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundle, startCtplay, workspace, type Ended, type Workspace } from '../harness/ctplay.ts';
import { withLab } from '../harness/lab.ts';
import { Terminal } from '../harness/terminal.ts';

const lab = withLab({ hosts: 2 });
let files: Workspace;
beforeEach(() => {
  files = workspace();
  files.write('ansible.cfg', `[defaults]\ninventory = ${lab().inventory}\nvault_password_file = password\n`);
  files.write('password', 'open sesame\n');
});
afterEach(async () => {
  await run('reset');
  files.dispose();
});

function run(...args: string[]): Promise<Ended> {
  return startCtplay(args, { cwd: files.folder }).ended;
}

/** As Ansible itself encrypts it. */
function ansibleVault(...args: string[]): string {
  return execFileSync('ansible-vault', [...args, '--vault-password-file', 'password'], { cwd: files.folder, encoding: 'utf8', env: { ...process.env, ANSIBLE_CONFIG: files.write('none.cfg', ''), ANSIBLE_LOCAL_TEMP: files.folder } });
}

describe('ansible.cfg', () => {
  it('names the inventory; the command line wins', async () => {
    files.write('play.yaml', '- hosts: all\n  tasks:\n    - debug: {msg: "{{ inventory_hostname }}"}\n');
    expect((await run('run', 'play.yaml')).stdout).toMatch(/host1[^]*host2/);
    expect((await run('run', 'play.yaml', '-i', 'here,', '-c', 'local')).stdout).toMatch(/^here {2}ok/m);
  });

  it('names the folder of roles', async () => {
    files.write('ansible.cfg', `[defaults]\ninventory = ${lab().inventory}\nroles_path = shared\n`);
    files.write('shared/greet/tasks/main.yml', '- debug: {msg: hello from the role}\n');
    files.write('play.yaml', '- hosts: host1\n  roles: [greet]\n');
    expect((await run('run', 'play.yaml')).stdout).toContain('hello from the role');
  });

  it('without an inventory anywhere the way out is told, unless the play is about this machine', async () => {
    files.write('ansible.cfg', '');
    files.write('play.yaml', '- hosts: all\n  tasks: []\n');
    files.write('local.yaml', '- hosts: localhost\n  tasks:\n    - debug: {msg: on this machine}\n');
    expect(await run('run', 'play.yaml')).toMatchObject({ status: 1, stderr: expect.stringMatching(/no inventory was given.*\n.*Name one with -i/) as string });
    expect(await run('run', 'local.yaml')).toMatchObject({ status: 0, stdout: expect.stringContaining('on this machine') as string });
  });

  it('variables beside the playbook count', async () => {
    files.write('plays/group_vars/all.yml', 'word: from group_vars\n');
    files.write('plays/host_vars/host2.yml', 'word: from host_vars\n');
    files.write('plays/play.yaml', '- hosts: all\n  tasks:\n    - debug: {var: word}\n');
    expect((await run('run', 'plays/play.yaml', '-l', 'host1')).stdout).toContain('from group_vars');
    expect((await run('run', 'plays/play.yaml', '-l', 'host2')).stdout).toContain('from host_vars');
  });
});

describe('vaults', () => {
  const secrets = ['in-the-open', 'from-the-file', 'key material'];

  it('open variables, files and templates, and stay out of output and ledger', async () => {
    files.write('group_vars/all.yml', `inline: !vault |\n${ansibleVault('encrypt_string', secrets[0]!).replace(/^!vault \|\n/, '').replace(/^\s+/gm, '  ')}\n`);
    files.write('secrets.yml', `filed: ${secrets[1]}\n`);
    files.write('files/key', `${secrets[2]}\n`);
    files.write('templates/conf', 'a={{ inline }}\nb={{ filed }}\n');
    for (const name of ['secrets.yml', 'files/key', 'templates/conf']) ansibleVault('encrypt', name);
    files.write('play.yaml', `- hosts: host1
  vars_files: [secrets.yml]
  tasks:
    - copy: {src: key, dest: /root/key}
    - template: {src: conf, dest: /root/conf}
    - name: Say {{ filed }}
      command: echo "{{ inline }} {{ lookup('file', 'key') }}"
      register: said
    - assert: {that: "said.stdout == '${secrets[0]} ${secrets[2]}'"}
    - lineinfile: {path: /root/conf, line: "c={{ inline }}"}
    - fail: {msg: "no {{ filed }}"}
`);
    for (const output of ['plain', 'json']) {
      const ended = await run('run', 'play.yaml', '--diff', '-vv', '--output', output);
      expect(ended.status).toBe(2);
      expect(ended.stdout).toContain('no ***');
      for (const secret of secrets) expect(ended.stdout + ended.stderr).not.toContain(secret);
    }
    expect(await lab().output('host1', 'cat /root/key /root/conf')).toBe(`${secrets[2]}\na=${secrets[0]}\nb=${secrets[1]}\nc=${secrets[0]}`);
    const ledger = await lab().output('host1', 'cat /var/lib/ctplay/ledger.jsonl');
    expect(ledger).toContain('/root/conf');
    for (const secret of secrets) expect(ledger).not.toContain(secret);
    expect(await run('reset')).toMatchObject({ status: 0 });
    expect(await lab().output('host1', 'ls /root/key /root/conf 2>&1 || true')).toMatch(/No such file[^]*No such file/);
  });

  it('encrypted by ctplay are opened by Ansible', async () => {
    files.write('plain.yml', 'a: b\n');
    expect((await run('vault', 'encrypt', 'plain.yml')).status).toBe(0);
    expect(ansibleVault('view', 'plain.yml')).toBe('a: b\n');
  });

  it('without the password say where it is needed', async () => {
    files.write('ansible.cfg', `[defaults]\ninventory = ${lab().inventory}\n`);
    files.write('play.yaml', '- hosts: host1\n  tasks: []\n');
    ansibleVault('encrypt', 'play.yaml');
    expect(await run('run', 'play.yaml')).toMatchObject({ status: 1, stderr: expect.stringMatching(/play\.yaml:1:1: .*no vault password was given[^]*--ask-vault-pass/) as string });
  });
});

describe('exec', () => {
  it.each<[string, string[], number, RegExp]>([
    ['a command on all hosts', ['all', '-a', 'echo {{ inventory_hostname }} {{ 1 + 1 }}'], 0, /^host1 \| CHANGED \| rc=0 >>\nhost1 2$[^]*^host2 \| CHANGED|^host2 \| CHANGED[^]*^host1 \| CHANGED/m],
    ['a module with arguments', ['host1', '-m', 'ansible.builtin.file', '-a', 'path=/root/made state=directory mode=0700'], 0, /^host1 \| CHANGED => \{\n {4}"changed": true/],
    ['arguments as JSON', ['host1', '-m', 'debug', '-a', '{"msg": "a b"}'], 0, /^host1 \| SUCCESS => \{[^]*"msg": "a b"\n\}/],
    ['a failure', ['host1', '-m', 'shell', '-a', 'echo out; echo err >&2; exit 3'], 2, /^host1 \| FAILED \| rc=3 >>\nout\nerr\n/],
    ['check mode', ['host1', '-m', 'copy', '-a', 'content=x dest=/root/unmade', '-C'], 0, /^host1 \| WOULD CHANGE[^]*create file \/root\/unmade/],
    ['another view', ['host1', '-m', 'ping', '--output', 'plain'], 0, /^PLAY exec[^]*host1 {2}ok {7}ping[^]*RECAP/],
    ['a host that is away', ['away', '-i', 'away,', '-T', '1', '-m', 'ping'], 4, /^away \| UNREACHABLE!\n/],
  ])('%s', async (_what, args, status, output) => {
    const ended = await run('exec', ...args);
    expect(ended.stdout).toMatch(output);
    expect(ended.status).toBe(status);
  });

  it.each<[string[], RegExp]>([
    [['all', '-m', 'fil'], /^error: there is no module 'fil'.*\n.*Did you mean 'fail'/],
    [['all', '-m', 'file', '-a', 'pth=/x'], /^error: file has no argument 'pth'.*\n.*Did you mean 'path'/],
    [['all', '-m', 'include_tasks', '-a', 'x.yaml'], /^error: 'include_tasks' makes sense in a playbook only/],
    [['nobody', '-m', 'ping'], /^error: the inventory has neither a host nor a group 'nobody'/],
    [['all', '-m', 'debug', '-a', '{"msg": '], /^error: -a starts as JSON does, and is none/],
  ])('%j is refused without a place that nobody has seen', async (args, message) => {
    expect(await run('exec', ...args)).toMatchObject({ status: 1, stderr: expect.stringMatching(message) as string, stdout: '' });
  });
});

it('a limit that matches nothing is told as a limit', async () => {
  files.write('play.yaml', '- hosts: all\n  tasks: []\n');
  expect(await run('run', 'play.yaml', '-l', 'host3')).toMatchObject({ status: 1, stderr: expect.stringMatching(/^error: --limit: .*'host3'/) as string });
});

it('explain says where an error ends it', async () => {
  files.write('play.yaml', '- hosts: all\n  tasks:\n    - command: uptime\n    - fail: {msg: enough}\n      when: inventory_hostname == "host1"\n    - command: date\n');
  const { stdout, status } = await run('explain', 'play.yaml');
  expect(stdout).toMatch(/^# on host1\n[^#]*# command\n# run uptime\nuptime\n\n# an error ends it here\n\n# on host2\n[^]*uptime\n[^]*date\n/);
  expect(status).toBe(2);
});

describe('which tasks run', () => {
  beforeEach(() => {
    files.write('play.yaml', `- hosts: host1\n  tasks:\n${['one', 'two', 'three'].map((name) => `    - {name: ${name}, command: "touch /root/did-${name}"}\n`).join('')}`);
  });
  afterEach(() => lab().output('host1', 'rm -f /root/did-*'));
  const done = async (): Promise<string> => (await lab().output('host1', 'cd /root; ls did-* 2>/dev/null || true')).replaceAll('did-', '').replaceAll('\n', ' ');

  it('--start-at-task', async () => {
    expect((await run('run', 'play.yaml', '--start-at-task', 'two')).status).toBe(0);
    expect(await done()).toBe('three two');
    expect(await run('run', 'play.yaml', '--start-at-task', 'twoo')).toMatchObject({ status: 1, stderr: expect.stringContaining("Did you mean 'two'?") as string });
  });

  it('--step asks at the terminal, with the live view out of the way', async () => {
    const terminal = new Terminal({ columns: 100 });
    try {
      terminal.run(`cd ${files.folder}; clear; ${process.execPath} ${bundle} run play.yaml --step; echo "ended: $?"`);
      for (const [name, answer] of [['one', 'y'], ['two', ''], ['three', 'c']] as const) {
        await terminal.until((screen) => screen.some((line) => line.startsWith(`Perform task: ${name} (N)o/(y)es/(c)ontinue:`)));
        terminal.run(answer);
      }
      await terminal.until((screen) => screen.includes('ended: 0'));
    } finally {
      terminal.close();
    }
    expect(await done()).toBe('one three');
  });

  it('--step ends where its question is interrupted', async () => {
    const terminal = new Terminal({ columns: 100 });
    try {
      terminal.run(`cd ${files.folder}; clear; ${process.execPath} ${bundle} run play.yaml --step; echo "ended: $?"`);
      await terminal.until((screen) => screen.some((line) => line.startsWith('Perform task: one')));
      terminal.press('C-c');
      await terminal.until((screen) => screen.includes('ended: 130'));
    } finally {
      terminal.close();
    }
    expect(await done()).toBe('');
  });

  it('--step without a terminal says so', async () => {
    const ended = await startCtplay(['run', 'play.yaml', '--step'], { cwd: files.folder, detached: true }).ended;
    expect(ended).toMatchObject({ status: 1, stderr: expect.stringContaining('there is no terminal to ask at') as string });
  });
});
