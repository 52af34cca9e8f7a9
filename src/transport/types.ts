/** What the engine knows of a host's connection: batches of commands in, results out, one round trip each. */
import type { Command, Secret } from '../shell.ts';
import type { OwnSharing } from './ssh/sharing.ts';

/** How to reach a host; made from inventory variables, the command line and ssh_config. */
export interface HostTarget {
  /** The inventory name, for messages. */
  readonly name: string;
  readonly connection: 'ssh' | 'local';
  /** `ansible_host`, else the name; ssh_config's HostName still applies to it. */
  readonly address: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: Secret;
  /** `ansible_ssh_private_key_file` or --private-key; `~` already expanded, relative to the inventory file. */
  readonly privateKeyFile?: string;
  readonly passphrase?: Secret;
  /** `[user@]host[:port]`, several separated by commas (ssh_config's ProxyJump). */
  readonly proxyJump?: string;
  readonly knownHostsFile?: string;
  /** strict: unknown and changed keys are refused. accept-new: unknown ones are taken and recorded. off: nothing is checked. */
  readonly hostKeyChecking: 'strict' | 'accept-new' | 'off';
  readonly connectTimeoutMs: number;
  /** Whether its connection outlives the run, as far as it isn't left to ssh_config. */
  readonly sharing?: OwnSharing;
}

/** The user that commands run as; `user` undefined or absent means the login user. */
export interface Become {
  readonly method: 'sudo' | 'su';
  readonly user: string;
  readonly password?: Secret;
  /** The program instead of the method's own, by name or path. */
  readonly program?: string;
  /** Its options instead of the usual ones; those that have to do with the password come on top. */
  readonly options?: readonly string[];
}

export interface Step {
  readonly command: Command;
  /**
   * `succeeded` (default `always`): skipped when an earlier `succeeded` step of the same batch failed. Every step may read
   * `$CTPLAY_FAILED`: empty while no `succeeded` step of this batch has failed, else `INDEX:STATUS` of the first that did
   * (its index in the batch, its exit status).
   */
  readonly when?: 'always' | 'succeeded';
  /**
   * Run by the long-lived shell itself instead of in a process of its own, which every other step has: for what ctplay writes, ends by itself,
   * reads no input, prints nothing unless it fails, and sets nothing but variables that begin with `__ctplay_`. That it succeeded travels
   * with the answer of the next step.
   */
  readonly inShell?: boolean;
  /** Milliseconds after which the step's process group is killed; none by default. */
  readonly timeoutMs?: number;
  /** Bytes of each output stream that are kept (1 MiB by default); more is counted and dropped. */
  readonly maxOutput?: number;
}

export interface StepResult {
  /** The exit status; null when the step didn't end by itself (timed out, killed, connection lost). Only 0 is success. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Bytes beyond `maxOutput` that were dropped, per stream. */
  readonly dropped: { readonly stdout: number; readonly stderr: number };
  /** The step didn't run because an earlier one had failed. */
  readonly skipped: boolean;
  readonly timedOut: boolean;
  readonly durationMs: number;
}

export interface RunOptions {
  readonly become?: Become;
  /** Aborting kills the running step's process group on the host and fails the batch with `task.interrupted`. */
  readonly signal?: AbortSignal;
}

export interface DownloadOptions extends RunOptions {
  /** The new file's mode; what the umask leaves of 0666 by default. */
  readonly mode?: number;
}

export interface ConnectionStatistics {
  /** Batches written and answered since the handshake; the boot of a shell counts as one. */
  roundTrips: number;
  bytesSent: number;
  bytesReceived: number;
  /** Attempts of the handshake before the one that succeeded. */
  retries: number;
}

/** An open connection to one host. Batches given at the same time are run in order, one after the other. */
export interface Connection {
  readonly target: HostTarget;
  readonly statistics: Readonly<ConnectionStatistics>;
  /**
   * Runs steps in order in one round trip (plus one for each `file` input). Results come in the same order, one per step.
   * Throws CtplayError: ssh.dropped (whether the running step ran is unknown; its details hold what it had printed),
   * become.failed (refused sudo, with sudo's own words), task.interrupted.
   */
  run(steps: readonly Step[], options?: RunOptions): Promise<StepResult[]>;
  /** Copies a file of the host to the controller, streamed. */
  download(remotePath: string, localPath: string, options?: DownloadOptions): Promise<void>;
  /** Ends the shells that are kept for a user to become, so that no process of theirs is left; the next batch starts a new one. */
  leave(user: string): Promise<void>;
  /** Ends the shells and, where ssh's options say so, keeps the bare connection for the next run; else closes it. Instead of `close`. */
  release(): Promise<void>;
  /** Closes politely within a bound; safe to call twice. */
  close(): Promise<void>;
}

export interface ConnectOptions {
  readonly signal?: AbortSignal;
  /**
   * Asks the person at the terminal (passphrase of a key, a second factor); absent when there is no terminal. `once` names a
   * question whose answer serves all hosts.
   */
  readonly prompt?: (question: string, once?: string) => Promise<Secret>;
  /** Called with what happens on the SSH layer, for -vvv. */
  readonly log?: (line: string) => void;
  /** How many hosts are being connected to together; 1 by default. */
  readonly fleet?: number;
  /** A login from scratch, even where a connection is kept from an earlier run; it is not kept itself. */
  readonly anew?: boolean;
}

/** Opens a connection. Throws CtplayError ssh.unreachable, ssh.auth, ssh.host-key or ssh.config. */
export type Connect = (target: HostTarget, options?: ConnectOptions) => Promise<Connection>;
