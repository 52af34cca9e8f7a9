/** The master: a process that holds the connections of runs and keeps them in between. */
import { closeSync, linkSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { serve } from '../held/serve.ts';
import type { Service } from '../held/serve.ts';
import { SshConnector } from '../ssh/connector.ts';
import type { ConnectorOptions } from '../ssh/connector.ts';
import { KeepingConnector } from './connector.ts';
import { KeptLogins } from './kept-logins.ts';
import { SocketPort } from './socket-port.ts';

/** The first message of each side; what follows are calls. */
export interface Hello {
  readonly options: ConnectorOptions;
}
export interface Welcome {
  readonly pid: number;
}

/** Where whoever started the master hears that somebody listens. */
const READY_DESCRIPTOR = 3;

/** Between two looks whether its socket is still in place. */
const PLACE_CHECK_MS = 15_000;

/**
 * Serves at a socket until no run is connected and nothing is kept; gives way to a master that is there already.
 * @param firstRunMs how long to wait for the first run
 */
export async function serveMaster(path: string, firstRunMs: number): Promise<void> {
  process.umask(0o077);
  const server = createServer();
  const own = `${path}.${process.pid}`;
  rmSync(own, { force: true });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(own, resolve));
  // What is made for a run is given its mode by name: the umask of the one that started this is not that of the next.
  process.umask(0);
  const placed = await takePlace(own, path);
  if (placed) new Master(server, path, firstRunMs);
  else server.close();
  rmSync(own, { force: true });
  tellReady();
}

/** Puts a socket in its place, unless a master that lives has it. */
async function takePlace(own: string, path: string): Promise<boolean> {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  if (await answers(path)) return false;
  // Of two that come to this at once, the first finds soon that it is not the one in place.
  renameSync(own, path);
  return true;
}

async function answers(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

function tellReady(): void {
  try {
    writeSync(READY_DESCRIPTOR, 'ready');
    closeSync(READY_DESCRIPTOR);
  } catch {
    // Whoever started it is gone; others may come.
  }
}

class Master {
  readonly #server: Server;
  readonly #path: string;
  readonly #inode: number;
  readonly #kept = new KeptLogins(() => this.#endIfIdle());
  readonly #runs = new Map<SocketPort, Service | undefined>();
  readonly #waiting: NodeJS.Timeout;
  readonly #watching: NodeJS.Timeout;
  /** For its first run; who only asks whether anybody listens is none. */
  #isAwaited = true;
  #retired = false;

  constructor(server: Server, path: string, firstRunMs: number) {
    this.#server = server;
    this.#path = path;
    this.#inode = statSync(path).ino;
    server.on('connection', (socket) => this.#admit(new SocketPort(socket)));
    this.#waiting = setTimeout(() => this.#endFirstWait(), firstRunMs);
    this.#watching = setInterval(() => void (this.#inPlace() || this.#retire()), PLACE_CHECK_MS);
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => this.#end());
  }

  #admit(port: SocketPort): void {
    this.#runs.set(port, undefined);
    port.once('message', (hello) => {
      const { options } = hello as Hello;
      this.#isAwaited = false;
      port.postMessage({ pid: process.pid } satisfies Welcome);
      this.#runs.set(port, serve(port, (recording) => new KeepingConnector(new SshConnector(options, recording), this.#kept)));
    });
    port.on('close', () => void this.#part(port));
  }

  /** Kept is only what the run has released before it went. */
  async #part(port: SocketPort): Promise<void> {
    await this.#runs.get(port)?.abandon();
    this.#runs.delete(port);
    this.#endIfIdle();
  }

  #endFirstWait(): void {
    this.#isAwaited = false;
    this.#endIfIdle();
  }

  #endIfIdle(): void {
    // Nobody finds what is kept by one that is not in place.
    if (!this.#isAwaited && this.#runs.size === 0 && (this.#kept.size === 0 || !this.#inPlace())) this.#retire();
  }

  /** Makes room for another; the program ends with the runs that are still connected. */
  #retire(): void {
    if (this.#retired) return;
    this.#retired = true;
    if (this.#inPlace()) rmSync(this.#path, { force: true });
    this.#server.close();
    this.#kept.close();
    clearTimeout(this.#waiting);
    clearInterval(this.#watching);
  }

  /** The same, at once. */
  #end(): void {
    this.#retire();
    for (const port of this.#runs.keys()) port.destroy();
  }

  #inPlace(): boolean {
    return statSync(this.#path, { throwIfNoEntry: false })?.ino === this.#inode;
  }
}
