/** YAML as a tree in which every value and every key knows its place; aliases and merge keys are resolved. */
import type { SourceSpan } from '../../errors.ts';
import { Secret } from '../../shell.ts';
import { Float } from '../../template/python/values.ts';
import type { Source } from '../tree.ts';

export interface YamlScalar {
  readonly kind: 'scalar';
  readonly span: SourceSpan;
  readonly value: unknown;
  /** Written without quotes and not as a block. */
  readonly plain: boolean;
}
export interface YamlList {
  readonly kind: 'list';
  readonly span: SourceSpan;
  readonly items: readonly YamlNode[];
}
export interface YamlMap {
  readonly kind: 'map';
  readonly span: SourceSpan;
  readonly entries: ReadonlyMap<string, YamlEntry>;
}
export interface YamlEntry {
  readonly key: string;
  readonly keySpan: SourceSpan;
  readonly value: YamlNode;
}
export type YamlNode = YamlScalar | YamlList | YamlMap;

const values = new WeakMap<YamlNode, unknown>();

/** The node as plain data. Nodes that an alias shares share their value, which is never changed. */
export function valueOf(node: YamlNode): unknown {
  if (node.kind === 'scalar') return node.value;
  let value = values.get(node);
  if (value === undefined) {
    value =
      node.kind === 'list'
        ? node.items.map(valueOf)
        : Object.fromEntries([...node.entries.values()].map((entry) => [entry.key, valueOf(entry.value)]));
    values.set(node, value);
  }
  return value;
}

/** What a node is, in a person's words: `a list`, `'x' (a string)`. */
export function describeNode(node: YamlNode): string {
  return describeValue(valueOf(node));
}

/** What a value is, in a person's words; long strings are cut. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (value instanceof Secret) return 'an encrypted value';
  if (value instanceof Float) return `${value.value.toFixed(1)} (a number)`;
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'boolean') return `${value} (a boolean)`;
  if (typeof value === 'number') return `${value} (a number)`;
  const text = String(value);
  if (text === '') return 'an empty string';
  return `'${text.length > 60 ? `${text.slice(0, 57)}…` : text}' (a string)`;
}

/** The node at a path, or undefined where there is none. */
export function nodeAt(node: YamlNode, path: readonly (string | number)[]): YamlNode | undefined {
  let current: YamlNode | undefined = node;
  for (const step of path) {
    if (current?.kind === 'map') current = current.entries.get(String(step))?.value;
    else if (current?.kind === 'list' && typeof step === 'number') current = current.items[step];
    else return undefined;
  }
  return current;
}

/** A tree node's places, from the YAML it was made of. */
export function sourceOf(node: YamlNode): Source {
  return {
    file: node.span.file,
    span: node.span,
    at: (path) => deepest(node, path).span,
    keyAt: (path) => {
      const parent = nodeAt(node, path.slice(0, -1));
      const entry = parent?.kind === 'map' ? parent.entries.get(String(path.at(-1))) : undefined;
      return entry?.keySpan ?? deepest(node, path).span;
    },
  };
}

function deepest(node: YamlNode, path: readonly (string | number)[]): YamlNode {
  for (let length = path.length; length > 0; length--) {
    const found = nodeAt(node, path.slice(0, length));
    if (found) return found;
  }
  return node;
}
