/** Gives the terminal back when the process ends or stops in a way that passes the reporter by. */

const deadly = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

export interface Guarded {
  /** Restores the terminal; must be synchronous. */
  release(): void;
  /** Takes the terminal again after the process was stopped (Ctrl-Z) and continued. */
  resume(): void;
}

/** Watches until the function that it gives is called. Signals that others handle are left to them. */
export function guardTerminal(guarded: Guarded): () => void {
  const onExit = (): void => guarded.release();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (process.listenerCount(signal) > 1) return;
    guarded.release();
    stop();
    process.kill(process.pid, signal);
  };
  const onStop = (): void => {
    guarded.release();
    process.kill(process.pid, 'SIGSTOP');
  };
  const onContinue = (): void => guarded.resume();
  const stop = (): void => {
    process.off('exit', onExit);
    for (const signal of deadly) process.off(signal, onSignal);
    process.off('SIGTSTP', onStop);
    process.off('SIGCONT', onContinue);
  };
  process.on('exit', onExit);
  for (const signal of deadly) process.on(signal, onSignal);
  process.on('SIGTSTP', onStop);
  process.on('SIGCONT', onContinue);
  return stop;
}
