/** What run and explain share: inventory, connections, signals and a renderer around the engine. */
import { answersFolder } from '../engine/remembered.ts';
import type { RunSettings } from '../engine/options.ts';
import type { RunParts } from '../engine/run-context.ts';
import type { EventBody, Reporter } from '../events.ts';
import { keepingBy } from '../load/ssh-options.ts';
import { loadInventory } from '../load/inventory.ts';
import { localNames } from '../load/inventory/pattern.ts';
import type { Inventory } from '../load/inventory-types.ts';
import type { Playbook } from '../load/tree.ts';
import type { Registry } from '../registry.ts';
import { createReporter, defaultKind, wantsColor, type ReporterKind } from '../report/index.ts';
import { connector } from '../transport/index.ts';
import { CtplayError } from '../errors.ts';
import { onInterrupt } from './interrupt.ts';
import { ask, askSecret, hasTerminal } from './prompt.ts';
import type { Setup } from './settings.ts';
import { Stepper } from './step.ts';
import { promptedVariables } from './vars-prompt.ts';

export interface Performance extends Setup {
  readonly registry: Registry;
  readonly output?: ReporterKind;
  /** Instead of one of the run's own. */
  readonly reporter?: Reporter;
  /** Ask before each task. */
  readonly step?: boolean;
  /** Take back what the playbooks made earlier and no longer name. */
  readonly prune?: boolean;
  readonly verb?: RunParts['verb'];
  /** Keep what is read at some cost for later runs; `flush` forgets what earlier ones kept. */
  readonly memory?: 'use' | 'flush';
}

/** Runs playbooks and gives the exit status. */
export async function performRun(performance: Performance & { readonly playbooks: readonly Playbook[] }): Promise<number> {
  const { runPlaybooks } = await import('../engine/run.ts');
  // Questions about tasks make sense in their order alone.
  const playbooks = performance.step ? performance.playbooks.map(inStep) : performance.playbooks;
  const plays = playbooks.flatMap((playbook) => playbook.plays);
  const localOnly = plays.every((play) => [play.hosts].flat().every((host) => localNames.includes(host)));
  return withRun({ ...performance, localOnly }, async (parts) => (await runPlaybooks(parts, playbooks, (play) => promptedVariables(play.varsPrompt, parts.settings.extraVars, hasTerminal() ? ask : undefined))).exitStatus);
}

function inStep(playbook: Playbook): Playbook {
  return { ...playbook, plays: playbook.plays.map((play) => ({ ...play, strategy: 'linear' })) };
}

/** Sets everything up for `work` and takes it down again, whatever happens. */
export async function withRun(performance: Performance & { readonly localOnly?: boolean }, work: (parts: RunParts) => Promise<number>): Promise<number> {
  const { settings, registry } = performance;
  const { sshArgs, usualPersistMs, connection } = settings.target;
  const isRemote = performance.localOnly !== true && connection !== 'local';
  const connect = connector({ threads: settings.threads, keeps: isRemote ? keepingBy(sshArgs, usualPersistMs !== undefined) : undefined });
  const inventory = await inventoryOf(performance, performance.localOnly);
  const { stdout, stderr } = process;
  const reporter = performance.reporter ?? (await createReporter(performance.output ?? defaultKind(stdout), { stdout, stderr, verbosity: settings.verbosity, diff: settings.diff, check: settings.check, color: wantsColor(stdout) }));
  const emit = (event: EventBody): void => reporter.handle({ ...event, time: Date.now() });
  const interrupt = onInterrupt(
    (message) => emit({ type: 'warning', message }),
    () => void reporter.close(),
  );
  try {
    const alone = questioner(reporter);
    const stepper = new Stepper((question) => alone(() => ask(question)));
    return await work({
      settings, inventory, registry, emit, connect,
      ...(performance.memory ? { memory: { folder: answersFolder(), flush: performance.memory === 'flush' } } : {}),
      showsResults: reporter.ignoresResults !== true,
      ...(performance.prune ? { prune: true } : {}),
      ...(performance.verb ? { verb: performance.verb } : {}),
      prompt: (question) => alone(() => askSecret(question)),
      ...(hasTerminal() ? { ask: (question, { echo }) => alone(() => ask(question, !echo)) } : {}),
      ...(performance.step ? { step: stepper.allows } : {}),
      stop: interrupt.stop,
      kill: interrupt.kill,
    });
  } finally {
    interrupt.dispose();
    await reporter.close();
  }
}

/** Throws usage.missing when there is none; where `localOnly`, the implicit localhost is enough. */
export async function inventoryOf({ sources, settings }: Setup, localOnly = false): Promise<Inventory> {
  if (sources.length > 0 || localOnly) return limited(await loadInventory(sources, { decrypt: settings.vault.decrypt }), settings.limit);
  throw new CtplayError('usage.missing', 'no inventory was given', { hint: 'Name one with -i: a file, a folder, or a list such as -i host1,host2; or set it in ansible.cfg.' });
}

/** A limit that matches nothing is told as such: the plays' own patterns may be right. */
function limited(inventory: Inventory, limit: RunSettings['limit']): Inventory {
  try {
    if (limit !== undefined) inventory.select(limit);
    return inventory;
  } catch (error) {
    throw error instanceof CtplayError ? new CtplayError(error.code, `--limit: ${error.message}`, error.details, error.exitStatus) : error;
  }
}

/** Asks one question at a time, whichever hosts want answers, with the live view out of the way. */
function questioner(reporter: Reporter): <T>(ask: () => Promise<T>) => Promise<T> {
  let before: Promise<unknown> = Promise.resolve();
  return (ask) => {
    const answer = before.then(async () => {
      const resume = reporter.suspend?.();
      try {
        return await ask();
      } finally {
        resume?.();
      }
    });
    before = answer.catch(() => undefined);
    return answer;
  };
}
