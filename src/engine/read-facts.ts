/** Reads facts of hosts for a person to look at; changes nothing, takes no lock. */
import { CtplayError, ExitStatus } from '../errors.ts';
import type { FactMap } from '../module.ts';
import { becomeOf } from './become.ts';
import { settled } from './play.ts';
import { RunContext, type RunParts } from './run-context.ts';
import { verbPlay } from './verb-play.ts';
import { errorView } from './views.ts';

export interface FactsRead {
  /** Host → fact's name → value, in inventory order; hosts that could not be read are missing. */
  readonly byHost: Readonly<Record<string, unknown>>;
  readonly exitStatus: ExitStatus;
}

export async function readFacts(parts: RunParts, pattern: string, facts: FactMap): Promise<FactsRead> {
  const run = new RunContext({ ...parts, settings: { ...parts.settings, check: true } });
  const limit = run.settings.limit === undefined ? undefined : new Set(run.inventory.select(run.settings.limit));
  const hosts = run.inventory.select(pattern).filter((host) => limit === undefined || limit.has(host));
  run.fleet = hosts.length;
  const { play, context } = verbPlay(run, 'facts', hosts, {});
  const byHost: Record<string, unknown> = Object.fromEntries(hosts.map((host) => [host, undefined]));
  const one = async (host: string): Promise<void> => {
    const session = run.session(host, () => context.connectionVariables(host));
    try {
      await session.open();
      const scope = context.scope(host, context.chain);
      const become = becomeOf(context.chain, scope, context.templar(scope, context.chain, play.source.file), run.settings, play.source);
      byHost[host] = await session.shell(become).read(facts, run.kill);
    } catch (error) {
      if (!(error instanceof CtplayError)) throw error;
      run.lose(host, error);
      run.emit({ type: 'host-unreachable', host, error: errorView(error) });
    }
  };
  try {
    await settled(hosts.map((host) => run.places.run(() => one(host))));
  } finally {
    await run.closeSessions();
  }
  return { byHost: Object.fromEntries(Object.entries(byHost).filter(([, value]) => value !== undefined)), exitStatus: run.fallen.size > 0 ? ExitStatus.unreachable : ExitStatus.ok };
}
