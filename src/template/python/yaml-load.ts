/** yaml.safe_load(): YAML 1.1 with PyYAML's types. */
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml';
import { dictEntries, dictSet } from './dict.ts';
import { plainValue } from './yaml-types.ts';
import { isDict, valueError } from './values.ts';
import type { Document, Node, Scalar, YAMLMap } from 'yaml';

/** The value of the only document; null when there is none. */
export function loadYaml(source: string): unknown {
  const documents = loadYamlAll(source);
  if (documents.length > 1) throw valueError('not valid YAML: expected a single document', 'Use from_yaml_all for several.');
  return documents[0] ?? null;
}

/** The values of all documents. Throws where the text is no YAML. */
export function loadYamlAll(source: string): unknown[] {
  // 'failsafe' leaves all plain scalars as text, for PyYAML's own rules to be applied.
  const parsed = parseAllDocuments(source, { version: '1.1', schema: 'failsafe', logLevel: 'silent', uniqueKeys: false });
  if (!Array.isArray(parsed)) return [];
  return parsed.map((document: Document.Parsed) => {
    const [problem] = document.errors;
    if (problem !== undefined) throw valueError(`not valid YAML: ${problem.message.split('\n')[0]!}`);
    return convert(document.contents, document as unknown as Document);
  });
}

function convert(node: Node | null, document: Document): unknown {
  if (node === null) return null;
  if (isAlias(node)) return convert(node.resolve(document) ?? null, document);
  if (isScalar(node)) return scalar(node);
  if (isSeq(node)) return node.items.map((item) => convert(item as Node | null, document));
  return isMap(node) ? mapping(node, document) : null;
}

function scalar(node: Scalar): unknown {
  const written = typeof node.value === 'string' ? node.value : (node.source ?? '');
  const type = /^tag:yaml\.org,2002:(bool|int|float|null|str|timestamp)$/.exec(node.tag ?? '')?.[1];
  if (type !== undefined && type !== 'str') return plainValue(written, type as 'int');
  const isPlain = node.type === 'PLAIN' || node.type === undefined;
  return isPlain && type === undefined ? plainValue(written) : written;
}

function mapping(node: YAMLMap, document: Document): Map<unknown, unknown> {
  const own = new Map<unknown, unknown>();
  const merged = new Map<unknown, unknown>();
  for (const pair of node.items) {
    const value = convert(pair.value as Node | null, document);
    const isMerge = isScalar(pair.key) && pair.key.value === '<<' && pair.key.type === 'PLAIN';
    if (!isMerge) {
      dictSet(own, convert(pair.key as Node | null, document), value);
      continue;
    }
    const sources: readonly unknown[] = Array.isArray(value) ? value : [value];
    for (const source of sources) {
      if (!isDict(source)) throw valueError('not valid YAML: << needs a mapping');
      for (const [key, item] of dictEntries(source)) if (!merged.has(key)) merged.set(key, item);
    }
  }
  return new Map([...merged, ...own]);
}
