/** The way back from what differs: changes in the order in which they have to be made, and what can't be settled. Pure. */
import type { KindDifference } from './compare.ts';
import { stages, type Difference, type Remainder, type Restoration, type RestoreContext, type StateKind } from './kind.ts';

export interface PlannedStep extends Restoration {
  readonly kind: string;
}

/** A difference that stays, and why. */
export interface Unsettled extends Remainder {
  readonly kind: string;
}

export interface WayBack {
  /** By stage, and within a stage in the order of kinds and of what each plans. */
  readonly steps: readonly PlannedStep[];
  readonly unsettled: readonly Unsettled[];
}

export function planBack(differences: readonly KindDifference[], context: RestoreContext): WayBack {
  const steps: PlannedStep[] = [];
  const unsettled: Unsettled[] = [];
  for (const [kind, all] of byKind(differences)) {
    const free: Difference[] = [];
    for (const difference of all) {
      const why = context.protects(kind.name, difference.key);
      if (why === undefined) free.push(difference);
      else unsettled.push({ kind: kind.name, key: difference.key, why });
    }
    if (free.length === 0) continue;
    for (const one of kind.restore?.(free, context) ?? []) {
      if ('stage' in one) steps.push({ kind: kind.name, ...one });
      else unsettled.push({ kind: kind.name, ...one });
    }
  }
  return { steps: stages.flatMap((stage) => steps.filter((step) => step.stage === stage)), unsettled };
}

function byKind(differences: readonly KindDifference[]): Map<StateKind, Difference[]> {
  const grouped = new Map<StateKind, Difference[]>();
  for (const { kind, difference } of differences) grouped.set(kind, [...(grouped.get(kind) ?? []), difference]);
  return grouped;
}
