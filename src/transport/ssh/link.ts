/** A logged-in ssh2 client as the link that a connection runs over. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import type { HostLink } from '../channels.ts';
import { settlesWithin } from '../settle.ts';
import type { EarlySession } from './early-session.ts';
import { execute } from './process.ts';

/** A client that is logged in, and the stream under it, which the client can't close against a silent peer. */
export interface Login {
  readonly client: Client;
  readonly stream: Duplex;
  /** For the first command, where it was opened with the login. */
  readonly session: EarlySession | undefined;
}

/** What is on the way to the server, and the end of a jump host's channel, are waited for this long. */
const CLOSE_MS = 1_000;

/** @param hops jump hosts that the login runs through, nearest to it first; they are closed after it */
export function loginLink({ client, stream, session }: Login, hops: readonly Login[]): HostLink {
  let lost: string | undefined;
  let reason: string | undefined;
  let first = session;
  const closed = new Promise<void>((resolve) => {
    client.on('error', (error) => (reason ??= reasonOf(error)));
    client.on('close', () => {
      lost = reason ?? 'the server closed the connection';
      resolve();
    });
  });
  return {
    start: (commandLine) => {
      const executor = first ?? client;
      first = undefined;
      return execute(executor, commandLine, () => lost ?? reason);
    },
    lost: () => lost,
    close: async (why) => {
      reason ??= why;
      client.end();
      // What is written still goes out; the server's goodbye would tell nothing.
      if (stream instanceof Socket) stream.destroySoon();
      await settlesWithin(closed, CLOSE_MS);
      stream.destroy();
      hangUp(hops);
    },
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
