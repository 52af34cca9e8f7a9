/**
 * Opening SSH connections in this thread, in others where there are many, or in a process that outlives the run; what they all share is kept
 * here.
 */
import { availableParallelism, homedir } from 'node:os';
import { Places } from '../../places.ts';
import { findMaster, leaveMaster, reachMaster } from '../master/reach.ts';
import type { Reached } from '../master/reach.ts';
import type { Home } from '../master/place.ts';
import type { ConnectorOptions, Recording, SshConnector } from '../ssh/connector.ts';
import type { Route } from '../ssh/route.ts';
import { Ways } from '../ssh/ways.ts';
import { ConnectionThread } from '../threads/thread.ts';
import type { Connect, Connection, ConnectOptions, HostTarget } from '../types.ts';
import type { Holder } from './holder.ts';
import { Questions } from './questions.ts';

export interface HoldingOptions {
  /** Threads that hold connections besides this one; 0: this one holds them all. */
  readonly threads: number;
  /** Hosts that are to be connected to from which on threads are used. */
  readonly from: number;
  /** What they run: a file that calls `serveThread`. Without it there are no threads. */
  readonly threadFile: URL | undefined;
  /** What a master runs: see MasterOptions. Without it no connection is kept. */
  readonly masterFile: URL | undefined;
  /** Where masters are found; by the environment when undefined. */
  readonly home?: Home;
}

/**
 * With as many, the one that plans all hosts' tasks has most to do: more are of no use. The process that keeps connections is enough by itself:
 * for 1,000 hosts it takes less than the one that plans.
 */
const MAX_THREADS = 2;

/** For fewer hosts, starting threads and warming up their code takes more than they relieve this one of. */
const FROM_HOSTS = 200;

/** Set by the build: the files that threads and masters run, seen from the bundle. */
declare const CTPLAY_THREAD: string | undefined;
declare const CTPLAY_MASTER: string | undefined;

/** @param threads as the user says; by the machine's cores and the number of hosts when undefined */
export function holdingOptions(threads: number | undefined): HoldingOptions {
  const threadFile = typeof CTPLAY_THREAD === 'undefined' ? undefined : new URL(CTPLAY_THREAD, import.meta.url);
  const masterFile = typeof CTPLAY_MASTER === 'undefined' ? undefined : new URL(CTPLAY_MASTER, import.meta.url);
  if (threads !== undefined) return { threads: threads === 1 ? 0 : threads, from: 1, threadFile, masterFile };
  return { threads: Math.min(MAX_THREADS, availableParallelism() - 1), from: FROM_HOSTS, threadFile, masterFile };
}

/** Why there is no master. */
interface Unreached {
  readonly reason: string;
}

export class HoldingConnector {
  readonly #options: HoldingOptions;
  readonly #connectorOptions: ConnectorOptions;
  readonly #ways: Ways;
  /** What speaks SSH in this thread, loaded when a host is logged in to from here. */
  #here: Promise<SshConnector> | undefined;
  readonly #threads: ConnectionThread[] = [];
  /** By its address, who opens connections to a server: always the same, so that the bound of its handshakes holds. */
  readonly #holders = new Map<string, () => Promise<SshConnector> | ConnectionThread>();
  readonly #questions = new Questions();
  readonly #recording: Recording;
  /** The process that keeps connections, where somebody has asked for it; and where it is only usual, if it is there. */
  #master: Promise<Reached | Unreached> | undefined;
  #found: Promise<Reached | Unreached> | undefined;
  #left = false;
  #dealt = 0;

  constructor(options: HoldingOptions, connectorOptions: ConnectorOptions = {}) {
    this.#options = options;
    this.#connectorOptions = connectorOptions;
    const recordings = new Places(1);
    this.#recording = (work) => recordings.run(work);
    this.#ways = new Ways(connectorOptions);
  }

  /** Opens a connection; see Connect. */
  readonly connect: Connect = async (target, options = {}) => {
    const { prompt } = options;
    const way = this.#ways.to(target);
    const asking: ConnectOptions = prompt ? { ...options, prompt: this.#questions.inLine(prompt) } : options;
    const isKept = options.anew !== true && way.keptMs > 0;
    const master = isKept ? await this.#keeper(way, options.log) : undefined;
    if (master) return await master.connect(target, asking);
    const connection = await this.#connectAlone(way, target, asking);
    return isKept && way.keptAsUsual ? { ...passedOn(connection), release: async () => void (await Promise.all([connection.release(), this.#leaveKeeper(way, options.log)])) } : connection;
  };

  async #connectAlone(way: Route, target: HostTarget, options: ConnectOptions): Promise<Connection> {
    const server = this.#ways.firstServer(way);
    let holder = this.#holders.get(server);
    if (!holder) this.#holders.set(server, (holder = this.#deal(options.fleet ?? 1)));
    return await (await holder()).connect(target, options);
  }

  /** Has the process that keeps connections between runs looked for, or started if need be, ahead of the first host that wants it. */
  prepareToKeep(isAsked: boolean): void {
    if (isAsked) this.#master ??= this.#reachMaster(reachMaster);
    else this.#found ??= this.#reachMaster(findMaster);
  }

  /** Ends the threads, with what they hold, and leaves the process that keeps connections. */
  async close(): Promise<void> {
    for (const reached of await Promise.all([this.#master, this.#found])) if (reached && 'leave' in reached) reached.leave();
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }

  /** Who keeps connections; undefined where nobody does. One that ended is replaced, where somebody has asked for it. */
  async #keeper(way: Route, log: ConnectOptions['log'] = () => {}): Promise<Holder | undefined> {
    const place = way.keptAsUsual && !this.#master ? 'found' : 'master';
    const reaching = place === 'found' ? (this.#found ??= this.#reachMaster(findMaster)) : (this.#master ??= this.#reachMaster(reachMaster));
    const reached = await reaching;
    if ('reason' in reached) return void log(`connections end with the run: ${reached.reason}`);
    if (reached.holder.ended) {
      if (place === 'found') return undefined;
      if (this.#master === reaching) this.#master = undefined;
      return await this.#keeper(way, log);
    }
    log(`process ${reached.pid} holds the connection, and keeps it after the run`);
    return reached.holder;
  }

  async #reachMaster(how: typeof findMaster): Promise<Reached | Unreached> {
    const { environment = process.env, folder = process.cwd(), home: sshHome = homedir() } = this.#connectorOptions;
    try {
      const reached = await how({ ...this.#masterPlace(), connector: { ...this.#connectorOptions, environment: { ...environment }, folder, home: sshHome } }, this.#recording);
      return reached ?? { reason: 'there is nobody yet to keep them' };
    } catch (error) {
      return { reason: (error as Error).message };
    }
  }

  /** So that the next run finds who keeps its connections, and this one need not have waited for it. */
  async #leaveKeeper({ keptMs }: Route, log: ConnectOptions['log'] = () => {}): Promise<void> {
    if (this.#left) return;
    this.#left = true;
    try {
      const pid = await leaveMaster(this.#masterPlace(), keptMs);
      log(pid === undefined ? 'nobody could be started to keep the connections of the next run' : `process ${pid} will keep the connections of the next run`);
    } catch {
      // Why there can be none has been told at the beginning.
    }
  }

  /** Throws Error where there can be none. */
  #masterPlace(): { readonly file: URL; readonly home: Home } {
    const { masterFile: file, home } = this.#options;
    if (!file) throw new Error('ctplay is not built');
    const { environment = process.env, home: sshHome = homedir() } = this.#connectorOptions;
    return { file, home: home ?? { home: sshHome, runtimeFolder: environment['XDG_RUNTIME_DIR'], stateFolder: environment['XDG_STATE_HOME'] } };
  }

  #deal(fleet: number): () => Promise<SshConnector> | ConnectionThread {
    const { threads, from, threadFile } = this.#options;
    if (threadFile === undefined || threads < 1 || fleet < from) return () => (this.#here ??= this.#loadHere());
    const index = this.#dealt++ % threads;
    return () => this.#thread(index, threadFile);
  }

  async #loadHere(): Promise<SshConnector> {
    const { SshConnector } = await import('../ssh/connector.ts');
    return new SshConnector(this.#connectorOptions, this.#recording, this.#ways);
  }

  /** Started when it is needed; one that ended, as it ran out of memory for instance, is replaced. */
  #thread(index: number, file: URL): ConnectionThread {
    const thread = this.#threads[index];
    return thread && !thread.ended ? thread : (this.#threads[index] = new ConnectionThread(file, this.#connectorOptions, this.#recording));
  }
}

/** The same connection, as an object whose methods can be replaced. */
function passedOn(connection: Connection): Connection {
  return {
    target: connection.target,
    statistics: connection.statistics,
    run: (steps, options) => connection.run(steps, options),
    download: (remotePath, localPath, options) => connection.download(remotePath, localPath, options),
    leave: (user) => connection.leave(user),
    release: () => connection.release(),
    close: () => connection.close(),
  };
}
