/** Interleaved measurements of whole programs: figures of one run can be compared, those of two can't. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { watchKeeper } from './keeper.ts';

export interface Contestant {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Where the socket of the process is that keeps its connections. */
  readonly keeperFolder?: string;
  /** Makes things ready before each turn, unmeasured. */
  readonly prepare?: () => void | Promise<void>;
  /** Looks at what the turn left and printed; throws when it isn't what the benchmark is about. Unmeasured. */
  readonly verify?: (stdout: string) => void | Promise<void>;
}

export interface Sample {
  readonly wallMs: number;
  /** Of the program, all its children, and who keeps its connections. */
  readonly cpuMs: number;
  /** The largest of its processes, and who keeps its connections. */
  readonly peakMb: number;
}

export interface Figure extends Sample {
  readonly name: string;
  /** How many turns the medians are over; 0 when it was left out. */
  readonly turns: number;
  /** Why it has fewer turns than others, or none. */
  readonly note?: string;
}

export interface Effort {
  /** Measured turns of each contestant. */
  readonly rounds: number;
  /** What one contestant may take in one cell of the table; one that is slower gets fewer turns, and the table says so. */
  readonly budgetMs: number;
  /** Beginnings of the names of those who take part; all when left out. */
  readonly only?: readonly string[];
}

/** One that is guessed to take longer than so many budgets for a single turn is left out. */
const patience = 4;

/** Each contestant's turn, in turn. `expected` gives a guess of a turn's milliseconds, when there is one. Throws when one fails. */
export async function interleaved(contestants: readonly Contestant[], effort: Effort, expected: (name: string) => number | undefined = () => undefined): Promise<Figure[]> {
  const samples = new Map(contestants.map(({ name }) => [name, [] as Sample[]]));
  const leftOut = new Map<string, string>();
  for (const { name } of contestants) {
    if (effort.only?.some((beginning) => name.startsWith(beginning)) === false) {
      leftOut.set(name, 'not asked for');
      continue;
    }
    const guess = expected(name);
    if (guess !== undefined && guess > effort.budgetMs * patience) leftOut.set(name, Number.isFinite(guess) ? `left out: about ${Math.round(guess / 1000)} s a turn` : 'left out, as with fewer');
  }
  const spent = new Map<string, number>();
  const fits = (name: string): boolean => {
    const mine = samples.get(name)!;
    return mine.length === 0 || spent.get(name)! + median(mine.map((one) => one.wallMs)) <= effort.budgetMs;
  };
  for (let round = -1; round < effort.rounds; round++) {
    for (const contestant of contestants) {
      const { name } = contestant;
      if (leftOut.has(name) || !fits(name)) continue;
      const sample = await measure(contestant);
      process.stderr.write(`  ${name}: ${seconds(sample.wallMs)}\n`);
      spent.set(name, (spent.get(name) ?? 0) + sample.wallMs);
      // The first turn warms caches up, which matters to those that are done in a blink; the slow ones can't afford it.
      if (round >= 0 || sample.wallMs * (effort.rounds + 1) > effort.budgetMs) samples.get(name)!.push(sample);
    }
  }
  return contestants.map(({ name }): Figure => {
    const mine = samples.get(name)!.slice(0, effort.rounds);
    const of = (field: keyof Sample): number => median(mine.map((one) => one[field]));
    const note = leftOut.get(name) ?? (mine.length < effort.rounds ? `${mine.length} of ${effort.rounds} turns` : undefined);
    return { name, turns: mine.length, wallMs: of('wallMs'), cpuMs: of('cpuMs'), peakMb: of('peakMb'), ...(note === undefined ? {} : { note }) };
  });
}

/** Runs a command once. Throws with what it printed when it fails. */
export async function measure({ name, command, env, cwd, keeperFolder, prepare, verify }: Contestant): Promise<Sample> {
  await prepare?.();
  const folder = mkdtempSync(path.join(tmpdir(), 'ctplay-measure-'));
  try {
    const report = path.join(folder, 'time');
    const keeper = keeperFolder === undefined ? undefined : await watchKeeper(keeperFolder);
    const { status, stdout, stderr, wallMs } = await runProgram(['time', '-q', '-o', report, '-f', '%U %S %M', ...command], { ...(env && { env }), ...(cwd === undefined ? {} : { cwd }) });
    const kept = (await keeper?.end()) ?? { cpuMs: 0, memoryMb: 0 };
    if (status !== 0) throw new Error(`${name} exited with ${status}\n${stdout.slice(-4000)}${stderr.slice(-4000)}`);
    await verify?.(stdout);
    const [user, system, kilobytes] = readFileSync(report, 'utf8').trim().split(' ').map(Number);
    return { wallMs, cpuMs: (user! + system!) * 1000 + kept.cpuMs, peakMb: kilobytes! / 1024 + kept.memoryMb };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly wallMs: number;
}

/** How long a program's output is waited for once it has ended: Ansible leaves ssh masters behind that hold its pipes open. */
const lastWordsMs = 200;

export function runProgram(command: readonly string[], options: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {}): Promise<Ended> {
  // Whoever starts the benchmark may have said how long connections are kept: here it is as by default.
  const { ANSIBLE_SSH_ARGS: _, ...environment } = process.env;
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'], ...(options.cwd === undefined ? {} : { cwd: options.cwd }), env: { ...environment, NO_COLOR: '1', ...options.env } });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    child.on('error', reject);
    child.on('exit', (status) => {
      const wallMs = performance.now() - started;
      const settle = (): void => {
        child.stdout.destroy();
        child.stderr.destroy();
        resolve({ status, ...output, wallMs });
      };
      const timer = setTimeout(settle, lastWordsMs);
      child.on('close', () => {
        clearTimeout(timer);
        settle();
      });
    });
  });
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function seconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds.toFixed(0)} ms` : `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 2 : 1)} s`;
}
