/** One task on one host: its loop, its result for others, and what is told of it. */
import { CtplayError } from '../errors.ts';
import type { TaskStatus, TaskView } from '../events.ts';
import type { Include, Task } from '../load/tree.ts';
import { isTemplate, type Templar } from '../template/index.ts';
import { truth } from './become.ts';
import { extend, keyword, type Chain } from './chain.ts';
import type { Place } from './following.ts';
import type { HostWalk } from './host-walk.ts';
import type { Position } from './lockstep.ts';
import { runItem, type ItemResult, type ItemRun } from './item.ts';
import { chosenTask, failureOf, noItems, runLoop, skipInstead } from './task-work.ts';
import { censored, censoredError, errorView } from './views.ts';

/** How the walk goes on: the next entry, into a rescue, off the play, or not at all any more. */
export type Flow = 'next' | 'failed' | 'lost' | 'stopped' | 'end-host';

export interface TaskOutcome {
  readonly flow: Flow;
  readonly status: TaskStatus;
  readonly result: Readonly<Record<string, unknown>>;
  readonly error?: CtplayError;
  /** The task that failed, for a rescue. */
  readonly entry?: Task | Include;
  /** It happened on another host, which ran the task for all. */
  readonly shared?: boolean;
}

interface TaskOptions {
  readonly handler: boolean;
  readonly rescued: boolean;
  readonly closing: boolean;
  readonly at: Position;
  readonly place?: Place | undefined;
}

/** `inherited` is the chain above the task. `rescued`: a rescue will take a failure from here. */
export async function runTask(walk: HostWalk, task: Task, inherited: Chain, options: TaskOptions): Promise<TaskOutcome> {
  const { run } = walk.play;
  const chain = extend(inherited, task.keywords);
  if (walk.play.play.strategy === 'linear' || (await isDue(walk, task))) await walk.play.lockstep.turn(walk.host, options.at);
  if (walk.stopsBefore(options) && !walk.isDoneEarly(task)) return { flow: 'stopped', status: 'interrupted', result: {} };
  if (!(await mayRun(walk, task, inherited, options))) return { flow: 'next', status: 'skipped', result: {} };
  if (isTrue(keyword(chain, 'runOnce'))) {
    const { mine, outcome } = await walk.play.once.run(walk.host, run.taskId(task), () => schedule(walk, task, chain, options));
    return mine ? outcome : shareOutcome(walk, task, outcome);
  }
  return schedule(walk, task, chain, options);
}

/** --step: the person decides on each task; handlers follow from what tasks did. */
async function mayRun({ play: { run } }: HostWalk, task: Task, chain: Chain, { handler }: { readonly handler: boolean }): Promise<boolean> {
  if (handler || !run.step) return true;
  const name = task.name ?? task.module;
  return run.step({ id: run.taskId(task), name: chain.role ? `${chain.role.name} : ${name}` : name });
}

/** Whether the task's facts are about what other hosts make as well. */
async function isDue(walk: HostWalk, task: Task): Promise<boolean> {
  if (task.chooseModule) return false;
  const module = await walk.play.run.registry.load(task.module);
  return module.kind === 'module' && module.readWhen === 'due';
}

/** Waits for a free place, with `throttle` also for one among those of this task, then runs. */
async function schedule(walk: HostWalk, task: Task, chain: Chain, options: TaskOptions): Promise<TaskOutcome> {
  const { run } = walk.play;
  const now = (): Promise<TaskOutcome> => run.places.run(() => perform(walk, task, chain, options));
  const written = keyword(chain, 'throttle');
  if (written === undefined) return now();
  const templar = walk.play.templar(walk.play.scope(walk.host, chain), chain, task.source.file);
  const limit = Number(await walk.evaluate(() => templar.render(written, { span: task.source.span })));
  return limit >= 1 ? walk.play.throttled(task, limit).run(now) : now();
}

function shareOutcome(walk: HostWalk, task: Task, outcome: TaskOutcome): TaskOutcome {
  const memory = walk.play.run.memory(walk.host);
  if (task.register) memory.set({ [task.register]: outcome.result });
  if (task.module === 'set_fact') for (const result of [outcome.result['results'] ?? outcome.result].flat() as Record<string, unknown>[]) memory.set((result['ansible_facts'] ?? {}) as Record<string, unknown>);
  return { ...outcome, shared: true, flow: outcome.flow === 'failed' || outcome.flow === 'stopped' ? outcome.flow : 'next' };
}

async function perform(walk: HostWalk, task: Task, chain: Chain, options: TaskOptions): Promise<TaskOutcome> {
  const { run } = walk.play;
  if (run.stop.aborted && !walk.isDoneEarly(task)) return { flow: 'stopped', status: 'interrupted', result: {} };
  const started = Date.now();
  const scope = walk.play.scope(walk.host, chain);
  const templar = walk.play.templar(scope, chain, task.source.file);
  const view = run.taskView(task, taskName(task, chain, templar), task.module, options.handler);
  run.emit({ type: 'task-start', host: walk.host, task: view });

  let noLog = false;
  let target = walk.host;
  let done: ItemResult;
  try {
    noLog = await walk.evaluate(() => truth(templar.render(keyword(chain, 'noLog') ?? false), 'no_log', task.source));
    const delegate = keyword(chain, 'delegateTo');
    if (delegate !== undefined && task.loop === undefined) target = String(await walk.evaluate(() => templar.render(delegate, { span: task.source.at(['delegate_to']) })));
    const chosen = await chosenTask(walk, task, templar);
    const module = await run.registry.load(chosen.module);
    const one = (special: Readonly<Record<string, unknown>>, to: string): ItemRun => ({
      walk, task: chosen, chain, module, target: to, noLog,
      special: to === walk.host ? special : { ...special, ansible_delegated_vars: walk.play.delegatedVariables(to) },
      onRetry: (attempt, retries) => run.emit({ type: 'task-retry', host: walk.host, task: view, attempt, retries }),
    });
    done = task.loop ? await runLoop(walk, task, task.loop, chain, templar, view, one, noLog) : await runItem({ ...one({}, target), place: options.place });
  } catch (error) {
    const other = (await skipInstead(walk, error, task, chain, templar)) ?? (await failureOf(walk, error, task, chain));
    if (other === undefined) throw error;
    done = other;
  }
  return conclude(walk, task, chain, templar, view, done, { ...options, noLog, target, started });
}

/** Counts, remembers, notifies and tells. */
async function conclude(walk: HostWalk, task: Task, chain: Chain, templar: Templar, view: TaskView, done: ItemResult, options: { rescued: boolean; noLog: boolean; target: string; started: number }): Promise<TaskOutcome> {
  const { run } = walk.play;
  const memory = run.memory(walk.host);
  const counter = run.counter(walk.host);
  if (task.register) {
    memory.set({ [task.register]: done.result });
    if (run.settings.check && (done.knownAfterApply === true || (done.status === 'changed' && done.changes.length > 0))) memory.unknownYet.add(task.register);
    else memory.unknownYet.delete(task.register);
  }
  const flag = (name: 'ignoreErrors' | 'ignoreUnreachable' | 'anyErrorsFatal', preset = false): boolean => truth(templar.render(keyword(chain, name) ?? preset), name, task.source);
  run.named(walk.host).ended(task, done.status === 'ok' || done.status === 'changed' || done.result['skipped_reason'] === noItems);
  const ignored = (done.status === 'failed' && flag('ignoreErrors')) || (done.status === 'unreachable' && flag('ignoreUnreachable'));
  const rescued = done.status === 'failed' && !ignored && options.rescued;
  switch (done.status) {
    case 'ok': counter.ok++; break;
    case 'changed': counter.ok++; counter.changed++; break;
    case 'skipped': counter.skipped++; break;
    case 'failed':
      if (!ignored) { if (!rescued) counter.failed++; break; }
      counter.ok++;
      counter.ignored++;
      if (done.result['changed'] === true) counter.changed++;
      break;
    case 'unreachable': if (ignored) { counter.ok++; counter.ignored++; } break;
    case 'interrupted': break;
  }
  if (chain.role && done.status !== 'skipped') walk.play.roles.markRan(walk.host, chain.role);
  if (done.status === 'changed') for (const topic of task.notify ?? []) walk.notified.add(String(templar.render(topic)));
  const { noLog } = options;
  run.emit({
    type: 'task-end', host: walk.host, task: view, status: done.status, changes: noLog ? [] : done.changes, result: noLog ? censored : done.result, durationMs: Date.now() - options.started,
    ...(done.knownAfterApply ? { knownAfterApply: true } : {}), ...(ignored ? { ignored: true } : {}), ...(rescued ? { rescued: true } : {}),
    ...(done.skipReason ? { skipReason: done.skipReason } : {}), ...(options.target === walk.host ? {} : { delegatedTo: options.target }),
    ...(done.error ? { error: noLog ? censoredError : errorView(done.error, task.source.at(task.argsPath)) } : {}), ...(done.args && !noLog ? { args: done.args } : {}),
  });
  if (!noLog) for (const message of warningsOf(done.result)) run.emit({ type: 'warning', message, host: walk.host, span: task.source.span });
  const flow = flowOf(walk, done, ignored);
  if (flow === 'failed' && !rescued && flag('anyErrorsFatal', run.settings.anyErrorsFatal)) walk.play.end('fatal');
  return { flow, status: done.status, result: done.result, entry: task, ...(done.error ? { error: done.error } : {}) };
}

function flowOf(walk: HostWalk, done: ItemResult, ignored: boolean): Flow {
  if (ignored) return 'next';
  if (done.status === 'interrupted') return 'stopped';
  if (done.status === 'failed') return 'failed';
  if (done.status !== 'unreachable') return 'next';
  const error = done.error ?? new CtplayError('ssh.unreachable', `${walk.host} can't be reached`);
  walk.play.run.lose(walk.host, error);
  walk.play.run.emit({ type: 'host-unreachable', host: walk.host, error: errorView(error) });
  return 'lost';
}

/** The task's name with its role, or the module's when it has none. A name whose template can't be rendered is shown as written. */
export function taskName(task: { readonly name?: string; readonly module?: string; readonly keywords: Task['keywords'] }, chain: Chain, templar: Templar): string {
  let name = task.name ?? task.module ?? '';
  if (isTemplate(name)) {
    try {
      name = String(templar.render(name));
    } catch {
      name = task.name ?? name;
    }
  }
  return chain.role ? `${chain.role.name} : ${name}` : name;
}

/** A keyword that is no template here: true in YAML's words. */
export function isTrue(value: unknown): boolean {
  return value === true || (typeof value === 'string' && ['yes', 'true', 'on', '1'].includes(value.toLowerCase()));
}

/** What a module has to say to the user beside its result. */
function warningsOf(result: Readonly<Record<string, unknown>>): readonly string[] {
  const { warnings } = result;
  return Array.isArray(warnings) ? warnings.map(String) : [];
}
