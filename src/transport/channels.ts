/** What runs on one host over one link: a shell per user, kept, and processes of their own. */
import { CtplayError } from '../errors.ts';
import { becomeKey, startAs } from './become.ts';
import { droppedError, noSessionError } from './failure.ts';
import { killScript } from './kill.ts';
import type { KillScope } from './kill.ts';
import type { HostProcess, StartProcess } from './process.ts';
import { LINE_PROGRAM } from './script.ts';
import { settlesWithin } from './settle.ts';
import { Shell } from './shell.ts';
import type { Become, ConnectionStatistics } from './types.ts';

/** The way to a host: an SSH connection, or this machine itself. */
export interface HostLink {
  readonly start: StartProcess;
  /** Why nothing can be started any more, or undefined while the link stands. */
  lost(): string | undefined;
  /** @param reason why, where the link is given up rather than no longer needed */
  close(reason?: string): Promise<void>;
  /** Instead of `close`, where the way may be kept for another run. */
  release?(): Promise<void>;
  /** What shells begin with until one has answered: commands that end the shell, before it does anything else, where the link must not be used. */
  readonly entry?: string;
  /** Where `entry` has ended a shell: closes the link and gives another one. Throws what Connect throws. */
  replace?(signal: AbortSignal | undefined): Promise<HostLink | undefined>;
}

/** Bound on the whole of a kill: opening its channel, the grace of two seconds, its end. */
const KILL_TIMEOUT_MS = 15_000;

const BOOT_TIMEOUT_MS = 60_000;

export class Channels {
  readonly host: string;
  readonly statistics: ConnectionStatistics;
  readonly link: HostLink;
  readonly #loginUser: string;
  readonly #log: (line: string) => void;
  readonly #shells = new Map<string, { readonly user: string; readonly shell: Shell }>();

  constructor(host: string, loginUser: string, link: HostLink, statistics: ConnectionStatistics, log: (line: string) => void) {
    this.host = host;
    this.link = link;
    this.statistics = statistics;
    this.#loginUser = loginUser;
    this.#log = log;
  }

  /** Whether anything on the host has answered. */
  get answered(): boolean {
    return this.statistics.roundTrips > 0;
  }

  /** The user's long-lived shell; a new one when there is none or the last one ended. Throws CtplayError become.failed. */
  async shell(become: Become | undefined): Promise<Shell> {
    const key = becomeKey(this.#effective(become));
    const kept = this.#shells.get(key);
    if (kept && !kept.shell.lost) return kept.shell;
    const shell = await this.#open(become, 'exec /bin/sh');
    this.#shells.set(key, { user: become?.user ?? this.#loginUser, shell });
    return shell;
  }

  /** A shell for one request that reads its channel's own input. */
  async streamingShell(become: Become | undefined): Promise<Shell> {
    return await this.#open(become, LINE_PROGRAM);
  }

  /** Starts `program`, a shell command without secrets, as the given user. */
  async start(become: Become | undefined, program: string): Promise<HostProcess> {
    try {
      return await startAs(this.link.start, this.#effective(become), program, this.host);
    } catch (error) {
      if (error instanceof CtplayError) throw error;
      const lost = this.link.lost();
      throw lost === undefined ? noSessionError(this.host, error as Error) : droppedError(this.host, lost);
    }
  }

  /**
   * Ends what a shell runs, from a second channel. Never throws: its success shows in the shell's own answer. A host that
   * doesn't answer the kill at all is given up, and the link with it.
   */
  async kill(become: Become | undefined, shellPid: number, scope: KillScope, runningMs: number): Promise<void> {
    let killer: HostProcess | undefined;
    const work = async (): Promise<void> => {
      killer = await this.start(become, 'exec /bin/sh');
      killer.stdout.resume();
      killer.stderr.resume();
      killer.stdin.on('error', () => {});
      killer.stdin.end(killScript(shellPid, scope, runningMs));
      await killer.ended;
    };
    const answered = await settlesWithin(
      work().catch((error: unknown) => this.#log(`kill failed: ${String(error)}`)),
      KILL_TIMEOUT_MS,
    );
    killer?.destroy();
    if (!answered) await this.link.close(`the host did not answer for ${KILL_TIMEOUT_MS / 1000} s when a command was to be killed`);
  }

  /** Ends the shells that were started to become this user, and waits until they have. */
  async leave(user: string): Promise<void> {
    const theirs = [...this.#shells].filter(([key, kept]) => key !== '' && kept.user === user);
    for (const [key] of theirs) this.#shells.delete(key);
    await Promise.all(theirs.map(([, { shell }]) => shell.leave()));
  }

  /** Lets every shell read the end of its input. */
  end(): void {
    for (const { shell } of this.#shells.values()) shell.end();
  }

  /** Root who becomes root, or anybody who becomes themselves, needs no sudo. */
  #effective(become: Become | undefined): Become | undefined {
    return become?.user === this.#loginUser ? undefined : become;
  }

  async #open(become: Become | undefined, program: string): Promise<Shell> {
    const process = await this.start(become, program);
    const entry = this.answered ? undefined : this.link.entry;
    return new Shell(process, {
      ...(entry !== undefined && { entry }),
      kill: (shellPid, runningMs) => this.kill(become, shellPid, 'children', runningMs),
      bootTimeoutMs: BOOT_TIMEOUT_MS,
      statistics: this.statistics,
      log: this.#log,
    });
  }
}
