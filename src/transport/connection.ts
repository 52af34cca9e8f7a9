/** A connection as the engine sees it, over anything that can start processes on the host. */
import { sh } from '../shell.ts';
import { runBatch } from './batch.ts';
import { Channels } from './channels.ts';
import type { HostLink } from './channels.ts';
import { downloadFile } from './download.ts';
import { droppedError } from './failure.ts';
import type { Connection, ConnectionStatistics, DownloadOptions, HostTarget, RunOptions, Step, StepResult } from './types.ts';

const NOTHING: Step = { command: sh`:`, inShell: true };

export class HostConnection implements Connection {
  readonly target: HostTarget;
  readonly statistics: ConnectionStatistics;
  readonly #loginUser: string;
  readonly #log: (line: string) => void;
  #channels: Channels;
  #link: HostLink;
  #last: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  /**
   * @param loginUser who the link's processes run as
   * @param retries handshakes that failed before the link stood
   */
  constructor(target: HostTarget, loginUser: string, retries: number, log: (line: string) => void, link: HostLink) {
    this.target = target;
    this.statistics = { roundTrips: 0, bytesSent: 0, bytesReceived: 0, retries };
    this.#loginUser = loginUser;
    this.#log = log;
    this.#link = link;
    this.#channels = this.#over(link);
  }

  run(steps: readonly Step[], options: RunOptions = {}): Promise<StepResult[]> {
    // What has been read of a stream can't be read again.
    const onceOnly = steps.some(({ command }) => command.input?.kind === 'stream');
    return this.#inOrder(() => this.#onUsable((channels) => runBatch(channels, steps, options), options, onceOnly));
  }

  download(remotePath: string, localPath: string, options: DownloadOptions = {}): Promise<void> {
    return this.#inOrder(() => this.#onUsable((channels) => downloadFile(channels, remotePath, localPath, options), options, true));
  }

  leave(user: string): Promise<void> {
    return this.#inOrder(() => this.#channels.leave(user));
  }

  release(): Promise<void> {
    return this.#end(() => this.#link.release?.() ?? this.#link.close());
  }

  close(): Promise<void> {
    return this.#end(() => this.#link.close());
  }

  #end(part: () => Promise<void>): Promise<void> {
    this.#closed ??= (async () => {
      this.#channels.end();
      await part();
    })();
    return this.#closed;
  }

  #over(link: HostLink): Channels {
    return new Channels(this.target.name, this.#loginUser, link, this.statistics, this.#log);
  }

  /**
   * Does something over the link, or over another one where this turns out to be of no use. Nothing has been done over that: its first shell
   * has ended before.
   * @param onceOnly whether the work can't begin twice, so that the link has to answer before it does
   */
  async #onUsable<T>(work: (channels: Channels) => Promise<T>, { signal, become }: RunOptions, onceOnly: boolean): Promise<T> {
    try {
      if (onceOnly && this.#link.entry !== undefined && !this.#channels.answered) await runBatch(this.#channels, [NOTHING], { ...(become && { become }), ...(signal && { signal }) });
      return await work(this.#channels);
    } catch (error) {
      const link = this.#channels.answered ? undefined : await this.#link.replace?.(signal);
      if (!link) throw error;
      this.#link = link;
      this.#channels = this.#over(link);
      if (!this.#closed) return await work(this.#channels);
      await link.close();
      throw droppedError(this.target.name, 'it was closed');
    }
  }

  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(() => {
      const lost = this.#closed ? 'it was closed' : this.#link.lost();
      if (lost !== undefined) throw droppedError(this.target.name, lost);
      return work();
    });
    this.#last = result.catch(() => {});
    return result;
  }
}
