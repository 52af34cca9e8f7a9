/** Programs of this machine, run without a shell. */
import { spawn } from 'node:child_process';
import { CtplayError, type ErrorCode } from '../errors.ts';

export interface ProgramResult {
  /** Null when a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Called with each whole line of standard error as it comes. */
  readonly onErrorLine?: (line: string) => void;
}

/** Runs a program to its end. Throws CtplayError `lab.system` when it is not installed. */
export function attempt(program: string, args: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'pipe', env: { ...process.env, LC_ALL: 'C', ...options.environment } });
    let stdout = '';
    let stderr = '';
    let unfinished = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      const lines = (unfinished + text).split('\n');
      unfinished = lines.pop() ?? '';
      if (options.onErrorLine) for (const line of lines) options.onErrorLine(line);
    });
    // A program that ends without reading its input is judged by its exit status, not by the broken pipe.
    child.stdin.on('error', () => undefined).end(options.input ?? '');
    child.on('error', (cause) => reject(new CtplayError('lab.system', `can't run ${program}`, { found: cause.message, cause })));
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/** Runs a program that has to succeed; gives its standard output. Throws CtplayError `code` with what it printed. */
export async function run(
  program: string,
  args: readonly string[],
  options: ProgramOptions & { readonly code?: ErrorCode } = {},
): Promise<string> {
  const result = await attempt(program, args, options);
  if (result.status === 0) return result.stdout;
  throw new CtplayError(options.code ?? 'lab.system', `${program} failed`, {
    expected: `'${[program, ...args].join(' ')}' to end with status 0`,
    found: result.status === null ? 'ended by a signal' : `status ${result.status}`,
    detail: result.stderr.trim().split('\n').slice(-20).join('\n'),
  });
}
