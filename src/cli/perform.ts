/** What run and explain share: inventory, connections, signals and a renderer around the engine. */
import type { RunParts } from '../engine/run-context.ts';
import type { RunSettings } from '../engine/options.ts';
import type { EventBody, Reporter } from '../events.ts';
import { loadInventory } from '../load/inventory.ts';
import type { Play, Playbook } from '../load/tree.ts';
import type { Registry } from '../registry.ts';
import { createReporter, defaultKind, wantsColor, type ReporterKind } from '../report/index.ts';
import { connect } from '../transport/index.ts';
import { CtplayError } from '../errors.ts';
import type { Secret } from '../shell.ts';
import type { HostFlags } from './host-options.ts';
import { onInterrupt } from './interrupt.ts';
import { ask, askSecret } from './prompt.ts';
import { inventorySources } from './run.ts';

export interface Performance {
  readonly playbooks: readonly Playbook[];
  readonly registry: Registry;
  readonly settings: RunSettings;
  readonly flags: HostFlags;
  readonly output?: ReporterKind;
  /** Instead of one of the run's own. */
  readonly reporter?: Reporter;
}

/** Runs playbooks and gives the exit status. */
export async function performRun(performance: Performance): Promise<number> {
  const { runPlaybooks } = await import('../engine/run.ts');
  return withRun(performance, async (parts) => (await runPlaybooks(parts, performance.playbooks, askVariables)).exitStatus);
}

/** Sets everything up for `work` and takes it down again, whatever happens. */
export async function withRun(performance: Omit<Performance, 'playbooks'>, work: (parts: RunParts) => Promise<number>): Promise<number> {
  const { settings, registry, flags } = performance;
  const inventory = await loadInventory(inventorySources(flags));
  const { stdout, stderr } = process;
  const reporter = performance.reporter ?? (await createReporter(performance.output ?? defaultKind(stdout), { stdout, stderr, verbosity: settings.verbosity, diff: settings.diff, check: settings.check, color: wantsColor(stdout) }));
  const emit = (event: EventBody): void => reporter.handle({ ...event, time: Date.now() });
  const interrupt = onInterrupt(
    (message) => emit({ type: 'warning', message }),
    () => void reporter.close(),
  );
  try {
    return await work({ settings, inventory, registry, connect, prompt: questioner(reporter), emit, stop: interrupt.stop, kill: interrupt.kill });
  } finally {
    interrupt.dispose();
    await reporter.close();
  }
}

/** Asks for secrets one at a time, whichever hosts want them, with the live view out of the way. */
function questioner(reporter: Reporter): (question: string) => Promise<Secret> {
  let before: Promise<unknown> = Promise.resolve();
  return (question) => {
    const answer = before.then(async () => {
      const resume = reporter.suspend?.();
      try {
        return await askSecret(question);
      } finally {
        resume?.();
      }
    });
    before = answer.catch(() => undefined);
    return answer;
  };
}

/** vars_prompt, asked once per play. */
async function askVariables(play: Play): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {};
  for (const { name, prompt, default: fallback, private: hidden, confirm } of play.varsPrompt) {
    const question = `${prompt}${fallback === undefined || hidden ? '' : ` [${String(fallback)}]`}: `;
    const answer = await ask(question, hidden);
    if (confirm && (await ask(`confirm ${question}`, hidden)) !== answer) throw new CtplayError('usage.option', `the two answers for '${name}' differ`);
    answers[name] = answer === '' && fallback !== undefined ? fallback : answer;
  }
  return answers;
}
