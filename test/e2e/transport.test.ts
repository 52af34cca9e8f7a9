/** What every connection does with batches, on a real sshd and on this machine alike. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CtplayError } from '../../src/errors.ts';
import { Secret, sh } from '../../src/shell.ts';
import type { Command } from '../../src/shell.ts';
import { connector } from '../../src/transport/index.ts';
import type { Connection, HostTarget, StepResult } from '../../src/transport/types.ts';
import { threadedConnector } from '../harness/connector.ts';
import { startSshd } from '../harness/sshd.ts';
import type { Sshd } from '../harness/sshd.ts';

const threads = threadedConnector();
let sshd: Sshd;
let folder: string;

beforeAll(async () => {
  sshd = await startSshd();
  folder = await mkdtemp(join(tmpdir(), 'ctplay-transport-'));
});

afterAll(async () => {
  await threads.close();
  await sshd.stop();
  await rm(folder, { recursive: true, force: true });
});

const local: HostTarget = { name: 'here', connection: 'local', address: 'localhost', hostKeyChecking: 'strict', connectTimeoutMs: 1000 };

describe.each([
  ['ssh', () => sshd.target(), connector()],
  ['ssh in another thread', () => sshd.target(), threads.connect],
  ['local', () => local, connector()],
] as const)('batches over %s', (name, target, connect) => {
  let connection: Connection;
  const lines: string[] = [];
  const run = async (command: Command, options: { timeoutMs?: number; maxOutput?: number } = {}): Promise<StepResult> =>
    (await connection.run([{ command, ...options }]))[0]!;

  beforeAll(async () => {
    connection = await connect(target(), { log: (line) => lines.push(line) });
  });
  afterAll(async () => {
    await connection.close();
  });

  it.each([
    ['an exit status', sh`exit 7`, 7, '', ''],
    ['both streams', sh`echo out; echo err >&2`, 0, 'out\n', 'err\n'],
    ['no newline at the end', sh`printf out; printf err >&2`, 0, 'out', 'err'],
    ['set -e', sh`set -e; false; echo not reached`, 1, '', ''],
    ['a syntax error', sh`if`, 2, '', expect.stringMatching(/./)],
    ['an unknown command', sh`ctplay-no-such-command`, 127, '', expect.stringContaining('not found')],
    ['a closed stdout', sh`exec >&-; echo lost 2>/dev/null; exit 5`, 5, '', ''],
    ['both streams closed', sh`exec >&- 2>&-; exit 6`, 6, '', ''],
    ['a quote', sh`printf %s ${"it's \"$HOME\" `id` \\ \n"}`, 0, "it's \"$HOME\" `id` \\ \n", ''],
    ['several lines and a here-document', sh`cat <<'END'
first
second
END
echo third`, 0, 'first\nsecond\nthird\n', ''],
    ['exec', sh`exec echo replaced`, 0, 'replaced\n', ''],
    ['a signal', sh`sh -c 'kill -KILL $$'`, 137, '', expect.anything()],
    ['reading standard input', sh`cat; echo end`, 0, 'end\n', ''],
    ['its own positional parameters', sh`echo $# "$@"`, 0, '0\n', ''],
    ['UTF-8', sh`printf %s ${'grüße €𝄞'}`, 0, 'grüße €𝄞', ''],
    ['invalid UTF-8', sh`printf 'a\\377b\\303'`, 0, 'a\ufffdb\ufffd', ''],
    ['NUL', sh`printf 'a\\0b'`, 0, 'a\0b', ''],
    ['a byte order mark', sh`printf '\\357\\273\\277x'`, 0, '\ufeffx', ''],
    ['a return', sh`return 4`, 4, '', ''],
    ['a trap', sh`trap 'echo bye' EXIT; exit 3`, 3, 'bye\n', ''],
  ])('keeps %s', async (_name, command, status, stdout, stderr) => {
    expect(await run(command)).toMatchObject({ status, stdout, stderr, skipped: false, timedOut: false });
    expect(await run(sh`echo still here`)).toMatchObject({ status: 0, stdout: 'still here\n', stderr: '' });
  });

  it('is not misled by random bytes', async () => {
    const bytes = randomBytes(300_000);
    const file = join(folder, 'random');
    await writeFile(file, bytes);
    const [shown, after] = await connection.run([{ command: sh`cat ${file}; cat ${file} >&2` }, { command: sh`echo after` }]);
    expect(shown).toMatchObject({ status: 0, stdout: bytes.toString('utf8'), stderr: bytes.toString('utf8') });
    expect(after).toMatchObject({ status: 0, stdout: 'after\n', stderr: '' });
  });

  it('is not misled by a script that prints the state of the shell', async () => {
    const [state, after] = await connection.run([{ command: sh`set; set >&2; exit 9` }, { command: sh`echo after` }]);
    expect(state!.status).toBe(9);
    expect(state!.stdout).toContain('CTPLAY_FAILED');
    expect(after).toMatchObject({ status: 0, stdout: 'after\n' });
  });

  it('lets steps share nothing', async () => {
    const [, second] = await connection.run([{ command: sh`leak=1; cd /; umask 0; f() { :; }` }, { command: sh`echo "[$leak]"; type f >/dev/null 2>&1 || echo none; umask` }]);
    expect(second!.stdout).not.toContain('[1]');
    expect(second!.stdout).toContain('none');
    expect(second!.stdout).not.toContain('0000');
  });

  it('answers 100 steps in one round trip', async () => {
    const before = connection.statistics.roundTrips;
    const results = await connection.run(Array.from({ length: 100 }, (_, index) => ({ command: sh`echo ${index}; exit ${index}` })));
    expect(results.map(({ status, stdout }) => [status, stdout])).toEqual(Array.from({ length: 100 }, (_, index) => [index, `${index}\n`]));
    expect(connection.statistics.roundTrips - before).toBe(1);
  });

  it('runs batches given at once in order', async () => {
    const file = join(folder, `order-${name.replaceAll(' ', '-')}`);
    await Promise.all(Array.from({ length: 10 }, (_, index) => connection.run([{ command: sh`echo ${index} >>${file}` }])));
    expect((await run(sh`cat ${file}`)).stdout).toBe('0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n');
  });

  it('gives no answer to an empty batch, and makes no round trip for it', async () => {
    const before = connection.statistics.roundTrips;
    expect(await connection.run([])).toEqual([]);
    expect(connection.statistics.roundTrips).toBe(before);
  });

  it('skips what depends on a failed step, on the host', async () => {
    const before = connection.statistics.roundTrips;
    const results = await connection.run([
      { command: sh`echo "[$CTPLAY_FAILED]"; false` },
      { command: sh`true`, when: 'succeeded' },
      { command: sh`exit 3`, when: 'succeeded' },
      { command: sh`echo not reached`, when: 'succeeded' },
      { command: sh`echo "[$CTPLAY_FAILED]"` },
      { command: sh`exit 4`, when: 'succeeded' },
      { command: sh`echo "[$CTPLAY_FAILED]"` },
    ]);
    expect(connection.statistics.roundTrips - before).toBe(1);
    expect(results.map(({ status, stdout, skipped }) => [status, stdout, skipped])).toEqual([
      [1, '[]\n', false],
      [0, '', false],
      [3, '', false],
      [null, '', true],
      [0, '[2:3]\n', false],
      [null, '', true],
      [0, '[2:3]\n', false],
    ]);
    expect((await run(sh`echo "[$CTPLAY_FAILED]"`)).stdout).toBe('[]\n');
  });

  it.each([
    ['succeeds', sh`__ctplay_own=1`, [0, '', ''], [0, 'between\n', 'beside\n']],
    ['fails, and says why', sh`echo why >&2; echo what; [ a = b ]`, [1, 'what\n', 'why\n'], [null, '', '']],
  ])('tells of a step in the shell that %s, each what it printed', async (_name, command, own, after) => {
    const inShell = { command, when: 'succeeded', inShell: true } as const;
    const results = await connection.run([{ command: sh`echo before` }, { ...inShell, command: sh`:` }, inShell, { command: sh`echo between; echo beside >&2`, when: 'succeeded' }, { command: sh`:`, inShell: true }, { command: sh`echo after` }, { command: sh`:`, inShell: true }]);
    expect(results.map(({ status, stdout, stderr }) => [status, stdout, stderr])).toEqual([[0, 'before\n', ''], [0, '', ''], own, after, [0, '', ''], [0, 'after\n', ''], [0, '', '']]);
  });

  it('limits the time of a step after one in the shell, and says that it ran', async () => {
    const steps = [{ command: sh`:`, inShell: true }, { command: sh`echo begun; sleep 60`, timeoutMs: 300 }, { command: sh`:`, inShell: true }, { command: sh`echo next` }];
    expect(await connection.run(steps)).toMatchObject([{ status: 0 }, { status: null, stdout: 'begun\n', timedOut: true }, { status: 0 }, { status: 0, stdout: 'next\n' }]);
    const killed = connection.run([{ command: sh`:`, inShell: true }, { command: sh`echo partly; kill -KILL $$; sleep 5` }]);
    await expect(killed).rejects.toMatchObject({ code: 'ssh.dropped', details: { expected: expect.stringContaining('echo partly'), detail: 'partly' } });
  });

  describe('input', () => {
    const everyByte = Buffer.from(Array.from({ length: 1024 }, (_, index) => index % 256));

    it.each([
      ['text', "it's $HOME\n\n"],
      ['empty text', ''],
      ['a secret', new Secret('s3cr3t')],
      ['text with NUL', 'a\0b'],
      ['long text', 'x'.repeat(3_000_000)],
      ['bytes', { kind: 'bytes', bytes: everyByte } as const],
      ['many bytes', { kind: 'bytes', bytes: randomBytes(2_000_000) } as const],
    ])('takes %s', async (_name, input) => {
      const bytes = input instanceof Secret ? Buffer.from(input.reveal()) : typeof input === 'string' ? Buffer.from(input) : Buffer.from(input.bytes);
      const result = await run(sh`sha256sum`.withInput(input));
      expect(result).toMatchObject({ status: 0, stdout: `${createHash('sha256').update(bytes).digest('hex')}  -\n` });
    });

    it('shows no secret in the process table', async () => {
      const result = await run(sh`cat >/dev/null; : ${new Secret('visible-secret')}; tr '\\0' ' ' </proc/$$/cmdline; ps ax -o args 2>/dev/null || cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '`.withInput(new Secret('input-secret')));
      expect(result.status).toBe(0);
      expect(result.stdout).not.toMatch(/visible-secret|input-secret/);
    });

    it('streams a file between the steps of a batch', async () => {
      const file = join(folder, 'large');
      const bytes = randomBytes(20_000_000);
      await writeFile(file, bytes);
      const results = await connection.run([
        { command: sh`exit 2`, when: 'succeeded' },
        { command: sh`echo "$CTPLAY_FAILED"; sha256sum; exit 5`.withInput({ kind: 'file', path: file }) },
        { command: sh`cat`.withInput({ kind: 'file', path: file }), when: 'succeeded' },
        { command: sh`echo "$CTPLAY_FAILED"` },
      ]);
      expect(results.map(({ status, stdout, skipped }) => [status, stdout, skipped])).toEqual([
        [2, '', false],
        [5, `0:2\n${createHash('sha256').update(bytes).digest('hex')}  -\n`, false],
        [null, '', true],
        [0, '0:2\n', false],
      ]);
    });

    it('takes bytes that are made while they are sent, and stops making them when nobody reads them', async () => {
      const blocks = Array.from({ length: 40 }, () => randomBytes(300_000));
      let made = 0;
      let left = false;
      const open = async function* (): AsyncGenerator<Uint8Array> {
        try {
          for (const block of blocks) {
            made++;
            yield block;
          }
        } finally {
          left = true;
        }
      };
      expect(await run(sh`sha256sum`.withInput({ kind: 'stream', open }))).toMatchObject({ status: 0, stdout: `${createHash('sha256').update(Buffer.concat(blocks)).digest('hex')}  -\n` });
      expect([made, left]).toEqual([40, true]);
      made = 0;
      expect(await run(sh`head -c 1 | wc -c`.withInput({ kind: 'stream', open }))).toMatchObject({ status: 0, stdout: '1\n' });
      expect(made).toBeLessThan(40);
    });

    it('fails with the error of what makes its bytes', async () => {
      const open = async function* (): AsyncGenerator<Uint8Array> {
        yield randomBytes(100_000);
        throw new CtplayError('file.unreadable', 'it changed meanwhile', { hint: 'Run again.' });
      };
      await expect(run(sh`cat >/dev/null`.withInput({ kind: 'stream', open }))).rejects.toMatchObject({ code: 'file.unreadable', message: 'it changed meanwhile', details: { hint: 'Run again.' } });
      expect(await run(sh`echo usable`)).toMatchObject({ stdout: 'usable\n' });
    });

    it('does not wait for a command that leaves its file unread', async () => {
      const file = join(folder, 'unread');
      await writeFile(file, Buffer.alloc(20_000_000));
      expect(await run(sh`head -c 1 | wc -c`.withInput({ kind: 'file', path: file }))).toMatchObject({ status: 0, stdout: '1\n' });
      expect(await run(sh`exit 3`.withInput('x'.repeat(1_000_000)))).toMatchObject({ status: 3 });
    });

    it('names a file that is not there', async () => {
      await expect(run(sh`cat`.withInput({ kind: 'file', path: join(folder, 'missing') }))).rejects.toMatchObject({ code: 'file.missing' });
      expect(await run(sh`echo usable`)).toMatchObject({ stdout: 'usable\n' });
    });

    it('keeps a secret in a streamed script out of the process table', async () => {
      const file = join(folder, 'small');
      await writeFile(file, 'content');
      const result = await run(sh`: ${new Secret('streamed-secret')}; cat; cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '`.withInput({ kind: 'file', path: file }));
      expect(result.stdout).toContain('content');
      expect(result.stdout).not.toContain('streamed-secret');
    });
  });

  describe('large outputs', () => {
    it('keeps the first bytes, counts the rest and stays small', async () => {
      const heap = process.memoryUsage().rss;
      const started = performance.now();
      const result = await run(sh`head -c 100000000 /dev/zero | tr '\\0' x`, { maxOutput: 1000 });
      expect(result).toMatchObject({ status: 0, stdout: 'x'.repeat(1000), dropped: { stdout: 99_999_000, stderr: 0 } });
      expect(process.memoryUsage().rss - heap).toBeLessThan(150_000_000);
      expect(performance.now() - started).toBeLessThan(20_000);
    });

    it('keeps a mebibyte by default and cuts no character in two', async () => {
      const result = await run(sh`yes € | head -n 400000 | tr -d '\\n'; echo all >&2`);
      expect(result.stdout === '€'.repeat(Math.floor(1_048_576 / 3))).toBe(true);
      expect(result.dropped).toEqual({ stdout: 1_200_000 - 1_048_576, stderr: 0 });
      expect(result.stderr).toBe('all\n');
    });
  });

  describe('background jobs', () => {
    it('does not wait for one, and takes its late output for no answer', async () => {
      const started = performance.now();
      expect(await run(sh`(sleep 4; echo late) & echo now`)).toMatchObject({ status: 0, stdout: 'now\n' });
      expect(performance.now() - started).toBeLessThan(3_500);
      await vi.waitFor(() => expect(lines.join('\n')).toContain('late'), { timeout: 15_000 });
      expect(await run(sh`echo next`)).toMatchObject({ status: 0, stdout: 'next\n' });
    });
  });

  describe('time limits', () => {
    it('kills the whole tree, keeps its output and goes on with the batch', async () => {
      const marker = `60${Math.floor(Math.random() * 1e6)}`;
      const started = performance.now();
      const results = await connection.run([
        { command: sh`sleep 0.3; echo first` },
        { command: sh`echo begun; sh -c ${`sleep ${marker}; true`} & sleep ${marker}; echo not reached`, timeoutMs: 300, when: 'succeeded' },
        { command: sh`sleep 0.3; echo "third $CTPLAY_FAILED"` },
        { command: sh`echo skipped`, when: 'succeeded' },
      ]);
      expect(performance.now() - started).toBeLessThan(5_000);
      expect(results[0]).toMatchObject({ status: 0, stdout: 'first\n', timedOut: false });
      expect(results[1]).toMatchObject({ status: null, stdout: 'begun\n', timedOut: true, skipped: false });
      expect(results[2]).toMatchObject({ status: 0, stdout: 'third 1:143\n', timedOut: false });
      expect(results[3]).toMatchObject({ status: null, skipped: true });
      expect((await run(sh`cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '`)).stdout).not.toContain(`sleep ${marker}`);
    });

    it('kills what ignores SIGTERM', async () => {
      const started = performance.now();
      expect(await run(sh`trap '' TERM; echo deaf; while :; do sleep 0.1; done`, { timeoutMs: 200 })).toMatchObject({ status: null, stdout: 'deaf\n', timedOut: true });
      expect(performance.now() - started).toBeLessThan(15_000);
      expect(await run(sh`echo usable`)).toMatchObject({ stdout: 'usable\n' });
    });

    it('spares what an earlier step left running', async () => {
      const [left] = await connection.run([{ command: sh`sleep 50 >/dev/null 2>&1 & echo $!` }, { command: sh`sleep 60`, timeoutMs: 200 }]);
      const pid = left!.stdout.trim();
      expect(await run(sh`kill -0 ${pid} && kill ${pid}`)).toMatchObject({ status: 0 });
    });

    it('limits a step that reads a file', async () => {
      const file = join(folder, 'endless');
      await writeFile(file, Buffer.alloc(10_000_000));
      expect(await run(sh`sleep 60`.withInput({ kind: 'file', path: file }), { timeoutMs: 300 })).toMatchObject({ status: null, timedOut: true });
    });

    it('leaves a step alone that is within its limit', async () => {
      expect(await run(sh`sleep 0.2; echo done`, { timeoutMs: 5_000 })).toMatchObject({ status: 0, stdout: 'done\n', timedOut: false });
    });
  });

  describe('interruption', () => {
    it('kills the running step, runs none of the later ones, and leaves the connection usable', async () => {
      const controller = new AbortController();
      const file = join(folder, `interrupted-${name.replaceAll(' ', '-')}`);
      const marker = `70${Math.floor(Math.random() * 1e6)}`;
      const running = connection.run([{ command: sh`sleep ${marker}` }, { command: sh`touch ${file}` }], { signal: controller.signal });
      setTimeout(() => controller.abort(), 300);
      await expect(running).rejects.toMatchObject({ code: 'task.interrupted' });
      const result = await run(sh`test ! -e ${file}; echo $?; cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '`);
      expect(result.stdout).toMatch(/^0\n/);
      expect(result.stdout).not.toContain(`sleep ${marker}`);
    });

    it('refuses to begin once aborted', async () => {
      await expect(connection.run([{ command: sh`true` }], { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'task.interrupted' });
    });
  });

  it('says what was running when the shell is killed, and opens another', async () => {
    await expect(run(sh`echo partly; kill -KILL $$; sleep 5`)).rejects.toMatchObject({
      code: 'ssh.dropped',
      details: { expected: expect.stringContaining('echo partly'), found: expect.stringContaining('SIGKILL'), detail: 'partly' },
    });
    expect(await run(sh`echo again`)).toMatchObject({ status: 0, stdout: 'again\n' });
  });

  describe('downloads', () => {
    it('copies a file', async () => {
      const [source, copy] = [join(folder, "it's a source"), join(folder, 'copy')];
      const bytes = randomBytes(5_000_000);
      await writeFile(source, bytes);
      await connection.download(source, copy);
      expect((await readFile(copy)).equals(bytes)).toBe(true);
    });

    it('says why it cannot, and leaves nothing', async () => {
      const copy = join(folder, 'no-copy');
      await expect(connection.download('/no/such/file', copy)).rejects.toMatchObject({ code: 'task.failed', details: { found: expect.stringContaining('No such file') } });
      await expect(readFile(copy)).rejects.toThrow('ENOENT');
    });
  });

  it('refuses to run once closed, and closes twice', async () => {
    const short = await connect(target());
    await short.run([{ command: sh`true` }]);
    await short.close();
    await short.close();
    await expect(short.run([{ command: sh`true` }])).rejects.toMatchObject({ code: 'ssh.dropped' });
  });
});
