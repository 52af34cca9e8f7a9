/** A logged-in ssh2 client as the link that a connection runs over. */
import type { Client } from 'ssh2';
import type { HostLink } from '../channels.ts';
import { execute } from './process.ts';

/** A server that doesn't close the connection is waited for this long. */
const CLOSE_MS = 1_000;

/** @param hops jump hosts that the client runs through, ended after it, nearest last */
export function clientLink(client: Client, hops: readonly Client[]): HostLink {
  let lost: string | undefined;
  let reason: string | undefined;
  const closed = new Promise<void>((resolve) => {
    client.on('error', (error) => (reason ??= reasonOf(error)));
    client.on('close', () => {
      lost = reason ?? 'the server closed the connection';
      resolve();
    });
  });
  return {
    start: (commandLine) => execute(client, commandLine, () => lost ?? reason),
    lost: () => lost,
    close: async () => {
      client.end();
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([closed, new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_MS)))]);
      clearTimeout(timer);
      client.destroy();
      for (const hop of hops) hop.end();
    },
  };
}

function reasonOf(error: Error & { level?: string }): string {
  return error.message === 'Keepalive timeout' ? 'the host answers no keepalive any more' : error.message;
}
