/** One host walks a list of entries: tasks, blocks with rescue and always, includes, meta. */
import { loadRole, loadTasks } from '../load/playbook.ts';
import type { Block, Entry, Include, Meta, RoleContext, Task } from '../load/tree.ts';
import { extend, tagsOf, type Chain } from './chain.ts';
import { expandInclude } from './include.ts';
import type { HostWalk } from './host-walk.ts';
import { tagsChoose } from './tags.ts';
import { firstFalse } from './item.ts';
import { conditions } from './chain.ts';
import { runTask, type Flow, type TaskOutcome } from './task.ts';
import { handlersOf } from './play-context.ts';

export interface WalkOptions {
  readonly handler: boolean;
  /** Around us stands a block with a rescue. */
  readonly rescued: boolean;
}

export async function walkEntries(walk: HostWalk, entries: readonly Entry[], chain: Chain, options: WalkOptions): Promise<TaskOutcome | undefined> {
  for (const entry of entries) {
    const outcome = await walkEntry(walk, entry, chain, options);
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
    case 'task': return (await mayRun(walk, entry, chain, options)) ? runTask(walk, entry, chain, options) : undefined;
    case 'meta': return runMeta(walk, entry, inner);
    case 'include': return walkInclude(walk, entry, chain, options);
  }
}

/** --step: the person decides on each task; handlers follow from what tasks did. */
async function mayRun({ play: { run } }: HostWalk, task: Task, chain: Chain, { handler }: WalkOptions): Promise<boolean> {
  if (handler || !run.step) return true;
  const name = task.name ?? task.module;
  return run.step({ id: run.taskId(task), name: chain.role ? `${chain.role.name} : ${name}` : name });
}

async function walkBlock(walk: HostWalk, block: Block, chain: Chain, options: WalkOptions): Promise<TaskOutcome | undefined> {
  const inner = extend(chain, block.keywords, block.role);
  if (block.role && !block.role.allowDuplicates && ranBefore(walk, block.role)) return undefined;
  const hasRescue = block.rescue.length > 0;
  let outcome = await walkEntries(walk, block.block, inner, { ...options, rescued: hasRescue || (options.rescued && block.always.length === 0) });
  if (outcome?.flow === 'failed' && hasRescue) {
    const { memory, counter } = { memory: walk.play.run.memory(walk.host), counter: walk.play.run.counter(walk.host) };
    counter.rescued++;
    memory.facts['ansible_failed_result'] = { ...outcome.result, msg: outcome.result['msg'] ?? outcome.error?.message };
    memory.facts['ansible_failed_task'] = { name: block.name ?? '' };
    outcome = await walkEntries(walk, block.rescue, inner, options);
  }
  if (block.always.length === 0 || outcome?.flow === 'stopped' || outcome?.flow === 'lost') return outcome;
  const always = await walkEntries(walk, block.always, inner, options);
  return always ?? outcome;
}

/** Ansible runs a role once for the same parameters on a host, however often it is named. */
function ranBefore(walk: HostWalk, role: RoleContext): boolean {
  const key = `${walk.host}\0${role.path}\0${JSON.stringify(role.params)}`;
  if (walk.play.ranRoles.has(key)) return true;
  walk.play.ranRoles.add(key);
  return false;
}

async function runMeta(walk: HostWalk, meta: Meta, chain: Chain): Promise<TaskOutcome | undefined> {
  const { run } = walk.play;
  const templar = walk.play.templar(walk.play.scope(walk.host, chain), chain, meta.source.file);
  if (meta.action !== 'flush_handlers' && (await walk.evaluate(() => firstFalse(conditions(chain), templar, meta))) !== undefined) return undefined;
  const end = (flow: Flow): TaskOutcome => ({ flow, status: 'ok', result: {} });
  switch (meta.action) {
    case 'flush_handlers': return flushHandlers(walk);
    case 'end_host': return end('end-host');
    case 'end_play':
    case 'end_batch':
      walk.play.ended = true;
      return end('end-host');
    case 'clear_facts': {
      const session = run.sessions.get(walk.host);
      if (session) session.facts = undefined;
      return undefined;
    }
    case 'clear_host_errors':
    case 'refresh_inventory':
    case 'reset_connection':
    case 'noop':
      return undefined;
  }
}

/** Runs the handlers that were notified, in the order in which they are defined, each once. */
export async function flushHandlers(walk: HostWalk): Promise<TaskOutcome | undefined> {
  for (const { entry, role } of handlersOf(walk.play.play)) {
    if (entry.kind === 'meta' || walk.notified.size === 0) continue;
    const chain = role ? { ...extend(walk.play.chain, {}, role) } : walk.play.chain;
    const topics = [entry.name, role && entry.name !== undefined ? `${role.name} : ${entry.name}` : undefined, ...('listen' in entry ? (entry.listen ?? []) : [])].filter((topic) => topic !== undefined);
    if (!topics.some((topic) => walk.notified.has(topic))) continue;
    for (const topic of topics) if (!sharedTopic(walk, topic, entry)) walk.notified.delete(topic);
    const outcome = await walkEntry(walk, entry, chain, { handler: true, rescued: false });
    if (outcome !== undefined && outcome.flow !== 'next') return outcome;
  }
  walk.notified.clear();
  return undefined;
}

/** A topic that a later handler listens to as well stays notified until that one had its turn. */
function sharedTopic(walk: HostWalk, topic: string, entry: Entry): boolean {
  const all = handlersOf(walk.play.play).map((one) => one.entry);
  return all.slice(all.indexOf(entry) + 1).some((later) => later.kind !== 'meta' && (later.name === topic || ('listen' in later && (later.listen ?? []).includes(topic))));
}

async function walkInclude(walk: HostWalk, include: Include, chain: Chain, options: WalkOptions): Promise<TaskOutcome | undefined> {
  const expanded = await expandInclude(walk, include, chain, { loadTasks, loadRole });
  if ('flow' in expanded) return expanded;
  for (const { block, chain: inner } of expanded.parts) {
    const outcome = await walkEntry(walk, block, inner, options);
    if (outcome !== undefined && outcome.flow !== 'next') return outcome;
  }
  return undefined;
}
