/**
 * What is known of a host's tasks before any SSH: the calls whose conditions and arguments hold no result of the run. They are
 * checked against each other across hosts, and their facts are read in one batch at the start of the play.
 */
import { CtplayError, CtplayErrors } from '../errors.ts';
import type { Module, Placement } from '../module.ts';
import type { Entry, Task } from '../load/tree.ts';
import type { Templar } from '../template/index.ts';
import { resolveArguments } from './arguments.ts';
import { becomeOf } from './become.ts';
import { conditions, extend, keyword, tagsOf, type Chain } from './chain.ts';
import { Basis } from './basis.ts';
import type { Foreseen } from './host-walk.ts';
import { controllerFor } from './how-to-apply.ts';
import { firstFalse } from './item.ts';
import type { PlayContext } from './play-context.ts';
import { tagsChoose } from './tags.ts';
import { NeedsFacts } from './variables.ts';

export interface KnownAhead {
  readonly ahead: readonly Foreseen[];
  /** Names of facts about the host that conditions and arguments of tasks ask for; undefined stands for all. */
  readonly hostFacts: ReadonlySet<string | undefined>;
  readonly placements: readonly (Placement & { readonly definition: Module })[];
}

/** Never throws for what can only be known later; throws CtplayError for arguments that are wrong already. */
export async function lookAhead(play: PlayContext, host: string): Promise<KnownAhead> {
  const ahead: Foreseen[] = [];
  const placements: (Placement & { definition: Module })[] = [];
  const { run } = play;
  const hostFacts = new Set<string | undefined>();
  const sections = [...play.play.preTasks, ...play.play.roles, ...play.play.tasks, ...play.play.postTasks];
  const settledVariables = !setsVariables(sections);

  const visit = async (entries: readonly Entry[], chain: Chain, rescued: boolean): Promise<void> => {
    for (const entry of entries) {
      if (entry.kind === 'block') await visit(entry.block, extend(chain, entry.keywords, entry.role), rescued || entry.rescue.length > 0);
      if (entry.kind !== 'task' || entry.chooseModule) continue;
      const inner = extend(chain, entry.keywords);
      if (!tagsChoose(tagsOf(inner), run.settings.tags, run.settings.skipTags)) continue;
      const definition = await run.registry.load(entry.module);
      if (definition.kind === 'module') await lookAtTask(entry, inner, definition, rescued || forgiven(entry, inner));
    }
  };

  const lookAtTask = async (task: Task, chain: Chain, definition: Module, meant: boolean): Promise<void> => {
    const base = play.templar(play.scope(host, chain), chain, task.source.file);
    for (const special of knownItems(task, base)) {
      const basis = new Basis(play.scope(host, chain, special), play.grounds);
      const templar = play.templar(basis, chain, task.source.file, basis.volatile);
      try {
        if (firstFalse(conditions(chain), templar, task) !== undefined) continue;
        const args = resolveArguments(task, definition, chain, templar);
        const inputs = await definition.prepare?.(args, controllerFor(play, host, task, chain, basis));
        placements.push({ host, module: task.module, args, inputs, span: task.source.at(task.argsPath), definition });
        if (definition.readWhen === 'due' || keyword(chain, 'delegateTo') !== undefined || keyword(chain, 'runOnce') !== undefined || keyword(chain, 'connection') !== undefined) continue;
        const become = becomeOf(chain, basis, templar, run.settings, task.source);
        // Files of variables are read anew when the play begins.
        const isWhole = task.loop === undefined && play.play.varsFiles.length === 0 && run.memory(host).version === 0;
        ahead.push({ task, chain, args, become, facts: definition.facts(args, inputs, run.liveReturns.of(task)), brief: definition.brief === true, ...(isWhole ? { basis } : {}) });
      } catch (error) {
        if (error instanceof NeedsFacts) {
          if (error.host === host) hostFacts.add(error.fact);
          continue;
        }
        if (!(error instanceof CtplayError)) throw error;
        // What can't be known yet (undefined variables) or may still be cured (files that are missing) is left to the task's turn.
        const certain = error.code === 'plan.conflict' || (error.code.startsWith('args.') && settledVariables && !meant);
        if (certain) throw error.at(task.source.at(task.argsPath));
      }
    }
  };

  await visit(sections, play.chain, false);
  return { ahead, hostFacts, placements };
}

/** Whether tasks set variables, so that arguments may yet become others than they are now. */
function setsVariables(entries: readonly Entry[]): boolean {
  return entries.some((entry) => (entry.kind === 'block' ? setsVariables([...entry.block, ...entry.rescue, ...entry.always]) : entry.kind === 'include' || (entry.kind === 'task' && (entry.chooseModule !== undefined || entry.module === 'set_fact' || entry.module === 'include_vars'))));
}

/** Whether a failure of the task may be meant. */
function forgiven(task: Task, chain: Chain): boolean {
  return task.failedWhen !== undefined || keyword(chain, 'ignoreErrors') !== undefined;
}

/** Items of a loop that are known already, as loop variables; one empty set without a loop; none when unknown. */
function knownItems(task: Task, templar: Templar): readonly Readonly<Record<string, unknown>>[] {
  if (!task.loop) return [{}];
  if (task.loop.lookup !== undefined) return [];
  try {
    const items = templar.render(task.loop.items);
    return Array.isArray(items) ? items.map((item) => ({ [task.loop!.control.loopVar]: item })) : [];
  } catch {
    return [];
  }
}

/** What no single host can see: the modules' own checks across all hosts. Throws CtplayErrors. */
export function checkFleet(placements: KnownAhead['placements']): void {
  const errors: CtplayError[] = [];
  for (const definition of new Set(placements.map((one) => one.definition))) {
    const mine = placements.filter((one) => one.definition === definition);
    errors.push(...(definition.fleetCheck?.(mine, placements) ?? []));
  }
  if (errors.length > 0) throw new CtplayErrors(errors);
}
