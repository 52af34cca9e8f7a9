/** One batch of steps: as few round trips as its inputs allow, results in order, failures as the user's errors. */
import { open, readFile, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { CtplayError } from '../errors.ts';
import { Secret } from '../shell.ts';
import type { Channels } from './channels.ts';
import { interruptedError, shellError } from './failure.ts';
import type { RequestInput } from './script.ts';
import { ShellLost } from './shell-request.ts';
import type { ShellRequest, ShellResult } from './shell-request.ts';
import type { Shell } from './shell.ts';
import type { RunOptions, Step, StepResult } from './types.ts';

const DEFAULT_MAX_OUTPUT = 1024 * 1024;

/** Larger inputs go as a stream, since escaping makes bytes up to five times as long. */
const MAX_INLINE_BYTES = 64 * 1024;

/** Of inputs in one write, before they are escaped. */
const MAX_SEGMENT_BYTES = 1024 * 1024;

/** Runs `steps` in order. Throws CtplayError ssh.dropped, ssh.shell, become.failed, task.interrupted, file.missing. */
export async function runBatch(channels: Channels, steps: readonly Step[], options: RunOptions): Promise<StepResult[]> {
  const results: StepResult[] = [];
  let failed = '';
  for (const segment of segments(await Promise.all(steps.map(withSmallFile)))) {
    const requests = segment.map(({ step, index }) => requestOf(step, index));
    const streamed = requests.length === 1 && requests[0]!.input.kind === 'inherited';
    if (streamed && failed !== '' && requests[0]!.when === 'succeeded') {
      results.push(SKIPPED_STEP);
      continue;
    }
    const answers = streamed
      ? [await runStreamed(channels, segment[0]!.step, requests[0]!, failed, options)]
      : await runInline(channels, requests, failed, options);
    answers.forEach((answer, position) => {
      const { when, index } = requests[position]!;
      const skipped = answer.status === null;
      if (failed === '' && when === 'succeeded' && !skipped && answer.status !== 0) failed = `${index}:${answer.status}`;
      results.push(stepResult(answer, skipped));
    });
  }
  return results;
}

async function runInline(channels: Channels, requests: readonly ShellRequest[], failed: string, options: RunOptions): Promise<ShellResult[]> {
  return await guarded(channels, options, () => channels.shell(options.become), (shell) => shell.run(requests, failed));
}

async function runStreamed(channels: Channels, step: Step, request: ShellRequest, failed: string, options: RunOptions): Promise<ShellResult> {
  const source = await openInput(step);
  let shell: Shell | undefined;
  try {
    return await guarded(
      channels,
      options,
      async () => (shell = await channels.streamingShell(options.become)),
      (opened) =>
        opened.runStreaming(request, failed, (stdin) => {
          source.on('data', (bytes: Buffer) => (channels.statistics.bytesSent += bytes.length));
          source.on('error', () => opened.destroy());
          source.pipe(stdin);
        }),
    );
  } finally {
    source.destroy();
    shell?.destroy();
  }
}

/** Runs `work` on a shell; when the signal aborts, kills the shell with all that it runs. */
async function guarded<T>(
  channels: Channels,
  { become, signal }: RunOptions,
  openShell: () => Promise<Shell>,
  work: (shell: Shell) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) throw interruptedError(channels.host);
  let abort: (() => void) | undefined;
  try {
    const shell = await openShell();
    const aborted = new Promise<never>((_, reject) => {
      abort = () => {
        const killed = shell.pid === undefined ? Promise.resolve() : channels.kill(become, shell.pid, 'all', 0);
        void killed.then(() => {
          shell.destroy();
          reject(interruptedError(channels.host));
        });
      };
      signal?.addEventListener('abort', abort);
    });
    if (signal?.aborted) abort!();
    const answer = work(shell).catch(async (error: unknown) => {
      // The kill ends the shell: the interruption is the reason that counts.
      if (signal?.aborted) return await aborted;
      throw error;
    });
    return await Promise.race([answer, aborted]);
  } catch (error) {
    if (error instanceof ShellLost) throw shellError(error, channels.host, become, channels.link.lost());
    throw error;
  } finally {
    if (abort) signal?.removeEventListener('abort', abort);
  }
}

/** A small file goes as its bytes: a channel of its own costs as much as many of them. */
async function withSmallFile(step: Step): Promise<Step> {
  const { input } = step.command;
  if (input?.kind !== 'file') return step;
  const bytes = await smallContent(input.path);
  return bytes ? { ...step, command: step.command.withInput({ kind: 'bytes', bytes }) } : step;
}

/** Undefined for what is large, no file, or can't be read: the stream then finds the words for it. */
async function smallContent(path: string): Promise<Buffer | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() && found.size <= MAX_INLINE_BYTES ? await readFile(path) : undefined;
  } catch {
    return undefined;
  }
}

/** Splits a batch so that each streamed step stands alone, and none of the others' inputs together are too large. */
function segments(steps: readonly Step[]): { step: Step; index: number }[][] {
  const result: { step: Step; index: number }[][] = [];
  let room = 0;
  steps.forEach((step, index) => {
    const streamed = inputOf(step).kind === 'inherited';
    const { input } = step.command;
    room -= input?.kind === 'bytes' ? input.bytes.length : 0;
    if (streamed || room <= 0) {
      result.push([]);
      room = MAX_SEGMENT_BYTES;
    }
    result.at(-1)!.push({ step, index });
    if (streamed) room = 0;
  });
  return result;
}

function requestOf(step: Step, index: number): ShellRequest {
  return {
    index,
    when: step.when ?? 'always',
    script: step.command.text,
    display: step.command.display,
    input: inputOf(step),
    timeoutMs: step.timeoutMs,
    maxOutput: step.maxOutput ?? DEFAULT_MAX_OUTPUT,
  };
}

function inputOf(step: Step): RequestInput {
  const { input } = step.command;
  if (input === undefined) return { kind: 'none' };
  if (input.kind === 'file') return { kind: 'inherited' };
  if (input.kind === 'bytes') return bytesInput(input.bytes);
  const text = input.text instanceof Secret ? input.text.reveal() : input.text;
  return text.includes('\0') ? bytesInput(Buffer.from(text)) : { kind: 'text', text };
}

function bytesInput(bytes: Uint8Array): RequestInput {
  return bytes.length > MAX_INLINE_BYTES ? { kind: 'inherited' } : { kind: 'bytes', bytes };
}

async function openInput({ command }: Step): Promise<Readable> {
  const { input } = command;
  if (input?.kind === 'bytes') return Readable.from([Buffer.from(input.bytes)]);
  if (input?.kind === 'text') return Readable.from([Buffer.from(input.text instanceof Secret ? input.text.reveal() : input.text)]);
  const path = input!.path;
  try {
    return (await open(path)).createReadStream();
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new CtplayError(missing ? 'file.missing' : 'file.unreadable', `cannot read ${path}`, { found: (error as Error).message, cause: error });
  }
}

const SKIPPED_STEP: StepResult = {
  status: null,
  stdout: '',
  stderr: '',
  dropped: { stdout: 0, stderr: 0 },
  skipped: true,
  timedOut: false,
  durationMs: 0,
};

function stepResult(answer: ShellResult, skipped: boolean): StepResult {
  if (skipped) return SKIPPED_STEP;
  return {
    status: answer.timedOut ? null : answer.status,
    stdout: answer.stdout.text(),
    stderr: answer.stderr.text(),
    dropped: { stdout: answer.stdout.dropped, stderr: answer.stderr.dropped },
    skipped: false,
    timedOut: answer.timedOut,
    durationMs: answer.durationMs,
  };
}
