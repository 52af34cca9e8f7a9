import { copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ctplay, workspace, type Ended, type Workspace } from '../harness/ctplay.ts';
import { withLab } from '../harness/lab.ts';

let files: Workspace;
beforeEach(() => {
  files = workspace();
});
afterEach(() => files.dispose());

/** All that a person sees. */
function shown(run: Ended): string {
  return run.stdout + run.stderr;
}

function play(task: string, hosts = 'host1'): string {
  return files.write('play.yaml', `- hosts: ${hosts}\n  tasks:\n    - ${task.replaceAll('\n', '\n      ')}\n`);
}

describe('what is wrong before any SSH', () => {
  // Nobody answers at this address: a run that got as far as SSH would say so.
  const nowhere = 'host1,';

  it.each<[what: string, text: string, place: RegExp, says: RegExp[]]>([
    ['malformed YAML', '- hosts: all\n  tasks:\n    - name: a: b\n', /play\.yaml:3:1\d/, [/yaml\.syntax/, /hint/]],
    ['a tab', '- hosts: all\n\ttasks: []\n', /play\.yaml:2:1/, [/tab/i]],
    ['an unknown module', '- hosts: all\n  tasks:\n    - crate_bridge: { name: br0 }\n', /play\.yaml:3:7/, [/crate_bridge/, /Did you mean 'create_bridge'\?/]],
    ['an unknown argument', '- hosts: all\n  tasks:\n    - create_bridge: { name: br0, adresses: [] }\n', /play\.yaml:3:\d+/, [/adresses/, /Did you mean 'addresses'\?/]],
    ['a wrong type', '- hosts: all\n  tasks:\n    - create_bridge: { name: br0, mtu: big }\n', /play\.yaml:3:\d+/, [/expected .*integer/, /found .*'big'/]],
    ['a missing argument', '- hosts: all\n  tasks:\n    - create_bridge: { type: ovs }\n', /play\.yaml:3:\d+/, [/name/]],
    ['a bridge name longer than 15 characters', '- hosts: all\n  tasks:\n    - create_bridge: { name: a-very-long-bridge }\n', /play\.yaml:3:\d+/, [/15/]],
    ['an unknown keyword', '- hosts: all\n  taskz: []\n', /play\.yaml:2:3/, [/taskz/, /Did you mean 'tasks'\?/]],
    ['a remote that is the host itself', '- hosts: all\n  tasks:\n    - gre_tunnel: { name: gre0, bridge: br0, local: 10.0.0.3, remote: 10.0.0.3 }\n', /play\.yaml:3:\d+/, [/10\.0\.0\.3/]],
    ['subnets that overlap', '- hosts: all\n  tasks:\n    - create_bridge: { name: br0, addresses: [10.1.0.1/16] }\n    - create_bridge: { name: br1, addresses: [10.1.2.1/24] }\n', /play\.yaml:\d+:\d+/, [/overlap/]],
  ])('%s', async (_what, text, place, says) => {
    const run = await ctplay('run', files.write('play.yaml', text), '-i', nowhere);
    expect(run.status).toBe(1);
    for (const pattern of [place, ...says]) expect(run.stderr).toMatch(pattern);
    expect(run.stderr).not.toMatch(/\n {4}at |Error:|unreachable/);
  });

  it.each<[what: string, args: (file: string) => string[], says: RegExp[]]>([
    ['a pattern that names no host', (file) => ['run', file, '-i', 'host2,host3,'], [/host1/, /inventory\.pattern/]],
    ['a missing inventory', (file) => ['run', file, '-i', '/nonexistent/hosts'], [/\/nonexistent\/hosts/]],
    ['no inventory', (file) => ['run', file], [/inventory/, /-i/]],
    ['a missing playbook', () => ['run', '/nonexistent/play.yaml', '-i', nowhere], [/\/nonexistent\/play\.yaml/]],
    ['extra variables that are none', (file) => ['run', file, '-i', nowhere, '-e', 'nonsense'], [/NAME=VALUE/, /nonsense/]],
    ['an unknown verb', (file) => ['rnu', file], [/rnu/, /Did you mean 'run'\?/]],
    ['an unknown option', (file) => ['run', file, '-i', nowhere, '--chekc'], [/--chekc/, /--check/]],
  ])('%s', async (_what, args, says) => {
    const run = await ctplay(...args(play('ping:')));
    expect(run.status).toBe(1);
    for (const pattern of says) expect(run.stderr).toMatch(pattern);
    expect(run.stderr).not.toMatch(/\n {4}at /);
  });

  it('an inventory without hosts', async () => {
    const run = await ctplay('run', play('ping:', 'all'), '-i', files.write('hosts.yml', 'all:\n  hosts: {}\n'));
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/inventory\.empty/);
  });

  it('never shows the content of a private key that lies in an inventory', async () => {
    files.write('inventory/hosts', 'host1\n');
    files.write('inventory/id_rsa', '-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----\n');
    expect(shown(await ctplay('inventory', '--list', '-i', path.join(files.folder, 'inventory')))).not.toMatch(/c2VjcmV0/);
  });
});

describe('what is wrong with hosts and on them', () => {
  const lab = withLab({ hosts: 1 });

  /** The lab's inventory with variables of the host changed. */
  function inventory(changes: Record<string, string>): string {
    const host = { ansible_host: lab().hosts[0]!.managementAddress, ansible_user: 'root', ansible_ssh_private_key_file: path.join(lab().inventory, '.id_ed25519'), ctplay_known_hosts_file: path.join(lab().inventory, '.known_hosts'), ...changes };
    return files.write('hosts.ini', `host1 ${Object.entries(host).map(([name, value]) => `${name}='${value}'`).join(' ')}\n`);
  }

  it.each<[what: string, task: string, status: number, says: RegExp[]]>([
    ['an undefined variable', 'debug: { msg: "{{ gatway }}" }\nvars: { gateway: 1 }', 2, [/gatway/, /Did you mean 'gateway'\?/, /play\.yaml:3:\d+/]],
    ['a container that does not exist', 'attach_veth: { container: web, bridge: br0 }', 2, [/web|[Dd]ocker/, /hint/]],
    ['a bridge that does not exist', 'attach_veth: { netns: blue, bridge: br7 }', 2, [/br7|blue/, /hint/]],
    ['a tool that is not installed', 'docker_container: { name: web, image: lab/web }', 2, [/[Dd]ocker is not installed|no docker/i, /install_docker/]],
    ['an address that is taken', 'create_bridge: { name: br0, addresses: [10.0.0.3/24] }', 2, [/10\.0\.0\.3/, /eth1/]],
    ['a command that fails', 'command: ls /nonexistent', 2, [/exited with 2/, /No such file/, /play\.yaml:3:\d+/]],
  ])('%s', async (_what, task, status, says) => {
    const run = await ctplay('run', play(task), '-i', lab().inventory);
    expect(run.status).toBe(status);
    for (const pattern of says) expect(shown(run)).toMatch(pattern);
    expect(shown(run)).not.toMatch(/\n {4}at /);
  });

  it('a daemon that is down', async () => {
    await lab().output('host1', 'printf "#!/bin/sh\\necho Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running? >&2; exit 1\\n" > /usr/local/bin/docker; chmod +x /usr/local/bin/docker');
    const run = await ctplay('run', play('docker_network: { name: n }'), '-i', lab().inventory);
    await lab().output('host1', 'rm /usr/local/bin/docker');
    expect(run.status).toBe(2);
    expect(shown(run)).toMatch(/daemon/);
  });

  it('a host that does not answer', async () => {
    const run = await ctplay('run', play('ping:'), '-i', inventory({ ansible_port: '9' }), '-T', '3');
    expect(run.status).toBe(4);
    expect(shown(run)).toMatch(/ssh\.unreachable/);
    expect(shown(run)).toMatch(new RegExp(`${lab().hosts[0]!.managementAddress.replaceAll('.', '\\.')}.*9`));
  });

  it('a key that is refused', async () => {
    const key = path.join(files.folder, 'other');
    await lab().output('host1', 'ssh-keygen -q -t ed25519 -N "" -f /root/other <<<y >/dev/null 2>&1 || ssh-keygen -q -t ed25519 -N "" -f /root/other');
    writeFileSync(key, `${await lab().output('host1', 'cat /root/other; rm -f /root/other /root/other.pub')}\n`, { mode: 0o600 });
    const run = await ctplay('run', play('ping:'), '-i', inventory({ ansible_ssh_private_key_file: key, ansible_ssh_common_args: '-o IdentitiesOnly=yes' }));
    expect(run.status).toBe(4);
    expect(shown(run)).toMatch(/ssh\.auth/);
    expect(shown(run)).toContain(key);
  });

  it('a host key that changed, and one that is not known', async () => {
    const known = path.join(files.folder, 'known');
    copyFileSync(path.join(lab().inventory, '.known_hosts'), known);
    writeFileSync(known, `${lab().hosts[0]!.managementAddress} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS\n`);
    const changed = await ctplay('run', play('ping:'), '-i', inventory({ ctplay_known_hosts_file: known }));
    expect(changed.status).toBe(4);
    for (const says of [/ssh\.host-key/, /SHA256:/, /ssh-keygen/, /known:1/]) expect(shown(changed)).toMatch(says);
    writeFileSync(known, '');
    const unknown = await ctplay('run', play('ping:'), '-i', inventory({ ctplay_known_hosts_file: known }));
    expect(unknown.status).toBe(4);
    expect(shown(unknown)).toMatch(/--accept-new-host-keys/);
    expect(await ctplay('run', play('ping:'), '-i', inventory({ ctplay_known_hosts_file: known }), '--accept-new-host-keys')).toMatchObject({ status: 0 });
    expect(await ctplay('run', play('ping:'), '-i', inventory({ ctplay_known_hosts_file: known }))).toMatchObject({ status: 0 });
  });

  it('a wrong sudo password', async () => {
    await lab().output('host1', "useradd -m -s /bin/sh asker && echo asker:right | chpasswd && echo 'asker ALL=(ALL) ALL' > /etc/sudoers.d/asker && mkdir -m 700 /home/asker/.ssh && cp /root/.ssh/authorized_keys /home/asker/.ssh/ && chown -R asker: /home/asker/.ssh");
    const wrong = await ctplay('run', play('ping:\nbecome: true'), '-i', inventory({ ansible_user: 'asker', ansible_become_password: 'wrong-one' }));
    expect(wrong.status).toBe(2);
    expect(shown(wrong)).toMatch(/become\.failed/);
    expect(shown(wrong)).not.toMatch(/wrong-one/);
    const none = await ctplay('run', play('ping:\nbecome: true'), '-i', inventory({ ansible_user: 'asker' }));
    expect(shown(none)).toMatch(/--ask-become-pass/);
    expect(await ctplay('run', play('ping:\nbecome: true'), '-i', inventory({ ansible_user: 'asker', ansible_become_password: 'right' }))).toMatchObject({ status: 0 });
  });
});
