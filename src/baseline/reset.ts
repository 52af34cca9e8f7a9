/** Resets many hosts to their baselines at once, and remembers which of them are proven to be there. */
import { RunContext, type RunParts } from '../engine/run-context.ts';
import { exitStatusOf } from '../engine/run.ts';
import type { ExitStatus } from '../errors.ts';
import { chooseKinds } from './choice.ts';
import { kindsOf } from './kinds/index.ts';
import { resetHostToBaseline, type BaselineReset } from './reset-host.ts';
import { Round } from './round.ts';
import { visitHosts } from './visit.ts';

export interface FleetReset extends BaselineReset {
  /** Until when hosts that can't be reached are tried again, in milliseconds since the epoch. */
  readonly deadline?: number;
  /** Only the hosts that the present round has not proven clean. */
  readonly unfinished: boolean;
}

/** Gives the exit status; what is left on a host counts as its failure. */
export async function resetHostsToBaseline(parts: RunParts, request: FleetReset): Promise<ExitStatus> {
  chooseKinds(kindsOf({ folders: [] }), request.only);
  const run = new RunContext(parts);
  const started = Date.now();
  const { check, diff, limit } = run.settings;
  const whole = request.only === undefined && !check;
  const round = await Round.read(request.copies, request.name);
  const chosen = run.inventory.select(limit ?? 'all');
  const hosts = request.unfinished ? round.unfinished(chosen) : chosen;
  if (whole && !request.unfinished) await round.begin(chosen);
  run.emit({ type: 'run-start', runId: run.runId, verb: 'reset', check, diff, files: [] });
  if (hosts.length < chosen.length) run.emit({ type: 'log', level: 0, message: `${chosen.length - hosts.length} of ${chosen.length} hosts were proven clean before, since ${round.startedAt}: they are left out` });
  run.emit({ type: 'play-start', play: `reset to the baseline '${request.name}'`, hosts, tasks: 0 });
  for (const host of hosts) run.counter(host);
  try {
    await visitHosts(run, hosts, { verb: 'reset', ...(request.deadline === undefined ? {} : { deadline: request.deadline }) }, async (visit) => {
      const { state } = await resetHostToBaseline(visit, request);
      if (whole && state === 'clean') await round.finish(visit.host);
    });
  } finally {
    run.emit({ type: 'play-end', play: 'reset' });
  }
  const exitStatus = exitStatusOf(run);
  run.emit({ type: 'run-end', exitStatus, counters: Object.fromEntries(run.counters), durationMs: Date.now() - started, roundTrips: run.roundTrips(), interrupted: run.stop.aborted });
  return exitStatus;
}
