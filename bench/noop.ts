/**
 * A run that changes nothing against the floor: connecting and one exec on each host, with ssh2 in one process. The hosts are
 * loopback addresses of a few sshds, so client and servers share the machine's cores, and its files.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startSshd, type Sshd } from '../test/harness/sshd.ts';
import { interleaved, printRatios } from './measure.ts';

const counts = process.argv.slice(2).map(Number).filter((count) => count > 0);
const sizes = counts.length > 0 ? counts : [2, 50];
const most = Math.max(...sizes);
/** sshd listens on 16 addresses at most (MAX_LISTEN_SOCKS). */
const addressesEach = 15;
const folder = mkdtempSync(path.join(tmpdir(), 'ctplay-bench-'));
const knownHosts = path.join(folder, 'known_hosts');
const servers: Sshd[] = [];
const hosts: { address: string; sshd: Sshd }[] = [];
for (let first = 0; first < most; first += addressesEach) {
  const addresses = Array.from({ length: Math.min(addressesEach, most - first) }, (_, index) => `127.0.${10 + servers.length}.${1 + index}`);
  // The log would fill its pipe while this process waits for a contestant.
  const sshd = await startSshd({ address: addresses[0]!, config: ['MaxStartups 1000:30:2000', 'LogLevel ERROR', ...addresses.slice(1).map((one) => `ListenAddress ${one}`)] });
  servers.push(sshd);
  hosts.push(...addresses.map((address) => ({ address, sshd })));
  writeFileSync(knownHosts, addresses.flatMap((one) => sshd.hostKeys.map((key) => `[${one}]:${sshd.port} ${key}\n`)).join(''), { flag: 'a' });
}

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

// What the playbook asks for is there already: no run of it changes this machine.
mkdirSync(target, { mode: 0o755 });
writeFileSync(path.join(target, 'a'), 'a\n', { mode: 0o644 });
writeFileSync(path.join(target, 'b'), 'hello\n');
symlinkSync(path.join(target, 'a'), path.join(target, 'c'));

try {
  for (const size of sizes) {
    const inventory = path.join(folder, `hosts-${size}.ini`);
    const chosen = hosts.slice(0, size);
    const line = ({ address, sshd }: (typeof hosts)[number], index: number): string =>
      `h${index} ansible_host=${address} ansible_port=${sshd.port} ansible_user=${sshd.user} ansible_ssh_private_key_file=${sshd.keyFile} ctplay_known_hosts_file=${knownHosts}\n`;
    writeFileSync(inventory, chosen.map(line).join(''));
    const figures = interleaved(
      [
        { name: 'floor', command: ['node', 'bench/floor.mjs', ...chosen.map(({ address, sshd }) => `${sshd.user}@${address}:${sshd.port}:${sshd.keyFile}`)] },
        { name: 'ctplay run, nothing to change', command: ['bin/ctplay', 'run', playbook, '-i', inventory] },
      ],
      5,
    );
    printRatios(`${size} hosts, 10 tasks`, figures);
  }
} finally {
  await Promise.all(servers.map((sshd) => sshd.stop()));
  rmSync(folder, { recursive: true, force: true });
}
