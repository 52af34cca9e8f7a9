/** Clauses that say how a thing differs, in the form that `StateKind.words` gives. */
import type { Difference, Json } from '../kind.ts';

/** `was added` or `is gone`; undefined when the thing is there on both sides. */
export function comingOrGoing({ before, now }: Difference): string | undefined {
  if (before === undefined) return 'was added';
  return now === undefined ? 'is gone' : undefined;
}

/** `has mtu 1400, not 1500`; nothing where both are equal. */
export function valueWords(label: string, before: Json | undefined, now: Json | undefined): readonly string[] {
  if (JSON.stringify(before) === JSON.stringify(now)) return [];
  if (now === undefined) return [`has no ${label}, it was ${shown(before!)}`];
  return [before === undefined ? `has ${label} ${shown(now)}` : `has ${label} ${shown(now)}, not ${shown(before)}`];
}

/** The same for each key that two mappings have. */
export function mapWords(label: (key: string) => string, before: Readonly<Record<string, Json>> = {}, now: Readonly<Record<string, Json>> = {}): readonly string[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  return keys.flatMap((key) => valueWords(label(key), before[key], now[key]));
}

/** What one list has more than the other, counting what is there several times. */
export function surplus(more: readonly string[], less: readonly string[]): string[] {
  const left = [...less];
  return more.filter((item) => {
    const index = left.indexOf(item);
    if (index !== -1) left.splice(index, 1);
    return index === -1;
  });
}

function shown(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
