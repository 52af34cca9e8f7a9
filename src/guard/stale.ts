/** What a run says of guards that an earlier one left behind when it was killed. */
import type { StaleGuard } from './commands.ts';

/** As a warning: a sentence without its full stop. Guards are named RUN-NUMBER. */
export function staleWarning(host: string, { id, state, words }: StaleGuard): string {
  const run = id.replace(/-\d+$/, '');
  if (state === 'disarmed') return `run ${run} ended without seeing whether ${host} could still be reached; we could log in, so the guard that it left was disarmed`;
  const what = words.length === 0 ? 'nothing had to be put back' : `put back: ${words.join('; ')}`;
  return `nobody confirmed a change of run ${run} in time, so ${host} went back by itself (${what})`;
}
