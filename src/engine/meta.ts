/** The `meta` task: what concerns the run itself. */
import type { Meta } from '../load/tree.ts';
import { conditions, type Chain } from './chain.ts';
import type { HostWalk } from './host-walk.ts';
import { firstFalse } from './item.ts';
import type { Position } from './lockstep.ts';
import type { Flow, TaskOutcome } from './task.ts';

/** Actions that one host of the batch decides on for all, as with run_once. */
const forAll: readonly Meta['action'][] = ['end_play', 'end_batch', 'clear_host_errors', 'refresh_inventory'];

/** `chain` includes the entry's own keywords. `flush` runs the notified handlers. */
export async function runMeta(walk: HostWalk, meta: Meta, chain: Chain, options: { readonly at: Position; readonly closing: boolean }, flush: () => Promise<TaskOutcome | undefined>): Promise<TaskOutcome | undefined> {
  const { play, host } = walk;
  if (meta.action === 'flush_handlers') return flush();
  if (play.play.strategy === 'linear') await play.lockstep.turn(host, options.at);
  if (walk.stopsBefore(options)) return end('stopped');
  const applies = async (): Promise<boolean> => {
    const templar = play.templar(play.scope(host, chain), chain, meta.source.file);
    return (await walk.evaluate(() => firstFalse(conditions(chain), templar, meta))) === undefined;
  };
  if (!forAll.includes(meta.action)) return (await applies()) ? act(walk, meta.action) : undefined;
  const { outcome } = await play.once.run(host, play.run.taskId(meta), async () => ((await applies()) ? act(walk, meta.action) : undefined));
  return outcome;
}

function end(flow: Flow): TaskOutcome {
  return { flow, status: 'ok', result: {} };
}

async function act({ play, host }: HostWalk, action: Meta['action']): Promise<TaskOutcome | undefined> {
  const { run } = play;
  switch (action) {
    case 'end_host': return end('end-host');
    case 'end_play':
    case 'end_batch':
      play.end(action === 'end_play' ? 'play' : 'batch');
      return end('end-host');
    case 'clear_facts': {
      run.knowledge(host).forgetFacts();
      run.memory(host).clearLearnt();
      return undefined;
    }
    case 'clear_host_errors':
      run.clearErrors(play.allHosts);
      return undefined;
    case 'reset_connection':
      await run.disconnect(host);
      return undefined;
    case 'refresh_inventory':
      await run.inventory.refresh();
      return undefined;
    case 'flush_handlers':
    case 'noop':
      return undefined;
  }
}
