/** A verb that has no playbook, on many hosts at once: who takes part, and what is told of how each ended. */
import { CtplayError, type ExitStatus } from '../errors.ts';
import type { EventBody } from '../events.ts';
import type { Become } from '../transport/types.ts';
import { becomeOf } from './become.ts';
import type { HostSession } from './host-session.ts';
import { settled } from './play.ts';
import { RunContext, type RunParts } from './run-context.ts';
import { exitStatusOf } from './run.ts';
import { verbPlay } from './verb-play.ts';

export interface VerbHost {
  readonly host: string;
  /** Not connected yet. */
  readonly session: HostSession;
  /** Root, unless the inventory says otherwise. */
  readonly become: Become | undefined;
}

/** Does a part of the work on all hosts that are still in it, in parallel; `last`: a host is done with it. */
export type EachHost = (work: (host: VerbHost) => Promise<void>, options: { readonly last: boolean }) => Promise<void>;

type Verb = Extract<EventBody, { type: 'run-start' }>['verb'];

/** Gives the exit status. A host that fails or can't be reached is told of and takes no further part; the others go on. */
export async function runVerb(parts: RunParts, verb: Verb, work: (run: RunContext, each: EachHost) => Promise<void>): Promise<ExitStatus> {
  const run = new RunContext(parts);
  const started = Date.now();
  const hosts = run.inventory.select(run.settings.limit ?? 'all');
  run.fleet = hosts.length;
  const { play, context } = verbPlay(run, verb, hosts, { become: true });
  const end = (host: string): void => run.emit({ type: 'host-end', host, counters: { ...run.counter(host) } });
  const prepare = (host: string): VerbHost => {
    const scope = context.scope(host, context.chain);
    const become = becomeOf(context.chain, scope, context.templar(scope, context.chain, play.source.file), run.settings, play.source);
    return { host, become, session: run.session(host, () => context.connectionVariables(host)) };
  };
  const one = async (host: string, part: (host: VerbHost) => Promise<void>, last: boolean): Promise<void> => {
    try {
      if (!run.stop.aborted) await part(prepare(host));
    } catch (error) {
      if (!(error instanceof CtplayError)) throw error;
      run.dropOut(host, error);
    } finally {
      if (run.counter(host).failed > 0) run.fallen.add(host);
      if (last || run.fallen.has(host)) end(host);
    }
  };
  run.emit({ type: 'run-start', runId: run.runId, verb, check: run.settings.check, diff: run.settings.diff, files: [] });
  run.emit({ type: 'play-start', play: verb, hosts, tasks: 0 });
  for (const host of hosts) run.counter(host);
  try {
    await work(run, async (part, { last }) => {
      const taking = hosts.filter((host) => !run.fallen.has(host));
      await settled(taking.map((host) => run.places.run(() => one(host, part, last))));
    });
  } finally {
    run.emit({ type: 'play-end', play: verb });
    await run.closeSessions();
  }
  const exitStatus = exitStatusOf(run);
  run.emit({ type: 'run-end', exitStatus, counters: Object.fromEntries(run.counters), durationMs: Date.now() - started, roundTrips: run.roundTrips(), interrupted: run.stop.aborted });
  return exitStatus;
}
