/** Values as the nodes of a YAML document (yaml/representer.py). */
import { compare } from './compare.ts';
import { dictEntries } from './dict.ts';
import { formatDateTime } from './datetime.ts';
import { formatFloat } from './number.ts';
import { text } from './text.ts';
import { unroll } from './iterate.ts';
import { Float, MarkedText, Undefined, isDict, isFloat, isInt, typeName, valueError } from './values.ts';

export type YamlNode =
  | { readonly kind: 'scalar'; readonly written: string; readonly isText: boolean }
  | { readonly kind: 'list'; readonly items: readonly YamlNode[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [YamlNode, YamlNode])[] };

/** The node for a value. Throws for what YAML has no form for. */
export function represent(value: unknown, sortKeys: boolean): YamlNode {
  const scalar = (written: string): YamlNode => ({ kind: 'scalar', written, isText: false });
  if (value === null || value === undefined) return scalar('null');
  if (typeof value === 'boolean') return scalar(value ? 'true' : 'false');
  if (typeof value === 'string') return { kind: 'scalar', written: value, isText: true };
  if (value instanceof MarkedText) return { kind: 'scalar', written: value.text, isText: true };
  if (isInt(value)) return scalar(String(value));
  if (isFloat(value)) return scalar(yamlFloat(value instanceof Float ? value.value : value));
  if (value instanceof Undefined) throw value.error();
  if (value instanceof Date) return scalar(formatDateTime(value));
  if (Array.isArray(value)) return { kind: 'list', items: value.map((item) => represent(item, sortKeys)) };
  if (isDict(value)) {
    const entries = dictEntries(value);
    if (sortKeys) sortEntries(entries);
    return { kind: 'map', entries: entries.map(([key, item]) => [represent(key, sortKeys), represent(item, sortKeys)] as const) };
  }
  const unrolled = unroll(value);
  if (unrolled !== value) return represent(unrolled, sortKeys);
  throw valueError(`cannot write a ${typeName(value)} as YAML: ${text(value)}`);
}

function yamlFloat(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value < 0 ? '-.inf' : '.inf';
  const written = formatFloat(value);
  return written.includes('.') ? written : written.replace('e', '.0e');
}

/** By key; keys that Python can't order stay as they are. */
function sortEntries(entries: [unknown, unknown][]): void {
  const before = [...entries];
  try {
    entries.sort(([a], [b]) => compare(a, b));
  } catch {
    entries.splice(0, entries.length, ...before);
  }
}
