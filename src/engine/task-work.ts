/** What a task does on one host: for each item of its loop, and what an error on the way makes of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CtplayError } from '../errors.ts';
import type { ChangeView, TaskView } from '../events.ts';
import type { Loop, Task } from '../load/tree.ts';
import type { Templar } from '../template/index.ts';
import { conditions, keyword, type Chain } from './chain.ts';
import type { LoopItem } from './following.ts';
import type { HostWalk } from './host-walk.ts';
import { firstFalse, runItem, type ItemResult, type ItemRun } from './item.ts';
import { loopItems, loopVariables } from './loop.ts';
import { censored, censoredError, errorView } from './views.ts';

/** The task itself, or the one that its `action: "{{ module }}"` stands for on this host. */
export async function chosenTask(walk: HostWalk, task: Task, templar: Templar): Promise<Task> {
  if (!task.chooseModule) return task;
  return task.chooseModule(String(await walk.evaluate(() => templar.render(task.module, { span: task.source.at(task.argsPath) }))));
}

/** As Ansible does, where the list of a loop or the module's name can't be known: a task that doesn't apply needs neither. */
export async function skipInstead(walk: HostWalk, error: unknown, task: Task, chain: Chain, templar: Templar): Promise<ItemResult | undefined> {
  if (!(error instanceof CtplayError) || error.code !== 'template.undefined') return undefined;
  const condition = await walk.evaluate(() => firstFalse(conditions(chain), templar, task)).catch(() => undefined);
  if (condition === undefined) return undefined;
  return { status: 'skipped', changes: [], skipReason: String(condition), result: { changed: false, skipped: true, skip_reason: 'Conditional result was False' } };
}

/** What a thrown error makes of the task; undefined for defects. */
export async function failureOf(walk: HostWalk, error: unknown, task: Task, chain: Chain): Promise<ItemResult | undefined> {
  if (!(error instanceof CtplayError)) return undefined;
  const { run } = walk.play;
  if (error.code === 'task.interrupted' || (run.kill.aborted && error.code.startsWith('ssh.'))) return { status: 'interrupted', changes: [], result: {}, error };
  if (error.code.startsWith('ssh.')) return { status: 'unreachable', changes: [], result: { unreachable: true, msg: error.message, changed: false }, error };
  if (run.settings.check && error.code === 'template.undefined' && dependsOnPending(walk, task, chain)) {
    return { status: 'changed', knownAfterApply: true, changes: [], result: { changed: true } };
  }
  return { status: 'failed', changes: [], result: { failed: true, changed: false, msg: error.message }, error };
}

/** In check mode: whether the task uses what a pending task would register. */
function dependsOnPending(walk: HostWalk, task: Task, chain: Chain): boolean {
  const names = walk.play.run.memory(walk.host).unknownYet;
  if (names.size === 0) return false;
  const text = JSON.stringify([task.args, task.loop?.items, conditions(chain), task.changedWhen, task.failedWhen, task.until, task.keywords.vars]);
  return [...names].some((name) => new RegExp(`\\b${name}\\b`).test(text));
}

/** The task for each item of its loop, in turn. */
export async function runLoop(walk: HostWalk, task: Task, loop: Loop, chain: Chain, templar: Templar, view: TaskView, one: (special: Readonly<Record<string, unknown>>, target: string) => ItemRun, noLog: boolean): Promise<ItemResult> {
  const { run } = walk.play;
  const items = await walk.evaluate(() => loopItems(loop, templar, task));
  if (items.length === 0) return { status: 'skipped', changes: [], skipReason: 'no items in the list', result: { changed: false, skipped: true, skipped_reason: noItems, results: [] } };
  const { control } = loop;
  const results: Record<string, unknown>[] = [];
  const all: ItemResult[] = [];
  function* itemsAfter(index: number): Iterable<LoopItem> {
    for (let next = index + 1; next < items.length; next++) yield { index: next, special: loopVariables(loop, items, next, templar, task) };
  }
  for (const [index, item] of items.entries()) {
    if (run.stop.aborted && !walk.isDoneEarly(task, index)) return { status: 'interrupted', changes: [], result: { results } };
    if (index > 0 && control.pause !== undefined) await sleep(Number(templar.render(control.pause)) * 1000, undefined, { signal: run.stop }).catch(() => undefined);
    const special = loopVariables(loop, items, index, templar, task);
    const inner = walk.play.templar(walk.play.scope(walk.host, chain, special), chain, task.source.file);
    const started = Date.now();
    const delegate = keyword(chain, 'delegateTo');
    let done: ItemResult;
    try {
      const target = delegate === undefined ? walk.host : String(await walk.evaluate(() => inner.render(delegate)));
      done = await runItem({ ...one(special, target), index, ...(control.pause === undefined ? { place: { kind: 'loop', later: () => itemsAfter(index) } } : {}) });
    } catch (error) {
      const failure = await failureOf(walk, error, task, chain);
      if (failure === undefined) throw error;
      done = failure;
    }
    all.push(done);
    results.push({ ...done.result, [control.loopVar]: item, ansible_loop_var: control.loopVar });
    const label = noLog ? '(hidden)' : shownLabel(control.label === undefined ? item : inner.render(control.label));
    run.emit({
      type: 'task-item', host: walk.host, task: view, item: noLog ? undefined : item, label, status: done.status, changes: noLog ? [] : done.changes,
      result: noLog ? censored : done.result, durationMs: Date.now() - started,
      ...(done.knownAfterApply ? { knownAfterApply: true } : {}), ...(done.skipReason ? { skipReason: done.skipReason } : {}),
      ...(done.error ? { error: noLog ? censoredError : errorView(done.error, task.source.at(task.argsPath)) } : {}), ...(done.args && !noLog ? { args: done.args } : {}),
    });
    if (done.status === 'unreachable' || done.status === 'interrupted') return { ...done, result: { ...done.result, results } };
  }
  return combine(all, results);
}

/** Ansible's words. */
export const noItems = 'No items in the list';

function combine(all: readonly ItemResult[], results: readonly Record<string, unknown>[]): ItemResult {
  const failed = all.find((one) => one.status === 'failed');
  const changed = all.some((one) => one.result['changed'] === true);
  const status = failed ? 'failed' : all.every((one) => one.status === 'skipped') ? 'skipped' : changed ? 'changed' : 'ok';
  return {
    status,
    changes: all.flatMap((one): readonly ChangeView[] => one.changes),
    result: { results, changed, skipped: status === 'skipped', ...(failed ? { failed: true } : {}), msg: failed ? 'One or more items failed' : status === 'skipped' ? 'All items skipped' : 'All items completed' },
    ...(failed?.error ? { error: failed.error } : {}),
    ...(all.some((one) => one.knownAfterApply) ? { knownAfterApply: true } : {}),
  };
}

function shownLabel(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
