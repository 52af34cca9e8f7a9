/** What ctplay did is shown by run and by owner, and taken back by run, by what a playbook no longer names, or as a whole. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostLedgerView } from '../../src/engine/list-ledgers.ts';
import { ctplay, workspace, type Workspace } from '../harness/ctplay.ts';
import { withLab } from '../harness/lab.ts';

const lab = withLab({ hosts: 2 });
let files: Workspace;

beforeEach(async () => {
  files = workspace();
  await everywhere('mkdir -p /root/t');
});
afterEach(async () => {
  await ctplay('reset', '-i', lab().inventory);
  await everywhere('rm -rf /root/t');
  files.dispose();
});

async function everywhere(command: string): Promise<void> {
  await Promise.all(['host1', 'host2'].map((host) => lab().output(host, command)));
}

/** A playbook for both hosts with these tasks, one a line. */
function playbook(...tasks: string[]): string {
  return files.write('play.yaml', `- hosts: all\n  become: true\n  tasks:\n${tasks.map((task) => `    - ${task}\n`).join('')}`);
}

async function run(play: string, ...flags: string[]): Promise<void> {
  const ended = await ctplay('run', play, '-i', lab().inventory, ...flags);
  expect(ended, ended.stdout + ended.stderr).toMatchObject({ status: 0 });
}

async function ledgers(...flags: string[]): Promise<HostLedgerView[]> {
  const ended = await ctplay('ledger', '-i', lab().inventory, '--output', 'json', ...flags);
  expect(ended).toMatchObject({ status: 0, stderr: '' });
  return JSON.parse(ended.stdout) as HostLedgerView[];
}

/** Ids of the runs that changed host1, oldest first. */
async function runs(): Promise<string[]> {
  return (await ledgers('-l', 'host1'))[0]!.runs.map((one) => one.run);
}

const content = (host: string, file: string): Promise<string> => lab().output(host, `cat /root/t/${file} 2>&1 || :`);
const file = (name: string, text = name): string => `{ name: File ${name}, copy: { dest: /root/t/${name}, content: "${text}" } }`;

describe('ctplay ledger', () => {
  it('tells runs with their changes, and who owns what is there', async () => {
    await run(playbook(file('a'), '{ name: A command, command: "true" }'));
    await run(playbook(file('a', 'other')));
    const [first, second] = await ledgers();
    expect([first?.host, second?.host]).toEqual(['host1', 'host2']);
    expect(first!.runs.map(({ entries }) => entries.map(({ task, module, subject, state }) => ({ task, module, subject, state })))).toEqual([
      [
        { task: 'File a', module: 'copy', subject: 'file /root/t/a', state: 'made' },
        { task: 'A command', module: 'command', subject: 'command', state: 'made' },
      ],
      [{ task: 'File a', module: 'copy', subject: 'file /root/t/a', state: 'made' }],
    ]);
    expect(first!.runs[0]).toMatchObject({ playbooks: [`${files.folder}/play.yaml`], who: expect.stringMatching(/^\S+@\S+$/) });
    const [older, newer] = first!.runs.map((one) => one.run);
    expect(first!.owners.find(({ module }) => module === 'copy')).toMatchObject({ firstRun: older, lastRun: newer, task: 'File a' });

    const plain = await ctplay('ledger', '-i', lab().inventory, '-l', 'host1');
    expect(plain.stdout).toContain(`run ${older!.slice(0, 8)} · `);
    expect(plain.stdout).toMatch(/File a \(copy\)\n +create +file \/root\/t\/a/);
    const owners = await ctplay('ledger', '-i', lab().inventory, '-l', 'host1', '--owners');
    expect(owners.stdout).toMatch(new RegExp(`file /root/t/a +copy · File a · .*play.yaml · run ${newer!.slice(0, 8)}`));
  });

  it('of hosts that nothing changed is empty', async () => {
    expect(await ledgers()).toEqual(['host1', 'host2'].map((host) => ({ host, runs: [], owners: [] })));
    expect((await ctplay('ledger', '-i', lab().inventory)).stdout).toBe('host1: nothing was changed by ctplay\n\nhost2: nothing was changed by ctplay\n');
  });
});

describe('ctplay undo', () => {
  const undo = (...args: string[]) => ctplay('undo', ...args, '-i', lab().inventory);

  it('puts back what was there before a run, on all hosts', async () => {
    await run(playbook(file('a'), file('b')));
    await run(playbook(file('a', 'other'), '{ name: A bridge, create_bridge: { name: brx, type: linux } }'));
    const [first, second] = await runs();
    const check = await undo(second!.slice(0, 6), '--check');
    expect(check).toMatchObject({ status: 0 });
    expect(check.stdout).toMatch(/host2 +would change +bridge brx/);
    expect(await content('host1', 'a')).toBe('other');

    expect(await undo(second!)).toMatchObject({ status: 0 });
    for (const host of ['host1', 'host2']) {
      expect(await content(host, 'a')).toBe('a');
      expect((await lab().exec(host, 'ip link show brx')).status).not.toBe(0);
    }
    expect((await ledgers())[0]!.runs[1]!.entries.every(({ state }) => state === 'taken-back')).toBe(true);

    expect(await undo(first!)).toMatchObject({ status: 0 });
    expect(await lab().output('host2', 'ls -A /root/t')).toBe('');
    expect((await ledgers())[0]!.owners).toEqual([]);
  });

  it('leaves alone what a later run changed again, unless it is forced', async () => {
    await run(playbook(file('a'), file('b')));
    await run(playbook(file('a', 'other')));
    const [first] = await runs();
    const refused = await undo(first!);
    expect(refused.status).toBe(2);
    expect(refused.stdout).toMatch(/later runs changed some of the same things on host1 \[ledger\.changed-later\]/);
    expect(await content('host1', 'b')).toBe('b');
    expect(await undo(first!, '--force')).toMatchObject({ status: 0 });
    expect(await lab().output('host1', 'ls -A /root/t')).toBe('');
  });

  it('names no run that no ledger tells of', async () => {
    await run(playbook(file('a')));
    const ended = await undo('zzz');
    expect(ended.status).toBe(1);
    expect(ended.stderr).toMatch(/no ledger tells of a run 'zzz' \[ledger\.no-run\]/);
    expect(await content('host1', 'a')).toBe('a');
  });
});

describe('ctplay run --prune', () => {
  it('takes back what the playbook no longer names, and nothing else', async () => {
    const other = files.write('other.yaml', `- hosts: all\n  become: true\n  tasks:\n    - ${file('others')}\n`);
    await run(other);
    await run(playbook(file('a'), file('b'), '{ name: Several, copy: { dest: "/root/t/{{ item }}", content: x }, loop: [c, d] }'));
    const shorter = playbook(file('a'), '{ name: Several, copy: { dest: "/root/t/{{ item }}", content: x }, loop: [d] }');
    const check = await ctplay('run', shorter, '-i', lab().inventory, '--prune', '--check');
    expect(check.stdout).toMatch(/host1 +would change +file \/root\/t\/b\b/);
    expect(await lab().output('host1', 'ls /root/t')).toBe('a\nb\nc\nd\nothers');
    await run(shorter, '--prune');
    for (const host of ['host1', 'host2']) expect(await lab().output(host, 'ls /root/t')).toBe('a\nd\nothers');
    const again = await ctplay('run', shorter, '-i', lab().inventory, '--prune');
    expect(again.stdout).toMatch(/host1 : ok=2 changed=0/);
  });

  it('keeps what a task that was skipped or failed may still name', async () => {
    await run(playbook(file('a'), file('b'), file('c')));
    const skipped = playbook('{ name: File a, copy: { dest: /root/t/new, content: x }, when: false }', '{ name: File b, command: "false", ignore_errors: true }');
    await run(skipped, '--prune');
    expect(await lab().output('host1', 'ls /root/t')).toBe('a\nb');
  });

  it('keeps everything where an include was passed over, and says so', async () => {
    await run(playbook(file('a')));
    files.write('more.yaml', `- ${file('a')}\n`);
    const ended = await ctplay('run', playbook('{ include_tasks: more.yaml, when: false }'), '-i', lab().inventory, '--prune');
    expect(ended.status).toBe(0);
    expect(ended.stdout + ended.stderr).toMatch(/nothing is pruned: what this include would bring is not known/);
    expect(await content('host1', 'a')).toBe('a');
  });

  it('keeps everything on a host that failed', async () => {
    await run(playbook(file('a')));
    const ended = await ctplay('run', playbook('{ name: Fails on one, command: "test {{ inventory_hostname }} = host2" }'), '-i', lab().inventory, '--prune');
    expect(ended.status).toBe(2);
    expect(await content('host1', 'a')).toBe('a');
    expect(await lab().output('host2', 'ls -A /root/t')).toBe('');
  });

  it.each([['--tags', 'x'], ['--skip-tags', 'x'], ['--start-at-task', 'File a']])('wants the whole playbook, without %s', async (...flags) => {
    const ended = await ctplay('run', playbook(file('a')), '-i', lab().inventory, '--prune', ...flags);
    expect(ended).toMatchObject({ status: 1, stderr: expect.stringContaining(`--prune can't be used with ${flags[0]}`) });
  });
});

describe('a ledger', () => {
  it('is compacted when it has become long, and still takes everything back', async () => {
    await run(playbook(file('a')));
    // As two thousand runs of it would have left it.
    await lab().output('host1', `cd /var/lib/ctplay && for i in $(seq 2000); do sed "s/\\"run\\":\\"/&$i-/; s/\\"id\\":\\"/&$i-/" ledger.jsonl; done > more && cat more >> ledger.jsonl && rm more`);
    const size = (): Promise<string> => lab().output('host1', 'stat -c %s /var/lib/ctplay/ledger.jsonl');
    expect(Number(await size())).toBeGreaterThan(1 << 20);
    await run(playbook(file('b')));
    expect(Number(await size())).toBeLessThan(1 << 17);
    expect((await ctplay('reset', '-i', lab().inventory)).status).toBe(0);
    expect(await lab().output('host1', 'ls -A /root/t /var/lib/ctplay 2>/dev/null || :')).toBe('/root/t:');
  });

  it('with a torn last line is read, and written on', async () => {
    await run(playbook(file('a')));
    await lab().output('host1', `printf '{"type":"intent","id":"torn","mod' >> /var/lib/ctplay/ledger.jsonl`);
    await run(playbook(file('a'), file('b')));
    expect((await ledgers())[0]!.owners.map(({ subject }) => subject)).toEqual(['file /root/t/a', 'file /root/t/b']);
    expect((await ctplay('reset', '-i', lab().inventory)).status).toBe(0);
    expect(await lab().output('host1', 'ls -A /root/t')).toBe('');
  });
});
