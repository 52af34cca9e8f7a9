/** Resets many hosts at once and tells how each ended. */
import { CtplayError } from '../errors.ts';
import type { Become } from '../transport/types.ts';
import { becomeOf } from './become.ts';
import { settled } from './play.ts';
import { resetHost } from './reset.ts';
import { RunContext, type RunParts } from './run-context.ts';
import { exitStatusOf } from './run.ts';
import { verbPlay } from './verb-play.ts';
import { errorView } from './views.ts';

/** Gives the exit status; hosts that can't be reached are told of and the others go on. */
export async function resetHosts(parts: RunParts): Promise<number> {
  const run = new RunContext(parts);
  const started = Date.now();
  const hosts = run.inventory.select(run.settings.limit ?? 'all');
  const { play, context } = verbPlay(run, 'reset', hosts, { become: true });
  run.emit({ type: 'run-start', runId: run.runId, verb: 'reset', check: run.settings.check, diff: run.settings.diff, files: [] });
  run.emit({ type: 'play-start', play: 'reset', hosts, tasks: 0 });
  const one = async (host: string): Promise<void> => {
    const scope = context.scope(host, context.chain);
    const become: Become | undefined = becomeOf(context.chain, scope, context.templar(scope, context.chain, play.source.file), run.settings, play.source);
    const session = run.session(host, () => context.connectionVariables(host));
    try {
      if (!run.stop.aborted) await resetHost(run, session, become);
    } catch (error) {
      if (!(error instanceof CtplayError)) throw error;
      if (error.code.startsWith('ssh.')) run.lose(host, error);
      else run.counter(host).failed++;
      run.emit({ type: 'host-unreachable', host, error: errorView(error) });
    } finally {
      if (run.counter(host).failed > 0) run.fallen.add(host);
      run.emit({ type: 'host-end', host, counters: { ...run.counter(host) } });
    }
  };
  try {
    await settled(hosts.map((host) => run.queue.add(() => one(host))));
  } finally {
    run.emit({ type: 'play-end', play: 'reset' });
    await run.closeSessions();
  }
  const exitStatus = exitStatusOf(run);
  run.emit({ type: 'run-end', exitStatus, counters: Object.fromEntries(run.counters), durationMs: Date.now() - started, roundTrips: run.roundTrips(), interrupted: run.stop.aborted });
  return exitStatus;
}
