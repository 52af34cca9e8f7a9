/** One task with one item of its loop (or none), on one host: from its arguments to its result. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CtplayError } from '../errors.ts';
import type { ChangeView, TaskStatus } from '../events.ts';
import type { Action, ActionResult, Controller, Module } from '../module.ts';
import { loadVarsFile } from '../load/playbook.ts';
import type { Task } from '../load/tree.ts';
import type { AnyModule } from '../registry.ts';
import type { Templar } from '../template/index.ts';
import { applyCall, type Applied, type ApplySettings, type Call } from './apply.ts';
import { applyAsJob, applyWithin } from './background.ts';
import { resolveArguments } from './arguments.ts';
import { truth } from './become.ts';
import { conditions, keyword, type Chain } from './chain.ts';
import { following, mayLead, type Place } from './following.ts';
import { controllerFor, howToApply, taskKeywords } from './how-to-apply.ts';
import type { Foreseen, HostWalk } from './host-walk.ts';
import { visibleArguments } from './redact.ts';
import type { HostMemory, LayeredScope } from './variables.ts';
import { changeView } from './views.ts';

export interface ItemResult {
  readonly status: TaskStatus;
  /** As `register` has it. */
  readonly result: Record<string, unknown>;
  readonly changes: readonly ChangeView[];
  readonly error?: CtplayError;
  readonly knownAfterApply?: boolean;
  readonly skipReason?: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

/** What became of a task that was done before its turn, and the arguments that it was done with. */
export interface DoneEarly {
  readonly args: Readonly<Record<string, unknown>>;
  readonly applied: Applied;
}

export interface ItemRun {
  readonly walk: HostWalk;
  readonly task: Task;
  readonly chain: Chain;
  readonly module: AnyModule;
  /** Loop variables. */
  readonly special: Readonly<Record<string, unknown>>;
  /** The inventory name of the host the work is done on. */
  readonly target: string;
  readonly noLog: boolean;
  /** What was found out about the task before its turn, if that still holds. */
  readonly foreseen?: Foreseen | undefined;
  /** What became of the task, where it is done already. */
  readonly early?: DoneEarly | undefined;
  /** Where the task or the item stands. */
  readonly place?: Place | undefined;
  /** Which item of a loop it is. */
  readonly index?: number;
  /** Another attempt of `until`: what is known of the host is read anew. */
  readonly again?: boolean;
  readonly onRetry: (attempt: number, retries: number) => void;
}

/** Never throws for a failure of the task; connection errors and defects pass through. */
export async function runItem(item: ItemRun): Promise<ItemResult> {
  const { walk, task, chain, special } = item;
  const scope = walk.play.scope(walk.host, chain, special);
  const templar = walk.play.templar(scope, chain, task.source.file);
  const early = walk.takeEarly(task, item.index);
  const foreseen = walk.foreseen(task, chain);
  const failedCondition = foreseen || early ? undefined : await walk.evaluate(() => firstFalse(conditions(chain), templar, task));
  if (failedCondition !== undefined) {
    walk.play.run.named(walk.host).ended(task, false);
    return { status: 'skipped', changes: [], skipReason: String(failedCondition), result: { changed: false, skipped: true, skip_reason: 'Conditional result was False', false_condition: failedCondition } };
  }

  const attempts = task.until === undefined ? 1 : 1 + Number((await walk.evaluate(() => templar.render(task.retries ?? 3))) ?? 3);
  const delay = Number((await walk.evaluate(() => templar.render(task.delay ?? 5))) ?? 5);
  for (let attempt = 1; ; attempt++) {
    const once = await attemptItem(attempt > 1 ? { ...item, again: true } : { ...item, foreseen, early }, scope, templar);
    const judged = await judge(item, task.until === undefined ? once : { ...once, result: { ...once.result, attempts: attempt } });
    if (task.until === undefined) return judged;
    const view = walk.play.templar(walk.play.scope(walk.host, chain, { ...special, ...(task.register ? { [task.register]: judged.result } : {}) }), chain, task.source.file);
    const satisfied = await walk.evaluate(() => firstFalse(task.until!, view, task) === undefined);
    if (satisfied || walk.play.run.stop.aborted || judged.status === 'interrupted' || judged.knownAfterApply === true) return judged;
    if (attempt >= attempts) {
      // As in Ansible: the number of retries is registered, and failed_when alone decides on the task where it stands.
      const exhausted = { ...judged, result: { ...judged.result, failed: true, attempts: attempts - 1 } };
      if (task.failedWhen !== undefined && judged.status !== 'failed') return exhausted;
      const error = judged.error ?? new CtplayError('task.failed', `the condition of 'until' did not come true in ${attempts} attempts`, { span: task.source.at(['until']) });
      return { ...exhausted, status: 'failed', error };
    }
    item.onRetry(attempt, attempts - 1);
    await sleep(delay * 1000, undefined, { signal: walk.play.run.stop }).catch(() => undefined);
  }
}

/** The first condition that doesn't hold. */
export function firstFalse(list: readonly unknown[], templar: Templar, task: { readonly source: Task['source'] }): unknown {
  return list.find((condition) => !templar.condition(condition, { span: task.source.at(['when']) }));
}

async function attemptItem(item: ItemRun, scope: LayeredScope, templar: Templar): Promise<ItemResult> {
  const { walk, task, chain, module } = item;
  const args = item.early?.args ?? item.foreseen?.args ?? (await walk.evaluate(() => resolveArguments(task, module, chain, templar)));
  const shown = item.noLog ? undefined : visibleArguments(module, args);
  const controller = controllerFor(walk.play, walk.host, task, chain, scope);
  const done = module.kind === 'action' ? await runAction(item, module, args, controller, templar) : await runModule(item, module, args, controller, scope, templar);
  return { ...done, ...(shown ? { args: shown } : {}) };
}

async function runModule(item: ItemRun, module: Module, args: Readonly<Record<string, unknown>>, controller: Controller, scope: LayeredScope, templar: Templar): Promise<ItemResult> {
  if (item.early) tellSubject(item, module, args);
  const applied = item.early?.applied ?? (await applyModule(item, module, args, controller, scope, templar));
  learnFacts(factsOwner(item, templar), applied.values['ansible_facts']);
  const skipped = applied.status === 'ok' && applied.values['skipped'] === true;
  return {
    status: skipped ? 'skipped' : applied.status,
    ...(skipped ? { skipReason: String(applied.values['msg'] ?? '') } : {}),
    result: { changed: applied.status === 'changed' || ranAndFailed(module, applied), failed: applied.status === 'failed', ...applied.values },
    changes: applied.changes.map(changeView),
    ...(applied.error ? { error: applied.error } : {}),
    ...(applied.knownAfterApply ? { knownAfterApply: true } : {}),
  };
}

async function applyModule(item: ItemRun, module: Module, args: Readonly<Record<string, unknown>>, controller: Controller, scope: LayeredScope, templar: Templar): Promise<Applied> {
  const { walk, task, foreseen, place } = item;
  const keywords = await walk.evaluate(() => taskKeywords(item, scope, templar));
  const inputs = module.prepare ? await walk.evaluate(() => module.prepare!(args, controller)) : undefined;
  const session = await walk.session(item.target, { login: keywords.login, variables: keywords.variables, patience: module.patience?.(args) });
  session.shell(keywords.become).reached(walk.play.run.taskId(task));
  tellSubject(item, module, args);
  // What rests on files of the controller is asked anew.
  const facts = module.prepare ? undefined : foreseen?.facts;
  const call: Call = { name: task.module, module, args, inputs, isLive: walk.play.run.liveReturns.of(task), ...(facts ? { facts } : {}) };
  const how: ApplySettings = {
    ...howToApply(walk, task, { keywords, noLog: item.noLog, session }),
    again: item.again === true,
    ...(place && mayLead(item) ? { companions: () => following(item, place, session) } : {}),
  };
  const { seconds, poll } = keywords.background;
  return await (seconds === 0 || keywords.check ? applyCall(call, how) : poll > 0 ? applyWithin(call, how, seconds) : applyAsJob(call, how));
}

/** For what is pruned later: the playbook names what the task is about. */
function tellSubject({ walk, task, target }: ItemRun, module: Module, args: Readonly<Record<string, unknown>>): void {
  const { run } = walk.play;
  run.named(target).about(task.module, run.settings.vault.texts.mask(module.subject(args)));
}

/** A command that failed did run; of one that was ended nothing is known. */
function ranAndFailed(module: Module, { changes, error }: Applied): boolean {
  return module.declarative === false && changes.length > 0 && error?.code !== 'task.timeout';
}

async function runAction(item: ItemRun, action: Action, args: Readonly<Record<string, unknown>>, controller: Controller, templar: Templar): Promise<ItemResult> {
  const { walk, task } = item;
  const { run } = walk.play;
  const span = task.source.at(task.argsPath);
  const done: ActionResult = await walk.evaluate(() =>
    action.run(args, {
      ...controller,
      render: (value) => templar.render(value, { span }),
      evaluate: (expression) => templar.evaluate(expression, { span }),
      condition: (expression) => templar.condition(expression, { span }),
      checkMode: run.settings.check,
      verbosity: run.settings.verbosity,
      loadVariables: (path) => loadVarsFile(path, { decrypt: run.settings.vault.decrypt }),
      ...(run.ask ? { prompt: run.ask } : {}),
      signal: run.stop,
    }),
  );
  const memory = factsOwner(item, templar);
  if (done.facts && task.module === 'include_vars') memory.include(done.facts);
  else if (done.facts) memory.set(done.facts);
  if (args['cacheable'] === true) learnFacts(memory, done.facts);
  if (done.addHost) run.inventory.addHost(done.addHost.name, done.addHost.groups, done.addHost.variables);
  for (const group of done.addGroups ?? []) {
    run.inventory.addGroup(group.name, group.parents);
    run.inventory.addHost(walk.host, [group.name], {});
  }
  const status = done.failed ? 'failed' : done.skipped ? 'skipped' : done.changed ? 'changed' : 'ok';
  return {
    status,
    changes: [],
    result: { changed: done.changed ?? false, failed: done.failed ?? false, ...(done.skipped ? { skipped: true } : {}), ...(done.message === undefined ? {} : { msg: done.message }), ...(done.facts ? { ansible_facts: done.facts } : {}), ...done.values },
    ...(done.failed ? { error: new CtplayError('task.failed', done.message ?? 'the task failed') } : {}),
  };
}

/** changed_when and failed_when, which see the result under its registered name. */
async function judge(item: ItemRun, done: ItemResult): Promise<ItemResult> {
  const { walk, task, chain, special } = item;
  const failedBefore = done.status === 'failed';
  const result: Record<string, unknown> = { ...done.result };
  if (failedBefore) {
    result['failed'] = true;
    result['msg'] ??= done.error?.message;
    if (done.error?.details.detail !== undefined) result['stderr'] ??= done.error.details.detail;
  }
  if ((task.changedWhen === undefined && task.failedWhen === undefined) || done.knownAfterApply === true || done.status === 'skipped') return { ...done, result };
  const scope = walk.play.scope(walk.host, chain, { ...special, ...(task.register ? { [task.register]: result } : {}) });
  const templar = walk.play.templar(scope, chain, task.source.file);
  const holds = (list: readonly unknown[], path: string): Promise<boolean> => walk.evaluate(() => list.every((one) => templar.condition(one, { span: task.source.at([path]) })));
  let { status, error } = done;
  let changed = result['changed'] === true;
  if (task.changedWhen !== undefined) changed = await holds(task.changedWhen, 'changed_when');
  result['changed'] = changed;
  if (task.failedWhen !== undefined) {
    const failed = await holds(task.failedWhen, 'failed_when');
    result['failed'] = failed;
    result['failed_when_result'] = failed;
    if (failed && !failedBefore) error = new CtplayError('task.failed', "the condition of 'failed_when' holds", { span: task.source.at(['failed_when']), found: task.failedWhen.map(String).join(' and ') });
    status = failed ? 'failed' : 'ok';
    if (!failed) error = undefined;
  }
  if (status !== 'failed') status = changed ? 'changed' : 'ok';
  const { error: _replaced, ...rest } = done;
  return { ...rest, status, result, ...(error ? { error } : {}) };
}

/** Facts that a module returns stand beside those that were read. */
function learnFacts(memory: HostMemory, learnt: unknown): void {
  if (learnt === null || typeof learnt !== 'object') return;
  memory.learn(learnt as Record<string, unknown>);
}

/** Whose facts a task sets: the play's host's, and the other host's only with delegate_facts. */
function factsOwner({ walk, task, chain, target }: ItemRun, templar: Templar): HostMemory {
  const delegated = target !== walk.host && truth(templar.render(keyword(chain, 'delegateFacts') ?? false), 'delegate_facts', task.source);
  return walk.play.run.memory(delegated ? target : walk.host);
}
