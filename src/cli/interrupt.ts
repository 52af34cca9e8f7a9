/** Ctrl-C: the first lets running tasks end in a bounded time, a second one ends at once. */
import { setMaxListeners } from 'node:events';
import { ExitStatus } from '../errors.ts';

/** How long running tasks may still take after the first Ctrl-C before they are killed on the host. */
export const graceMs = 10_000;

export interface Interrupt {
  /** No task starts any more. */
  readonly stop: AbortSignal;
  /** Running commands are killed. */
  readonly kill: AbortSignal;
  /** Gives the signals back to Node. */
  dispose(): void;
}

/** `restore` puts the terminal in order before the process ends by a second signal. */
export function onInterrupt(tell: (message: string) => void, restore: () => void): Interrupt {
  const stop = new AbortController();
  const kill = new AbortController();
  // Each host listens while it connects and while it works.
  setMaxListeners(0, stop.signal, kill.signal);
  let timer: NodeJS.Timeout | undefined;
  const handle = (): void => {
    if (stop.signal.aborted) {
      restore();
      process.exit(ExitStatus.interrupted);
    }
    tell(`stopping: no task starts any more, running ones have ${graceMs / 1000} s; Ctrl-C again ends at once`);
    stop.abort();
    timer = setTimeout(() => kill.abort(), graceMs);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, handle);
  return {
    stop: stop.signal,
    kill: kill.signal,
    dispose() {
      clearTimeout(timer);
      for (const signal of signals) process.off(signal, handle);
    },
  };
}
