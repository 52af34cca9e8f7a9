/** What is left after a reset, and why. */
import type { CtplayError } from '../errors.ts';
import type { LeftView } from '../events.ts';
import type { Comparison } from './compare.ts';
import { originOf, type Makers } from './origin.ts';
import type { PlannedStep, WayBack } from './plan.ts';
import type { Protects } from './protection.ts';

/** All that differs, with its reason; differences without a reason are left out. */
export function leftOf({ differences, incomparable }: Comparison, makers: Makers, why: (kind: string, key: string) => string | undefined): LeftView[] {
  const left = differences.flatMap((one): LeftView[] => {
    const { kind, difference } = one;
    const reason = why(kind.name, difference.key);
    return reason === undefined ? [] : [{ kind: kind.name, key: difference.key, subject: kind.subject(difference), words: kind.words(difference), by: originOf(one, makers).by, why: reason }];
  });
  return [...left, ...incomparable.map((one): LeftView => ({ kind: one.kind, key: '', subject: one.kind, words: ["can't be compared"], by: 'hand', why: one.why }))];
}

export interface Reasons {
  readonly kind: string;
  readonly key: string;
  /** The last plan. */
  readonly way: WayBack;
  readonly failures: ReadonlyMap<PlannedStep, CtplayError>;
  readonly protects: Protects;
  /** Ctrl-C came before all was done. */
  readonly interrupted: boolean;
}

export function whyLeft({ kind, key, way, failures, protects, interrupted }: Reasons): string {
  const settles = (one: { kind: string; keys: readonly string[] }): boolean => one.kind === kind && one.keys.includes(key);
  const protectedBy = protects(kind, key) ?? way.unsettled.find((one) => one.kind === kind && one.key === key)?.why;
  if (protectedBy !== undefined) return protectedBy;
  const failure = [...failures].filter(([step]) => settles(step)).at(-1)?.[1];
  if (failure) {
    // One command may be about many things.
    const said = failure.details.detail?.split('\n') ?? [];
    return [failure.message, said.findLast((line) => line.includes(key)) ?? said.at(-1)].filter((part) => part).join(': ');
  }
  if (way.steps.some(settles)) return interrupted ? 'the reset was interrupted' : 'it came back, or its change had no effect';
  return 'there is no way back by itself: it shows what others are';
}
