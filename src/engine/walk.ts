/** One host walks a list of entries: tasks, blocks with rescue and always, includes, meta. */
import { loadRole, loadTasks } from '../load/playbook.ts';
import type { Block, Entry, Include } from '../load/tree.ts';
import { extend, keyword, tagsOf, type Chain } from './chain.ts';
import { expandInclude } from './include.ts';
import type { Place } from './following.ts';
import type { HostWalk } from './host-walk.ts';
import type { Position } from './lockstep.ts';
import { tagsChoose } from './tags.ts';
import { runMeta } from './meta.ts';
import { isTrue, runTask, type TaskOutcome } from './task.ts';
import { HandlerQueue } from './handler-queue.ts';

export interface WalkOptions {
  readonly handler: boolean;
  /** Around us stands a block with a rescue. */
  readonly rescued: boolean;
  /** We are in the `always` of a block. */
  readonly closing: boolean;
  readonly at: Position;
  /** Where the entry stands in its list. */
  readonly place?: Place | undefined;
}

export async function walkEntries(walk: HostWalk, entries: readonly Entry[], chain: Chain, options: WalkOptions): Promise<TaskOutcome | undefined> {
  for (const [index, entry] of entries.entries()) {
    const outcome = await walkEntry(walk, entry, chain, { ...options, at: [...options.at, index], place: { kind: 'list', entries, index, chain } });
    if (outcome !== undefined && outcome.flow !== 'next') return outcome;
  }
  return undefined;
}

async function walkEntry(walk: HostWalk, entry: Entry, chain: Chain, options: WalkOptions): Promise<TaskOutcome | undefined> {
  if (entry.kind === 'block') return walkBlock(walk, entry, chain, options);
  const inner = extend(chain, entry.keywords);
  const { settings } = walk.play.run;
  if (!options.handler && !tagsChoose(tagsOf(inner), settings.tags, settings.skipTags)) return undefined;
  switch (entry.kind) {
    case 'task': return runTask(walk, entry, chain, options);
    case 'meta': return runMeta(walk, entry, inner, options, () => flushHandlers(walk, options.at));
    case 'include': return walkInclude(walk, entry, chain, options);
  }
}

async function walkBlock(walk: HostWalk, block: Block, chain: Chain, options: WalkOptions): Promise<TaskOutcome | undefined> {
  const inner = extend(chain, block.keywords, block.role);
  // Ansible runs a role once for the same parameters on a host, however often it is named.
  if (block.role && !block.role.allowDuplicates && walk.play.roles.hasRun(walk.host, block.role)) return undefined;
  const hasRescue = block.rescue.length > 0;
  const part = (index: number, changes: Partial<WalkOptions> = {}): WalkOptions => ({ ...options, ...changes, at: [...options.at, index] });
  let outcome = await walkEntries(walk, block.block, inner, part(0, { rescued: hasRescue || options.rescued }));
  if (outcome?.flow === 'failed' && hasRescue) {
    if (outcome.shared !== true) rememberRescue(walk, outcome);
    outcome = await walkEntries(walk, block.rescue, inner, part(1));
  }
  const closing = { ...part(2), closing: true };
  if (block.always.length === 0 || (outcome && ['lost', 'end-host'].includes(outcome.flow)) || walk.stopsBefore(closing)) return outcome;
  const always = await walkEntries(walk, block.always, inner, closing);
  return always ?? outcome;
}

function rememberRescue(walk: HostWalk, failed: TaskOutcome): void {
  const { run } = walk.play;
  run.counter(walk.host).rescued++;
  run.memory(walk.host).set({ ansible_failed_result: { ...failed.result, msg: failed.result['msg'] ?? failed.error?.message }, ansible_failed_task: failedTask(failed) });
}

/** What a rescue sees of the task that failed. */
function failedTask({ entry }: TaskOutcome): Record<string, unknown> {
  if (!entry) return { name: '' };
  const action = entry.kind === 'task' ? entry.module : `include_${entry.what}`;
  return { name: entry.name ?? '', action, args: entry.args, tags: entry.keywords.tags ?? [], when: entry.keywords.when ?? [], vars: entry.keywords.vars ?? {} };
}

async function walkInclude(walk: HostWalk, include: Include, chain: Chain, options: WalkOptions): Promise<TaskOutcome | undefined> {
  const { run, play, lockstep, once } = walk.play;
  if (play.strategy === 'linear') await lockstep.turn(walk.host, options.at);
  if (walk.stopsBefore(options)) return { flow: 'stopped', status: 'interrupted', result: {} };
  if (isTrue(keyword(extend(chain, include.keywords), 'runOnce')) && !(await once.chosen(walk.host, run.taskId(include)))) return undefined;
  const expanded = await expandInclude(walk, include, chain, { loadTasks, loadRole });
  if ('flow' in expanded) return expanded;
  for (const [index, { block, chain: inner }] of expanded.parts.entries()) {
    const outcome = await walkEntry(walk, block, inner, { ...options, at: [...options.at, index] });
    if (outcome !== undefined && outcome.flow !== 'next') return outcome;
  }
  return undefined;
}

/** Runs the handlers that were notified, in the order in which they are defined, each once. */
export async function flushHandlers(walk: HostWalk, at: Position): Promise<TaskOutcome | undefined> {
  const { play, host, notified } = walk;
  const handlers = play.roles.handlers();
  const queue = new HandlerQueue(handlers, (name, role) => {
    const chain = role ? extend(play.chain, {}, role) : play.chain;
    return walk.evaluate(() => String(play.templar(play.scope(host, chain), chain, play.play.source.file).render(name)));
  });
  for (let next = await queue.take(notified); next; next = await queue.take(notified)) {
    const chain = [{}, ...next.around].reduce((all: Chain, keywords) => extend(all, keywords), next.role ? extend(play.chain, {}, next.role) : play.chain);
    const outcome = await walkEntry(walk, next.entry, chain, { handler: true, rescued: false, closing: false, at: [...at, handlers.indexOf(next)] });
    if (outcome !== undefined && outcome.flow !== 'next') return outcome;
  }
  return undefined;
}
