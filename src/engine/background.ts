/** `async`: tasks that are waited for within bounds, and those that are left running as jobs. */
import { randomInt } from 'node:crypto';
import { jobFile, startJob, storeJob } from '../../modules/facts/job.ts';
import type { Module } from '../module.ts';
import { joinCommands, sh } from '../shell.ts';
import { applyCall, type Applied, type ApplySettings, type Call } from './apply.ts';

/** A name as Ansible makes them: a random number and the controller's process. */
export function newJobId(): string {
  return `j${randomInt(2 ** 40)}.${process.pid}`;
}

/** Waits for the task as for any other, at most `seconds`. */
export async function applyWithin(call: Call, settings: ApplySettings, seconds: number): Promise<Applied> {
  const applied = await applyCall(call, { ...settings, timeoutMs: seconds * 1000 });
  const id = newJobId();
  const shared = { ansible_job_id: id, results_file: jobFile(id), started: 1, finished: 1 };
  if (applied.error?.code !== 'task.timeout') return { ...applied, values: { ...shared, ...applied.values } };
  return { ...applied, values: { ...shared, ...applied.values, msg: `async task did not complete within the requested time - ${seconds}s` } };
}

/**
 * Starts the task and goes on at once. What declares a state is done at once, in no time and with its proof, and its result
 * kept; what only runs becomes a job. `async_status` knows no difference.
 */
export async function applyAsJob(call: Call, settings: ApplySettings): Promise<Applied> {
  const id = newJobId();
  const started = { ansible_job_id: id, results_file: jobFile(id), started: 1, finished: 0 };
  if (call.module.declarative === false) return applyCall({ ...call, module: launching(call.module, id, started) }, settings);
  const applied = await applyCall(call, settings);
  if (settings.check || applied.status === 'failed') return applied;
  await settings.shell.run([{ command: storeJob(id, { ...applied.values, changed: applied.status === 'changed' }) }], settings.signal);
  return { ...applied, status: 'changed', values: started };
}

/** The module, with its commands left running instead of waited for. */
function launching(module: Module, id: string, started: Record<string, unknown>): Module {
  return {
    ...module,
    *plan(args, now, inputs) {
      const changes = [...module.plan(args, now, inputs)];
      const commands = changes.flatMap((change) => change.commands);
      const joined = joinCommands(commands.length > 0 ? commands : [sh`true`], ' && ');
      const input = commands.find((command) => command.input)?.input;
      yield { action: 'run', subject: changes[0]?.subject ?? module.subject(args), commands: [startJob(id, input ? joined.withInput(input) : joined)] };
    },
    returns: () => started,
  };
}
