/** Takes back what one run made, on all hosts that it changed. */
import { CtplayError, ExitStatus } from '../errors.ts';
import { readLedgers, type HostLedger } from './host-ledgers.ts';
import { runsNamed, subjectsOfRun, type RunSubjects } from './ledger-runs.ts';
import { revertSubjects } from './reset.ts';
import type { RunContext, RunParts } from './run-context.ts';
import { runVerb } from './verb-run.ts';

export interface UndoOptions {
  /** A run's id, or how it begins. */
  readonly run: string;
  /** Also what later runs changed again. */
  readonly force: boolean;
}

/** Every ledger is read before anything is taken back. Throws ledger.no-run when no host knows the run, or several fit. */
export function undoRun(parts: RunParts, options: UndoOptions): Promise<ExitStatus> {
  return runVerb(parts, 'undo', async (run, each) => {
    const ledgers = new Map<string, HostLedger[]>();
    await each(async ({ host, session, become }) => void ledgers.set(host, await readLedgers(run, session, become)), { last: false });
    if (ledgers.size === 0) return;
    const id = theRun([...ledgers.values()].flat(), options.run, run);
    await each(async ({ host, session }) => {
      for (const { shell, records } of ledgers.get(host) ?? []) {
        const made = subjectsOfRun(records, id);
        assertNewest(made, options, run, host);
        await revertSubjects({ run, session, shell }, [...made.subjects].reverse());
      }
    }, { last: true });
  });
}

function theRun(ledgers: readonly HostLedger[], prefix: string, run: RunContext): string {
  const found = [...new Set(ledgers.flatMap(({ records }) => runsNamed(records, prefix)))];
  if (found.length === 1) return found[0]!;
  throw new CtplayError('ledger.no-run', found.length === 0 ? `no ledger tells of a run '${prefix}'` : `several runs begin with '${prefix}'`, {
    ...(found.length === 0 ? {} : { found: found.join(', ') }),
    hint: `See \`ctplay ledger -i INVENTORY\` for the runs and their ids.${run.fallen.size === 0 ? '' : ` Not asked, since they failed: ${[...run.fallen].join(', ')}.`}`,
  }, ExitStatus.usage);
}

/** What a later run changed again would be left in a state that neither run made. */
function assertNewest({ subjects, changedLater }: RunSubjects, { force }: UndoOptions, run: RunContext, host: string): void {
  if (force || changedLater.size === 0) return;
  const later = [...changedLater].map(([{ subject }, other]) => `${subject}: run ${other}`);
  throw new CtplayError('ledger.changed-later', `later runs changed ${changedLater.size === subjects.length ? '' : 'some of '}the same things on ${host}`, {
    detail: later.join('\n'),
    hint: `Undo the later run first${run.settings.check ? '' : '; nothing was taken back on this host'}, or undo this one all the same with --force.`,
  });
}
