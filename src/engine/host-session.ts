/** One host for the length of a run: its connection, its lock, its shells and what is known of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CtplayError } from '../errors.ts';
import type { Emit } from '../events.ts';
import type { Change } from '../module.ts';
import { sh } from '../shell.ts';
import { becomeKey } from '../transport/become.ts';
import type { Become, Connect, Connection, ConnectOptions, HostTarget, Step } from '../transport/types.ts';
import { compactLedgerOf, releaseUnlessLongCommand } from './compact.ts';
import { forgetCommand, parseStale, staleCommand } from '../guard/commands.ts';
import { HostGuard } from '../guard/host-guard.ts';
import { staleWarning } from '../guard/stale.ts';
import type { HostKnowledge } from './host-knowledge.ts';
import { errorView } from './views.ts';
import { answersFile, RememberedAnswers, type AnswersPlace } from './remembered.ts';
import { acquireCommand, endOrphanCommand, heldBy, lockedError, releaseCommand, type LockOwner } from './lock.ts';
import { UserShell, type Prelude } from './user-shell.ts';

export interface SessionSettings {
  readonly connect: Connect;
  readonly connectOptions: ConnectOptions;
  readonly owner: LockOwner;
  /** False in check mode and for reading verbs: nothing is written, not even a lock. */
  readonly lock: boolean;
  readonly waitLockMs: number;
  /** How long the host waits for a login after a guarded change. */
  readonly guardSeconds: number;
  readonly emit: Emit;
  /** Shared by all sessions of the host. */
  readonly knowledge: HostKnowledge;
  /** Where what is read at some cost is kept for later runs; without it, nothing is. */
  readonly memory: AnswersPlace | undefined;
}

/** How long a task waits for its host to be there. */
export interface Patience {
  readonly timeoutSeconds: number;
  readonly delaySeconds: number;
  readonly sleepSeconds: number;
}

export class HostSession {
  readonly host: string;
  readonly target: HostTarget;
  readonly knowledge: HostKnowledge;
  /** Makes changes that may cut this session off. */
  readonly guard: HostGuard;
  readonly #settings: SessionSettings;
  readonly #shells = new Map<string, UserShell>();
  readonly #answers: RememberedAnswers | undefined;
  #connection: Connection | undefined;
  #opening: Promise<Connection> | undefined;
  #locker: UserShell | undefined;
  #lost: CtplayError | undefined;
  /** Round trips of connections that were given up. */
  #earlierTrips = 0;

  constructor(host: string, target: HostTarget, settings: SessionSettings) {
    this.host = host;
    this.target = target;
    this.#settings = settings;
    this.knowledge = settings.knowledge;
    this.#answers = settings.memory && new RememberedAnswers(answersFile(settings.memory.folder, target), settings.memory.flush);
    this.guard = new HostGuard(
      {
        host,
        user: target.user,
        remote: target.connection === 'ssh',
        login: (timeoutMs, signal) => settings.connect({ ...target, connectTimeoutMs: Math.min(timeoutMs, target.connectTimeoutMs) }, { ...settings.connectOptions, anew: true, ...(signal ? { signal } : {}) }),
        changing: (changes) => this.knowledge.noteChanges(changes),
        adopt: (connection) => this.#adopt(connection),
        waiting: (reason) => settings.emit({ type: 'host-waiting', host, reason }),
        warn: (message) => settings.emit({ type: 'warning', host, message }),
        log: (message) => settings.emit({ type: 'log', level: 1, host, message }),
      },
      settings.owner.runId,
      settings.guardSeconds,
    );
  }

  /** Connects, once; later calls wait for the same connection. Throws what Connect throws. */
  open(): Promise<Connection> {
    this.#opening ??= this.#connect();
    return this.#opening;
  }

  /** As `open`, but tries again while the host can't be reached. Throws the last error when time is up. */
  async openPatiently({ timeoutSeconds, delaySeconds, sleepSeconds }: Patience): Promise<void> {
    const deadline = Date.now() + timeoutSeconds * 1000;
    await this.#pause(delaySeconds * 1000);
    for (;;) {
      try {
        await this.open();
        return;
      } catch (error) {
        if (!isUnreachable(error) || Date.now() >= deadline) throw error;
        this.#opening = undefined;
        this.#lost = undefined;
        await this.#pause(sleepSeconds * 1000);
      }
    }
  }

  /** Connects anew after a reboot, until `test` succeeds there. Throws task.timeout when it doesn't in time. */
  async reconnect({ timeoutSeconds, delaySeconds, test }: NonNullable<Change['reconnect']>, become: Become | undefined): Promise<void> {
    const deadline = Date.now() + timeoutSeconds * 1000;
    await this.#connection?.close();
    await this.#pause(delaySeconds * 1000);
    for (;;) {
      try {
        this.#opening = undefined;
        await this.open();
        this.knowledge.invalidate(['*']);
        this.guard.forgetPath();
        // The lock went with the old boot.
        if (this.#locker) this.#locker.prelude = this.#takeLock();
        const [answer] = await this.shell(become).run([{ command: test, timeoutMs: 10_000 }]);
        if (answer?.status === 0) return;
        await this.#connection?.close();
      } catch (error) {
        if (!isUnreachable(error)) throw error;
      }
      this.#lost = undefined;
      if (Date.now() >= deadline) throw new CtplayError('task.timeout', `${this.host} did not come back within ${timeoutSeconds} s`, { hint: 'Look at its console; give it more time with reboot_timeout.' });
      await this.#pause(500);
    }
  }

  /** The error with which the host was lost, when it was. */
  get lost(): CtplayError | undefined {
    return this.#lost;
  }

  get roundTrips(): number {
    return this.#earlierTrips + (this.#connection?.statistics.roundTrips ?? 0);
  }

  /** The shell for a user; commands of one host run in order, whatever the user. Call after `open`. */
  shell(become?: Become): UserShell {
    if (!this.#connection) throw new Error(`${this.host} is not connected`);
    const key = becomeKey(become);
    let shell = this.#shells.get(key);
    if (!shell) {
      shell = new UserShell(() => this.#connection!, become, this.knowledge, this.#answers);
      this.#shells.set(key, shell);
      if (this.#settings.lock && !this.#locker) {
        this.#locker = shell;
        shell.prelude = this.#takeLock();
      }
    }
    return shell;
  }

  /**
   * Gives the lock back, closes the connection, which is left for the next run where `keep` and all is in order, and keeps what was read for
   * later runs; never throws.
   */
  async close({ keep }: { readonly keep: boolean }): Promise<void> {
    const connection = this.#connection;
    if (!connection) return;
    try {
      if (this.#locker && (this.#locker.prelude === undefined || this.guard.used) && !this.#lost) await this.#release(this.#locker);
    } catch {
      // The connection is gone, and with it the shell that owned the lock: the next run sees that its owner is dead.
    }
    await Promise.all([keep && this.#isInOrder() ? connection.release() : connection.close(), this.#answers?.save()]);
  }

  /** Remembers that the host can't be used any more in this run. */
  markLost(error: CtplayError): void {
    this.#lost ??= error;
  }

  /** Whether the connection is what a new login would give, too. */
  #isInOrder(): boolean {
    return !this.#lost && !this.guard.used && !this.knowledge.loginsAffected && this.#settings.connectOptions.signal?.aborted !== true;
  }

  /** Gives the lock back; a ledger that has become long is compacted before, while nobody else can write to it. */
  async #release(locker: UserShell): Promise<void> {
    const { owner } = this.#settings;
    const unlock: Step = { command: releaseCommand(owner), timeoutMs: 5000 };
    const forget: Step[] = this.guard.used ? [{ command: forgetCommand(owner.runId), timeoutMs: 5000 }] : [];
    if (!locker.changed) return void (await locker.run([unlock, ...forget]));
    const [released] = await locker.run([{ command: releaseUnlessLongCommand(owner), inShell: true, timeoutMs: 5000 }, ...forget]);
    if (released!.status === 0) return;
    try {
      await compactLedgerOf(locker, this.host);
    } finally {
      await locker.run([unlock]);
    }
  }

  async #connect(): Promise<Connection> {
    const { emit, connect, connectOptions } = this.#settings;
    const started = Date.now();
    emit({ type: 'host-connect', host: this.host, address: this.target.address });
    try {
      this.#connection = await connect(this.target, connectOptions);
    } catch (error) {
      if (error instanceof CtplayError) this.markLost(error);
      throw error;
    }
    emit({ type: 'host-connected', host: this.host, retries: this.#connection.statistics.retries, durationMs: Date.now() - started });
    return this.#connection;
  }

  /** Goes on with another connection: the old one was cut off, or is no use any more. */
  async #adopt(connection: Connection): Promise<void> {
    const old = this.#connection;
    this.#connection = connection;
    this.#opening = Promise.resolve(connection);
    this.#earlierTrips += old?.statistics.roundTrips ?? 0;
    this.knowledge.invalidate(['*']);
    this.guard.forgetPath();
    if (this.#locker) this.#locker.prelude = this.#takeLock();
    await old?.close();
  }

  async #pause(milliseconds: number): Promise<void> {
    const { signal } = this.#settings.connectOptions;
    await sleep(milliseconds, undefined, signal ? { signal } : {});
  }

  #takeLock(): Prelude {
    const { owner } = this.#settings;
    return { steps: [{ command: sh`${acquireCommand(owner)}\n${staleCommand(owner.runId)}`, when: 'succeeded' }], handle: this.#lockTaker() };
  }

  #lockTaker(): Prelude['handle'] {
    const { waitLockMs, emit } = this.#settings;
    const started = Date.now();
    let told = '';
    const tell = (reason: string): void => {
      if (told !== reason) emit({ type: 'host-waiting', host: this.host, reason });
      told = reason;
    };
    return async ([result], run) => {
      const held = heldBy(result!, this.host);
      if (held === undefined) {
        for (const one of parseStale(result!.stdout)) emit({ type: 'warning', host: this.host, message: staleWarning(this.host, one) });
        return true;
      }
      const waited = Date.now() - started;
      if (held.orphan) {
        tell(`a command of run ${held.owner.runId}, which is dead, still runs`);
        if (waited >= orphanGraceMs) await run([{ command: endOrphanCommand(held.orphan) }]);
      } else {
        const error = lockedError(this.host, held.owner);
        if (waited >= waitLockMs) throw error;
        tell(`${error.message} (${errorView(error).found ?? ''})`);
      }
      await this.#pause(held.orphan ? 200 : Math.min(1000, Math.max(50, waitLockMs - waited)));
      return false;
    };
  }
}

function isUnreachable(error: unknown): boolean {
  return error instanceof CtplayError && (error.code === 'ssh.unreachable' || error.code === 'ssh.dropped' || error.code === 'ssh.shell');
}

/** How long a dead run's last command may still take before it is ended. */
const orphanGraceMs = 3000;
