/** The local connection: the same shell on this machine, as a child process instead of a channel. */
import { spawn } from 'node:child_process';
import { userInfo } from 'node:os';
import { HostConnection } from './connection.ts';
import { DRAIN_MS } from './process.ts';
import type { HostProcess, ProcessEnd } from './process.ts';
import { settlesWithin } from './settle.ts';
import type { Connection, ConnectOptions, HostTarget } from './types.ts';

/** What doesn't end by itself when the connection is closed is left alone after this long. */
const CLOSE_MS = 500;

/** Opens a connection to this machine; there is nothing that can fail until something is run. */
export function connectLocal(target: HostTarget, options: ConnectOptions): Connection {
  const running = new Set<HostProcess>();
  return new HostConnection(target, userInfo().username, 0, options.log ?? (() => {}), {
    start: (commandLine) => {
      const process = startLocal(commandLine);
      running.add(process);
      void process.ended.then(() => running.delete(process));
      return Promise.resolve(process);
    },
    lost: () => undefined,
    close: async () => {
      await settlesWithin(Promise.all([...running].map(({ ended }) => ended)), CLOSE_MS);
      for (const process of running) process.destroy();
    },
  });
}

/** Starts a command line in a session of its own, so that the terminal's Ctrl-C reaches ctplay alone. */
export function startLocal(commandLine: string): HostProcess {
  const child = spawn('/bin/sh', ['-c', commandLine], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  const ended = new Promise<ProcessEnd>((resolve) => {
    const settle = (status: number | null, signal: string | null): void => resolve({ status, signal: signal?.replace(/^SIG/, '') ?? null });
    child.on('error', (error) => resolve({ status: null, signal: null, lost: error.message }));
    let drained: NodeJS.Timeout | undefined;
    child.on('exit', (status, signal) => (drained = setTimeout(settle, DRAIN_MS, status, signal)));
    child.on('close', (status, signal) => {
      clearTimeout(drained);
      settle(status, signal);
    });
  });
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    ended,
    destroy: () => {
      child.stdin.destroy();
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
    },
  };
}
