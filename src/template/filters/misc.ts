/** Ansible's other filters. */
import { createHash } from 'node:crypto';
import { CtplayError } from '../../errors.ts';
import { define, defineLenient } from '../define.ts';
import { comment } from './comment.ts';
import { missing, ownAttribute } from '../python/attributes.ts';
import { iterate, tryIterate } from '../python/iterate.ts';
import { makeRandom, shuffle } from '../python/random.ts';
import { split } from '../python/str-methods.ts';
import { toInt } from '../python/number.ts';
import { truthy } from '../python/compare.ts';
import { text } from '../python/text.ts';
import { Float, Undefined, isInt, isString, typeName, valueError } from '../python/values.ts';
import type { Context } from '../context.ts';
import type { Definition } from '../define.ts';
import type { Kwargs } from '../python/values.ts';

/** Ansible's reading of bools: yes, on, true and 1 in any case are true, everything else false. */
function toBool(value: unknown): boolean | null {
  if (value === null || typeof value === 'boolean') return value;
  if (isString(value)) return ['yes', 'on', '1', 'true'].includes(text(value).toLowerCase());
  return value === 1 || (value instanceof Float && value.value === 1);
}

function random(context: Context, end: unknown, start: unknown, step: unknown, seed: unknown): unknown {
  if (seed === null) context.volatile();
  const generator = makeRandom(seed);
  if (isInt(end) || typeof end === 'boolean') {
    const from = start === null ? 0 : toInt(start);
    const by = step === null || step === 0 ? 1 : toInt(step);
    const size = Math.ceil((toInt(end) - from) / by);
    if (size <= 0) throw valueError(`random: there is no number from ${from} up to ${toInt(end)}`);
    return from + by * generator.below(size);
  }
  if (truthy(start) || truthy(step)) throw valueError('start and step can only be used with integer values');
  const items = iterate(end);
  if (items.length === 0) throw valueError('random: the list is empty');
  return items[generator.below(items.length)];
}

/** RFC 4122, version 5, in Ansible's own namespace unless another is given. */
function uuid5(name: string, namespace: string): string {
  const space = namespace.replaceAll('-', '');
  if (!/^[0-9a-fA-F]{32}$/.test(space)) throw valueError(`Invalid value '${namespace}' for 'namespace': badly formed hexadecimal UUID string`);
  const bytes = createHash('sha1').update(Buffer.from(space, 'hex')).update(name, 'utf8').digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function mandatory(value: unknown, message: unknown): unknown {
  if (!(value instanceof Undefined)) return value;
  throw new CtplayError('template.undefined', message === null ? `Mandatory variable ${value.name === undefined ? '' : `'${value.name}' `}not defined.` : text(message));
}

/** shlex.quote(): what needs no quotes gets none. */
function shellQuote(value: string): string {
  if (/^[\w@%+=:,./-]+$/.test(value)) return value;
  return `'${value.replaceAll("'", `'"'"'`)}'`;
}

const fallback = defineLenient('default_value="", boolean=False', (_, value, other, boolean) =>
  value instanceof Undefined || (truthy(boolean) && !truthy(value)) ? other : value);

export const miscFilters: Readonly<Record<string, Definition>> = {
  attr: define('name', (context, value, name) => ownAttribute(context, value, text(name)) ?? missing(value, text(name))),
  bool: define('', (_, value) => toBool(value)),
  comment: define('style="plain", **options', (_, value, style, options) => comment(text(value), text(style), options as Kwargs)),
  d: fallback,
  default: fallback,
  mandatory: defineLenient('msg=None', (_, value, message) => mandatory(value, message)),
  quote: define('', (_, value) => shellQuote(value === null ? '' : text(value))),
  random: define('start=None, step=None, seed=None', random),
  shuffle: define('seed=None', (context, value, seed) => {
    if (!truthy(seed)) context.volatile();
    const items = tryIterate(value);
    return items === undefined ? value : shuffle(items, makeRandom(truthy(seed) ? seed : null));
  }),
  split: define('sep=None, maxsplit=-1', (_, value, separator, limit) => split(text(value), separator, toInt(limit))),
  // Only the branch that is taken must be defined.
  ternary: defineLenient('true_val, false_val, none_val=None', (_, value, yes, no, none) => (value === null && none !== null ? none : truthy(value) ? yes : no)),
  to_uuid: define('namespace="361E6D51-FAEC-444A-9079-341386DA8E2E"', (_, value, namespace) => uuid5(text(value), text(namespace))),
  type_debug: defineLenient('', (_, value) => typeName(value)),
};

