/** The process in which ctplay keeps connections between the turns of a contestant. It ends with the fleet that they lead to. */
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import path from 'node:path';

/** What a turn has added. */
export interface Usage {
  readonly cpuMs: number;
  readonly memoryMb: number;
}

/** Of the clock in /proc/PID/stat (sysconf(3), _SC_CLK_TCK), which Linux gives no other value. */
const ticksPerSecond = 100;

/** Watches the keeper whose socket is below `folder` over a turn. It stays until the end of it, though it may have nothing to keep by then. */
export async function watchKeeper(folder: string): Promise<{ end(): Usage }> {
  const held = await hold(folder);
  const before = usageOfKeeper(folder);
  return {
    end: () => {
      const { cpuMs, memoryMb } = usageOfKeeper(folder);
      held?.destroy();
      return { cpuMs: cpuMs - before.cpuMs, memoryMb };
    },
  };
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
  for (const pid of names('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0')[2]?.startsWith(`${folder}/`)) continue;
      // What follows the name, which may hold anything: state, parent … utime, stime (proc(5)).
      const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ').map(Number);
      const kilobytes = Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))![1]);
      return { cpuMs: ((fields[11]! + fields[12]!) * 1000) / ticksPerSecond, memoryMb: kilobytes / 1024 };
    } catch {
      // It ended meanwhile.
    }
  }
  return { cpuMs: 0, memoryMb: 0 };
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
