/** Kinds of state without a host: what they make of answers, and what they plan. */
import type { Difference, Items, Json, KindStates, Remainder, Restoration, RestoreContext, StateKind } from '../../src/baseline/kind.ts';
import type { Fact, FactMap, ReadResult } from '../../src/module.ts';

export function answer(stdout: string, more: Partial<ReadResult> = {}): ReadResult {
  return { status: 0, stdout, stderr: '', ...more };
}

/** The items that a kind makes of answers to its facts; a fact without one was answered with nothing. Throws what it could not read. */
export function itemsOf<T extends Json, F extends FactMap>(kind: StateKind<T, F>, answers: { readonly [K in keyof F]?: string | ReadResult }): Items<T> {
  const values = Object.fromEntries(
    Object.entries(kind.facts).map(([name, fact]: [string, Fact<unknown>]) => {
      const given = answers[name] ?? '';
      return [name, fact.parse(typeof given === 'string' ? answer(given) : given)];
    }),
  );
  const reading = kind.items(values as never);
  if (reading.state !== 'present') throw new Error(JSON.stringify(reading));
  return reading.value;
}

export function contextOf(more: Partial<RestoreContext> = {}): RestoreContext {
  const management = { clientAddress: '10.0.0.1', clientPort: 40000, serverAddress: '10.0.0.2', serverPort: 22, links: ['eth0'], route: '10.0.0.0/24 dev eth0', services: ['ssh.service', 'ssh.socket'], processes: [100, 200] };
  return { baseline: {}, now: {}, management, protects: () => undefined, contents: '/kept', ...more };
}

export function states(items: Readonly<Record<string, Items>>): KindStates {
  return Object.fromEntries(Object.entries(items).map(([kind, value]) => [kind, { state: 'present', value }]));
}

/** One line per step, `STAGE ACTION SUBJECT: COMMAND && …`, and per remainder, `left KEY: WHY`. */
export function wayBack<T extends Json, F extends FactMap>(kind: StateKind<T, F>, differences: readonly Difference<T>[], context = contextOf()): string[] {
  return [...(kind.restore?.(differences, context) ?? [])].map((step: Restoration | Remainder) =>
    'stage' in step ? `${step.stage} ${step.change.action} ${step.change.subject}: ${step.change.commands.map(({ display }) => display).join(' && ')}` : `left ${step.key}: ${step.why}`,
  );
}

export function wordsOf<T extends Json, F extends FactMap>(kind: StateKind<T, F>, difference: Difference<T>): string {
  return `${kind.subject(difference)} ${kind.words(difference).join(', ')}`;
}
