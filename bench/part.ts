/** What the parts of the benchmark share: what they may take, and what they give to the table. */
import type { Effort, Figure } from './measure.ts';

export interface Settings extends Effort {
  /** A small version, for trying out. */
  readonly quick: boolean;
  /** Sizes of fleets, instead of those of each part. */
  readonly hosts?: readonly number[];
}

/** The sizes of fleets that a part measures: what was asked for, or its own, of which a quick look takes only some. */
export function sizesOf({ hosts, quick }: Settings, own: readonly number[], small: readonly number[]): readonly number[] {
  return hosts ?? (quick ? small : own);
}

/** One comparison: its figures stand beside each other, as multiples of the base's. */
export interface Comparison {
  readonly part: string;
  /** Such as `50 hosts`. */
  readonly title: string;
  readonly figures: readonly Figure[];
  /** The contestant that ratios are taken of; the first when left out. */
  readonly base?: string;
  /** Figures that are no times: round trips, bytes. */
  readonly remarks?: readonly string[];
}

/** What was aimed at, and what came out. */
export interface Goal {
  readonly what: string;
  readonly aim: string;
  readonly found: string;
  readonly met: boolean;
}

export interface PartResult {
  readonly comparisons: readonly Comparison[];
  readonly goals: readonly Goal[];
}

export interface Part {
  readonly name: string;
  readonly title: string;
  run(settings: Settings): Promise<PartResult>;
}

export function figureOf(figures: readonly Figure[], name: string): Figure {
  const found = figures.find((one) => one.name === name);
  if (!found) throw new Error(`there is no figure of ${name}`);
  return found;
}

/** `name` is to take at most `limit` times as long as `base`; nothing is said where one of them was left out. */
export function atMost(what: string, figures: readonly Figure[], name: string, base: string, limit: number): Goal[] {
  const ratio = ratioOf(figures, name, base);
  return ratio === undefined ? [] : [{ what, aim: `≤ ${limit} × ${base}`, found: `${ratio.toFixed(2)} ×`, met: ratio <= limit }];
}

/** `peer` is to take at least `limit` times as long as `name`; nothing is said where one of them was left out. */
export function timesFaster(what: string, figures: readonly Figure[], name: string, peer: string, limit: number): Goal[] {
  const ratio = ratioOf(figures, peer, name);
  if (ratio === undefined) return [];
  return [{ what, aim: `≥ ${limit} × faster than ${peer}`, found: `${ratio.toFixed(1)} ×`, met: ratio >= limit }];
}

function ratioOf(figures: readonly Figure[], name: string, base: string): number | undefined {
  const [mine, other] = [figureOf(figures, name), figureOf(figures, base)];
  return mine.turns === 0 || other.turns === 0 ? undefined : mine.wallMs / other.wallMs;
}
