/** The master, seen from a run: found, or started. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Holder } from '../held/holder.ts';
import { settlesWithin } from '../settle.ts';
import type { ConnectorOptions, Recording } from '../ssh/connector.ts';
import { socketPath } from './place.ts';
import type { Home } from './place.ts';
import type { Hello, Welcome } from './serve.ts';
import { SocketPort } from './socket-port.ts';

/** A master that starts has compiled code at hand; a busy machine takes its time nevertheless. */
const START_MS = 5_000;

/** One that is started for a run, which has ended before it came, ends after this long. */
const FIRST_RUN_MS = 10_000;

/** Between two turns of somebody who ends and somebody who comes. */
const TRIES = 3;

export interface MasterOptions {
  /** What the master runs: a file that calls `serveMaster` with its first argument. */
  readonly file: URL;
  readonly home: Home;
  /** What its connections are made by; all of it that matters, since the master has surroundings of its own. */
  readonly connector: ConnectorOptions;
}

export interface Reached {
  readonly holder: Holder;
  readonly pid: number;
  /** The run is over: what it has not released is closed. */
  leave(): void;
}

/** Connects to the user's master, which is started where there is none. Throws Error why there is none, in words for a log. */
export async function reachMaster({ file, home, connector }: MasterOptions, recording: Recording): Promise<Reached> {
  const path = await placeOf(file, home);
  for (let tries = 0; tries < TRIES; tries++) {
    const socket = (await dial(path)) ?? ((await startMaster(file, path)), await dial(path));
    // One that is about to end takes the connection along.
    const reached = socket && (await greet(new SocketPort(socket), connector, recording));
    if (reached) return reached;
  }
  throw new Error(`nobody answers at ${path}`);
}

/** The same where there is one already. */
export async function findMaster({ file, home, connector }: MasterOptions, recording: Recording): Promise<Reached | undefined> {
  const socket = await dial(await placeOf(file, home));
  return socket && (await greet(new SocketPort(socket), connector, recording));
}

/** Starts a master for later runs, which it waits for `milliseconds`, and doesn't wait for it. Gives its process. Throws as `reachMaster`. */
export async function leaveMaster({ file, home }: Omit<MasterOptions, 'connector'>, milliseconds: number): Promise<number | undefined> {
  return spawnMaster(file, await placeOf(file, home), milliseconds, 'ignore').pid;
}

async function dial(path: string): Promise<Socket | undefined> {
  return await new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket)).on('error', () => resolve(undefined));
  });
}

async function startMaster(file: URL, path: string): Promise<void> {
  const ready = spawnMaster(file, path, FIRST_RUN_MS, 'pipe').stdio[3] as Readable;
  await settlesWithin(Promise.race([once(ready, 'data'), once(ready, 'close')]), START_MS);
  ready.destroy();
}

/** @param ready where it says that it listens */
function spawnMaster(file: URL, path: string, firstRunMs: number, ready: 'pipe' | 'ignore'): ChildProcess {
  const child = spawn(process.execPath, [fileURLToPath(file), path, String(firstRunMs)], { detached: true, cwd: '/', stdio: ['ignore', 'ignore', 'ignore', ready] });
  child.on('error', () => {});
  child.unref();
  return child;
}

function placeOf(file: URL, home: Home): Promise<string> {
  return socketPath(home, fileURLToPath(file));
}

async function greet(port: SocketPort, options: ConnectorOptions, recording: Recording): Promise<Reached | undefined> {
  return await new Promise((resolve) => {
    const gone = (): void => resolve(undefined);
    port.once('close', gone);
    port.once('message', (welcome) => {
      port.off('close', gone);
      const { pid } = welcome as Welcome;
      const holder = new Holder(port, recording);
      port.on('close', () => holder.end(`process ${pid}, which held it, ended`));
      resolve({ holder, pid, leave: () => port.destroy() });
    });
    port.postMessage({ options } satisfies Hello);
  });
}
