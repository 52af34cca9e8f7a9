/** A connection as the engine sees it, over anything that can start processes on the host. */
import { runBatch } from './batch.ts';
import { Channels } from './channels.ts';
import type { HostLink } from './channels.ts';
import { downloadFile } from './download.ts';
import { droppedError } from './failure.ts';
import type { Connection, ConnectionStatistics, DownloadOptions, HostTarget, RunOptions, Step, StepResult } from './types.ts';

export class HostConnection implements Connection {
  readonly target: HostTarget;
  readonly statistics: ConnectionStatistics;
  readonly #channels: Channels;
  readonly #link: HostLink;
  #last: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  /**
   * @param loginUser who the link's processes run as
   * @param retries handshakes that failed before the link stood
   */
  constructor(target: HostTarget, loginUser: string, retries: number, log: (line: string) => void, link: HostLink) {
    this.target = target;
    this.statistics = { roundTrips: 0, bytesSent: 0, bytesReceived: 0, retries };
    this.#link = link;
    this.#channels = new Channels(target.name, loginUser, link, this.statistics, log);
  }

  run(steps: readonly Step[], options: RunOptions = {}): Promise<StepResult[]> {
    return this.#inOrder(() => runBatch(this.#channels, steps, options));
  }

  download(remotePath: string, localPath: string, options: DownloadOptions = {}): Promise<void> {
    return this.#inOrder(() => downloadFile(this.#channels, remotePath, localPath, options));
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
