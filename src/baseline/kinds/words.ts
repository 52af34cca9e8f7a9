/** Clauses that say how a value differs, in the form that `StateKind.words` gives. */
import type { Json } from '../kind.ts';

/** `has mtu 1400, not 1500`; nothing where both are equal. */
export function valueWords(label: string, before: Json | undefined, now: Json | undefined): readonly string[] {
  if (JSON.stringify(before) === JSON.stringify(now)) return [];
  if (now === undefined) return [`has no ${label}, it was ${shown(before!)}`];
  return [before === undefined ? `has ${label} ${shown(now)}` : `has ${label} ${shown(now)}, not ${shown(before)}`];
}

/** The same for each key of two mappings. */
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
