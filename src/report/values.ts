/** Values as a person reads them: on one line for `from → to`, as YAML for results. */
import { stringify } from 'yaml';
import { clean, truncate } from './text.ts';

/** A value on one line in YAML's flow style, strings bare where that leaves no doubt; undefined is `(nothing)`. */
export function inline(value: unknown, columns = 160): string {
  return truncate(flow(value), columns);
}

function flow(value: unknown): string {
  if (value === undefined) return '(nothing)';
  if (value === null) return 'null';
  if (typeof value === 'string') return bare(value) ? value : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object') return `{${entriesOf(value).map(([key, item]) => `${key}: ${flow(item)}`).join(', ')}}`;
  return String(value);
}

// What can be taken for a number, a boolean or the punctuation of flow style needs quotes.
function bare(text: string): boolean {
  return /^[^\s"'[\]{},\x00-\x1f\x7f-\x9f](?:[^"[\]{},\x00-\x1f\x7f-\x9f]*[^\s"[\]{},\x00-\x1f\x7f-\x9f])?$/.test(text) && !/^(?:true|false|null|~|[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)$/i.test(text) && !text.includes(': ');
}

/** The parts in which two values differ, as `[label, from, to]`; one part without a label when they aren't both mappings. */
export function differences(from: unknown, to: unknown): [label: string, from: unknown, to: unknown][] {
  if (!isMapping(from) || !isMapping(to)) return [['', from, to]];
  const keys = new Set([...Object.keys(from), ...Object.keys(to)]);
  return [...keys].filter((key) => flow(from[key]) !== flow(to[key])).map((key) => [key, from[key], to[key]]);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function entriesOf(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, item]) => item !== undefined);
}

/** A value as lines of YAML, strings from hosts made harmless. */
export function block(value: unknown): string[] {
  return stringify(cleaned(value), { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd().split('\n');
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return clean(value);
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value === 'object' && value !== null) return Object.fromEntries(entriesOf(value).map(([key, item]) => [key, cleaned(item)]));
  return value;
}
