/** Resets many hosts at once and tells how each ended. */
import { listCommand } from '../baseline/host-store.ts';
import type { ExitStatus } from '../errors.ts';
import { resetHost } from './reset.ts';
import type { RunParts } from './run-context.ts';
import { runVerb } from './verb-run.ts';

/** Gives the exit status; hosts that can't be reached are told of and the others go on. */
export function resetHosts(parts: RunParts): Promise<ExitStatus> {
  return runVerb(parts, 'reset', async (run, each) => {
    let baselines = false;
    await each(async ({ session, become }) => {
      await resetHost(run, session, become);
      const [listed] = await session.shell(become).run([{ command: listCommand }], run.kill);
      if (listed!.stdout !== '') baselines = true;
    }, { last: true });
    if (baselines) run.emit({ type: 'log', level: 0, message: 'these hosts have baselines: `ctplay reset --to baseline` also takes back what was done by hand' });
  });
}
