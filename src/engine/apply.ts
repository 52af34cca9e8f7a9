/** One module on one host: read, plan, and by what is asked show the plan or apply it, read again and prove it. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { CtplayError, PreconditionError } from '../errors.ts';
import { meet, type Change, type Domain, type FactMap, type Liveness, type Module, type ReadResult, type Values } from '../module.ts';
import type { GuardMode, HostGuard } from '../guard/host-guard.ts';
import type { SecretTexts } from '../load/secret-texts.ts';
import type { Command } from '../shell.ts';
import type { StepResult } from '../transport/types.ts';
import { companionsOf, type Companion } from './companions.ts';
import { brought } from './effects.ts';
import { guarded, perform, type Performed, type PlannedCall } from './perform.ts';
import type { UserShell } from './user-shell.ts';

/** A module with its arguments bound. */
export interface Call {
  readonly name: string;
  readonly module: Module;
  readonly args: Readonly<Record<string, unknown>>;
  readonly inputs: unknown;
  /** Its facts, where they are known already. */
  readonly facts?: FactMap;
  /** Which of its return values are wanted. */
  readonly isLive?: Liveness;
}

export interface ApplySettings {
  readonly shell: UserShell;
  readonly check: boolean;
  /** Read the facts even if they are known. */
  readonly again?: boolean;
  readonly runId: string;
  /** Who runs it, as user@machine. */
  readonly who: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly noLog: boolean;
  /** Texts that the ledger must not hold. */
  readonly secrets: SecretTexts;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Domains that changes planned earlier in check mode would touch; this call adds its own. */
  readonly pending: Domain[];
  /** Connects anew after a reboot, until the test succeeds. */
  readonly reconnect: (how: NonNullable<Change['reconnect']>) => Promise<void>;
  /** Keeps changes from locking anybody out of the host. */
  readonly guard: { readonly by: HostGuard; readonly mode: GuardMode };
  /** Whether changes are pending on any host of the run. */
  readonly anyPending: () => boolean;
  readonly playbook?: string;
  readonly task?: string;
  /** The tasks after this one that may come along in its trip, in order, as far as they are known. */
  readonly companions?: () => AsyncIterable<Companion>;
}

export interface Applied {
  readonly status: 'ok' | 'changed' | 'failed';
  readonly changes: readonly Change[];
  /** Ansible's return values. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly error?: CtplayError;
  readonly knownAfterApply?: boolean;
}

/** Throws what the connection throws, and defects; failures of the task itself are in the result. */
export async function applyCall(call: Call, settings: ApplySettings): Promise<Applied> {
  const { module, args, inputs } = call;
  const facts = call.facts ?? module.facts(args, inputs, call.isLive);
  const domains = Object.values(facts).flatMap((fact) => fact.domains);
  const awaited = settings.check && meet(domains, settings.pending);
  if (settings.check && module.readWhen === 'due' && (awaited || settings.anyPending())) return { status: 'changed', changes: [], values: {}, knownAfterApply: true };
  if (settings.again || module.readWhen === 'due') settings.shell.cache.forget(Object.values(facts));
  const before = await settings.shell.read(facts, settings.signal);

  let changes: Change[];
  try {
    changes = [...module.plan(args, before, inputs)];
  } catch (error) {
    if (!(error instanceof PreconditionError)) throw error;
    if (!awaited) return { status: 'failed', changes: [], values: {}, error };
    settings.pending.push(...domains);
    return { status: 'changed', changes: [], values: {}, knownAfterApply: true };
  }

  const planned: PlannedCall = { call, settings, facts, before, changes };
  if (changes.length === 0) return { status: 'ok', changes, values: valuesOf(planned, { now: before, results: [], pending: false }) };
  const rulesPending = settings.check && meet(settings.pending, ['iptables']);
  const refusal = await settings.guard.by.refusal(guarded(settings, changes), { declared: module.declarative !== false, rulesPending });
  if (refusal) return { status: 'failed', changes, values: {}, error: refusal };
  if (settings.check) {
    settings.pending.push(...brought(changes));
    // What a command would print is not known before it runs: no values at all rather than empty ones that look real.
    const known = module.declarative === false ? {} : valuesOf(planned, { now: before, results: [], pending: true });
    return { status: 'changed', changes, values: known, ...(awaited ? { knownAfterApply: true } : {}) };
  }

  const startedAt = Date.now();
  const companions = await companionsOf(planned);
  const [own, ...others] = await perform([planned, ...companions.map((one) => one.planned)]);
  for (const [index, performed] of others.entries()) companions[index]!.done(await proven(companions[index]!.planned, performed, startedAt));
  return proven(planned, own!, startedAt);
}

function valuesOf({ call: { module, args, inputs }, before, changes }: PlannedCall, outcome: { now: Values<FactMap>; results: readonly ReadResult[]; pending: boolean }): Record<string, unknown> {
  return module.returns?.(args, { before, changes, ...outcome }, inputs) ?? {};
}

/** What became of changes that were made: whether their commands went well, and whether the facts now are what they should be. */
async function proven(planned: PlannedCall, { results, now: read }: Performed, startedAt: number): Promise<Applied> {
  const { call: { module, args, inputs }, settings, facts, changes } = planned;
  const failed = results.find(({ result }) => !result.skipped && result.status !== 0);
  const now = failed ? read : await follow(changes, settings, facts, read);
  const values = valuesOf(planned, { now, results: results.map(({ result }) => ({ ...result, startedAt })), pending: false });
  if (failed) return { status: 'failed', changes, values, error: commandError(failed.command, failed.result) };
  // A plan of commands alone says nothing of what should be.
  const leftover = module.declarative === false || changes.every((change) => change.action === 'run') ? [] : leftoverOf(module, args, now, inputs);
  if (leftover instanceof CtplayError) return { status: 'failed', changes, values, error: leftover };
  if (leftover.length > 0) return { status: 'failed', changes, values, error: notConverged(leftover) };
  return { status: 'changed', changes, values };
}

/** What changes ask for beyond their commands: copying a file here, connecting anew after a reboot. Gives the facts as they are then. */
async function follow(changes: readonly Change[], settings: ApplySettings, facts: FactMap, now: Values<FactMap>): Promise<Values<FactMap>> {
  for (const { download } of changes) {
    if (!download) continue;
    await mkdir(path.dirname(download.to), { recursive: true });
    await settings.shell.download(download.from, download.to, settings.signal);
  }
  const anew = changes.find((change) => change.reconnect)?.reconnect;
  if (!anew) return now;
  await settings.reconnect(anew);
  return settings.shell.read(facts, settings.signal);
}

/** What is still to be changed after a change; a precondition that is now broken counts as an error. */
function leftoverOf(module: Module, args: Readonly<Record<string, unknown>>, now: Values<FactMap>, inputs: unknown): Change[] | CtplayError {
  try {
    return [...module.plan(args, now, inputs)].filter((change) => change.action !== 'run');
  } catch (error) {
    if (error instanceof PreconditionError) return error;
    throw error;
  }
}

/** Why a command failed, in its own words. */
export function commandError(command: Command, result: StepResult): CtplayError {
  // Cut apart, or a long report on standard output would hide what went wrong.
  const output = [result.stdout, result.stderr].map((text) => lastLines(text.trim(), 20)).filter((part) => part !== '').join('\n');
  if (result.timedOut) {
    return new CtplayError('task.timeout', `a command took longer than it may and was ended after ${(result.durationMs / 1000).toFixed(0)} s`, {
      found: command.display,
      hint: "Give the task more time with 'timeout', or find out on the host why it hangs.",
      detail: output,
    });
  }
  const how = result.status === null ? 'was ended from outside' : `exited with ${result.status}`;
  return new CtplayError('task.failed', `a command ${how}`, { found: command.display, detail: output });
}

function notConverged(leftover: readonly Change[]): CtplayError {
  const lines = leftover.map((change) => `${change.action} ${change.subject}: ${show(change.from)} → ${show(change.to)}`);
  return new CtplayError('task.not-converged', 'the changes were made, but reading again finds something left to change', {
    detail: lines.join('\n'),
    hint: 'Something on the host undoes the change or refuses it silently; run again with -vv to see the commands.',
  });
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

function lastLines(text: string, count: number): string {
  const lines = text.split('\n');
  return lines.length <= count ? text : [`… ${lines.length - count} more before`, ...lines.slice(-count)].join('\n');
}

