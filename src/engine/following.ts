/** The tasks that stand after one in its list, for as long as nothing decides on them that is not known yet. */
import { CtplayError } from '../errors.ts';
import type { Entry, Task } from '../load/tree.ts';
import type { Action, Module } from '../module.ts';
import { Basis } from './basis.ts';
import { truth } from './become.ts';
import { extend, keyword, tagsOf, type Chain } from './chain.ts';
import type { Companion } from './companions.ts';
import type { HostSession } from './host-session.ts';
import type { HostWalk } from './host-walk.ts';
import { controllerFor, howToApply, taskKeywords, type ItemRun } from './item.ts';
import { tagsChoose } from './tags.ts';
import { isTrue } from './task.ts';

/** Where a task stands. */
export interface Place {
  readonly entries: readonly Entry[];
  readonly index: number;
  /** The chain above the list. */
  readonly chain: Chain;
}

/** Whether tasks may be done in the trip of this one: its end is decided by its own commands alone, and each host goes its own way. */
export function mayLead({ walk, task, chain, target }: ItemRun): boolean {
  const { run, play } = walk.play;
  return play.strategy !== 'linear' && !run.step && target === walk.host && !isTrue(keyword(chain, 'runOnce')) && endsPlainly(task);
}

/** What comes after a task in its list, on the session that the task itself is done on. */
export async function* following({ walk, task }: ItemRun, { entries, index, chain }: Place, session: HostSession): AsyncGenerator<Companion> {
  const { run } = walk.play;
  // What these tasks register is not known to those that come along.
  const unknown = new Set(task.register === undefined ? [] : [task.register]);
  for (let next = index + 1; next < entries.length; next++) {
    const entry = entries[next]!;
    const inner = extend(chain, entry.keywords);
    if (entry.kind !== 'task') return;
    if (!tagsChoose(tagsOf(inner), run.settings.tags, run.settings.skipTags)) continue;
    if (entry.loop || entry.chooseModule || keyword(inner, 'throttle') !== undefined || !endsPlainly(entry)) return;
    const definition = await run.registry.load(entry.module);
    const companion = definition.kind === 'module' ? await companionOf(walk, entry, inner, definition, session, unknown) : undefined;
    if (!companion) return;
    yield companion;
    if (entry.register !== undefined) unknown.add(entry.register);
  }
}

function endsPlainly({ until, failedWhen, async }: Task): boolean {
  return until === undefined && failedWhen === undefined && async === undefined;
}

async function companionOf(walk: HostWalk, task: Task, chain: Chain, module: Exclude<Module, Action>, session: HostSession, unknown: ReadonlySet<string>): Promise<Companion | undefined> {
  const foreseen = walk.foreseen(task, chain);
  if (!foreseen || foreseen.basis!.restsOnAny(unknown)) return undefined;
  const { args } = foreseen;
  const basis = new Basis(walk.play.scope(walk.host, chain), walk.play.grounds);
  const templar = walk.play.templar(basis, chain, task.source.file, basis.volatile);
  try {
    const noLog = truth(templar.render(keyword(chain, 'noLog') ?? false), 'no_log', task.source);
    const keywords = taskKeywords({ walk, task, chain, special: {}, target: walk.host, foreseen }, basis, templar);
    if (walk.play.run.session(walk.host, () => keywords.variables, keywords.login) !== session || basis.restsOnAny(unknown)) return undefined;
    const inputs = await module.prepare?.(args, controllerFor(walk, task, chain, walk.play.scope(walk.host, chain)));
    const call = { name: task.module, module, args, inputs, isLive: walk.play.run.liveReturns.of(task), ...(module.prepare ? {} : { facts: foreseen.facts }) };
    return {
      call,
      settings: howToApply(walk, task, { keywords, noLog, session }),
      sent: () => session.shell(keywords.become).reached(walk.play.run.taskId(task)),
      done: (applied) => walk.doneEarly.set(task, { args, applied }),
    };
  } catch (error) {
    // Its turn will show it, if it is still so.
    if (error instanceof CtplayError) return undefined;
    throw error;
  }
}
