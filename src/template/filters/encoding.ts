/** JSON, YAML, base64 and hashes. */
import { createHash, getHashes } from 'node:crypto';
import { define } from '../define.ts';
import { didYouMean } from '../../errors.ts';
import { dumpJson, loadJson } from '../python/json.ts';
import { dumpYaml } from '../python/yaml-dump.ts';
import { loadYaml, loadYamlAll } from '../python/yaml-load.ts';
import { iterate } from '../python/iterate.ts';
import { toInt } from '../python/number.ts';
import { truthy } from '../python/compare.ts';
import { text } from '../python/text.ts';
import { isString, valueError } from '../python/values.ts';
import type { Definition } from '../define.ts';

function margin(indent: unknown): string | null {
  if (indent === null) return null;
  return isString(indent) ? text(indent) : ' '.repeat(toInt(indent));
}

const jsonOptions = 'separators=None, ensure_ascii=True, vault_to_text=True, preprocess_unsafe=False, default=None, skipkeys=False, allow_nan=True, check_circular=True';

function toJson(value: unknown, indent: unknown, sortKeys: unknown, separators: unknown, ensureAscii: unknown): string {
  const [item, key] = separators === null ? [] : iterate(separators).map(text);
  return dumpJson(value, {
    indent: margin(indent),
    sortKeys: truthy(sortKeys),
    ensureAscii: truthy(ensureAscii),
    ...(item !== undefined && { itemSeparator: item }),
    ...(key !== undefined && { keySeparator: key }),
  });
}

const yamlOptions = 'default_flow_style=None, sort_keys=True, width=80, explicit_start=False, explicit_end=False, allow_unicode=True, default_style=None, line_break=None, encoding=None, canonical=None';

function toYaml(value: unknown, indent: unknown, flow: unknown, sortKeys: unknown, width: unknown, explicitStart: unknown): string {
  return dumpYaml(value, {
    indent: indent === null ? 2 : toInt(indent),
    flow: flow === null ? null : truthy(flow),
    sortKeys: truthy(sortKeys),
    width: width === null ? 80 : toInt(width),
    explicitStart: truthy(explicitStart),
  });
}

function hash(value: unknown, algorithm: string): string {
  const name = algorithm.toLowerCase().replaceAll('_', '-');
  // OpenSSL spells blake2b and blake2s with their usual length.
  const known = { 'blake2b': 'blake2b512', 'blake2s': 'blake2s256' }[name] ?? name;
  if (!getHashes().includes(known)) throw valueError(`unsupported hash type ${algorithm}`, didYouMean(name, ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'blake2b', 'blake2s']));
  return createHash(known).update(text(value), 'utf8').digest('hex');
}

const bufferEncoding = (encoding: unknown): BufferEncoding => {
  const name = text(encoding).toLowerCase();
  if (name === 'utf-8' || name === 'utf8') return 'utf8';
  if (name === 'utf-16-le' || name === 'utf-16le') return 'utf16le';
  if (name === 'ascii' || name === 'latin1' || name === 'latin-1' || name === 'iso-8859-1') return 'latin1';
  throw valueError(`unknown encoding: ${text(encoding)}`);
};

export const encodingFilters: Readonly<Record<string, Definition>> = {
  b64decode: define('encoding="utf-8"', (_, value, encoding) => Buffer.from(text(value), 'base64').toString(bufferEncoding(encoding))),
  b64encode: define('encoding="utf-8"', (_, value, encoding) => Buffer.from(text(value), bufferEncoding(encoding)).toString('base64')),
  checksum: define('', (_, value) => hash(value, 'sha1')),
  from_json: define('', (_, value) => {
    if (!isString(value)) throw valueError('the JSON object must be str');
    return loadJson(text(value));
  }),
  from_yaml: define('', (_, value) => (isString(value) ? loadYaml(text(value)) : value)),
  from_yaml_all: define('', (_, value) => (isString(value) ? loadYamlAll(text(value)) : value)),
  hash: define('hashtype="sha1"', (_, value, algorithm) => hash(value, text(algorithm))),
  md5: define('', (_, value) => hash(value, 'md5')),
  sha1: define('', (_, value) => hash(value, 'sha1')),
  to_json: define(`indent=None, sort_keys=False, ${jsonOptions}`, (_, value, indent, sortKeys, separators, ascii) => toJson(value, indent, sortKeys, separators, ascii)),
  to_nice_json: define(`indent=4, sort_keys=True, ${jsonOptions}`, (_, value, indent, sortKeys, separators, ascii) => toJson(value, indent, sortKeys, separators, ascii)),
  to_nice_yaml: define(`indent=4, ${yamlOptions}`, (_, value, indent, _flow, sortKeys, width, start) => toYaml(value, indent, false, sortKeys, width, start)),
  to_yaml: define(`indent=None, ${yamlOptions}`, (_, value, indent, flow, sortKeys, width, start) => toYaml(value, indent, flow, sortKeys, width, start)),
};
