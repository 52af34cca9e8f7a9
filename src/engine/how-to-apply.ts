/** How a task is to be done on a host: what its keywords and those around it come to, and what its module may ask of the controller. */
import type { Controller } from '../module.ts';
import type { Task } from '../load/tree.ts';
import type { Scope, Templar } from '../template/index.ts';
import type { Become } from '../transport/types.ts';
import type { ApplySettings } from './apply.ts';
import { becomeOf } from './become.ts';
import type { Chain } from './chain.ts';
import type { HostSession } from './host-session.ts';
import type { HostWalk } from './host-walk.ts';
import type { ItemRun } from './item.ts';
import type { PlayContext } from './play-context.ts';
import type { TaskSettings } from './task-settings.ts';

/** What a task's module may ask of the controller. */
export function controllerFor(play: PlayContext, host: string, task: Task, chain: Chain, scope: Scope): Controller {
  const { run } = play;
  const files = play.files(chain, task.source.file);
  return {
    hostname: host,
    groups: run.inventory.members(),
    hostVariable: (other, name) => play.hostVariable(other, name),
    findFile: (kind, name) => files.require(name, kind),
    renderTemplate: (text, path) => play.renderTemplate(text, path, scope, chain, task.source.file),
    openVault: (content, path) => run.settings.vault.open(content, path),
    digests: run.digests,
  };
}

type KeywordsOfTask = TaskSettings & { readonly become: Become | undefined; readonly variables: Readonly<Record<string, unknown>> };

/** How a task is to be done, by its keywords and those around it. Throws as templates do. */
export function taskKeywords({ walk, task, chain, special, target, foreseen }: Pick<ItemRun, 'walk' | 'task' | 'chain' | 'special' | 'target' | 'foreseen'>, scope: Scope, templar: Templar): KeywordsOfTask {
  return {
    ...walk.play.settings.of(task, chain, templar),
    become: foreseen ? foreseen.become : becomeOf(chain, scope, templar, walk.play.run.settings, task.source),
    variables: target === walk.host ? walk.play.taskConnection(walk.host, chain, special, scope, templar) : walk.play.connectionVariables(target),
  };
}

/** The same for the one module call that it comes to. */
export function howToApply(walk: HostWalk, task: Task, { keywords, noLog, session }: { readonly keywords: KeywordsOfTask; readonly noLog: boolean; readonly session: HostSession }): ApplySettings {
  const { run } = walk.play;
  return {
    shell: session.shell(keywords.become),
    check: keywords.check,
    runId: run.runId,
    who: run.who,
    environment: keywords.environment,
    noLog,
    secrets: run.settings.vault.texts,
    ...(keywords.timeout > 0 ? { timeoutMs: keywords.timeout * 1000 } : {}),
    signal: run.kill,
    pending: session.knowledge.pending,
    reconnect: (how) => session.reconnect(how, keywords.become),
    guard: { by: session.guard, mode: keywords.guard },
    anyPending: () => [...run.sessions.values()].some((one) => one.knowledge.pending.length > 0),
    playbook: walk.play.playbookFile,
    ...(task.name === undefined ? {} : { task: task.name }),
  };
}
