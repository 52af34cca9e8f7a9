/** Takes back what a playbook made in earlier runs and no longer names. */
import { CtplayError } from '../errors.ts';
import type { Entry, Include, Play, Task } from '../load/tree.ts';
import { becomeOf } from './become.ts';
import { readLedgers } from './host-ledgers.ts';
import { openSubjects, type LedgerSubject } from './ledger.ts';
import type { Named } from './named.ts';
import { settled } from './play.ts';
import { handlersOf } from './play-roles.ts';
import { revertSubjects } from './reset.ts';
import type { RunContext } from './run-context.ts';
import { verbPlay } from './verb-play.ts';

/** A play that has run, and its hosts. */
export interface PlayedPlay {
  readonly play: Play;
  readonly playbookFile: string;
  readonly hosts: readonly string[];
}

/** Prunes the hosts that went through all their plays; a host that fell keeps everything. */
export async function prune(run: RunContext, played: readonly PlayedPlay[]): Promise<void> {
  const hosts = [...new Set(played.flatMap((one) => one.hosts))].filter((host) => !run.fallen.has(host));
  const { play, context } = verbPlay(run, 'prune', hosts, { become: true });
  const silent = silentDelegates(run, played);
  run.emit({ type: 'play-start', play: 'prune', hosts, tasks: 0 });
  const one = async (host: string): Promise<void> => {
    if (run.stop.aborted) return;
    const session = run.session(host, () => context.connectionVariables(host), run.lastLogin(host));
    const scope = context.scope(host, context.chain);
    const become = becomeOf(context.chain, scope, context.templar(scope, context.chain, play.source.file), run.settings, play.source);
    const mine = played.filter(({ hosts: all }) => all.includes(host));
    const entries = [...new Set([...mine.flatMap((one) => writtenIn(one.play)), ...run.named(host).entries])];
    const hidden = entries.find((entry): entry is Include => entry.kind === 'include' && !run.named(host).isComplete(entry));
    if (hidden) {
      run.emit({ type: 'warning', host, message: 'nothing is pruned: what this include would bring is not known, since it did not run', span: hidden.source.span });
      return;
    }
    const playbooks = new Set(mine.map((one) => one.playbookFile));
    const open = new Set([...silent, ...silentKeys(entries, run.named(host))]);
    for (const { shell, records } of await readLedgers(run, session, become)) {
      const subjects = openSubjects(records).filter((subject) => isDropped(subject, playbooks, run.named(host), open));
      await revertSubjects({ run, session, shell }, subjects.reverse());
    }
  };
  const guarded = async (host: string): Promise<void> => {
    try {
      await one(host);
    } catch (error) {
      if (!(error instanceof CtplayError)) throw error;
      run.dropOut(host, error);
    } finally {
      if (run.counter(host).failed > 0) run.fallen.add(host);
      run.emit({ type: 'host-end', host, counters: { ...run.counter(host) } });
    }
  };
  await settled(hosts.map((host) => run.places.run(() => guarded(host))));
  run.emit({ type: 'play-end', play: 'prune' });
}

/** Made by these playbooks alone, named by none of their tasks, and by no task that might still name it. */
export function isDropped(subject: LedgerSubject, playbooks: ReadonlySet<string>, named: Named, silent: ReadonlySet<string>): boolean {
  return subject.revertible && !named.has(subject) && subject.intents.every(({ playbook, task, module }) => playbook !== undefined && playbooks.has(playbook) && !silent.has(task ?? module));
}

/** How intents name tasks that didn't say all they have to say. */
function silentKeys(entries: readonly Entry[], named: Named): string[] {
  return entries.filter((entry): entry is Task => entry.kind === 'task' && !named.isComplete(entry)).map((task) => task.name ?? task.module);
}

/** What a task makes on another host is in that host's ledger, whichever host the task was skipped on. */
function silentDelegates(run: RunContext, played: readonly PlayedPlay[]): string[] {
  return played.flatMap(({ play, hosts }) => {
    const delegated = writtenIn(play, true);
    return hosts.flatMap((host) => silentKeys([...delegated, ...run.named(host).entries.filter((entry) => entry.keywords.delegateTo !== undefined)], run.named(host)));
  });
}

/** Tasks and includes as they stand in a play; with `delegated` only those for other hosts. */
export function writtenIn(play: Play, delegated = false): (Task | Include)[] {
  const found = (entries: readonly Entry[], within: boolean): (Task | Include)[] =>
    entries.flatMap((entry) => {
      const here = within || entry.keywords.delegateTo !== undefined;
      if (entry.kind === 'block') return found([...entry.block, ...entry.rescue, ...entry.always], here);
      return entry.kind === 'meta' || (delegated && !here) ? [] : [entry];
    });
  return found([...play.preTasks, ...play.roles, ...play.tasks, ...play.postTasks, ...handlersOf(play).map(({ entry }) => entry)], false);
}
