/**
 * One long-lived /bin/sh on a host. Batches of requests go in as lines; each answer is an end mark on both output streams,
 * with what the script printed before it. Requests are pipelined: a batch is one write, and the boot script travels with the
 * first.
 */
import { randomBytes } from 'node:crypto';
import { FrameReader } from './frame.ts';
import { Output } from './output.ts';
import { describeEnd } from './process.ts';
import type { HostProcess } from './process.ts';
import { BOOT_ID, SKIPPED, batchStart, bootScript, encodeLine, requestLine } from './script.ts';
import type { Nonce } from './script.ts';
import { settlesWithin } from './settle.ts';
import { ShellLost } from './shell-request.ts';
import type { ShellRequest, ShellResult } from './shell-request.ts';
import type { ConnectionStatistics } from './types.ts';

export interface ShellOptions {
  /** What it runs before anything else; it may end the shell. */
  readonly entry?: string;
  /** Ends the running request's processes; `runningMs` tells them from those of a request that began meanwhile. */
  readonly kill: (shellPid: number, runningMs: number) => Promise<void>;
  /** Bound on the answer to the boot script. */
  readonly bootTimeoutMs: number;
  readonly statistics: ConnectionStatistics;
  readonly log: (line: string) => void;
}

interface Pending {
  readonly id: number;
  readonly request: ShellRequest;
  /** Answered by itself only where it doesn't succeed. */
  readonly silent: boolean;
  stdout: Output;
  stderr: Output;
  words: string | undefined;
  errorMarked: boolean;
  startedAt: number;
  timedOut: boolean;
}

/** After its processes were killed, a step's end mark is waited for this long. */
const MARK_AFTER_KILL_MS = 3_000;

const LEAVE_TIMEOUT_MS = 5_000;

/** What is kept of output before the boot mark: a login banner, or why there is no shell. */
const BOOT_OUTPUT = 16_384;

const BOOT_REQUEST: ShellRequest = {
  index: 0,
  when: 'always',
  inShell: false,
  script: '',
  display: 'start of the shell',
  input: { kind: 'none' },
  timeoutMs: undefined,
  maxOutput: BOOT_OUTPUT,
};

export class Shell {
  readonly #process: HostProcess;
  readonly #options: ShellOptions;
  readonly #bootText: string;
  #booted = false;
  #written = false;
  #lost: ShellLost | undefined;
  #pid: number | undefined;
  #nextId = BOOT_ID + 1;
  /** Requests that are not settled yet, in order. The last of a batch is never silent. */
  readonly #waiting: Pending[] = [];
  #results: ShellResult[] = [];
  #settled: { resolve: (results: ShellResult[]) => void; reject: (error: ShellLost) => void } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(process: HostProcess, options: ShellOptions) {
    this.#process = process;
    this.#options = options;
    const random = randomBytes(16).toString('hex');
    const nonce: Nonce = { first: random.slice(0, 16), second: random.slice(16) };
    this.#bootText = (options.entry ?? '') + bootScript(nonce);
    this.#waiting.push(this.#pend(BOOT_ID, BOOT_REQUEST, false));
    this.#read('stdout', nonce);
    this.#read('stderr', nonce);
    // A broken pipe is reported by the end of the process, which also knows why.
    process.stdin.on('error', () => {});
    void process.ended.then((end) => this.#fail(describeEnd(end)));
  }

  /** Whether it can't run anything any more. */
  get lost(): boolean {
    return this.#lost !== undefined;
  }

  /** The shell's process id, known from its first answer on. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /**
   * Runs a batch; one batch at a time. `failed` is `$CTPLAY_FAILED` at its start. Throws ShellLost when the shell ends
   * before the last answer.
   */
  async run(requests: readonly ShellRequest[], failed: string): Promise<ShellResult[]> {
    return await this.#send(requests, (lines) => batchStart(failed) + lines);
  }

  /** The same for a shell that was started with LINE_PROGRAM: one request, which reads what is written to `stdin` after it. */
  async runStreaming(request: ShellRequest, failed: string, feed: (stdin: HostProcess['stdin']) => void): Promise<ShellResult> {
    const answer = this.#send([request], (line) => batchStart(failed) + line, encodeLine);
    feed(this.#process.stdin);
    const [result] = await answer;
    return result!;
  }

  /** Closes politely: the shell reads the end of its input. */
  end(): void {
    this.#process.stdin.end();
  }

  /** Closes politely and waits until the shell has ended; one that doesn't end is given up. */
  async leave(): Promise<void> {
    this.end();
    if (!(await settlesWithin(this.#process.ended, LEAVE_TIMEOUT_MS))) this.destroy();
  }

  destroy(): void {
    this.#process.destroy();
    this.#fail('it was closed');
  }

  async #send(
    requests: readonly ShellRequest[],
    batch: (lines: string) => string,
    encode: (text: string) => string = (text) => text,
  ): Promise<ShellResult[]> {
    if (this.#lost) throw this.#lost;
    const pending = requests.map((request, index) => this.#pend(this.#nextId++, request, request.inShell && index < requests.length - 1));
    const lines = pending.map(({ id, request, silent }) => requestLine({ ...request, id, silent })).join('');
    const text = encode((this.#written ? '' : this.#bootText) + batch(lines));
    const { statistics } = this.#options;
    this.#waiting.push(...pending);
    this.#results = [];
    const answer = new Promise<ShellResult[]>((resolve, reject) => {
      this.#settled = { resolve, reject };
    });
    if (!this.#written) this.#arm(this.#options.bootTimeoutMs, () => this.#bootTimedOut());
    else this.#startNext();
    this.#written = true;
    const bytes = Buffer.byteLength(text);
    statistics.bytesSent += bytes;
    this.#options.log(`writing ${requests.length} steps, ${bytes} bytes`);
    this.#process.stdin.write(text);
    const results = await answer;
    statistics.roundTrips++;
    return results;
  }

  #pend(id: number, request: ShellRequest, silent: boolean): Pending {
    const output = (): Output => new Output(request.maxOutput);
    return { id, request, silent, stdout: output(), stderr: output(), words: undefined, errorMarked: false, startedAt: performance.now(), timedOut: false };
  }

  /** The request that runs, or is about to: a silent one takes no time. */
  get #running(): Pending | undefined {
    return this.#waiting.find(({ silent }) => !silent);
  }

  #read(name: 'stdout' | 'stderr', nonce: Nonce): void {
    // The two streams run apart by some requests; each has its own first unmarked one.
    const isOpen = (pending: Pending): boolean => (name === 'stdout' ? pending.words === undefined : !pending.errorMarked);
    const speaking = (): Pending | undefined => this.#waiting.find((pending) => !pending.silent && isOpen(pending));
    const answered = (pending: Pending, words: string): void => {
      if (name === 'stdout') pending.words = words;
      else pending.errorMarked = true;
    };
    const reader = new FrameReader(nonce.first + nonce.second, {
      data: (bytes) => {
        const pending = speaking();
        if (pending) pending[name].append(bytes);
        else this.#options.log(`${bytes.length} bytes on ${name} after the last step ended: ${JSON.stringify(bytes.toString('utf8', 0, 200))}`);
      },
      mark: (text) => {
        const [id, ...words] = text.split(' ');
        for (const pending of this.#waiting) {
          if (!isOpen(pending)) continue;
          if (id === String(pending.id)) {
            // One that was to be silent has something to say, and said it before its mark.
            const speaker = pending.silent ? speaking() : undefined;
            if (speaker) [pending[name], speaker[name]] = [speaker[name], pending[name]];
            answered(pending, words.join(' '));
            return this.#settle();
          }
          if (!pending.silent) break;
          answered(pending, '0');
        }
        this.#fail(`its answers are out of order (${text})`);
        this.#process.destroy();
      },
    });
    this.#process[name].on('data', (packet: Buffer) => {
      this.#options.statistics.bytesReceived += packet.length;
      reader.push(packet);
    });
    this.#process[name].on('end', () => reader.end());
    this.#process[name].on('error', () => {});
    this.#process[name].resume();
  }

  #settle(): void {
    let settled = false;
    for (let head = this.#waiting[0]; head?.words !== undefined && head.errorMarked; head = this.#waiting[0]) {
      this.#waiting.shift();
      settled = true;
      if (head.id === BOOT_ID) {
        this.#booted = true;
        this.#pid = Number(head.words);
        this.#options.statistics.roundTrips++;
        this.#options.log(`shell runs as process ${head.words}`);
      } else {
        this.#results.push(resultOf(head));
      }
    }
    if (settled) this.#startNext();
  }

  #startNext(): void {
    clearTimeout(this.#timer);
    const next = this.#running;
    if (!next) return this.#settled?.resolve(this.#results);
    next.startedAt = performance.now();
    const { timeoutMs } = next.request;
    if (timeoutMs !== undefined) this.#arm(timeoutMs, () => void this.#timeOut(next));
  }

  async #timeOut(late: Pending): Promise<void> {
    late.timedOut = true;
    this.#options.log(`killing after ${late.request.timeoutMs} ms: ${late.request.display}`);
    await this.#options.kill(this.#pid!, performance.now() - late.startedAt);
    if (this.#running !== late) return;
    this.#arm(MARK_AFTER_KILL_MS, () => {
      this.#fail(`its processes outlived the time limit of ${late.request.timeoutMs} ms and could not be killed`);
      this.#process.destroy();
    });
  }

  #bootTimedOut(): void {
    this.#fail(`it gave no answer in ${this.#options.bootTimeoutMs / 1000} s`);
    this.#process.destroy();
  }

  #arm(milliseconds: number, action: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, milliseconds);
  }

  #fail(reason: string): void {
    if (this.#lost) return;
    clearTimeout(this.#timer);
    const running = this.#running;
    this.#lost = new ShellLost(
      reason,
      !this.#booted ? 'boot' : running ? 'step' : 'idle',
      running && { display: running.request.display, stdout: running.stdout.text(), stderr: running.stderr.text() },
    );
    this.#waiting.length = 0;
    this.#settled?.reject(this.#lost);
  }
}

function resultOf(pending: Pending): ShellResult {
  const status = pending.words === SKIPPED ? null : Number(pending.words);
  return {
    status,
    stdout: pending.stdout,
    stderr: pending.stderr,
    // A step that succeeded while its kill was on the way did succeed.
    timedOut: pending.timedOut && status !== 0,
    durationMs: performance.now() - pending.startedAt,
  };
}
