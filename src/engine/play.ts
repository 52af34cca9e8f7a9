/** Runs one play: its hosts in batches, each host through its own list as fast as it can. */
import { CtplayError, type ErrorCode } from '../errors.ts';
import { asList } from '../load/keyword-values.ts';
import type { Play } from '../load/tree.ts';
import { lookAhead, type KnownAhead } from './ahead.ts';
import { batches } from './batches.ts';
import { truth } from './become.ts';
import { HostWalk } from './host-walk.ts';
import { PlayContext } from './play-context.ts';
import type { RunContext } from './run-context.ts';
import { flushHandlers, walkEntries } from './walk.ts';
import type { TaskOutcome } from './task.ts';

export interface PreparedPlay {
  readonly play: Play;
  readonly playbookFile: string;
  readonly prompted: Readonly<Record<string, unknown>>;
}

/** The play's hosts, in its order, without those that --limit leaves out. Throws inventory.pattern. */
export function hostsOf(run: RunContext, { play, playbookFile }: PreparedPlay): readonly string[] {
  const probe = new PlayContext(run, play, playbookFile, { all: [], batch: [] }, {});
  const templar = probe.templar(probe.scope('localhost', probe.chain), probe.chain, playbookFile);
  const span = play.source.at(['hosts']);
  try {
    const pattern = templar.render(play.hosts, { span }) as string | readonly string[];
    const chosen = run.inventory.select(pattern);
    const limit = run.settings.limit === undefined ? undefined : new Set(run.inventory.select(run.settings.limit));
    return inOrder(chosen.filter((host) => limit === undefined || limit.has(host)), play.order);
  } catch (error) {
    throw error instanceof CtplayError ? error.at(span) : error;
  }
}

function inOrder(hosts: readonly string[], order: Play['order']): readonly string[] {
  switch (order) {
    case 'reverse_inventory': return [...hosts].reverse();
    case 'sorted': return [...hosts].sort();
    case 'reverse_sorted': return [...hosts].sort().reverse();
    case 'shuffle': return [...hosts].map((host) => [Math.random(), host] as const).sort(([a], [b]) => a - b).map(([, host]) => host);
    default: return hosts;
  }
}

/** What is known of a play's tasks before any SSH, per host. */
export async function lookAheadAll(run: RunContext, prepared: PreparedPlay, hosts: readonly string[]): Promise<Map<string, KnownAhead>> {
  const context = new PlayContext(run, prepared.play, prepared.playbookFile, { all: hosts, batch: hosts }, prepared.prompted);
  const known = new Map<string, KnownAhead>();
  for (const host of hosts) known.set(host, await lookAhead(context, host));
  return known;
}

/** The play with what it says of its hosts as values: templates there see what the play itself sees. */
function resolved(run: RunContext, { play, playbookFile, prompted }: PreparedPlay): Play {
  const probe = new PlayContext(run, play, playbookFile, { all: [], batch: [] }, prompted);
  const templar = probe.templar(probe.scope('localhost', probe.chain), probe.chain, playbookFile);
  const value = (written: unknown, path: string): unknown => templar.render(written, { span: play.source.at([path]) });
  return {
    ...play,
    serial: asList(play.serial.length === 1 ? value(play.serial[0], 'serial') : value(play.serial, 'serial')),
    maxFailPercentage: value(play.maxFailPercentage, 'max_fail_percentage'),
    forceHandlers: truth(value(play.forceHandlers ?? false, 'force_handlers'), 'force_handlers', play.source),
  };
}

/** Runs the play. False when the run is to end with it: all hosts fell, or an error was fatal for all. */
export async function runPlay(run: RunContext, prepared: PreparedPlay, all: readonly string[], known: ReadonlyMap<string, KnownAhead>): Promise<boolean> {
  const play = resolved(run, prepared);
  const name = play.name ?? [play.hosts].flat().join(',');
  const living = all.filter((host) => !run.fallen.has(host));
  run.emit({ type: 'play-start', play: name, hosts: living, span: play.source.span, tasks: countTasks(play) });
  let goOn = true;
  for (const whole of batches(all, play)) {
    const batch = whole.filter((host) => !run.fallen.has(host));
    if (batch.length === 0) continue;
    run.fleet = batch.length;
    const context = new PlayContext(run, play, prepared.playbookFile, { all, batch }, prepared.prompted);
    await settled(batch.map((host) => walkHost(context, host, known.get(host))));
    goOn = context.ended !== 'fatal' && whole.some((host) => !batch.includes(host) || !run.fallen.has(host));
    if (!goOn || run.stop.aborted || context.ended === 'play') break;
  }
  run.emit({ type: 'play-end', play: name });
  return goOn;
}

/** Waits for all, so that a defect on one host doesn't cut the others off; then throws it. */
export async function settled(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
}

async function walkHost(play: PlayContext, host: string, known: KnownAhead | undefined): Promise<void> {
  const { run } = play;
  const walk = new HostWalk(host, play, known);
  try {
    const outcome = await walkSections(walk);
    if (outcome?.flow === 'failed') {
      fail(play, host);
      if (run.settings.forceHandlers || play.play.forceHandlers === true) await flushHandlers(walk, [sectionCount]);
    }
  } finally {
    for (const task of walk.untold) run.emit({ type: 'warning', host, message: 'this task was done along with one before it, and the play ended before its turn', span: task.source.span });
    play.lockstep.leave(host);
    play.once.leave(host);
    run.emit({ type: 'host-end', host, counters: { ...run.counter(host) } });
  }
}

/** Before post_tasks, after it, and between: tasks at even positions, handlers at odd ones. */
const sectionCount = 6;

async function walkSections(walk: HostWalk): Promise<TaskOutcome | undefined> {
  const { play, chain } = walk.play;
  const sections = [play.preTasks, [...play.roles, ...play.tasks], play.postTasks];
  for (const [index, section] of sections.entries()) {
    const at = [2 * index];
    const outcome = (await walkEntries(walk, section, chain, { handler: false, rescued: false, closing: false, at })) ?? (await flushHandlers(walk, [2 * index + 1]));
    if (outcome !== undefined && outcome.flow !== 'next') return outcome;
  }
  return undefined;
}

/** A failed host drops out; too many of them, and the play ends for all. */
function fail(play: PlayContext, host: string): void {
  const { run } = play;
  run.fallen.add(host);
  const limit = play.play.maxFailPercentage;
  const fallen = play.hosts.filter((one) => run.fallen.has(one)).length;
  if (limit !== undefined && (fallen / play.hosts.length) * 100 > Number(limit)) play.end('fatal');
}

function countTasks(play: Play): number {
  let count = 0;
  const visit = (entries: Play['tasks']): void => {
    for (const entry of entries) {
      if (entry.kind === 'block') visit(entry.block);
      else if (entry.kind !== 'meta') count++;
    }
  };
  for (const section of [play.preTasks, play.roles, play.tasks, play.postTasks]) visit(section);
  return count;
}

/** Whether a play may bring hosts or groups into the inventory. What it includes is not known yet. */
export function mayAddHosts(play: Play): boolean {
  const adds = (entry: Play['tasks'][number]): boolean =>
    entry.kind === 'block' ? [...entry.block, ...entry.rescue, ...entry.always].some(adds) : entry.kind === 'include' || (entry.kind === 'meta' && entry.action === 'refresh_inventory') || (entry.kind === 'task' && (entry.chooseModule !== undefined || ['add_host', 'group_by'].includes(entry.module)));
  return [...play.preTasks, ...play.roles, ...play.tasks, ...play.postTasks, ...play.handlers].some(adds);
}

/** Errors that a later play may still have cured (add_host, group_by) when its turn comes. */
export const curable: readonly ErrorCode[] = ['inventory.pattern'];
