/** Opening SSH connections: route, stream, handshake, and trying again. What hosts share is kept here. */
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'ssh2';
import { CtplayError } from '../../errors.ts';
import { Places } from '../../places.ts';
import type { HostLink } from '../channels.ts';
import { HostConnection } from '../connection.ts';
import type { Connection, ConnectOptions, HostTarget } from '../types.ts';
import { Authentication } from './auth.ts';
import { DialError, dialCommand, dialTcp, dialThrough } from './dial.ts';
import type { Surroundings } from './dial.ts';
import { handshake } from './handshake.ts';
import { HostKeyChecker } from './host-key.ts';
import { KeyFiles } from './keys.ts';
import type { KnownHosts } from './known-hosts.ts';
import { joinWrites } from './joined-writes.ts';
import { HandshakeLimiter } from './limiter.ts';
import { hangUp, loginLink } from './link.ts';
import type { Login } from './link.ts';
import { Prompter } from './prompter.ts';
import { Recent } from './recent.ts';
import { retryDelay } from './retry.ts';
import type { Route } from './route.ts';
import { MAX_HOPS, serverOf, Ways } from './ways.ts';

export interface ConnectorOptions {
  /** Where `.ssh` is; the user's home by default. */
  readonly home?: string;
  /** Configuration files by precedence; by default `~/.ssh/config` and /etc/ssh/ssh_config. */
  readonly configFiles?: readonly string[];
  /** The agent's socket; the environment's SSH_AUTH_SOCK by default, none when empty. */
  readonly agentSocket?: string;
  /** Handshakes to one server at a time. */
  readonly handshakes?: number;
  /** What ProxyCommands run with; this process's own by default. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Where ProxyCommands run, and relative paths of configuration files begin; this process's own by default. */
  readonly folder?: string;
  /** Between keepalives; three without an answer end the connection. 15 s by default. */
  readonly keepaliveMs?: number;
}

/** Runs recordings of new host keys one at a time. */
export type Recording = (work: () => Promise<void>) => Promise<void>;

/** A login, with the jump hosts that it runs through. */
export interface Session extends Login {
  readonly user: string;
  readonly retries: number;
  /** Nearest hop first. */
  readonly hops: readonly Login[];
}

type Options = ConnectOptions & { readonly log: (line: string) => void };

interface Attempt {
  readonly target: HostTarget;
  readonly route: Route;
  readonly options: Options;
  /** The hop that the target is reached through. */
  readonly via: Session | undefined;
  /** Whether it is the host itself, not a hop on the way. */
  readonly last: boolean;
}

export class SshConnector {
  /** Where its logins lead. */
  readonly ways: Ways;
  readonly #keepaliveMs: number;
  readonly #surroundings: Surroundings;
  readonly #keys = new KeyFiles();
  readonly #knownHosts = new Recent<Promise<KnownHosts>>();
  readonly #limiter: HandshakeLimiter;
  readonly #prompter = new Prompter();
  readonly #recording: Recording;

  /**
   * @param recording shared by all connectors that may write the same files; one of its own by default
   * @param ways as these options have them
   */
  constructor(options: ConnectorOptions = {}, recording?: Recording, ways = new Ways(options)) {
    const { environment = process.env, handshakes, keepaliveMs = 15_000 } = options;
    const recordings = new Places(1);
    this.#recording = recording ?? ((work) => recordings.run(work));
    this.#keepaliveMs = keepaliveMs;
    this.#surroundings = { environment, folder: ways.folder };
    this.#limiter = new HandshakeLimiter(handshakes);
    this.ways = ways;
  }

  /** Throws CtplayError ssh.unreachable, ssh.auth, ssh.host-key, ssh.config, task.interrupted. */
  async connect(target: HostTarget, options: ConnectOptions = {}): Promise<Connection> {
    const session = await this.logIn(target, options);
    return connectionOver(target, session, options, loginLink(session, session.hops));
  }

  /** The login under a connection. Throws as `connect`. */
  async logIn(target: HostTarget, options: ConnectOptions = {}): Promise<Session> {
    return await this.#open(target, { ...options, log: options.log ?? (() => {}) }, undefined, 0);
  }

  /** Returns where the host keys of a login and of its hops would be accepted today, too. Throws CtplayError ssh.host-key. */
  async acceptAgain(session: Session, log: (line: string) => void): Promise<void> {
    for (const { policy, hostKey } of [session, ...session.hops]) {
      const checker = await HostKeyChecker.read(policy, this.#knownHosts, log);
      if (!checker.isKnown(hostKey)) await checker.check(hostKey, this.#recording);
    }
  }

  async #open(target: HostTarget, options: Options, via: Session | undefined, depth: number): Promise<Session> {
    if (depth > MAX_HOPS) {
      throw new CtplayError('ssh.config', `more than ${MAX_HOPS} jump hosts on the way to ${target.name}`, { hint: 'Look for a ProxyJump that leads back to itself.' });
    }
    const route = this.ways.to(target);
    let previous = via;
    try {
      // Only the first hop has a way of its own; later ones are reached through the hop before.
      if (!via) for (const hop of route.jumps) previous = await this.#open(hop, options, previous, depth + 1);
      return await this.#logIn({ target, route, options, via: previous, last: depth === 0 });
    } catch (error) {
      if (previous) hangUp([previous, ...previous.hops]);
      throw error;
    }
  }

  /** Handshakes until one succeeds or trying again is of no use. */
  async #logIn(attempt: Attempt): Promise<Session> {
    const { target, route, options, via } = attempt;
    const { address } = route;
    const server = serverOf(route);
    for (let failures = 0; ; ) {
      try {
        const login = await this.#limiter.run(server, () => this.#handshake(attempt));
        options.log(`${address} logged in as ${route.user}`);
        return { ...login, user: route.user, retries: failures + (via?.retries ?? 0), hops: via ? [via, ...via.hops] : [] };
      } catch (error) {
        if (options.signal?.aborted) throw new CtplayError('task.interrupted', `interrupted while connecting to ${target.name}`);
        if (!(error instanceof DialError)) throw error;
        if (error.kind === 'dropped') this.#limiter.slowDown(server);
        const wait = retryDelay(error.kind, ++failures, Math.random());
        if (wait === undefined) throw unreachable(attempt, error, failures);
        options.log(`${address} ${error.message}; trying again in ${Math.round(wait)} ms`);
        await delay(wait, undefined, { ...(options.signal && { signal: options.signal }) }).catch(() => {});
      }
    }
  }

  async #handshake({ target, route, options, via, last }: Attempt): Promise<Login> {
    const { prompt, signal, log } = options;
    if (signal?.aborted) throw new DialError('final', 'interrupted');
    const { address, user, connectTimeoutMs: timeoutMs } = route;
    log(`${address} connecting${via ? ' through a jump host' : ''}`);
    const [authentication, hostKey] = await Promise.all([
      Authentication.prepare(
        {
          user,
          keyFiles: route.keyFiles,
          identitiesOnly: route.identitiesOnly,
          agentSocket: route.agentSocket,
          sshFolder: join(this.ways.home, '.ssh'),
          passphrase: target.passphrase,
          password: target.password,
          ask: prompt && ((question, once) => this.#prompter.ask(prompt, question, once)),
        },
        this.#keys,
        log,
      ),
      HostKeyChecker.read(route.hostKey, this.#knownHosts, log),
    ]);
    const stream = joinWrites(await dial(route, via?.client, signal, this.#surroundings));
    const loggedIn = await handshake(stream, {
      user,
      server: address,
      authentication,
      hostKey,
      accepting: this.#recording,
      prompter: this.#prompter,
      timeoutMs,
      keepaliveMs: this.#keepaliveMs,
      signal,
      runsCommands: last,
    });
    return { ...loggedIn, stream, policy: route.hostKey, usedSecret: authentication.usedSecret };
  }
}

/** @param link leads over that login */
export function connectionOver(target: HostTarget, { user, retries }: Session, { log = () => {} }: ConnectOptions, link: HostLink): Connection {
  return new HostConnection(target, user, retries, log, link);
}

async function dial({ host, port, proxyCommand, connectTimeoutMs }: Route, via: Client | undefined, signal: AbortSignal | undefined, surroundings: Surroundings): Promise<Duplex> {
  if (via) return await dialThrough(via, host, port, connectTimeoutMs);
  if (proxyCommand !== undefined) return dialCommand(proxyCommand, surroundings);
  return await dialTcp(host, port, connectTimeoutMs, signal);
}

function unreachable({ target, route, via }: Attempt, error: DialError, tries: number): CtplayError {
  const way = via ? ' through its jump host' : route.proxyCommand !== undefined ? ' through its ProxyCommand' : '';
  return new CtplayError('ssh.unreachable', `cannot reach ${target.name} at ${route.address}${way}`, {
    expected: `an SSH server, for ${route.user}`,
    found: `${error.message}${tries > 1 ? ` (${tries} tries)` : ''}`,
    hint: error.hint,
    cause: error,
  });
}
