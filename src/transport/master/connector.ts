/** The connections of one run, which begin with what is kept of earlier ones and end by being kept. */
import type { HostLink } from '../channels.ts';
import { settlesWithin } from '../settle.ts';
import { connectionOver } from '../ssh/connector.ts';
import type { Session, SshConnector } from '../ssh/connector.ts';
import { hangUp, loginLink } from '../ssh/link.ts';
import { openSession } from '../ssh/shortcuts.ts';
import type { Connect } from '../types.ts';
import { checkedLink } from './checked-link.ts';
import type { KeptLogins } from './kept-logins.ts';

/** A host that is there opens a session in less; one that was cut off, or started anew, costs no more than this. */
const SIGN_OF_LIFE_MS = 1_000;

export class KeepingConnector {
  readonly #connector: SshConnector;
  readonly #kept: KeptLogins;

  constructor(connector: SshConnector, kept: KeptLogins) {
    this.#connector = connector;
    this.#kept = kept;
  }

  /** See Connect. */
  readonly connect: Connect = async (target, options = {}) => {
    const { ways } = this.#connector;
    const route = ways.to(target);
    const { keptMs, connectTimeoutMs, address } = route;
    const way = ways.key(route);
    const log = (line: string): void => options.log?.(`${address} ${line}`);
    const kept = await this.#take(way, Math.min(SIGN_OF_LIFE_MS, connectTimeoutMs), log);
    const session = kept ?? (await this.#connector.logIn(target, options));
    const linkOver = (login: Session): HostLink =>
      loginLink(login, login.hops, {
        keep: (free) => this.#keep(way, login, free, keptMs),
        drop: () => this.#kept.drop(way),
      });
    const link = linkOver(session);
    if (!kept) return connectionOver(target, session, options, link);
    const anew = async (signal: AbortSignal | undefined): Promise<HostLink> => {
      log('what decides on logins has changed since: the connection kept from an earlier run is given up');
      return linkOver(await this.#connector.logIn(target, { ...options, ...(signal && { signal }) }));
    };
    return connectionOver(target, session, options, checkedLink(link, session.user, anew));
  };

  #keep(way: string, session: Session, free: Promise<boolean>, milliseconds: number): void {
    const logins = [session, ...session.hops];
    if (!logins.some(({ usedSecret }) => usedSecret)) this.#kept.keep(way, session, free, milliseconds);
    else void free.then((usable) => usable && hangUp(logins));
  }

  /** What is kept for a way, where its host answers and its host key is still the right one. */
  async #take(way: string, timeoutMs: number, log: (line: string) => void): Promise<Session | undefined> {
    const session = await this.#kept.take(way);
    if (!session) return undefined;
    try {
      await this.#connector.acceptAgain(session, log);
      const next = openSession(session.client);
      if (next && (await settlesWithin(next.opened, timeoutMs)) && (await next.opened)) {
        log('using the connection kept from an earlier run');
        return { ...session, session: next, retries: 0 };
      }
      log('the connection kept from an earlier run is dead');
    } catch (error) {
      log(`the connection kept from an earlier run is of no use: ${(error as Error).message}`);
    }
    hangUp([session, ...session.hops]);
    return undefined;
  }
}
