/** Tasks whose changes go in one round trip: they end as if each had gone alone. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ctplay, eventsOf, workspace, type Workspace } from '../harness/ctplay.ts';
import { withLab } from '../harness/lab.ts';

const lab = withLab({ hosts: 1 });
let files: Workspace;

beforeEach(async () => {
  files = workspace();
  await on('mkdir /root/t');
});
afterEach(async () => {
  await ctplay('reset', '-i', lab().inventory);
  await on('rm -rf /root/t');
  files.dispose();
});

function on(command: string): Promise<string> {
  return lab().output('host1', command);
}

interface Ran {
  readonly status: number | null;
  readonly trips: number;
  /** Each task's status, in order. */
  readonly statuses: readonly string[];
  readonly warnings: readonly string[];
  readonly stdout: string;
}

async function run(tasks: string, play: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const head = Object.entries({ hosts: 'host1', ...play }).map(([name, value]) => `${name}: ${value}`);
  const file = files.write('play.yaml', `- ${head.join('\n  ')}\n  tasks:\n${tasks.trimEnd().split('\n').map((line) => `    ${line}\n`).join('')}`);
  const ended = await ctplay('run', file, '-i', lab().inventory, '--output', 'json');
  const events = eventsOf(ended);
  const end = events.at(-1);
  return {
    status: ended.status,
    stdout: ended.stdout,
    trips: end?.type === 'run-end' ? (end.roundTrips['host1'] ?? NaN) : NaN,
    statuses: events.flatMap((event) => (event.type === 'task-end' ? [event.status] : [])),
    warnings: events.flatMap((event) => (event.type === 'warning' ? [event.message] : [])),
  };
}

/** Module and how it ended, of each change in the ledger: empty is well, undefined not at all. */
async function ledger(): Promise<[module: string, failed: string | undefined][]> {
  const records = (await on('cat /var/lib/ctplay/ledger.jsonl')).split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as { type: string; id: string; module: string; failed: string });
  return records.filter(({ type }) => type === 'intent').map(({ id, module }) => [module, records.find((one) => one.type === 'outcome' && one.id === id)?.failed]);
}

const told = { handlers: '[{ name: told, command: touch /root/t/told }]' };
const three = `
- copy: { dest: /root/t/a, content: "one\\n", mode: "0600" }
  register: a
  notify: told
- lineinfile: { path: /root/t/b, line: two, create: true, mode: "0640" }
  environment: { WORD: two }
- file: { path: /root/t/c, state: link, src: /etc/hostname }
`;

describe('changes that need no decision in between', () => {
  it('go in one round trip, and are told, remembered and undone one by one', async () => {
    const one = await run('- copy: { dest: /root/t/x, content: "x" }');
    const all = await run(three, told);
    // One more for the handler.
    expect(all).toMatchObject({ status: 0, statuses: ['changed', 'changed', 'changed', 'changed'], warnings: [], trips: one.trips + 1 });
    expect(await on('stat -c "%n %a" /root/t/a /root/t/b; cat /root/t/a /root/t/b; readlink /root/t/c')).toBe('/root/t/a 600\n/root/t/b 640\none\ntwo\n/etc/hostname');
    expect(await ledger()).toEqual([['copy', ''], ['copy', ''], ['lineinfile', ''], ['file', ''], ['command', '']]);
    expect(await run(three, told)).toMatchObject({ status: 0, statuses: ['ok', 'ok', 'ok'] });
    expect(await ctplay('reset', '-i', lab().inventory)).toMatchObject({ status: 0 });
    expect(await on('ls -A /root/t')).toBe('told');
  });

  it('go in one round trip with the directories that they need', async () => {
    const tasks = `
- file: { path: /root/t/d/e, state: directory, mode: "0750" }
- copy: { dest: /root/t/d/e/a, content: one }
- file: { path: /root/t/d/f, state: directory }
- template: { src: t.j2, dest: /root/t/d/f/b }
- copy: { dest: /root/t/d/g/, src: t.j2 }
- file: { path: /root/t/d/l, state: link, src: f/b }
`;
    files.write('t.j2', 'two');
    const one = await run('- copy: { dest: /root/t/x, content: "x" }');
    expect(await run(tasks)).toMatchObject({ status: 0, statuses: Array.from({ length: 6 }, () => 'changed'), trips: one.trips });
    expect(await on('cd /root/t/d; find . -type f | sort; cat e/a l g/t.j2; stat -c %a e')).toBe('./e/a\n./f/b\n./g/t.j2\nonetwotwo750');
    expect(await run(tasks)).toMatchObject({ status: 0, statuses: Array.from({ length: 6 }, () => 'ok') });
    expect(await ctplay('reset', '-i', lab().inventory)).toMatchObject({ status: 0 });
    expect(await on('ls -A /root/t')).toBe('');
  });

  it('go in a few round trips, however many they are', async () => {
    const tasks = Array.from({ length: 120 }, (_, n) => `- copy: { dest: /root/t/f${n}, content: "${n}" }\n- file: { path: /root/t/l${n}, state: link, src: /root/t }\n`).join('');
    const one = await run('- copy: { dest: /root/t/x, content: "x" }\n');
    const all = await run(tasks);
    expect(all).toMatchObject({ status: 0, trips: one.trips + 4 });
    expect(all.statuses.every((status) => status === 'changed')).toBe(true);
    expect(await on('ls /root/t | wc -l; cat /root/t/f119')).toBe('241\n119');
  });

  it('find out that a link would lead nowhere', async () => {
    const tasks = `
- copy: { dest: /root/t/a, content: one }
- file: { path: /root/t/a, state: absent }
- file: { path: /root/t/l, state: link, src: a }
`;
    expect(await run(tasks)).toMatchObject({ status: 2, statuses: ['changed', 'changed', 'failed'] });
    expect(await on('ls -A /root/t')).toBe('');
  });

  it('are made as if alone where one task fails', async () => {
    const failing = `
- copy: { dest: /root/t/a, content: one }
- copy: { dest: /root/t/b, content: two, validate: "false %s" }
- copy: { dest: /root/t/c, content: three }
`;
    expect(await run(failing)).toMatchObject({ status: 2, statuses: ['changed', 'failed'] });
    expect(await on('ls -A /root/t')).toBe('a');
    expect(await ledger()).toEqual([['copy', ''], ['copy', expect.stringMatching(/^\d+:1$/)]]);
  });

  it.each([
    ['ignored', '  ignore_errors: true\n', ['changed', 'failed', 'changed']],
    ['one that a condition calls none', '  failed_when: false\n', ['changed', 'ok', 'changed']],
  ])('go on after a failure that is %s', async (_what, keyword, statuses) => {
    const failing = `
- copy: { dest: /root/t/a, content: one }
- copy: { dest: /root/t/b, content: two, validate: "false %s" }
${keyword}- copy: { dest: /root/t/c, content: three }
`;
    expect(await run(failing)).toMatchObject({ status: 0, statuses });
    expect(await on('ls -A /root/t')).toBe('a\nc');
  });

  it('stop where a condition calls a task failed', async () => {
    const judged = `
- copy: { dest: /root/t/a, content: one }
- copy: { dest: /root/t/b, content: two }
  register: b
  failed_when: b.size == 3
- copy: { dest: /root/t/c, content: three }
`;
    expect(await run(judged)).toMatchObject({ status: 2, statuses: ['changed', 'failed'] });
    expect(await on('ls -A /root/t')).toBe('a\nb');
  });

  it.each([
    ['a directory', 'mkdir /root/t/d; ln -s d /root/t/e', '/root/t/d/f', '/root/t/e/f'],
    ['a file', 'echo old >/root/t/f; ln -s f /root/t/g', '/root/t/f', '/root/t/g'],
  ])('see what those before did to %s that has two names', async (_what, prepare, one, other) => {
    await on(prepare);
    const tasks = `
- copy: { dest: ${one}, content: "first\\n" }
- lineinfile: { path: ${other}, line: second, create: true }
`;
    expect(await run(tasks)).toMatchObject({ status: 0, statuses: ['changed', 'changed'] });
    expect(await on(`cat ${other}`)).toBe('first\nsecond');
    expect(await run(tasks.replace('content: "first\\n"', 'content: "first\\nsecond\\n"'))).toMatchObject({ statuses: [expect.any(String), 'ok'] });
  });

  it('use what those before have registered', async () => {
    const tasks = `
- copy: { dest: /root/t/a, content: "one" }
  register: a
- copy: { dest: /root/t/b, content: "{{ a.changed }} {{ a.size }}" }
- copy: { dest: /root/t/c, content: "{{ 'after' if a is changed else 'never' }}" }
- template: { src: t.j2, dest: /root/t/d }
`;
    files.write('t.j2', '{{ a.dest }}');
    expect(await run(tasks)).toMatchObject({ status: 0, statuses: ['changed', 'changed', 'changed', 'changed'] });
    expect(await on('cd /root/t; for f in b c d; do cat $f; echo; done')).toBe('True 3\nafter\n/root/t/a');
  });

  it('keep their users, their secrets and their order', async () => {
    const tasks = `
- copy: { dest: /root/t/a, content: "s3cret", mode: "0600" }
  no_log: true
- copy: { dest: /tmp/ctplay-together, content: theirs }
  become: true
  become_user: nobody
- copy: { dest: /root/t/b, content: mine }
- command: cp /root/t/b /root/t/c
- copy: { dest: /root/t/c, content: later }
`;
    const ran = await run(tasks);
    expect(ran).toMatchObject({ status: 0, statuses: Array.from({ length: 5 }, () => 'changed') });
    expect(ran.stdout).not.toContain('s3cret');
    expect(await on('cat /root/t/c; echo; stat -c %U /tmp/ctplay-together; grep -c s3cret /var/lib/ctplay/ledger.jsonl || :')).toBe('later\nnobody\n0');
  });

  it('are items of a loop, each with its own result', async () => {
    const tasks = `
- copy: { dest: "/root/t/{{ item.name }}", content: "{{ item.text }}" }
  loop:
    - { name: a, text: one }
    - { name: b, text: two, not: true }
    - { name: c, text: three }
    - { name: d, text: "{{ 1 + 3 }}" }
  when: item.not is undefined
  register: made
- copy: { dest: /root/t/made, content: "{{ made.results | map(attribute='changed') | join(' ') }}" }
- lineinfile: { path: /root/t/lines, line: "{{ item }}", create: true }
  loop: [x, y, z]
`;
    const one = await run('- copy: { dest: /root/t/x, content: "x" }\n');
    // One for the items, two for what they registered, of which nothing was known, and one for each line, since each is about the same file.
    expect(await run(tasks)).toMatchObject({ status: 0, statuses: ['changed', 'changed', 'changed'], trips: one.trips + 5 });
    expect(await on('cd /root/t; for f in a c d made; do cat $f; echo; done; cat lines; ls b 2>&1 | cut -c1-3')).toBe('one\nthree\n4\nTrue False True True\nx\ny\nz\nls:');
    expect(await run(tasks.replace('True False True True', ''))).toMatchObject({ status: 0, statuses: ['ok', 'changed', 'ok'] });
  });

  it('go on with the next item after one that failed', async () => {
    const tasks = `
- copy: { dest: "/root/t/{{ item }}", content: one, validate: "sh -c 'test {{ item }} != b' %s" }
  loop: [a, b, c, d]
`;
    expect(await run(tasks)).toMatchObject({ status: 2, statuses: ['failed'] });
    expect(await on('ls -A /root/t')).toBe('a\nc\nd');
    expect((await ledger()).map(([, failed]) => failed === '')).toEqual([true, false, true, true]);
  });

  it('wait for facts about the host that they ask for', async () => {
    const tasks = `
- copy: { dest: /root/t/a, content: one }
- copy: { dest: /root/t/b, content: two }
  environment: { KERNEL: "{{ ansible_kernel }}" }
- copy: { dest: /root/t/c, content: "{{ ansible_kernel }}" }
`;
    expect(await run(tasks, { gather_facts: 'false' })).toMatchObject({ status: 0, statuses: ['changed', 'changed', 'changed'] });
    expect(await on('test "$(cat /root/t/c)" = "$(uname -r)" && ls -A /root/t')).toBe('a\nb\nc');
  });

  it('wait for each other where all hosts are to keep in step', async () => {
    const apart = await run(three, { ...told, strategy: 'linear' });
    await on('rm /root/t/*');
    const along = await run(three, told);
    expect(apart).toMatchObject({ status: 0, statuses: ['changed', 'changed', 'changed', 'changed'] });
    expect(apart.trips).toBe(along.trips + 2);
  });

  it('are told of where the play ends before their turn', async () => {
    files.write('modules/restless.mjs', `
import { defineModule, sh, Type } from 'ctplay';
export default defineModule({
  summary: 'Never as it should be', brief: true, args: Type.Object({}), subject: () => 'restless', facts: () => ({}),
  *plan() { yield { action: 'update', subject: 'restless', commands: [sh\`true\`], touches: ['restless'] }; },
});
`);
    const ran = await run('- restless: {}\n- copy: { dest: /root/t/a, content: one }\n');
    expect(ran).toMatchObject({ status: 2, statuses: ['failed'], warnings: ['this task was done along with one before it, and the play ended before its turn'] });
    expect(await on('cat /root/t/a')).toBe('one');
    expect(await ctplay('reset', '-i', lab().inventory)).toMatchObject({ status: 0 });
    expect(await on('ls -A /root/t')).toBe('');
  });
});
