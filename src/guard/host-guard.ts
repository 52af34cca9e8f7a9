/**
 * Changes that can't lock anybody out. A change that touches what the session runs over is made under a timer on the host itself, which puts
 * the way in back unless a fresh login proves that it still is one.
 */
import { randomInt } from 'node:crypto';
import { CtplayError } from '../errors.ts';
import { getOrAdd } from '../get-or-add.ts';
import type { Change, Domain, FactMap, Reading, Values } from '../module.ts';
import type { ManagementPath } from '../baseline/kind.ts';
import type { Become, Step, StepResult } from '../transport/types.ts';
import { armCommand, doneCommand } from './commands.ts';
import { dangersOf, mayEndanger, type Danger } from './dangers.ts';
import { inputRules, lockoutOf, needsInputRules } from './lockout.ts';
import { managementPath } from './management-path.ts';
import { prove, type GuardedHost } from './proof.ts';

/** `auto`: what may cut the session off. `always`: every change. `off`: none, and nothing is refused. */
export type GuardMode = 'auto' | 'always' | 'off';

/** Where the changes are made: a shell of the session that is at stake. */
export interface GuardedShell {
  readonly become: Become | undefined;
  read<F extends FactMap>(facts: F, signal?: AbortSignal): Promise<Values<F>>;
  change<F extends FactMap>(steps: readonly Step[], touches: readonly Domain[], facts: F, signal?: AbortSignal): Promise<{ results: StepResult[]; now: Values<F> }>;
  run(steps: readonly Step[], signal?: AbortSignal): Promise<StepResult[]>;
}

export interface GuardedWork {
  readonly mode: GuardMode;
  readonly shell: GuardedShell;
  readonly changes: readonly Change[];
  /** What the changes are about must not be shown. */
  readonly hidden?: boolean;
  readonly signal?: AbortSignal | undefined;
}

interface Armed {
  readonly id: string;
  /** The SSH server reads its configuration by the change. */
  readonly restarted: boolean;
  readonly dangers: readonly Danger[];
}

interface Proven<F extends FactMap> {
  readonly results: StepResult[];
  readonly now: Values<F>;
  /** The way in after the change; undefined where it has to be read again. */
  readonly path: Reading<ManagementPath> | undefined;
}

export class HostGuard {
  readonly #host: GuardedHost;
  readonly #runId: string;
  readonly #seconds: number;
  #path: Reading<ManagementPath> | undefined;
  /** Each change is asked about twice, and its commands are long to read. */
  readonly #mayEndanger = new WeakMap<Change, boolean>();
  #used = false;
  #last: Promise<unknown> = Promise.resolve();

  /** `seconds`: how long the host waits for a sign of life before it goes back. */
  constructor(host: GuardedHost, runId: string, seconds: number) {
    this.#host = host;
    this.#runId = runId;
    this.#seconds = seconds;
  }

  /** Whether something of this run's guards may be left on the host. */
  get used(): boolean {
    return this.#used;
  }

  /** The session goes another way now. */
  forgetPath(): void {
    this.#path = undefined;
  }

  /**
   * Why the changes may not be made: they would cut off the session for certain. `declared`: they come from a module that declares a state;
   * `rulesPending`: in check mode, earlier tasks would still change the packet filter. Reads from the host only where a change is about
   * what carries a session.
   */
  async refusal({ mode, shell, changes, signal }: GuardedWork, { declared, rulesPending }: { readonly declared: boolean; readonly rulesPending: boolean }): Promise<CtplayError | undefined> {
    if (mode === 'off' || !this.#host.remote || !this.#isSuspicious(changes)) return undefined;
    const reading = await this.#read(shell, signal);
    if (reading.state !== 'present') return undefined;
    const path = reading.value;
    const rules = !rulesPending && needsInputRules(changes, path) ? (await shell.read({ rules: inputRules(path) }, signal)).rules : undefined;
    const lockout = lockoutOf(changes, path, { declared, rules: rules?.state === 'present' ? rules.value : undefined });
    return lockout && new CtplayError('guard.lockout', `this would cut ${this.#host.host} off: ${lockout.what}`, {
      found: changes.map((change) => `${change.action} ${change.subject}`).join('\n'),
      hint: `${lockout.instead} If it is meant so, say 'guard: false' on the task, or run with --no-guard.`,
    });
  }

  /** As the shell's `change`, guarded where needed. Throws guard.rolled-back, guard.unavailable, and what the shell throws. */
  async change<F extends FactMap>(work: GuardedWork, steps: readonly Step[], touches: readonly Domain[], facts: F): Promise<{ results: StepResult[]; now: Values<F> }> {
    const { shell, changes, signal } = work;
    this.#host.changing(changes);
    if (!this.mayArm(work)) return shell.change(steps, touches, facts, signal);
    return this.#inTurn(async () => {
      const armed = await this.#arm(work);
      if (!armed) return shell.change(steps, touches, facts, signal);
      const changed = shell.change([...steps, { command: doneCommand(armed.id) }], touches, { ...facts, [pathName]: managementPath }, signal).then(({ results, now }): Proven<F> => {
        const { [pathName]: path, ...rest } = now;
        return { results: results.slice(0, steps.length), now: rest as Values<F>, path: path as Reading<ManagementPath> };
      });
      const { results, now, path } = await this.#prove(work, armed, changed, async (failed) => ({ results: resultsAfter(steps, failed), now: await shell.read(facts, signal), path: undefined }));
      // The change may have moved the way in.
      this.#path = path;
      return { results, now };
    });
  }

  /** As the shell's `run`, guarded where needed. */
  async run(work: GuardedWork, steps: readonly Step[]): Promise<StepResult[]> {
    const { shell, changes, signal } = work;
    this.#host.changing(changes);
    if (!this.mayArm(work)) return shell.run(steps, signal);
    return this.#inTurn(async () => {
      const armed = await this.#arm(work);
      if (!armed) return shell.run(steps, signal);
      const done = shell.run([...steps, { command: doneCommand(armed.id) }], signal).then((results) => ({ results }));
      const { results } = await this.#prove(work, armed, done, (failed) => Promise.resolve({ results: resultsAfter(steps, failed) }));
      this.#path = undefined;
      return results.slice(0, steps.length);
    });
  }

  /** One guarded change at a time: the way back from one must not be what another has just made. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #read(shell: GuardedShell, signal: AbortSignal | undefined): Promise<Reading<ManagementPath>> {
    this.#path ??= (await shell.read({ path: managementPath }, signal)).path;
    return this.#path;
  }

  /** False where it is certain, without a look at the host, that the changes need no guard. */
  mayArm({ mode, changes }: GuardedWork): boolean {
    if (mode === 'off' || !this.#host.remote || changes.every((change) => change.commands.length === 0 || change.reconnect !== undefined)) return false;
    return mode === 'always' || this.#isSuspicious(changes);
  }

  #isSuspicious(changes: readonly Change[]): boolean {
    return changes.some((change) => getOrAdd(this.#mayEndanger, change, () => mayEndanger([change])));
  }

  /** Undefined where the changes need no guard. */
  async #arm({ mode, shell, changes, hidden, signal }: GuardedWork): Promise<Armed | undefined> {
    const path = await this.#read(shell, signal);
    // Without SSH there is no session to lose.
    if (path.state === 'absent') return undefined;
    if (path.state === 'unavailable') return this.#unguarded(mode === 'always', path.detail);
    const found = dangersOf(changes, path.value, this.#host.user === undefined ? {} : { user: this.#host.user });
    if (mode === 'auto' && found.length === 0) return undefined;
    const dangers = hidden ? [] : found;
    const restarted = found.some((danger) => readsConfiguration.test(danger));
    this.#used = true;
    const id = `${this.#runId}-${randomInt(2 ** 31)}`;
    const [answer] = await shell.run([{ command: armCommand({ id, runId: this.#runId, path: path.value, seconds: this.#seconds }), timeoutMs: 90_000 }], signal);
    if (answer?.status !== 0 || !/^armed$/m.test(answer.stdout)) {
      // Who can't become root can't cut off root's network either.
      return this.#unguarded(mode === 'always' || /^root$/m.test(answer?.stdout ?? ''), answer?.stderr.trim() || `exit status ${answer?.status ?? 'unknown'}`);
    }
    this.#host.log(`guarded for ${this.#seconds} s: ${dangers.length > 0 ? dangers.join('; ') : hidden ? 'its task says no_log' : 'as the playbook asks'}`);
    return { id, restarted, dangers };
  }

  /** A guard that nobody asked for may be left out where there can be none; the user hears of it. */
  #unguarded(needed: boolean, why: string): undefined {
    const message = `changes on ${this.#host.host} can't be guarded against a lock-out`;
    if (!needed) return void this.#host.warn(`${message}: ${why}`);
    throw new CtplayError('guard.unavailable', message, { expected: 'a shell as root, or sudo without a password, and iproute2', found: why, hint: "Add become: true. 'guard: false' on the task leaves the guard away." });
  }

  #prove<T>({ shell, signal }: GuardedWork, armed: Armed, answer: Promise<T>, recover: (failed: string) => Promise<T>): Promise<T> {
    return prove(this.#host, { ...armed, seconds: this.#seconds, become: shell.become, signal }, answer, recover);
  }
}

const readsConfiguration = /^\S+ is about (?:openssh-server|ssh|sshd|dropbear)\b/;

/** No fact of a module has such a name. */
const pathName = 'guard:path';

/** Of an answer that was lost is known how it ended: `failed` is `$CTPLAY_FAILED`. What the steps printed is not. */
function resultsAfter(steps: readonly Step[], failed: string): StepResult[] {
  const [index, status] = failed.split(':').map(Number);
  const at = failed === '' ? Infinity : index!;
  return steps.map((step, position) => ({
    status: position === at ? status! : position > at && step.when === 'succeeded' ? null : 0,
    stdout: '',
    stderr: position === at ? 'what it printed was lost with the connection' : '',
    dropped: { stdout: 0, stderr: 0 },
    skipped: position > at && step.when === 'succeeded',
    timedOut: false,
    durationMs: 0,
  }));
}
