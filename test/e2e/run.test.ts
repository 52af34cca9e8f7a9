import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ctplay, eventsOf, startCtplay, workspace, type Workspace } from '../harness/ctplay.ts';
import { withLab } from '../harness/lab.ts';

const lab = withLab({ hosts: 1 });
let files: Workspace;
let hosts: string;

beforeEach(async () => {
  files = workspace();
  hosts = lab().inventory;
  await on('mkdir /root/t');
});
afterEach(async () => {
  await ctplay('reset', '-i', hosts);
  await on('rm -rf /root/t');
  files.dispose();
});

/** A playbook for the host with these tasks, as YAML lines. */
function playbook(...tasks: string[]): string {
  return files.write('play.yaml', `- hosts: host1\n  tasks:\n${tasks.map((task) => `    - ${task.replaceAll('\n', '\n      ')}\n`).join('')}`);
}

/** A file on the host, for tasks. */
function target(name: string): string {
  return path.join('/root/t', name);
}

/** What a command prints on the host. */
function on(command: string): Promise<string> {
  return lab().output('host1', command);
}

async function exists(...paths: string[]): Promise<boolean[]> {
  const answer = await on(`for f in ${paths.join(' ')}; do [ -e $f ] && echo true || echo false; done`);
  return answer.split('\n').map((line) => line === 'true');
}

async function appears(file: string): Promise<void> {
  await on(`until [ -e ${file} ]; do sleep 0.05; done`);
}

describe('a run', () => {
  it('changes what differs, and nothing the second time', async () => {
    const play = playbook(`copy: { dest: ${target('a')}, content: "one\\n", mode: "0600" }`, `file: { path: ${target('b')}, state: directory }`);
    const first = await ctplay('run', play, '-i', hosts);
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(first.stdout).toMatch(/host1 : ok=2 changed=2 unreachable=0 failed=0/);
    expect(await on(`cat ${target('a')}`)).toBe('one');
    const second = await ctplay('run', play, '-i', hosts);
    expect(second.stdout).toMatch(/host1 : ok=2 changed=0 unreachable=0 failed=0/);
  });

  it('mends only what drifted', async () => {
    const play = playbook(`copy: { dest: ${target('a')}, content: "one\\n" }`, `copy: { dest: ${target('b')}, content: "two\\n" }`);
    await ctplay('run', play, '-i', hosts);
    await on(`echo 'changed by hand' > ${target('b')}`);
    const run = await ctplay('run', play, '-i', hosts, '--output', 'json');
    const changed = eventsOf(run).flatMap((event) => (event.type === 'task-end' && event.status === 'changed' ? event.changes.map((change) => change.subject) : []));
    expect(changed).toEqual([`file ${target('b')}`]);
    expect(await on(`cat ${target('b')}`)).toBe('two');
  });

  it('needs no more round trips for fifty tasks than for two', async () => {
    const tripsFor = async (count: number): Promise<number> => {
      const play = playbook(...Array.from({ length: count }, (_, index) => `copy: { dest: ${target(`f${index}`)}, content: "x" }`));
      await ctplay('run', play, '-i', hosts);
      const end = eventsOf(await ctplay('run', play, '-i', hosts, '--output', 'json')).at(-1);
      expect(end).toMatchObject({ type: 'run-end', exitStatus: 0, counters: { host1: { ok: count, changed: 0 } } });
      return end?.type === 'run-end' ? end.roundTrips['host1']! : NaN;
    };
    const [few, many] = [await tripsFor(2), await tripsFor(50)];
    expect(many).toBe(few);
    expect(many).toBeLessThanOrEqual(4);
  });

  it('changes nothing in check mode, not even a lock or a ledger', async () => {
    const play = playbook(`copy: { dest: ${target('a')}, content: "one\\n" }`, `command: touch ${target('b')}`);
    const run = await ctplay('run', play, '-i', hosts, '--check', '--diff');
    expect(run.status).toBe(0);
    expect(run.stdout).toMatch(/\+one/);
    expect(await exists(target('a'), target('b'), '/var/lib/ctplay')).toEqual([false, false, false]);
  });

  it('says in check mode what only an earlier change decides', async () => {
    const play = playbook(`command: cat ${target('a')}\nregister: seen`, 'debug: { msg: "{{ seen.stdout }}" }');
    const run = await ctplay('run', play, '-i', hosts, '--check', '--output', 'json');
    expect(run.status).toBe(0);
    expect(eventsOf(run).filter((event) => event.type === 'task-end')).toMatchObject([{ status: 'changed' }, { knownAfterApply: true }]);
  });

  it('stops a host at its failed task, and exits with 2', async () => {
    const play = playbook('command: "false"', `file: { path: ${target('never')}, state: touch }`);
    const run = await ctplay('run', play, '-i', hosts);
    expect(run.status).toBe(2);
    expect(run.stdout).toMatch(/failed=1/);
    expect(await exists(target('never'))).toEqual([false]);
  });

  it('goes on after a rescue and after ignore_errors', async () => {
    const play = playbook('command: "false"\nignore_errors: true', 'block:\n  - command: "false"\nrescue:\n  - debug: { msg: rescued }\nalways:\n  - debug: { msg: always }');
    const run = await ctplay('run', play, '-i', hosts);
    expect(run.status).toBe(0);
    expect(run.stdout).toMatch(/host1 : ok=3 changed=1 unreachable=0 failed=0 skipped=0 rescued=1 ignored=1/);
  });

  it('repeats until the condition holds', async () => {
    const play = playbook(`shell: echo x >> ${target('n')}; wc -l < ${target('n')}\nregister: lines\nuntil: lines.stdout | int >= 3\nretries: 5\ndelay: 0`, 'assert: { that: lines.attempts == 3 }');
    expect(await ctplay('run', play, '-i', hosts)).toMatchObject({ status: 0 });
  });

  it('runs a notified handler once, at the end', async () => {
    const play = files.write('play.yaml', `- hosts: host1
  tasks:
    - { copy: { dest: ${target('a')}, content: a }, notify: restart }
    - { copy: { dest: ${target('b')}, content: b }, notify: restart }
    - { file: { path: ${target('b')}, state: file }, notify: never }
  handlers:
    - { name: restart, shell: echo ran >> ${target('log')} }
    - { name: never, shell: echo never >> ${target('log')} }
`);
    expect(await ctplay('run', play, '-i', hosts)).toMatchObject({ status: 0 });
    expect(await on(`cat ${target('log')}`)).toBe('ran');
  });

  it('keeps a secret out of its output and out of the ledger', async () => {
    const play = playbook(`command: echo hunter2 ${'"{{ word }}"'}\nno_log: true`, `copy: { dest: ${target('a')}, content: "{{ word }}" }\nno_log: true`);
    const run = await ctplay('run', play, '-i', hosts, '-vvv', '-e', 'word=swordfish');
    expect(run.status).toBe(0);
    expect(run.stdout + run.stderr).not.toMatch(/hunter2|swordfish/);
    expect(await on('cat /var/lib/ctplay/ledger.jsonl')).not.toMatch(/hunter2|swordfish/);
    expect(await on(`cat ${target('a')}`)).toBe('swordfish');
  });
});

describe('reset', () => {
  it('takes back what was made and puts back what was there', async () => {
    await on(`echo 'old' > ${target('old')}`);
    const play = playbook(`copy: { dest: ${target('old')}, content: "new\\n", mode: "0600" }`, `file: { path: ${target('made')}, state: directory }`, `copy: { dest: ${target('made/x')}, content: x }`);
    expect(await ctplay('run', play, '-i', hosts)).toMatchObject({ status: 0 });
    expect(await ctplay('reset', '-i', hosts)).toMatchObject({ status: 0 });
    expect(await on(`cat ${target('old')}`)).toBe('old');
    expect(await exists(target('made'), '/var/lib/ctplay')).toEqual([false, false]);
  });

  it('shows what it would do and does nothing with --check', async () => {
    await ctplay('run', playbook(`copy: { dest: ${target('a')}, content: a }`), '-i', hosts);
    const check = await ctplay('reset', '-i', hosts, '--check');
    expect(check.stdout).toMatch(/delete file .*\/a/);
    expect(await exists(target('a'))).toEqual([true]);
  });
});

describe('a reset that can not be finished', () => {
  it('exits with 2, says what is left, and goes on when run again', async () => {
    await on("echo old > /root/t/old");
    await ctplay('run', playbook(`copy: { dest: ${target('old')}, content: "new\\n" }`, `copy: { dest: ${target('other')}, content: x }`), '-i', hosts);
    await on('mv /var/lib/ctplay/backup /root/t/aside');
    const first = await ctplay('reset', '-i', hosts);
    expect(first.status).toBe(2);
    expect(first.stdout).toMatch(/no longer kept on the host/);
    expect(await exists(target('other'), '/var/lib/ctplay/ledger.jsonl')).toEqual([false, true]);
    await on('rm -rf /var/lib/ctplay/backup; mv /root/t/aside /var/lib/ctplay/backup');
    expect(await ctplay('reset', '-i', hosts)).toMatchObject({ status: 0 });
    expect(await on(`cat ${target('old')}`)).toBe('old');
  });
});

describe('what goes wrong on the way', () => {
  it('a killed run leaves a ledger from which reset knows everything', async () => {
    const play = playbook(`copy: { dest: ${target('a')}, content: a }`, `shell: echo $$ > ${target('pid')}; sleep 30`);
    const run = startCtplay(['run', play, '-i', hosts]);
    await appears(target('pid'));
    run.process.kill('SIGKILL');
    await run.ended;
    expect(await ctplay('reset', '-i', hosts)).toMatchObject({ status: 0 });
    expect(await exists(target('a'))).toEqual([false]);
  });

  it('Ctrl-C starts no further task, gives the running one its time, and exits with 130', async () => {
    const play = playbook(`shell: echo > ${target('began')}; sleep 1; echo > ${target('done')}`, `copy: { dest: ${target('never')}, content: a }`);
    const run = startCtplay(['run', play, '-i', hosts]);
    await appears(target('began'));
    run.process.kill('SIGINT');
    expect((await run.ended).status).toBe(130);
    expect(await exists(target('done'), target('never'), '/run/lock/ctplay.lock')).toEqual([true, false, false]);
  });

  it('a second run is told who is at work, or waits', async () => {
    const slow = playbook(`shell: echo > ${target('began')}; sleep 2`);
    const first = startCtplay(['run', slow, '-i', hosts]);
    await appears(target('began'));
    const quick = files.write('quick.yaml', `- hosts: host1\n  tasks:\n    - copy: { dest: ${target('a')}, content: a }\n`);
    const refused = await ctplay('run', quick, '-i', hosts);
    expect(refused.status).toBe(2);
    expect(refused.stdout + refused.stderr).toMatch(/another run is at work on host1[\s\S]*by .*@.* since 20/);
    expect(await ctplay('run', quick, '-i', hosts, '--wait-lock', '20')).toMatchObject({ status: 0 });
    expect((await first.ended).status).toBe(0);
  });

  it("a dead owner's lock is broken", async () => {
    const play = playbook(`shell: echo > ${target('began')}; sleep 30`);
    const run = startCtplay(['run', play, '-i', hosts]);
    await appears(target('began'));
    run.process.kill('SIGKILL');
    await run.ended;
    const again = files.write('quick.yaml', `- hosts: host1\n  tasks:\n    - copy: { dest: ${target('a')}, content: a }\n`);
    expect(await ctplay('run', again, '-i', hosts, '--wait-lock', '10')).toMatchObject({ status: 0 });
  });

  it('a connection that drops in the middle of a change is told, and the next run goes on', async () => {
    const play = playbook(`shell: echo > ${target('began')}; sleep 30`);
    const run = startCtplay(['run', play, '-i', hosts]);
    await appears(target('began'));
    await lab().exec('host1', "pkill -f '^sshd: root@notty'");
    const ended = await run.ended;
    expect(ended.status).toBe(4);
    expect(ended.stdout + ended.stderr).toMatch(/the connection to host1 was lost/);
    const again = files.write('quick.yaml', `- hosts: host1\n  tasks:\n    - copy: { dest: ${target('a')}, content: a }\n`);
    expect(await ctplay('run', again, '-i', hosts, '--wait-lock', '10')).toMatchObject({ status: 0 });
  });

  it('a command that hangs is ended after its timeout', async () => {
    const run = await ctplay('run', playbook('command: sleep 60\ntimeout: 1'), '-i', hosts);
    expect(run.status).toBe(2);
    expect(run.stdout).toMatch(/took longer than it may/);
  });

  it('a command that prints 100 MB is cut, and its size is not in memory', async () => {
    const run = await ctplay('run', playbook('shell: head -c 100000000 /dev/zero | tr "\\\\0" x\nregister: big', 'assert: { that: big.stdout | length < 5000000 }'), '-i', hosts);
    expect(run).toMatchObject({ status: 0 });
  });

  it('a full disk stops the change, since its intent cannot be written', async () => {
    await on('mkdir -p /var/lib/ctplay && mount -t tmpfs -o size=4k full /var/lib/ctplay && dd if=/dev/zero of=/var/lib/ctplay/fill bs=4k count=1 2>/dev/null');
    try {
      const run = await ctplay('run', playbook(`copy: { dest: ${target('a')}, content: a }`), '-i', hosts);
      expect(run.status).toBe(2);
      expect(run.stdout).toMatch(/the ledger on the host could not be written, so the change was not made/);
      expect(await exists(target('a'))).toEqual([false]);
    } finally {
      await on('umount /var/lib/ctplay');
    }
  });
});
