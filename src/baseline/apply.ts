/** Makes the changes of a way back, stage by stage. One that fails keeps none of the others from being made: what is left is seen after. */
import { commandError } from '../engine/apply.ts';
import { changeView, errorView } from '../engine/views.ts';
import { mayEndanger } from '../guard/dangers.ts';
import type { GuardedWork } from '../guard/host-guard.ts';
import { CtplayError } from '../errors.ts';
import type { TaskEndEvent, TaskView } from '../events.ts';
import { sh, joinCommands, type Command } from '../shell.ts';
import type { StepResult } from '../transport/types.ts';
import type { PlannedStep } from './plan.ts';
import type { Visit } from './visit.ts';

/** A command that hangs, such as the end of a container that ignores it, must not hold up a class. */
const stepTimeoutMs = 10 * 60_000;

/** Gives the errors of steps that failed. Stops between stages when the run is to end. */
export async function applySteps(visit: Visit, steps: readonly PlannedStep[]): Promise<ReadonlyMap<PlannedStep, CtplayError>> {
  const failed = new Map<PlannedStep, CtplayError>();
  for (const batch of batchesOf(steps)) {
    if (visit.run.stop.aborted) break;
    const started = Date.now();
    visit.run.emit({ type: 'task-start', host: visit.host, task: taskView(batch[0]!) });
    const errors = await runBatch(visit, batch).catch(takenBack(batch));
    batch.forEach((step, index) => {
      if (index > 0) visit.run.emit({ type: 'task-start', host: visit.host, task: taskView(step) });
      const error = errors[index];
      if (error) failed.set(step, error);
      tellStep(visit, step, started, error);
    });
    // What happens next may look at what this has changed, whatever it was.
    visit.session.knowledge.invalidate(['*']);
  }
  return failed;
}

/** Steps that go in one round trip: those of one stage, but for those that go alone. */
function batchesOf(steps: readonly PlannedStep[]): PlannedStep[][] {
  const batches: PlannedStep[][] = [];
  for (const step of steps) {
    const last = batches.at(-1);
    if (last && last[0]!.stage === step.stage && !isAlone(last[0]!) && !isAlone(step)) last.push(step);
    else batches.push([step]);
  }
  return batches;
}

/** What can't be one command; and files that decide on logins, since what a host takes back are all steps of a round trip. */
function isAlone(step: PlannedStep): boolean {
  return !isOne(step) || (step.stage === 'files' && mayEndanger([step.change]));
}

/** Commands that read something can't be joined, for each has its own input. */
function isOne({ change: { commands } }: PlannedStep): boolean {
  return commands.length === 1 || commands.every((command) => command.input === undefined);
}

/** Steps that the host took back by itself, since nobody could log in after them, have failed; the others go on. */
function takenBack(batch: readonly PlannedStep[]): (error: unknown) => CtplayError[] {
  return (error) => {
    if (!(error instanceof CtplayError) || error.code !== 'guard.rolled-back') throw error;
    return batch.map(() => error);
  };
}

async function runBatch({ run, session, shell }: Visit, batch: readonly PlannedStep[]): Promise<(CtplayError | undefined)[]> {
  const [first] = batch;
  const guarded: GuardedWork = { mode: run.settings.guard.mode ?? 'auto', shell, changes: batch.map(({ change }) => change), signal: run.kill };
  if (batch.length === 1 && !isOne(first!)) {
    const { commands } = first!.change;
    const results = await session.guard.run(guarded, commands.map((command) => ({ command, when: 'succeeded' as const, timeoutMs: stepTimeoutMs })));
    return [commands.map((command, index) => errorOf(command, results[index]!)).find((error) => error !== undefined)];
  }
  const commands = batch.map(({ change }) => joined(change.commands));
  const results = await session.guard.run(guarded, commands.map((command) => ({ command, timeoutMs: stepTimeoutMs })));
  return commands.map((command, index) => errorOf(command, results[index]!));
}

/** Each in a shell of its own, the first that fails the last that runs. */
function joined(commands: readonly Command[]): Command {
  return commands.length === 1 ? commands[0]! : joinCommands(commands.map((command) => sh`( ${command}\n)`), ' && ');
}

function errorOf(command: Command, result: StepResult): CtplayError | undefined {
  return result.skipped || result.status === 0 ? undefined : commandError(command, result);
}

/** Tells of steps that are not made, in check mode. */
export function tellPlanned(visit: Visit, steps: readonly PlannedStep[]): void {
  for (const step of steps) {
    visit.run.emit({ type: 'task-start', host: visit.host, task: taskView(step) });
    tellStep(visit, step, Date.now());
  }
}

/** Tells of a step as of a task that changed something; a failure counts only if the proof finds it. */
function tellStep({ run, host }: Visit, step: PlannedStep, started: number, error?: CtplayError): void {
  const counter = run.counter(host);
  if (error) counter.ignored++;
  else counter.ok++;
  if (!error) counter.changed++;
  const ended: Omit<TaskEndEvent, 'type'> = {
    host,
    task: taskView(step),
    status: error ? 'failed' : 'changed',
    changes: [changeView(step.change)],
    result: {},
    durationMs: Date.now() - started,
    ...(error ? { error: errorView(error), ignored: true } : {}),
  };
  run.emit({ type: 'task-end', ...ended });
}

function taskView({ kind, change }: PlannedStep): TaskView {
  return { id: `${kind}:${change.action}:${change.subject}`, name: change.subject, module: kind, span: { file: 'baseline', line: 1, column: 1 }, handler: false };
}
