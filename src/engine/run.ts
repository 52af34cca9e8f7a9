/** Runs playbooks: load errors and conflicts first, then plays in order, then the recap. */
import { CtplayError, ExitStatus } from '../errors.ts';
import type { Playbook } from '../load/tree.ts';
import { checkFleet, type KnownAhead } from './ahead.ts';
import { curable, hostsOf, lookAheadAll, mayAddHosts, runPlay, type PreparedPlay } from './play.ts';
import { prune, type PlayedPlay } from './prune.ts';
import { RunContext, type RunParts } from './run-context.ts';

export interface RunResult {
  readonly exitStatus: ExitStatus;
  readonly run: RunContext;
}

interface Turn extends PreparedPlay {
  readonly known: ReadonlyMap<string, KnownAhead>;
}

/** Throws CtplayError or CtplayErrors for what is wrong before any SSH; everything later is told by events and the exit status. */
export async function runPlaybooks(parts: RunParts, playbooks: readonly Playbook[], ask: (play: Playbook['plays'][number]) => Promise<Record<string, unknown>>): Promise<RunResult> {
  const run = new RunContext(parts, playbooks);
  const started = Date.now();
  const turns: Turn[] = [];
  for (const playbook of playbooks) {
    for (const play of playbook.plays) {
      const prepared: PreparedPlay = { play, playbookFile: play.source.file, prompted: play.varsPrompt.length > 0 ? await ask(play) : {} };
      const known = await lookAheadAll(run, prepared, hostsNow(run, prepared, turns.some((earlier) => mayAddHosts(earlier.play))));
      checkFleet([...known.values()].flatMap((one) => one.placements));
      turns.push({ ...prepared, known });
    }
  }
  const { settings } = run;
  run.emit({ type: 'run-start', runId: run.runId, verb: parts.verb ?? 'run', check: settings.check, diff: settings.diff, files: playbooks.map((one) => one.file) });
  const played: PlayedPlay[] = [];
  try {
    for (const turn of turns) {
      if (run.stop.aborted) break;
      // Earlier plays may have added hosts and groups.
      const hosts = hostsOf(run, turn);
      if (hosts.length === 0) {
        run.emit({ type: 'warning', message: `play '${turn.play.name ?? String(turn.play.hosts)}': ${settings.limit === undefined ? 'the groups hold no host' : 'no hosts are left by --limit'}`, span: turn.play.source.at(['hosts']) });
        continue;
      }
      played.push({ ...turn, hosts });
      if (!(await runPlay(run, turn, hosts, turn.known))) break;
    }
    if (parts.prune && !run.stop.aborted) await prune(run, played);
  } finally {
    await run.closeSessions();
  }
  const exitStatus = exitStatusOf(run);
  run.emit({
    type: 'run-end',
    exitStatus,
    counters: Object.fromEntries(run.counters),
    durationMs: Date.now() - started,
    roundTrips: run.roundTrips(),
    interrupted: run.stop.aborted,
  });
  return { exitStatus, run };
}

/** The hosts of a play as far as they are known now; `open`: a play before it may add some. */
function hostsNow(run: RunContext, turn: PreparedPlay, open: boolean): readonly string[] {
  try {
    return hostsOf(run, turn);
  } catch (error) {
    if (open && error instanceof CtplayError && curable.includes(error.code)) return [];
    throw error;
  }
}

/** As in Ansible, hosts that could not be reached weigh more than failures; Ctrl-C weighs more than both. */
export function exitStatusOf(run: RunContext): ExitStatus {
  if (run.stop.aborted) return ExitStatus.interrupted;
  if (run.unreachable.size > 0) return ExitStatus.unreachable;
  if (run.fallen.size > 0) return ExitStatus.failed;
  return ExitStatus.ok;
}
