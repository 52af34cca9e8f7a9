/** One module on one host: read, plan, and by what is asked show the plan or apply it, read again and prove it. */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { CtplayError, PreconditionError } from '../errors.ts';
import { overlaps, type Change, type Domain, type FactMap, type Module, type ReadResult, type Values } from '../module.ts';
import type { GuardedWork, GuardMode, HostGuard } from '../guard/host-guard.ts';
import type { SecretTexts } from '../load/secret-texts.ts';
import { joinCommands, sh, type Command } from '../shell.ts';
import type { Step, StepResult } from '../transport/types.ts';
import { commandsOf } from './joint-changes.ts';
import { keepBeforeCommand } from './kept-before.ts';
import { intentCommand, ledgerChanges, outcomeCommand, type Intent } from './ledger.ts';
import { ledgerArguments } from './redact.ts';
import type { UserShell } from './user-shell.ts';

/** A module with its arguments bound. */
export interface Call {
  readonly name: string;
  readonly module: Module;
  readonly args: Readonly<Record<string, unknown>>;
  readonly inputs: unknown;
  /** Its facts, where they are known already. */
  readonly facts?: FactMap;
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
  const facts = call.facts ?? module.facts(args, inputs);
  const domains = Object.values(facts).flatMap((fact) => fact.domains);
  const awaited = settings.check && domains.some((mine) => settings.pending.some((other) => overlaps(mine, other)));
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

  const values = (outcome: { now: Values<FactMap>; results: readonly ReadResult[]; pending: boolean }): Record<string, unknown> =>
    module.returns?.(args, { before, changes, ...outcome }, inputs) ?? {};
  if (changes.length === 0) return { status: 'ok', changes, values: values({ now: before, results: [], pending: false }) };
  const rulesPending = settings.check && settings.pending.some((one) => overlaps(one, 'iptables'));
  const refusal = await settings.guard.by.refusal(guarded(settings, changes), { declared: module.declarative !== false, rulesPending });
  if (refusal) return { status: 'failed', changes, values: {}, error: refusal };
  if (settings.check) {
    settings.pending.push(...changes.flatMap((change) => change.brings ?? change.touches ?? ['*']));
    // What a command would print is not known before it runs: no values at all rather than empty ones that look real.
    const known = module.declarative === false ? {} : values({ now: before, results: [], pending: true });
    return { status: 'changed', changes, values: known, ...(awaited ? { knownAfterApply: true } : {}) };
  }

  const startedAt = Date.now();
  const performed = await perform(call, settings, before, changes, facts);
  const { results } = performed;
  const failed = results.find(({ result }) => !result.skipped && result.status !== 0);
  const now = failed ? performed.now : await follow(changes, settings, facts, performed.now);
  const done = values({ now, results: results.map(({ result }) => ({ ...result, startedAt })), pending: false });
  if (failed) return { status: 'failed', changes, values: done, error: commandError(failed.command, failed.result) };
  // A plan of commands alone says nothing of what should be.
  const leftover = module.declarative === false || changes.every((change) => change.action === 'run') ? [] : leftoverOf(module, args, now, inputs);
  if (leftover instanceof CtplayError) return { status: 'failed', changes, values: done, error: leftover };
  if (leftover.length > 0) return { status: 'failed', changes, values: done, error: notConverged(leftover) };
  return { status: 'changed', changes, values: done };
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

async function perform(call: Call, settings: ApplySettings, before: Values<FactMap>, changes: readonly Change[], facts: FactMap): Promise<{ results: { command: Command; result: StepResult }[]; now: Values<FactMap> }> {
  const id = randomUUID();
  const { secrets } = settings;
  const mayHoldSecrets = call.module.revert !== undefined && (settings.noLog || JSON.stringify(secrets.mask(before)) !== JSON.stringify(before));
  const intent: Intent = {
    type: 'intent',
    id,
    run: settings.runId,
    who: settings.who,
    at: new Date().toISOString(),
    module: call.name,
    // What has no way back is kept as a fact alone: its words may hold what nobody marked as secret.
    subject: call.module.revert ? secrets.mask(call.module.subject(call.args)) : call.name,
    args: call.module.revert ? secrets.mask(ledgerArguments(call.module, call.args, settings.noLog)) : {},
    ...(mayHoldSecrets ? { before: {}, kept: true } : { before: call.module.revert ? before : {} }),
    changes: call.module.revert ? secrets.mask(ledgerChanges(changes)) : [],
    revertible: call.module.revert !== undefined,
    ...(settings.playbook === undefined ? {} : { playbook: settings.playbook }),
    ...(settings.task === undefined ? {} : { task: settings.task }),
  };
  const commands = commandsOf(changes);
  const steps: Step[] = [
    { command: mayHoldSecrets ? sh`${keepBeforeCommand(id, before)} && { ${intentCommand(intent)}; }` : intentCommand(intent), when: 'succeeded', inShell: true },
    ...commands.map((command): Step => ({ command: withEnvironment(command, settings.environment), when: 'succeeded', ...(settings.timeoutMs === undefined ? {} : { timeoutMs: settings.timeoutMs }) })),
    { command: outcomeCommand(id), when: 'always', inShell: true },
  ];
  await settings.shell.leave(changes);
  const touches = touched(changes);
  // What only the controller does leaves the host as it was read.
  const untouched = commands.length === 0 && touches.length === 0;
  const { results, now } = await settings.guard.by.change(guarded(settings, changes), steps, touches, untouched ? {} : facts);
  const written = results[0]!;
  if (written.status !== 0) {
    throw new CtplayError('ledger.unwritable', 'the ledger on the host could not be written, so the change was not made', {
      found: written.stderr.trim() || `exit status ${written.status}`,
      hint: 'Free space on /var/lib, or run the task as root with become: true.',
    });
  }
  return { results: commands.map((command, index) => ({ command, result: results[index + 1]! })), now: untouched ? before : now };
}

function guarded({ guard: { mode }, shell, noLog, signal }: ApplySettings, changes: readonly Change[]): GuardedWork {
  return { mode, shell, changes, hidden: noLog, signal };
}

/** The domains that changes touch; a change that names none touches everything. */
export function touched(changes: readonly Change[]): Domain[] {
  return [...new Set(changes.flatMap((change) => change.touches ?? ['*']))];
}

function withEnvironment(command: Command, environment: Readonly<Record<string, string>>): Command {
  const exports = Object.entries(environment).map(([name, value]) => sh`export ${`${name}=${value}`}`);
  if (exports.length === 0) return command;
  const wrapped = joinCommands([...exports, command], '\n');
  return command.input === undefined ? wrapped : wrapped.withInput(command.input);
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

