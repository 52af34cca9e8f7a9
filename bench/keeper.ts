/** The process in which ctplay keeps connections between the turns of a contestant. It ends with the fleet that they lead to. */
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a turn has added. */
export interface Usage {
  readonly cpuMs: number;
  readonly memoryMb: number;
}

/** Of the clock in /proc/PID/stat (sysconf(3), _SC_CLK_TCK), which Linux gives no other value. */
const ticksPerSecond = 100;

/** Between two looks for a keeper that a turn starts. */
const lookMs = 20;

/**
 * Watches the keeper whose socket is below `folder`, or will be, over a turn. It stays until the end of it, though it may have nothing to keep by
 * then.
 */
export async function watchKeeper(folder: string): Promise<{ end(): Promise<Usage> }> {
  const before = usageOfKeeper(folder);
  let held = hold(folder);
  const timer = (await held) ? undefined : setInterval(() => (held = held.then((socket) => socket ?? hold(folder))), lookMs);
  return {
    end: async () => {
      clearInterval(timer);
      const socket = await held;
      const { cpuMs, memoryMb } = usageOfKeeper(folder);
      socket?.destroy();
      return { cpuMs: cpuMs - before.cpuMs, memoryMb };
    },
  };
}

/** Waits for the keeper that a run has left, with its socket below `folder`. */
export async function keeperIsThere(folder: string): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const socket = await hold(folder);
    socket?.destroy();
    if (socket) return;
    await sleep(lookMs);
  }
  throw new Error(`nobody keeps connections at ${folder}`);
}

/** Ends all keepers whose sockets are below `folder`, and with them all that they keep. */
export async function endKeeper(folder: string): Promise<void> {
  for (let pid = keeperOf(folder); pid !== undefined; pid = keeperOf(folder)) {
    try {
      process.kill(pid, 'SIGTERM');
    } catch (error) {
      // It may have ended meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
    await sleep(lookMs);
  }
}

/** To the keeper, somebody who is connected is a run. */
async function hold(folder: string): Promise<Socket | undefined> {
  const sockets = path.join(folder, 'ctplay');
  const name = names(sockets).find((one) => one.startsWith('master-'));
  if (name === undefined) return undefined;
  return await new Promise((resolve) => {
    const socket = connect(path.join(sockets, name));
    socket.once('connect', () => resolve(socket)).on('error', () => resolve(undefined));
  });
}

/** Since it was started; nothing while there is none. */
function usageOfKeeper(folder: string): Usage {
  const pid = keeperOf(folder);
  // What follows the name, which may hold anything: state, parent … utime, stime (proc(5)).
  const fields = textOf(`/proc/${pid}/stat`).replace(/^.*\) /s, '').split(' ').map(Number);
  const [, kilobytes] = /^VmRSS:\s*(\d+)/m.exec(textOf(`/proc/${pid}/status`)) ?? [];
  // Where it has ended meanwhile, both are empty.
  return kilobytes === undefined ? { cpuMs: 0, memoryMb: 0 } : { cpuMs: ((fields[11]! + fields[12]!) * 1000) / ticksPerSecond, memoryMb: Number(kilobytes) / 1024 };
}

function keeperOf(folder: string): number | undefined {
  const pid = names('/proc').find((name) => /^\d+$/.test(name) && textOf(`/proc/${name}/cmdline`).split('\0')[2]?.startsWith(`${folder}/`));
  return pid === undefined ? undefined : Number(pid);
}

/** Empty where there is no such file any more. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
