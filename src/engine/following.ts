/** The tasks that stand after one in its list, for as long as nothing decides on them that is not known yet. */
import { CtplayError } from '../errors.ts';
import type { Entry, Task } from '../load/tree.ts';
import type { AnyModule } from '../registry.ts';
import { resolveArguments } from './arguments.ts';
import { Basis } from './basis.ts';
import { truth } from './become.ts';
import { conditions, extend, keyword, tagsOf, type Chain } from './chain.ts';
import type { Companion } from './companions.ts';
import type { HostSession } from './host-session.ts';
import type { HostWalk } from './host-walk.ts';
import { controllerFor, howToApply, taskKeywords } from './how-to-apply.ts';
import { firstFalse, type ItemRun } from './item.ts';
import { tagsChoose } from './tags.ts';
import { isTrue } from './task.ts';
import { NeedsFacts } from './variables.ts';

/** Where a task stands in its list, or an item in its loop. */
export type Place =
  /** `chain` is the one above the list. */
  | { readonly kind: 'list'; readonly entries: readonly Entry[]; readonly index: number; readonly chain: Chain }
  | { readonly kind: 'loop'; readonly later: () => Iterable<LoopItem> };

export interface LoopItem {
  readonly index: number;
  /** Loop variables. */
  readonly special: Readonly<Record<string, unknown>>;
}

/** Whether tasks may be done in the trip of this one: its end is decided by its own commands alone, and each host goes its own way. */
export function mayLead({ walk, task, chain, target }: ItemRun): boolean {
  const { run, play } = walk.play;
  return play.strategy !== 'linear' && !run.step && target === walk.host && keyword(chain, 'delegateTo') === undefined && !isTrue(keyword(chain, 'runOnce')) && endsPlainly(task);
}

/** What comes after a task in its list, or after an item in its loop, on the session that it is done on itself. */
export async function* following(item: ItemRun, place: Place, session: HostSession): AsyncGenerator<Companion> {
  // What these tasks register is not known to those that come along.
  const unknown = new Set(item.task.register === undefined ? [] : [item.task.register]);
  const around = { walk: item.walk, session, unknown };
  if (place.kind === 'list') yield* tasksAfter(place, around);
  else for (const later of place.later()) {
    const companion = await companionOf(item.task, item.chain, item.module, around, later);
    if (companion === 'waits') return;
    if (companion !== 'skipped') yield companion;
  }
}

interface Around {
  readonly walk: HostWalk;
  readonly session: HostSession;
  /** Names of variables. */
  readonly unknown: Set<string>;
}

async function* tasksAfter({ entries, index, chain }: Extract<Place, { kind: 'list' }>, around: Around): AsyncGenerator<Companion> {
  const { run } = around.walk.play;
  for (let next = index + 1; next < entries.length; next++) {
    const entry = entries[next]!;
    const inner = extend(chain, entry.keywords);
    if (entry.kind !== 'task') return;
    if (!tagsChoose(tagsOf(inner), run.settings.tags, run.settings.skipTags)) continue;
    if (entry.loop || entry.chooseModule || keyword(inner, 'throttle') !== undefined || !endsPlainly(entry)) return;
    const companion = await companionOf(entry, inner, await run.registry.load(entry.module), around);
    if (companion === 'waits' || companion === 'skipped') return;
    yield companion;
    if (entry.register !== undefined) around.unknown.add(entry.register);
  }
}

function endsPlainly({ until, failedWhen, async }: Task): boolean {
  return until === undefined && failedWhen === undefined && async === undefined;
}

/** A task, or an item of one, as it would be done now; `waits` where its turn may find it otherwise. */
async function companionOf(task: Task, chain: Chain, module: AnyModule, { walk, session, unknown }: Around, item?: LoopItem): Promise<Companion | 'skipped' | 'waits'> {
  const { run } = walk.play;
  const foreseen = item ? undefined : walk.foreseen(task, chain);
  if (module.kind !== 'module' || (!item && foreseen?.basis?.restsOnAny(unknown) !== false)) return 'waits';
  const special = item?.special ?? {};
  const basis = new Basis(walk.play.scope(walk.host, chain, special), walk.play.grounds);
  const templar = walk.play.templar(basis, chain, task.source.file, basis.volatile);
  try {
    if (!foreseen && firstFalse(conditions(chain), templar, task) !== undefined) return basis.restsOnAny(unknown) ? 'waits' : 'skipped';
    const args = foreseen?.args ?? resolveArguments(task, module, chain, templar);
    const noLog = truth(templar.render(keyword(chain, 'noLog') ?? false), 'no_log', task.source);
    const keywords = taskKeywords({ walk, task, chain, special, target: walk.host, foreseen }, basis, templar);
    if (run.session(walk.host, () => keywords.variables, keywords.login) !== session) return 'waits';
    const inputs = await module.prepare?.(args, controllerFor(walk.play, walk.host, task, chain, basis));
    if (basis.restsOnAny(unknown)) return 'waits';
    const call = { name: task.module, module, args, inputs, isLive: run.liveReturns.of(task), ...(module.prepare || !foreseen ? {} : { facts: foreseen.facts }) };
    return {
      call,
      settings: howToApply(walk, task, { keywords, noLog, session }),
      sent: () => session.shell(keywords.become).reached(run.taskId(task)),
      done: (applied) => walk.rememberEarly(task, item?.index, { args, applied }),
    };
  } catch (error) {
    // Its turn will show it, if it is still so.
    if (error instanceof CtplayError || error instanceof NeedsFacts) return 'waits';
    throw error;
  }
}
