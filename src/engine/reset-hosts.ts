/** Resets many hosts at once and tells how each ended. */
import type { ExitStatus } from '../errors.ts';
import { resetHost } from './reset.ts';
import type { RunParts } from './run-context.ts';
import { runVerb } from './verb-run.ts';

/** Gives the exit status; hosts that can't be reached are told of and the others go on. */
export function resetHosts(parts: RunParts): Promise<ExitStatus> {
  return runVerb(parts, 'reset', (run, each) => each(({ session, become }) => resetHost(run, session, become), { last: true }));
}
