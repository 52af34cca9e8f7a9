/**
 * A run that changes nothing against the floor: connecting and one exec on each host, with ssh2 in one process. The hosts are
 * loopback addresses of one sshd, so client and servers share the machine's cores.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startSshd } from '../test/harness/sshd.ts';
import { interleaved, printRatios } from './measure.ts';

const counts = process.argv.slice(2).map(Number).filter((count) => count > 0);
const sizes = counts.length > 0 ? counts : [2, 50];
const most = Math.max(...sizes);
const address = (index: number): string => `127.0.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`;
const addresses = Array.from({ length: most }, (_, index) => address(index));
const folder = mkdtempSync(path.join(tmpdir(), 'ctplay-bench-'));
const sshd = await startSshd({ config: ['MaxStartups 1000:30:2000', ...addresses.map((one) => `ListenAddress ${one}`)] });
// A hidden host key would be a changed one: all addresses have the same.
const knownHosts = path.join(folder, 'known_hosts');
writeFileSync(knownHosts, addresses.flatMap((one) => sshd.hostKeys.map((key) => `[${one}]:${sshd.port} ${key}\n`)).join(''));

const target = path.join(folder, 'target');
const playbook = path.join(folder, 'noop.yaml');
writeFileSync(
  playbook,
  `- hosts: all
  vars: { motto: hello }
  tasks:
    - file: { path: ${target}, state: directory, mode: "0755" }
    - copy: { dest: ${target}/a, content: "a\\n", mode: "0644" }
    - copy: { dest: ${target}/b, content: "{{ motto }}\\n" }
    - file: { path: ${target}/c, src: ${target}/a, state: link }
    - lineinfile: { path: ${target}/a, line: a }
    - stat: { path: ${target}/a }
      register: a
    - assert: { that: [a.stat.exists, a.stat.size == 2] }
    - command: { cmd: touch ${target}/d, creates: ${target}/a }
    - debug: { msg: "{{ motto }}" }
    - ping:
`,
);

try {
  for (const size of sizes) {
    const inventory = path.join(folder, `hosts-${size}.ini`);
    const vars = `ansible_port=${sshd.port} ansible_user=${sshd.user} ansible_ssh_private_key_file=${sshd.keyFile} ctplay_known_hosts_file=${knownHosts}`;
    writeFileSync(inventory, addresses.slice(0, size).map((one, index) => `h${index} ansible_host=${one} ${vars}\n`).join(''));
    // One host alone makes everything true; the others are the same machine.
    const first = spawnSync('bin/ctplay', ['run', playbook, '-i', inventory, '--limit', 'h0'], { encoding: 'utf8' });
    if (first.status !== 0) throw new Error(first.stdout + first.stderr);
    const figures = interleaved(
      [
        { name: 'floor', command: ['node', 'bench/floor.mjs', String(sshd.port), sshd.user, sshd.keyFile, ...addresses.slice(0, size)] },
        { name: 'ctplay run, nothing to change', command: ['bin/ctplay', 'run', playbook, '-i', inventory] },
      ],
      5,
    );
    printRatios(`${size} hosts, 10 tasks`, figures);
  }
} finally {
  await sshd.stop();
  rmSync(folder, { recursive: true, force: true });
}
