/** Changes on their way: in one round trip the ledger's intent, the commands and the outcome of each task, then the reading of what they leave. */
import { randomUUID } from 'node:crypto';
import { CtplayError } from '../errors.ts';
import type { Change, FactMap, Values } from '../module.ts';
import type { GuardedWork } from '../guard/host-guard.ts';
import { joinCommands, nothing, sh, type Command } from '../shell.ts';
import type { Step, StepResult } from '../transport/types.ts';
import type { ApplySettings, Call } from './apply.ts';
import { touched } from './effects.ts';
import { commandsOf } from './joint-changes.ts';
import { keepBeforeCommand } from './kept-before.ts';
import { intentCommand, ledgerChanges, outcomeCommand, type Intent } from './ledger.ts';
import { ledgerArguments } from './redact.ts';
import type { PlannedChanges } from './together.ts';

/** A call with what it was planned by and what it comes to. */
export interface PlannedCall extends PlannedChanges {
  readonly call: Call;
  readonly settings: ApplySettings;
  /** What must hold on the host, else neither this nor what comes after it is begun. */
  readonly provided?: Command;
}

/** What a call's commands answered, and its facts as they are now. */
export interface Performed {
  readonly results: readonly { readonly command: Command; readonly result: StepResult }[];
  readonly now: Values<FactMap>;
}

/**
 * Makes the changes of calls on one shell, in order, as far as all goes well; gives those that were begun, of which the first always is one.
 * Throws ledger.unwritable, and what the shell and its guard throw.
 */
export async function perform(calls: readonly [PlannedCall, ...PlannedCall[]]): Promise<Performed[]> {
  const [{ settings, before }] = calls;
  const parts = calls.map(stepsOf);
  const changes = calls.flatMap((one) => one.changes);
  await settings.shell.leave(changes);
  const touches = touched(changes);
  // What only the controller does leaves the host as it was read.
  const untouched = touches.length === 0 && changes.every(({ commands }) => commands.length === 0);
  const facts = Object.fromEntries(calls.flatMap((one, index) => Object.entries(one.facts).map(([name, fact]) => [`${index}:${name}`, fact] as const)));
  const { results, now } = await settings.guard.by.change(guarded(settings, changes), parts.flatMap(({ steps }) => steps), touches, untouched ? {} : facts);
  requireWritten(results[0]!);
  const performed: Performed[] = [];
  let at = 0;
  for (const [index, { commands, steps }] of parts.entries()) {
    const own = results.slice(at, (at += steps.length));
    if (own[0]!.skipped || own[0]!.status !== 0) break;
    const read = Object.fromEntries(Object.keys(calls[index]!.facts).map((name) => [name, now[`${index}:${name}`]]));
    performed.push({ results: commands.map((command, place) => ({ command, result: own[place + 1]! })), now: untouched ? before : read });
  }
  return performed;
}

export function guarded({ guard: { mode }, shell, noLog, signal }: ApplySettings, changes: readonly Change[]): GuardedWork {
  return { mode, shell, changes, hidden: noLog, signal };
}

function stepsOf({ call, settings, before, changes, provided }: PlannedCall): { readonly commands: readonly Command[]; readonly steps: readonly Step[] } {
  const id = randomUUID();
  const { secrets } = settings;
  const mayHoldSecrets = call.module.revert !== undefined && (settings.noLog || (!secrets.isEmpty && JSON.stringify(secrets.mask(before)) !== JSON.stringify(before)));
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
  const first = [provided ?? nothing, mayHoldSecrets ? keepBeforeCommand(id, before) : nothing].filter(({ text }) => text !== '');
  const steps: Step[] = [
    { command: first.length > 0 ? sh`${joinCommands(first, ' && ')} && { ${intentCommand(intent)}; }` : intentCommand(intent), when: 'succeeded', inShell: true },
    ...commands.map((command): Step => ({ command: withEnvironment(command, settings.environment), when: 'succeeded', ...(settings.timeoutMs === undefined ? {} : { timeoutMs: settings.timeoutMs }) })),
    { command: outcomeCommand(id), when: 'always', inShell: true },
  ];
  return { commands, steps };
}

function requireWritten(intent: StepResult): void {
  if (intent.status === 0) return;
  throw new CtplayError('ledger.unwritable', 'the ledger on the host could not be written, so the change was not made', {
    found: intent.stderr.trim() || `exit status ${intent.status}`,
    hint: 'Free space on /var/lib, or run the task as root with become: true.',
  });
}

function withEnvironment(command: Command, environment: Readonly<Record<string, string>>): Command {
  const exports = Object.entries(environment).map(([name, value]) => sh`export ${`${name}=${value}`}`);
  if (exports.length === 0) return command;
  const wrapped = joinCommands([...exports, command], '\n');
  return command.input === undefined ? wrapped : wrapped.withInput(command.input);
}
