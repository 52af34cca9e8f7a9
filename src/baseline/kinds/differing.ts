/** What kinds share about differences: which ones they are, and how fields of a record that differ read. */
import type { Difference, Json } from '../kind.ts';

export interface Sorted<T extends Json> {
  readonly added: readonly { readonly key: string; readonly now: T }[];
  readonly gone: readonly { readonly key: string; readonly before: T }[];
  readonly changed: readonly { readonly key: string; readonly before: T; readonly now: T }[];
}

/** Differences by what became of the thing. */
export function sortOut<T extends Json>(differences: readonly Difference<T>[]): Sorted<T> {
  const added: { key: string; now: T }[] = [];
  const gone: { key: string; before: T }[] = [];
  const changed: { key: string; before: T; now: T }[] = [];
  for (const { key, before, now } of differences) {
    if (before === undefined && now !== undefined) added.push({ key, now });
    else if (before !== undefined && now === undefined) gone.push({ key, before });
    else if (before !== undefined && now !== undefined) changed.push({ key, before, now });
  }
  return { added, gone, changed };
}

/** The names of the fields that differ between two records, in the order of `names`. */
export function differingFields<T extends Readonly<Record<string, Json>>>(before: T, now: T, names: readonly (keyof T & string)[]): (keyof T & string)[] {
  return names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]));
}

/** `was added`, `is gone`, or the clauses of a change. */
export function clauses<T extends Json>({ before, now }: Difference<T>, changed: (before: T, now: T) => readonly string[]): readonly string[] {
  if (before === undefined) return ['was added'];
  if (now === undefined) return ['is gone'];
  return changed(before, now);
}

/** A value as words: `none` where there is nothing. */
export function shownValue(value: Json | undefined): string {
  if (value === undefined || value === null || value === '') return 'none';
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.length === 0 ? 'none' : (value as readonly Json[]).map(shownValue).join(' ');
  if (typeof value !== 'object') return String(value);
  const entries = Object.entries(value as Readonly<Record<string, Json>>);
  return entries.length === 0 ? 'none' : entries.map(([key, one]) => `${key}=${shownValue(one)}`).join(' ');
}

/** A name as it may be shown: what would move a terminal's cursor or break the line is escaped as in JSON. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => (character === '\n' ? '\\n' : character === '\t' ? '\\t' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`));
}
