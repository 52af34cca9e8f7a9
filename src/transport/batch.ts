/** One batch of steps: as few round trips as its inputs allow, results in order, failures as the user's errors. */
import type { Channels } from './channels.ts';
import { interruptedError, shellError } from './failure.ts';
import { inputOf, openInput, withSmallFile, writeInput } from './input.ts';
import { ShellLost } from './shell-request.ts';
import type { ShellRequest, ShellResult } from './shell-request.ts';
import type { Shell } from './shell.ts';
import type { RunOptions, Step, StepResult } from './types.ts';

const DEFAULT_MAX_OUTPUT = 1024 * 1024;

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
  const input = await openInput(step.command.input!);
  const answered = new AbortController();
  let shell: Shell | undefined;
  let unreadable: Error | undefined;
  try {
    return await guarded(
      channels,
      options,
      async () => (shell = await channels.streamingShell(options.become)),
      (opened) =>
        opened.runStreaming(request, failed, (stdin) => {
          const sent = (bytes: number): void => void (channels.statistics.bytesSent += bytes);
          writeInput(input, stdin, sent, answered.signal).catch((error: Error) => {
            unreadable = error;
            opened.destroy();
          });
        }),
    );
  } catch (error) {
    throw unreadable ?? error;
  } finally {
    answered.abort();
    shell?.destroy();
    await input.rest.return(undefined);
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
    inShell: step.inShell ?? false,
    script: step.command.text,
    display: step.command.display,
    input: inputOf(step),
    timeoutMs: step.timeoutMs,
    maxOutput: step.maxOutput ?? DEFAULT_MAX_OUTPUT,
  };
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
