/** Takes back what the ledgers of hosts say ctplay made, newest first, on all hosts in parallel. */
import { CtplayError, PreconditionError } from '../errors.ts';
import type { TaskStatus, TaskView } from '../events.ts';
import type { GuardedWork } from '../guard/host-guard.ts';
import type { Change, FactMap, Module, Values } from '../module.ts';
import type { Become, Step } from '../transport/types.ts';
import { commandError } from './apply.ts';
import { touched } from './effects.ts';
import type { HostSession } from './host-session.ts';
import { commandsOf } from './joint-changes.ts';
import { openSubjects, removeLedgerCommand, revertedCommand, type LedgerSubject } from './ledger.ts';
import { readLedgers } from './host-ledgers.ts';
import type { RunContext } from './run-context.ts';
import type { UserShell } from './user-shell.ts';
import { registryFor } from './ledger-modules.ts';
import { changeView, errorView } from './views.ts';

/** A subject of the ledger with what is needed to take it back. */
interface Work {
  readonly subject: LedgerSubject;
  readonly module: Module;
  readonly facts: FactMap;
}

/** Where subjects are taken back: as which user of which host. */
export interface HostReset {
  readonly run: RunContext;
  readonly session: HostSession;
  readonly shell: UserShell;
  /** What can't be taken back is told and not counted as a failure: something after it settles it. */
  readonly forgiving?: boolean;
}

/** Resets one host. Failures of single subjects are told and counted; the rest goes on. Throws connection errors. */
export async function resetHost(run: RunContext, session: HostSession, become: Become | undefined): Promise<void> {
  for (const { shell, records } of await readLedgers(run, session, become)) {
    if (!records.some((record) => record.type === 'intent')) continue;
    const left = await revertSubjects({ run, session, shell }, openSubjects(records).reverse());
    if (left === 0 && !run.settings.check && !run.stop.aborted) await shell.run([{ command: removeLedgerCommand }], run.kill);
  }
}

/** Takes subjects back in the order given; gives how many could not be. What has no way back is told and not counted. */
export async function revertSubjects(host: HostReset, subjects: readonly LedgerSubject[]): Promise<number> {
  const { run, shell } = host;
  const work: Work[] = [];
  let left = 0;
  for (const subject of subjects) {
    const module = subject.revertible ? await loadModule(host, subject) : undefined;
    if (module) {
      const before = subject.before as Values<FactMap>;
      work.push({ subject, module, facts: module.revertFacts?.(subject.args, before) ?? module.facts(subject.args, undefined) });
    } else if (subject.revertible) left++;
    else tell(host, subject, 'skipped', [], Date.now(), { skipReason: `ran ${subject.intents.length === 1 ? 'once' : `${subject.intents.length} times`} and has no way back` });
  }
  shell.expect(work.map(({ subject, facts }) => ({ task: keyOf(subject), facts: Object.values(facts), brief: false })));
  for (const one of work) {
    if (run.stop.aborted) return left + 1;
    if (!(await revertOne(host, one))) left++;
  }
  return left;
}

/** True when the subject is as it was before ctplay came. */
async function revertOne(host: HostReset, { subject, module, facts }: Work): Promise<boolean> {
  const { run, shell, session } = host;
  const started = Date.now();
  run.emit({ type: 'task-start', host: session.host, task: viewOf(host, subject) });
  const before = subject.before as Values<FactMap>;
  shell.reached(keyOf(subject));
  let changes: Change[] = [];
  try {
    const now = await shell.read(facts, run.kill);
    changes = [...module.revert!(subject.args, now, before)];
    const guarded: GuardedWork = { mode: run.settings.guard.mode ?? 'auto', shell, changes, signal: run.kill };
    const refusal = await session.guard.refusal(guarded, { declared: true, rulesPending: false });
    if (refusal) throw refusal;
    if (run.settings.check) {
      tell(host, subject, changes.length > 0 ? 'changed' : 'ok', changes, started);
      return true;
    }
    const commands = commandsOf(changes);
    const record = revertedCommand({ type: 'reverted', ids: subject.intents.map((intent) => intent.id), run: run.runId, at: new Date().toISOString() });
    const steps: Step[] = [...commands.map((command): Step => ({ command, when: 'succeeded' })), { command: record, when: 'succeeded' }];
    await shell.leave(changes);
    const { results, now: after } = await session.guard.change(guarded, steps, touched(changes), facts);
    const failed = commands.findIndex((_command, index) => !results[index]!.skipped && results[index]!.status !== 0);
    if (failed >= 0) throw commandError(commands[failed]!, results[failed]!);
    const leftover = [...module.revert!(subject.args, after, before)].filter((change) => change.action !== 'run');
    if (leftover.length > 0) {
      throw new CtplayError('task.not-converged', `${subject.subject} is not as it was before`, { detail: leftover.map((change) => `${change.action} ${change.subject}`).join('\n') });
    }
    tell(host, subject, changes.length > 0 ? 'changed' : 'ok', changes, started);
    return true;
  } catch (error) {
    if (!(error instanceof CtplayError) || error.code.startsWith('ssh.') || error.code === 'host.locked') throw error;
    if (error.code === 'task.interrupted') {
      tell(host, subject, 'interrupted', changes, started, { error });
      return false;
    }
    tell(host, subject, 'failed', changes, started, { error });
    return false;
  }
}

async function loadModule(host: HostReset, subject: LedgerSubject): Promise<Module | undefined> {
  try {
    const module = await registryFor(subject, host.run.registry).load(subject.module);
    if (module.kind === 'module' && module.revert) return module;
    throw new PreconditionError(`the module '${subject.module}' has no way back in this version of ctplay`);
  } catch (error) {
    if (!(error instanceof CtplayError)) throw error;
    tell(host, subject, 'failed', [], Date.now(), { error });
    return undefined;
  }
}

function keyOf(subject: LedgerSubject): string {
  return `${subject.module}\0${subject.subject}`;
}

function viewOf(host: HostReset, subject: LedgerSubject): TaskView {
  const file = subject.intents.at(-1)?.playbook ?? 'ledger';
  return { id: `${host.session.host}:${keyOf(subject)}`, name: subject.subject, module: subject.module, span: { file, line: 1, column: 1 }, handler: false };
}

function tell(host: HostReset, subject: LedgerSubject, status: TaskStatus, changes: readonly Change[], started: number, more: { error?: CtplayError; skipReason?: string } = {}): void {
  const counter = host.run.counter(host.session.host);
  // What was there before, and so what its change says, may hold secrets.
  const hidden = subject.intents.some((intent) => intent.kept === true);
  if (status === 'ok' || status === 'changed') counter.ok++;
  if (status === 'changed') counter.changed++;
  const ignored = status === 'failed' && host.forgiving === true;
  if (ignored) counter.ignored++;
  else if (status === 'failed') counter.failed++;
  if (status === 'skipped') counter.skipped++;
  host.run.emit({
    type: 'task-end',
    host: host.session.host,
    task: viewOf(host, subject),
    status,
    changes: hidden ? [] : changes.map(changeView),
    result: {},
    durationMs: Date.now() - started,
    ...(ignored ? { ignored } : {}),
    ...(more.error ? { error: hidden ? { code: more.error.code, message: more.error.message } : errorView(more.error) } : {}),
    ...(more.skipReason ? { skipReason: more.skipReason } : {}),
  });
}
