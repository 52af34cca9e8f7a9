/** A logged-in ssh2 client as the link that a connection runs over. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { HostLink } from '../channels.ts';
import type { HostProcess } from '../process.ts';
import { settlesWithin } from '../settle.ts';
import type { LoggedIn } from './handshake.ts';
import type { HostKeyPolicy } from './host-key.ts';
import { execute } from './process.ts';

/** A client that is logged in, and the stream under it, which the client can't close against a silent peer. */
export interface Login extends LoggedIn {
  readonly stream: Duplex;
  /** By what its host key was judged. */
  readonly policy: HostKeyPolicy;
  /** See Authentication. */
  readonly usedSecret: boolean;
}

/** Takes logins that a connection no longer needs. */
export interface Keeper {
  /** @param free whether the login can be used again, once what ran over it has ended; it is closed where it can't */
  keep(free: Promise<boolean>): void;
  /** The login is closed: nothing that is kept of this way to the host may be used in its place. */
  drop(): void;
}

/** What is on the way to the server, and the end of a jump host's channel, are waited for this long. */
const CLOSE_MS = 1_000;

/** Shells that read the end of their input have ended after this long, or never do. */
const FREE_MS = 5_000;

/**
 * @param hops jump hosts that the login runs through, nearest to it first; they are closed after it
 * @param keeper where the login goes that is released; without it, it can only be closed
 */
export function loginLink({ client, stream, session }: Login, hops: readonly Login[], keeper?: Keeper): HostLink {
  let lost: string | undefined;
  let reason: string | undefined;
  let first = session;
  const processes = new Set<HostProcess>();
  let gone = (): void => {};
  const closed = new Promise<void>((resolve) => (gone = resolve));
  const onError = (error: Error): void => void (reason ??= reasonOf(error));
  const onClose = (): void => {
    lost = reason ?? 'the server closed the connection';
    gone();
  };
  client.on('error', onError).on('close', onClose);
  const close = async (why?: string): Promise<void> => {
    reason ??= why;
    keeper?.drop();
    client.end();
    // What is written still goes out; the server's goodbye would tell nothing.
    if (stream instanceof Socket) stream.destroySoon();
    await settlesWithin(closed, CLOSE_MS);
    stream.destroy();
    hangUp(hops);
  };
  /** Whether nothing of this connection is left on the host, nor here. */
  const becomesFree = async (): Promise<boolean> => {
    const ended = await settlesWithin(Promise.all([...processes].map((process) => process.ended)), FREE_MS);
    if (!ended || first || reason !== undefined || lost !== undefined) {
      await close();
      return false;
    }
    for (const process of processes) process.destroy();
    client.off('error', onError).off('close', onClose);
    return true;
  };
  return {
    start: async (commandLine) => {
      const executor = first ?? client;
      first = undefined;
      const process = await execute(executor, commandLine, () => lost ?? reason);
      processes.add(process);
      process.stdout.once('close', () => processes.delete(process));
      return process;
    },
    lost: () => lost,
    close,
    ...(keeper && {
      release: () => {
        keeper.keep(becomesFree());
        return Promise.resolve();
      },
    }),
  };
}

/** Ends logins without waiting for their servers. */
export function hangUp(logins: readonly Login[]): void {
  for (const { client, stream } of logins) {
    client.end();
    setTimeout(() => stream.destroy(), CLOSE_MS).unref();
  }
}

function reasonOf(error: Error): string {
  return error.message === 'Keepalive timeout' ? 'the host answers no keepalive any more' : error.message;
}
