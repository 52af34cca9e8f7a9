/** The proof that a host can still be reached after a guarded change: a login from scratch, while the old session is left aside. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CtplayError } from '../errors.ts';
import type { Change } from '../module.ts';
import type { Become, Connection } from '../transport/types.ts';
import { confirmCommand, parseProbe, parseVerdict, probeCommand, type Probe, type Verdict } from './commands.ts';

/** What a guard needs of the host's session. */
export interface GuardedHost {
  readonly host: string;
  /** Who logs in, where it is said. */
  readonly user: string | undefined;
  /** Reached by SSH: a session that can be lost. */
  readonly remote: boolean;
  /** Logs in anew, beside the connection that there is. Throws what Connect throws. */
  login(timeoutMs: number, signal: AbortSignal | undefined): Promise<Connection>;
  /** Told of all changes before they are made. */
  changing(changes: readonly Change[]): void;
  /** Goes on with another connection; the old one is closed. */
  adopt(connection: Connection): Promise<void>;
  /** Tells the user why nothing happens for a while. */
  waiting(reason: string): void;
  warn(message: string): void;
  log(message: string): void;
}

export interface ProofSpec {
  /** The guard's. */
  readonly id: string;
  /** The change made the SSH server read its configuration. */
  readonly restarted: boolean;
  readonly seconds: number;
  /** Why the change is guarded. */
  readonly dangers: readonly string[];
  readonly become: Become | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Bound on one login; a packet filter that drops packets answers nothing. */
const loginMs = 5_000;
/** Between two logins that failed. */
const pauseMs = 500;
/** How long a host may take to put things back, and to be found again. */
const restoreMs = 90_000;
/** Bound on a command over the fresh login. */
const answerMs = 60_000;

type Settled<T> = { readonly value: T } | { readonly error: unknown };

/**
 * Waits for the change's answer and confirms the guard over a fresh login. Where the old session was cut but the host can be reached, `recover`
 * makes up for the lost answer. Throws guard.rolled-back when the host went back, ssh.unreachable when it didn't come back either, and the
 * answer's own error.
 */
export async function prove<T>(host: GuardedHost, spec: ProofSpec, answer: Promise<T>, recover: (failed: string) => Promise<T>): Promise<T> {
  const told = new Set<string>();
  return proveTelling({ ...host, waiting: (reason) => void (told.has(reason) || (told.add(reason), host.waiting(reason))) }, spec, answer, recover);
}

async function proveTelling<T>(host: GuardedHost, spec: ProofSpec, answer: Promise<T>, recover: (failed: string) => Promise<T>): Promise<T> {
  const settled = answer.then((value): Settled<T> => ({ value }), (error: unknown): Settled<T> => ({ error }));
  const outcome = await answerOrEnd(host, spec, settled);
  if (outcome && 'error' in outcome && !isLost(outcome.error)) throw outcome.error;
  const lost = outcome && 'error' in outcome ? outcome.error : undefined;
  const { connection, verdict, failures } = await verdictOf(host, spec, lost);
  if (verdict.state === 'restored' || verdict.state === 'broken') {
    await host.adopt(connection);
    throw rolledBack(host, spec, verdict, failures);
  }
  if (outcome && 'value' in outcome) {
    await connection.close();
    return outcome.value;
  }
  await host.adopt(connection);
  if (verdict.state === 'confirmed' && verdict.failed !== undefined) return recover(verdict.failed);
  throw lost ?? new CtplayError('ssh.dropped', `the connection to ${host.host} was lost while a command ran`, { hint: 'The host can be reached. Whether the command ran to its end is not known; run again.' });
}

/**
 * The change's answer. A session that was cut off gives none: then logins from scratch find out what the guard knows; each of them is also a
 * sign of life for a change that only takes long. Undefined when the change is through or was taken back, and no answer came.
 */
async function answerOrEnd<T>(host: GuardedHost, spec: ProofSpec, settled: Promise<Settled<T>>): Promise<Settled<T> | undefined> {
  const intervalMs = Math.max(2_000, (spec.seconds * 1_000) / 3);
  const within = (milliseconds: number): Promise<Settled<T> | undefined> => {
    const timer = new AbortController();
    const late = sleep(milliseconds, undefined, { signal: timer.signal }).catch(() => undefined);
    return Promise.race([settled, late]).finally(() => timer.abort());
  };
  let silentSince = Date.now();
  for (;;) {
    const outcome = await within(intervalMs);
    if (outcome) return outcome;
    const probe = await probeAnew(host, spec);
    if (probe) silentSince = Date.now();
    // The old session may only be slow.
    if (probe && probe.state !== 'running') return within(loginMs);
    if (Date.now() - silentSince > spec.seconds * 1_000 + restoreMs) return undefined;
    if (!probe) host.waiting(`it does not answer since the change; after ${spec.seconds} s it takes the change back by itself`);
  }
}

/** What the guard knows, by a login from scratch; undefined when there is none. */
async function probeAnew(host: GuardedHost, { id, become, signal }: ProofSpec): Promise<Probe | undefined> {
  let connection: Connection | undefined;
  try {
    connection = await host.login(loginMs, signal);
    const [result] = await connection.run([{ command: probeCommand(id), timeoutMs: loginMs }], { ...(become ? { become } : {}) });
    return parseProbe(result?.stdout ?? '');
  } catch (error) {
    if (isFailedLogin(error)) return undefined;
    throw error;
  } finally {
    await connection?.close();
  }
}

interface Found {
  readonly connection: Connection;
  readonly verdict: Verdict;
  /** Why logins before it failed, the last reason; undefined when the first succeeded. */
  readonly failures: CtplayError | undefined;
}

/** Logs in until that succeeds, at the latest when the host went back, and asks the guard for its verdict. */
async function verdictOf(host: GuardedHost, { id, restarted, seconds, become, signal }: ProofSpec, lost: unknown): Promise<Found> {
  const deadline = Date.now() + seconds * 1_000 + restoreMs;
  let failures: CtplayError | undefined = lost instanceof CtplayError ? lost : undefined;
  for (;;) {
    let connection: Connection | undefined;
    try {
      connection = await host.login(loginMs, signal);
      const [result] = await connection.run([{ command: confirmCommand(id, restarted), timeoutMs: answerMs }], { ...(become ? { become } : {}), ...(signal ? { signal } : {}) });
      if (result?.status === 0) return { connection, verdict: parseVerdict(result.stdout), failures };
      failures = new CtplayError('guard.unavailable', 'the guard on the host gave no answer', { found: result?.stderr.trim() });
      await connection.close();
    } catch (error) {
      await connection?.close();
      if (!isFailedLogin(error) || signal?.aborted) throw error;
      failures = error;
    }
    if (Date.now() > deadline) throw notBack(host, seconds, failures);
    host.waiting(`no new login succeeds since the change (${failures.details.found ?? failures.message}); without one, after ${seconds} s, it takes the change back by itself`);
    await sleep(pauseMs, undefined, signal ? { signal } : {});
  }
}

function isLost(error: unknown): boolean {
  return error instanceof CtplayError && error.code.startsWith('ssh.');
}

/** A login that doesn't lead to a shell as whom the change is made, such as by a broken sudoers file, is none. */
function isFailedLogin(error: unknown): error is CtplayError {
  return isLost(error) || (error instanceof CtplayError && error.code === 'become.failed');
}

function rolledBack(host: GuardedHost, { seconds, dangers }: ProofSpec, verdict: Extract<Verdict, { words: string }>, failures: CtplayError | undefined): CtplayError {
  const reason = dangers.length > 0 ? ` It was guarded because ${dangers.join('; ')}.` : '';
  if (verdict.state === 'broken') {
    return new CtplayError('guard.rolled-back', `the SSH server of ${host.host} would not start any more, so the change was taken back`, {
      expected: 'a configuration that sshd -t accepts',
      detail: verdict.words,
      hint: `Correct what the task writes.${reason}`,
    });
  }
  return new CtplayError('guard.rolled-back', `the change cut ${host.host} off, so the host put its way in back by itself`, {
    expected: `a new SSH login within ${seconds} s after the change`,
    found: failures === undefined ? 'none in time' : (failures.details.found ?? failures.message),
    detail: verdict.words === '' ? 'nothing had to be put back' : `put back:\n${verdict.words}`,
    hint: `Look at what the task does to the way in.${reason} 'guard: false' leaves the timer away.`,
  });
}

function notBack(host: GuardedHost, seconds: number, failures: CtplayError): CtplayError {
  return new CtplayError('ssh.unreachable', `${host.host} can't be reached since the change, nor after it should have taken the change back`, {
    expected: `a login ${seconds + restoreMs / 1_000} s after the change at the latest`,
    found: failures.details.found ?? failures.message,
    hint: 'Look at its console: /run/ctplay/guard there holds what was saved before the change, and guard.sh to put it back.',
  });
}
