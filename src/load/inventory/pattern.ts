/** Host patterns: which hosts `web:!db`, `*.lab`, `~web\d+` or `web[0:2]` name. */
import { readFileSync } from 'node:fs';
import { CtplayError, didYouMean } from '../../errors.ts';
import type { InventoryData } from './data.ts';

/** Names under which this machine is known to every inventory. */
export const localNames: readonly string[] = ['localhost', '127.0.0.1', '::1'];

/**
 * The hosts of a pattern or list of patterns, without repeats: first everything that is named, in that order, then reduced by `&`
 * parts, then by `!` parts. Throws inventory.pattern for a plain name that is neither a host nor a group.
 */
export function selectHosts(pattern: string | readonly string[], data: InventoryData): readonly string[] {
  const parts = (typeof pattern === 'string' ? [pattern] : pattern).flatMap(splitPattern).flatMap((part) => (part.startsWith('@') ? fromFile(part.slice(1)) : [part]));
  const named = parts.filter((part) => !/^[!&]/.test(part));
  let hosts = new Set((named.length === 0 ? ['all'] : named).flatMap((part) => matches(part, data)));
  for (const part of parts.filter((one) => one.startsWith('&'))) {
    const kept = new Set(matches(part.slice(1), data));
    hosts = new Set([...hosts].filter((host) => kept.has(host)));
  }
  for (const part of parts.filter((one) => one.startsWith('!'))) for (const host of matches(part.slice(1), data)) hosts.delete(host);
  return [...hosts];
}

/** Commas separate; without any, colons do, except inside brackets and in an IPv6 address. */
function splitPattern(pattern: string): readonly string[] {
  const isRegex = pattern.startsWith('~') || pattern.startsWith('@');
  if (pattern.includes(',')) return pattern.split(',').map((part) => part.trim()).filter((part) => part !== '');
  if (isRegex || /^[0-9A-Fa-f:.]*::[0-9A-Fa-f:.]*$/.test(pattern) || /^(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}$/.test(pattern)) return [pattern.trim()];
  return pattern.match(/(?:[^\s:[\]]|\[[^\]]*\])+/g) ?? [];
}

function fromFile(file: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new CtplayError('file.missing', `there is no file '${file}' with host patterns`, { hint: 'Without the @ it is a pattern itself.' });
  }
  return text.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#')).flatMap(splitPattern);
}

function matches(part: string, data: InventoryData): readonly string[] {
  if (part.startsWith('~')) return byTest(regexTest(part), data);
  const subscript = /^(.+)\[(?:(-?\d+)|(\d+)[:-](\d*))\]$/.exec(part);
  if (!subscript) return enumerate(part, data);
  const hosts = enumerate(subscript[1]!, data);
  if (subscript[2] !== undefined) {
    const host = hosts.at(Number(subscript[2]));
    if (host === undefined) throw new CtplayError('inventory.pattern', `'${part}' points outside of '${subscript[1]!}'`, { found: `${hosts.length} hosts` });
    return [host];
  }
  return hosts.slice(Number(subscript[3]), subscript[4] === '' ? undefined : Number(subscript[4]) + 1);
}

function enumerate(name: string, data: InventoryData): readonly string[] {
  if (/[*?[]/.test(name)) return byTest(globTest(name), data);
  if (data.groups.has(name)) return data.hostsOf(name);
  if (data.hosts.has(name) || localNames.includes(name)) return [name];
  const known = [...data.groups.keys(), ...data.hosts.keys()];
  throw new CtplayError('inventory.pattern', `the inventory has neither a host nor a group '${name}'`, { hint: didYouMean(name, known) ?? inventoryHint(data) });
}

function inventoryHint(data: InventoryData): string {
  const groups = [...data.groups.keys()].filter((name) => name !== 'all' && name !== 'ungrouped').slice(0, 8);
  const hosts = [...data.hosts.keys()].slice(0, 8);
  return `It has ${groups.length > 0 ? `the groups ${groups.join(', ')} and ` : ''}the hosts ${hosts.join(', ') || '(none)'}${data.hosts.size > hosts.length ? ', …' : ''}.`;
}

function byTest(test: (name: string) => boolean, data: InventoryData): readonly string[] {
  const fromGroups = [...data.groups.keys()].filter(test).flatMap((group) => data.hostsOf(group));
  return [...new Set([...fromGroups, ...[...data.hosts.keys()].filter(test)])];
}

/** `~` is followed by a regular expression that must match from the start of the name. */
function regexTest(part: string): (name: string) => boolean {
  try {
    const regex = new RegExp(`^(?:${part.slice(1)})`);
    return (name) => regex.test(name);
  } catch (error) {
    throw new CtplayError('inventory.pattern', `'${part}' is no regular expression`, { found: (error as Error).message });
  }
}

function globTest(glob: string): (name: string) => boolean {
  const source = glob.replace(/\*|\?|\[([!^]?)([^\]]+)\]|[^*?[\]]+|[[\]]/g, (token, negated?: string, set?: string) => {
    if (token === '*') return '.*';
    if (token === '?') return '.';
    if (set !== undefined) return `[${negated === '!' ? '^' : negated === '^' ? '\\^' : ''}${set.replaceAll('\\', '\\\\')}]`;
    return token.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  });
  const regex = new RegExp(`^${source}$`, 's');
  return (name) => regex.test(name);
}
