/** Goes to many hosts at once, as root, for verbs that look at a host as a whole. */
import { setTimeout as sleep } from 'node:timers/promises';
import { becomeOf } from '../engine/become.ts';
import type { HostSession } from '../engine/host-session.ts';
import { settled } from '../engine/play.ts';
import type { RunContext } from '../engine/run-context.ts';
import type { UserShell } from '../engine/user-shell.ts';
import { verbPlay } from '../engine/verb-play.ts';
import { CtplayError } from '../errors.ts';
import type { Become } from '../transport/types.ts';

export interface Visit {
  readonly run: RunContext;
  readonly host: string;
  readonly session: HostSession;
  readonly become: Become | undefined;
  /** Root's. */
  readonly shell: UserShell;
}

export interface VisitOptions {
  readonly verb: string;
  /** Until when a host that can't be reached is tried again, in milliseconds since the epoch. */
  readonly deadline?: number;
}

const pauseMs = 3000;

/**
 * Visits all hosts, at most `forks` at a time; one that can't be reached waits for its next try without keeping others from their turn.
 * What went wrong with a host is told by events and counted; the others go on. A visit may be made again from the start.
 */
export async function visitHosts(run: RunContext, hosts: readonly string[], { verb, deadline = 0 }: VisitOptions, work: (visit: Visit) => Promise<void>): Promise<void> {
  run.fleet = hosts.length;
  const { play, context } = verbPlay(run, verb, hosts, { become: true });
  const once = async (host: string): Promise<void> => {
    const scope = context.scope(host, context.chain);
    const become = becomeOf(context.chain, scope, context.templar(scope, context.chain, play.source.file), run.settings, play.source);
    const session = run.session(host, () => context.connectionVariables(host));
    await session.open();
    await work({ run, host, session, become, shell: session.shell(become) });
  };
  const patiently = async (host: string): Promise<void> => {
    for (;;) {
      try {
        return await run.places.run(async () => {
          if (!run.stop.aborted) await once(host);
        });
      } catch (error) {
        if (!(error instanceof CtplayError)) throw error;
        if (!mayPass(error) || Date.now() + pauseMs > deadline || run.stop.aborted) return run.dropOut(host, error);
        run.emit({ type: 'host-waiting', host, reason: `${error.message}; trying again until ${new Date(deadline).toLocaleTimeString('en-GB')}` });
        await run.disconnect(host);
        await sleep(pauseMs, undefined, { signal: run.stop }).catch(() => undefined);
      }
    }
  };
  try {
    await settled(
      hosts.map(async (host) => {
        try {
          await patiently(host);
        } finally {
          if (run.counter(host).failed > 0) run.fallen.add(host);
          run.emit({ type: 'host-end', host, counters: { ...run.counter(host) } });
        }
      }),
    );
  } finally {
    await run.closeSessions();
  }
}

/** Whether it may be another time: the host is off, starts again, or another run is at work there. */
function mayPass(error: CtplayError): boolean {
  return ['ssh.unreachable', 'ssh.dropped', 'ssh.shell', 'host.locked'].includes(error.code);
}
